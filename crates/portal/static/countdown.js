// Counts down in every element with data-until, an instant in seconds since 1970: writes what is left into it, minutes
// and seconds below an hour. At nought the page is read anew, where it says so with data-then="reload".
const left = (seconds) => {
  const part = (n) => String(n).padStart(2, "0");
  return `${part(Math.floor(seconds / 60))}:${part(seconds % 60)}`;
};

for (const element of document.querySelectorAll("[data-until]")) {
  const until = Number(element.dataset.until);
  const now = Number(element.dataset.now);
  // By how much this phone's clock is off; the server's counts.
  const off = Date.now() / 1000 - now;
  const tick = () => {
    const seconds = Math.max(0, Math.round(until - (Date.now() / 1000 - off)));
    element.textContent = left(seconds);
    if (seconds > 0) return;
    clearInterval(timer);
    if (element.dataset.then === "reload") location.reload();
  };
  const timer = setInterval(tick, 1000);
  tick();
}
