// Looks again, every so many seconds, at what this page waits for, and reads the page anew only once it says something else:
// nobody is read to from the beginning every few seconds, and a line that is gone takes no page away. What stands in
// data-live changes in place. Without scripts the page refreshes itself.
const every = (page) => Number(page.querySelector("[data-every]")?.dataset.every) * 1000;
const main = (page) => page.querySelector("main");
const live = (page) => [...page.querySelectorAll("[data-live]")];
const words = (page) => {
  const copy = main(page).cloneNode(true);
  for (const part of copy.querySelectorAll("[data-live]")) part.remove();
  return copy.textContent;
};

// As the server wrote it: another script may have added to it since.
const shown = words(document);

const look = async () => {
  let next = every(document);
  try {
    const answer = await fetch(location.href);
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) return location.replace(answer.url);
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!every(page) || words(page) !== shown) return location.reload();
      const now = live(page);
      for (const [at, part] of live(document).entries()) {
        if (part.textContent !== now[at].textContent) part.textContent = now[at].textContent;
      }
      next = every(page);
    }
  } catch {
    // The line is gone; it is tried again.
  }
  setTimeout(look, next);
};
setTimeout(look, every(document));
