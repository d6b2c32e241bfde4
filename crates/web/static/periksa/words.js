// Sentences of index.html in both languages, with names and figures filled in.
const LOCALES = { id: "id-ID", en: "en-GB" };
const words = document.getElementById("words").content;

const format = (options) => (value) => (language) =>
  new Intl.DateTimeFormat(LOCALES[language], { timeZone: "Asia/Jakarta", ...options }).format(value * 1000);
const day = format({ dateStyle: "long" });
const minute = format({ dateStyle: "long", timeStyle: "short" });

/** Unix seconds as a date, and as a date with the time in WIB. */
export const date = day;
export const time = (value) => (language) => `${minute(value)(language)} WIB`;

/** A region's code as people write it: 1571 is 15.71. */
export const region = (code) => String(code).replace(/^(\d\d)(\d\d)$/, "$1.$2");

/** A ticket or limit on a scale of a million, rounded down. */
export const million = (hex) => Number((BigInt(`0x${hex}`) * 1000000n) >> 256n);

/** The sentence with this id, as nodes of both languages. Numbers and dates follow the language; links lead to the wave. */
export function say(id, values = {}) {
  const sentence = document.createDocumentFragment();
  sentence.append(...words.getElementById(id).cloneNode(true).childNodes);
  for (const slot of sentence.querySelectorAll("data")) {
    const { lang } = slot.closest("[lang]");
    const value = values[slot.className] ?? "";
    if (typeof value === "function") slot.replaceWith(value(lang));
    else slot.replaceWith(typeof value === "number" ? value.toLocaleString(LOCALES[lang]) : value);
  }
  for (const link of sentence.querySelectorAll("a")) link.href += values.wave;
  return sentence;
}

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
