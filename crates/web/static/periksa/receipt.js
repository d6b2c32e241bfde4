// The receipt: its form, the operator's signature, and whose it is (16.9).
import { Failed, H, T, ascii, hex, join, need, parse, uint, unhex } from "./bytes.js";
import { verify } from "./note.js";

const SIZES = { ctx: 32, e: 16, c: 32, r: 32, signature: 64 };
const LIMITS = { region: 2 ** 16, mask: 2 ** 16, weight: 256, flags: 256, registered_at: 2 ** 53 };

/** Reads a receipt. No value of it has white space, so what pasting brings of that is dropped. */
export function readReceipt(pasted) {
  try {
    const receipt = parse(pasted.replace(/\s+/g, ""));
    const fields = ["version", "kind", ...Object.keys(SIZES), ...Object.keys(LIMITS)];
    need(Object.keys(receipt).sort().join() === fields.sort().join());
    need(receipt.version === 1 && ["registered", "entered"].includes(receipt.kind));
    for (const [field, size] of Object.entries(SIZES)) {
      need(new RegExp(`^[0-9a-f]{${2 * size}}$`).test(receipt[field]));
    }
    for (const [field, end] of Object.entries(LIMITS)) {
      need(Number.isSafeInteger(receipt[field]) && receipt[field] >= 0 && receipt[field] < end);
    }
    return receipt;
  } catch {
    throw new Failed("form");
  }
}

const classOf = ({ region, mask, weight, flags }) =>
  join(uint(2, region), uint(2, mask), [weight, flags]);

/** Whether the operator signed the receipt; undefined in a browser that cannot tell. */
export async function checkSignature(receipt, key) {
  const { ctx, e, c, r, kind } = receipt;
  const kindByte = [Number(kind === "entered")];
  const parts = [T("receipt"), unhex(ctx), kindByte, unhex(e), unhex(c), unhex(r), classOf(receipt)];
  const message = join(...parts, uint(8, receipt.registered_at));
  const good = await verify(key, message, unhex(receipt.signature));
  need(good !== false, "signature");
  return good;
}

/** The commitment opens with this NIK and no other. */
export async function checkOpening(receipt, nik) {
  const { ctx, c, r, e } = receipt;
  const opened = await H(T("commit"), unhex(ctx), unhex(r), unhex(e), classOf(receipt), ascii(nik));
  need(hex(opened) === c, "nik");
}
