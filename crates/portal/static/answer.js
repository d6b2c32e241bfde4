// Sends the answer of the page. If the line is gone it is kept on this phone, the page says so, and it is sent once the
// line is back, also from another page of the test. Without this script the browser sends the form by itself.
const KEY = "tes";
const TOKEN = "token";
const PATIENCE_MS = 20_000;
const RETRY_MS = 5_000;
const form = document.querySelector("form[data-answer]");
const dropped = document.querySelector("[data-dropped]");
// A phone may go from hand to hand: what is kept is sent in the test that it was chosen in alone, which its end tells.
const sitting = document.querySelector("[data-until]").dataset.until;

// Where it goes on once the server has said anything about it, which is the end of the test if the time was over; nothing
// if the page has to say what is wrong; `null` if it was not looked at, because the session or the token of the form has
// ended. The token is that of this page: the one that was kept may be of a session before.
const send = async ({ path, body }) => {
  const fields = new URLSearchParams(body);
  fields.set(TOKEN, form.elements[TOKEN].value);
  const headers = { accept: "text/plain", "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(path, {
    method: "POST",
    body: fields.toString(),
    headers,
    redirect: "manual",
    // Older browsers wait for as long as they like.
    signal: AbortSignal.timeout?.(PATIENCE_MS),
  });
  if (answer.type === "opaqueredirect" || answer.status === 403) return null;
  if (answer.status >= 500 || answer.status === 429) throw new Error("later");
  return answer.ok ? answer.text() : "";
};

const goOn = (path, next) => {
  const ends = next.includes("?");
  if (next && (ends || path === location.pathname)) location.assign(next);
  else if (path === location.pathname) location.reload();
};

// Reads the page anew, which leads to signing in or brings a fresh token; once for each answer, or it would never end.
const readAnew = (answer) => {
  if (answer.anew) throw new Error("later");
  localStorage.setItem(KEY, JSON.stringify({ ...answer, anew: true }));
  location.reload();
};

// Sends what is kept. It is forgotten once the server has said anything about it, unless another choice took its place
// while it was under way; true if so.
const sendKept = async (kept) => {
  const answer = JSON.parse(kept);
  if (answer.sitting !== sitting) {
    localStorage.removeItem(KEY);
    return false;
  }
  const next = await send(answer);
  if (localStorage.getItem(KEY) !== kept) return true;
  if (next === null) {
    readAnew(answer);
    return false;
  }
  localStorage.removeItem(KEY);
  dropped.hidden = true;
  goOn(answer.path, next);
  return false;
};

let isSending = false;

// One at a time, so that an older choice never comes after a newer one.
const flush = async () => {
  if (isSending) return;
  isSending = true;
  try {
    let kept = localStorage.getItem(KEY);
    while (kept && (await sendKept(kept))) kept = localStorage.getItem(KEY);
  } catch {
    dropped.hidden = false;
  } finally {
    isSending = false;
  }
};

form.addEventListener("submit", (event) => {
  const body = new URLSearchParams(new FormData(form)).toString();
  try {
    localStorage.setItem(KEY, JSON.stringify({ path: location.pathname, body, sitting }));
  } catch {
    // A phone that keeps nothing sends the form by itself.
    return;
  }
  event.preventDefault();
  flush();
});
addEventListener("online", flush);
setInterval(flush, RETRY_MS);
flush();
