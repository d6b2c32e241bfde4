// The published folder of a wave: behind an address of this site, or picked from the device.
// What was read once is kept, so that checking again needs no network.
import { Failed, need } from "./bytes.js";

/** A server that does not know ranges sends all; more than this is not for a phone. */
const WHOLE_BYTES_MAX = 8 << 20;

function keeping(load) {
  const kept = new Map();
  return (name, start, end) => {
    const key = `${name} ${start} ${end}`;
    if (!kept.has(key)) {
      const loading = load(name, start, end);
      kept.set(key, loading);
      loading.catch(() => kept.delete(key));
    }
    return kept.get(key);
  };
}

async function download(url, name, start, end) {
  // A range of HTTP names its last byte.
  const headers = end === undefined ? {} : { Range: `bytes=${start}-${end - 1}` };
  let response;
  try {
    response = await fetch(url, { headers, credentials: "omit" });
    need(response.status !== 404, "absent", name);
    need(response.ok, "offline", name);
    const whole = end !== undefined && response.status === 200;
    need(!whole || response.headers.get("content-length") <= WHOLE_BYTES_MAX, "range", name);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return whole ? bytes.slice(start, end) : bytes;
  } catch (error) {
    throw error instanceof Failed ? error : new Failed("offline", name);
  }
}

/** A folder at an address of this site. `read` gives a file, or its bytes from `start` up to `end`. */
export function webFolder(address, page = location.href) {
  let base;
  try {
    base = new URL(address.replace(/\/*$/, "/"), page);
  } catch {
    throw new Failed("address");
  }
  need(base.origin === new URL(page).origin, "address");
  return { read: keeping((name, start, end) => download(new URL(name, base), name, start, end)) };
}

/** A folder picked from the device, as its list of files. */
export function pickedFolder(files) {
  // The first part of each path is the picked folder's own name.
  const byName = new Map(files.map((file) => [file.webkitRelativePath.split("/").slice(1).join("/"), file]));
  const load = async (name, start, end) => {
    need(byName.has(name), "absent", name);
    return new Uint8Array(await byName.get(name).slice(start, end).arrayBuffer());
  };
  return { read: keeping(load) };
}
