// The link in the QR code of a receipt: this page, the wave's folder, and behind the # the receipt in base64url, which no
// browser sends to a server.

/** A receipt has hundreds of bytes; an anchor of the page has not. */
const CARRIED = /#([A-Za-z0-9_-]{100,})$/;

/** What a link carries: `receipt` and, if it names one, `folder`; undefined if `text` is no such link. */
export function readLink(text) {
  const carried = CARRIED.exec(text.trim())?.[1];
  if (carried === undefined) return undefined;
  let receipt;
  try {
    receipt = atob(carried.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    receipt = carried; // the check tells that it is no receipt
  }
  return { receipt, folder: folderOf(text.trim()) };
}

function folderOf(link) {
  try {
    return new URL(link).searchParams.get("folder") ?? undefined;
  } catch {
    return undefined;
  }
}
