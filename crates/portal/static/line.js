// Keeps a form on its page while there is no line: a browser's own page about that would come in its place, and what was
// typed would be gone. Without this script the browser does as it does.
const form = document.querySelector("form[data-offline]");
const said = form.querySelector("[data-said]");

form.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  const words = document.createElement("p");
  words.className = "panel waits";
  words.textContent = form.dataset.offline;
  said.replaceChildren(words);
});
addEventListener("online", () => said.replaceChildren());
