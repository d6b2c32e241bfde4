// Helps with a form that sends a picture: makes it smaller before it goes, says what makes it hard to recognise, shows
// how far it has come, and sends it again after a dropped line. Without this the form sends the file as it is.
const LONGEST = 1600;
const MEASURED = 320;

const form = document.querySelector("form[data-photo]");
const input = form.querySelector("input[type=file]");
const button = form.querySelector("button");
const said = form.querySelector("[data-said]");
const texts = form.dataset;
let small;

const say = (...words) => {
  said.replaceChildren(
    ...words.map((word) => Object.assign(document.createElement("p"), { textContent: word })),
  );
};

const draw = (picture, longest) => {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
};

// The measures of the server, a little laxer, on fewer pixels.
const hints = (picture) => {
  const { width, height } = picture;
  const canvas = draw(picture, MEASURED);
  const [w, h] = [canvas.width, canvas.height];
  const { data } = canvas.getContext("2d").getImageData(0, 0, w, h);
  const grey = Float32Array.from(
    { length: w * h },
    (_, n) => 0.3 * data[4 * n] + 0.59 * data[4 * n + 1] + 0.11 * data[4 * n + 2],
  );
  const mean = grey.reduce((sum, pixel) => sum + pixel, 0) / grey.length;
  let [count, sum, squares] = [0, 0, 0];
  for (let y = 1; y < h - 1; y++) {
    for (let x = 1; x < w - 1; x++) {
      const n = y * w + x;
      const edge = grey[n - 1] + grey[n + 1] + grey[n - w] + grey[n + w] - 4 * grey[n];
      count++;
      sum += edge;
      squares += edge * edge;
    }
  }
  const variance = count ? squares / count - (sum / count) ** 2 : 0;
  return [
    Math.min(width, height) < 480 && texts.small,
    mean < 60 && texts.dark,
    mean > 215 && texts.bright,
    variance < 40 && texts.blurred,
  ].filter(Boolean);
};

input.addEventListener("change", async () => {
  small = undefined;
  say();
  const [file] = input.files;
  if (!file) return;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    say(...hints(picture));
    const canvas = draw(picture, LONGEST);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    if (file === input.files[0]) small = made;
  } catch {
    // Not a picture that this browser reads: the server says so.
  }
});

const send = () => {
  const body = new FormData(form);
  if (small) body.set(input.name, small, "foto.jpg");
  const call = new XMLHttpRequest();
  const percent = ({ loaded, total }) =>
    say(`${texts.busy} ${Math.round((100 * loaded) / total)}%`);
  call.upload.addEventListener("progress", percent);
  call.addEventListener("error", () => {
    say(texts.lost);
    button.disabled = false;
    button.textContent = texts.again;
  });
  call.addEventListener("load", () => {
    const page = new DOMParser().parseFromString(call.responseText, "text/html");
    if (call.status < 300) return location.assign(call.responseURL);
    // What is wrong, as the page without scripts says it.
    document.title = page.title;
    document.body.replaceWith(page.body);
    document.querySelector("[autofocus]")?.focus();
  });
  call.open("POST", location.href);
  call.send(body);
};

form.addEventListener("submit", (event) => {
  if (!input.files.length) return;
  event.preventDefault();
  if (!small && input.files[0].size > texts.max) return say(texts.heavy);
  button.disabled = true;
  say(texts.busy);
  send();
});
