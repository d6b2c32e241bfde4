// Bytes, numbers and digests as the rules of the draw write them, and what a failed check is.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A check that does not hold: a code, for which texts.js has the words, and what it is about. */
export class Failed extends Error {
  constructor(code, ...about) {
    super([code, ...about].join(" "));
    Object.assign(this, { code, about });
  }
}

export function need(holds, code, ...about) {
  if (!holds) throw new Failed(code, ...about);
}

export const ascii = (text) => encoder.encode(text);
export const text = (bytes) => decoder.decode(bytes);

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A number as `size` big-endian bytes. */
export function uint(size, number) {
  let rest = BigInt(number);
  const bytes = new Uint8Array(size);
  for (let at = size - 1; at >= 0; at -= 1, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

export const number = (bytes) => bytes.reduce((value, byte) => value * 256 + byte, 0);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Bytes of base64 in its only valid form, so that no bit of it is without effect. */
export function unbase64(letters, where) {
  const form = /^[A-Za-z0-9+/]+={0,2}$/.test(letters) && letters.length % 4 === 0;
  const binary = form ? atob(letters) : "";
  need(form && btoa(binary) === letters, "note", where);
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

export const T = (name) => ascii(`selection/v1/${name}\0`);
export const H = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));

export async function MAC(key, ...parts) {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, hash, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, join(...parts)));
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}

/** The value of a JSON text, which must be its own canonical form. */
export function parse(json) {
  const value = JSON.parse(json);
  need(canonical(value) === json, "broken");
  return value;
}
