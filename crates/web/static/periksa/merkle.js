// Trees of RFC 6962 whose hashes are published as C2SP tiles.
import { H, need } from "./bytes.js";

const TILE = 256;

export const leafHash = (data) => H([0], data);
const nodeHash = (left, right) => H([1], left, right);

/** The path of a tile, such as `0/x001/234.p/5`. A level's name may also be "entries". */
export function tilePath(level, index, width) {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g);
  const last = groups.pop();
  const path = groups.map((group) => `x${group}/`).join("") + last;
  return `${level}/${path}${width === TILE ? "" : `.p/${width}`}`;
}

/** The root over equal complete subtrees, whose number is a power of two. */
async function fold(hashes) {
  let row = hashes;
  while (row.length > 1) {
    const pairs = [];
    for (let at = 0; at < row.length; at += 2) pairs.push(nodeHash(row[at], row[at + 1]));
    row = await Promise.all(pairs);
  }
  return row[0];
}

/** The root of a complete subtree, from the one tile that has it or its parts. */
async function fromTile(tree, start, end) {
  let [level, unit] = [0, 1];
  while (unit * TILE <= end - start) [level, unit] = [level + 1, unit * TILE];
  const index = Math.floor(start / unit / TILE);
  const width = Math.min(TILE, Math.floor(tree.size / unit) - index * TILE);
  const path = `${tree.path}/tile/${tilePath(level, index, width)}`;
  const tile = await tree.read(path);
  need(tile.length === 32 * width, "broken", path);
  const hashes = [];
  for (let at = start / unit - index * TILE; hashes.length < (end - start) / unit; at += 1) {
    hashes.push(tile.subarray(32 * at, 32 * at + 32));
  }
  return fold(hashes);
}

/**
 * The root over the first `extent` leaves of a published tree {path, size, read}, where the leaves in `known`
 * (index -> hash) are ours and everything beside them comes from tiles. If it is the signed root, the tree has
 * our leaves at these places: this is an inclusion proof and its check in one.
 */
export async function rootWith(tree, known, extent = tree.size) {
  const places = [...known.keys()];
  async function over(start, end) {
    const size = end - start;
    if (!places.some((place) => start <= place && place < end)) {
      if (Number.isInteger(Math.log2(size))) return fromTile(tree, start, end);
    } else if (size === 1) {
      return known.get(start);
    }
    let half = 1;
    while (half * 2 < size) half *= 2;
    return nodeHash(await over(start, start + half), await over(start + half, end));
  }
  return extent === 0 ? H() : over(0, extent);
}
