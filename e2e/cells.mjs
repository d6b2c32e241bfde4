// Every kind of visit: size, language, with scripts or without; the last one has no pointer.
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

export function cells() {
  const all = [];
  for (const size of Object.keys(SIZES)) {
    for (const lang of ["id", "en"]) {
      for (const scripts of [true, false]) all.push({ size, lang, scripts, keyboard: false });
    }
  }
  return [...all, { size: "desktop", lang: "id", scripts: true, keyboard: true }];
}
