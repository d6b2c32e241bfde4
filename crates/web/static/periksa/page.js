// The page: takes the receipt, starts the check, and shows what came of it. All words stand in index.html, in
// both languages at once, and the style sheet shows one.
import { Failed } from "./bytes.js";
import { pickedFolder, webFolder } from "./folder.js";
import { readLink } from "./link.js";
import { readKeys } from "./note.js";
import { offerScan } from "./scan.js";
import { showResult } from "./result.js";
import { STEPS, check } from "./verify.js";
import { say } from "./words.js";

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const folders = new Map(); // by address, so that what was fetched once is not fetched again
let picked;
let pinned;

/** Failures that the choice of folder or keys may mend. */
const OF_SOURCES = ["address", "keys", "absent", "range", "foreign", "stranger"];
const TITLES = { id: "Periksa hasil saya", en: "Check my result" };

function setLanguage(language) {
  document.documentElement.lang = language;
  document.title = `${TITLES[language]} · Gelombang`;
}

function tell(id, values) {
  at("status").replaceChildren(say(id, values));
}

/** The keys that came with the page; `null` in the file if nobody has pinned any. */
async function pinnedKeys() {
  const response = await fetch("keys.json").catch(() => undefined);
  if (!response?.ok) throw new Failed("keys");
  const json = await response.text();
  return json.trim() === "null" ? undefined : readKeys(json);
}

function chosenFolder() {
  if (picked) return picked;
  const address = at("folder").value.trim();
  if (address === "") throw new Failed("address");
  if (!folders.has(address)) folders.set(address, webFolder(address));
  return folders.get(address);
}

async function run() {
  let folder;
  // Chosen when the first file is read, since a receipt that is none is told before a folder that is none.
  const read = (...part) => (folder ??= chosenFolder()).read(...part);
  const input = { pasted: at("receipt").value, nik: at("nik").value.trim(), read };
  try {
    input.pinned = await pinned;
  } catch (failure) {
    return { ...input, outcome: "error", failure, step: STEPS[0], done: [], unchecked: new Set() };
  }
  return check(input, (step, place, of) => {
    if (place) tell("status-searching", { at: place, of });
    else tell("status-checking", { at: STEPS.indexOf(step) + 1, of: STEPS.length });
  });
}

async function submit(event) {
  event.preventDefault();
  const button = at("form").querySelector("[type=submit]");
  button.disabled = true;
  at("result").hidden = true;
  const found = await run();
  if (OF_SOURCES.includes(found.failure?.code)) at("sources").open = true;
  showResult(at("result"), found);
  tell("status-done");
  button.disabled = false;
  at("result").hidden = false;
  at("verdict").focus();
}

/** Fills in a receipt, or the link of its QR code. The folder that a link names is taken if none was chosen. */
function take(text) {
  const link = readLink(text);
  at("receipt").value = link?.receipt ?? text;
  if (link?.folder && !picked && at("folder").value.trim() === "") at("folder").value = link.folder;
}

/** Takes the receipt out of the page's own address, so that it is not bookmarked or shared with it. */
function takeFromAddress() {
  if (!readLink(location.href)) return;
  take(location.href);
  history.replaceState(null, "", location.pathname + location.search);
}

/** Calls `use` with what was chosen in a file input. */
function onFiles(id, use) {
  at(id).addEventListener("change", () => at(id).files.length && use([...at(id).files]));
}

setLanguage(asked.get("lang") === "en" ? "en" : "id");
at("folder").value = asked.get("folder") ?? "";
at("sources").open = at("folder").value === "";
pinned = pinnedKeys();
pinned.catch(() => {}); // told when it is needed
for (const link of document.querySelectorAll("nav a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    setLanguage(link.lang);
    document.querySelector(`nav a:not([lang="${link.lang}"])`).focus();
  });
}
at("form").addEventListener("submit", submit);
at("receipt").addEventListener("input", () => readLink(at("receipt").value) && take(at("receipt").value));
onFiles("receipt-file", async ([file]) => take(await file.text()));
onFiles("picked", (files) => {
  picked = pickedFolder(files);
  at("picked-name").replaceChildren(say("chosen-folder", { name: files[0].webkitRelativePath.split("/")[0] }));
});
at("folder").addEventListener("input", () => {
  picked = undefined;
  at("picked-name").replaceChildren();
});
onFiles("keys", ([file]) => {
  pinned = file.text().then(readKeys);
  pinned.catch(() => {});
  at("keys-name").replaceChildren(say("chosen-keys", { name: file.name }));
});
offerScan(at("scan"), at("camera"), at("stop"), take);
takeFromAddress();
addEventListener("hashchange", takeFromAddress); // a second link in the same tab
