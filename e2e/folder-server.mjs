// A small static server for the page and the golden folders, on a free port of this machine.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { PAGE } from "./golden.mjs";

const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", json: "application/json" };

/** The part of a file that a request asks for, as a server that knows ranges answers. */
function answer(file, range) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (first === undefined) return [200, file, {}];
  const part = file.subarray(Number(first), Number(last) + 1);
  return [206, part, { "content-range": `bytes ${first}-${last}/${file.length}` }];
}

/**
 * Serves the page under /periksa/ with the given keys, and each of `folders` (name -> map of files) under its name.
 * Notes every request in `asked`; what stands in /whole/ is served without ranges.
 */
export async function serveFolders(folders, keys) {
  const asked = [];
  const page = new Map(readdirSync(PAGE).map((name) => [name, readFileSync(join(PAGE, name))]));
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, "http://localhost");
    const path = decodeURIComponent(pathname).slice(1);
    const folder = [...folders.keys(), "periksa"].find((name) => path.startsWith(`${name}/`)) ?? "";
    const name = path.slice(folder.length + 1) || "index.html";
    let file = (folder === "periksa" ? page : folders.get(folder))?.get(name);
    if (folder === "periksa" && name === "keys.json") file = Buffer.from(JSON.stringify(keys.pinned));
    const range = path.startsWith("whole/") ? undefined : request.headers.range;
    const [status, body, headers] = file ? answer(file, range) : [404, Buffer.from("absent"), {}];
    asked.push({ method: request.method, path, search, range, bytes: body.length });
    const type = TYPES[name.split(".").at(-1)] ?? "application/octet-stream";
    response.writeHead(status, { "content-type": type, "content-length": body.length, "cache-control": "no-store", ...headers });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { asked, base: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
