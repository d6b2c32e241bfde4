// Keeps a form on its page while there is no line: a browser's own page about that would come in its place, and what was
// typed would be gone. Without this script the browser does as it does.
const form = document.querySelector("form[data-offline]");
const said = form.querySelector("[data-said]");
let isThrough = false;

form.addEventListener("submit", async (event) => {
  if (navigator.onLine || isThrough) return;
  event.preventDefault();
  try {
    // Some browsers believe that there is none, and are wrong.
    await fetch(import.meta.url, { method: "HEAD", cache: "no-store" });
    isThrough = true;
    form.requestSubmit(event.submitter);
  } catch {
    const words = document.createElement("p");
    words.className = "panel waits";
    words.textContent = form.dataset.offline;
    said.replaceChildren(words);
  }
});
addEventListener("online", () => said.replaceChildren());
