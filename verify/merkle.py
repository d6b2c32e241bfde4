"""Trees of RFC 6962 and their tiles (C2SP tlog-tiles): roots, proofs, and the check of all tiles."""

from basics import H, require

TILE = 256


def leaf_hash(data):
    """The hash of a leaf."""
    return H(b"\0", data)


def root_of(hashes):
    """The root over leaf hashes, or over the roots of equal complete subtrees and one rest.

    Pairing level by level with the odd one carried up gives RFC 6962's split.
    """
    if not hashes:
        return H(b"")
    while len(hashes) > 1:
        pairs = [H(b"\1", *hashes[i : i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


def root_by_proof(leaf, index, size, proof):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2), or None."""
    if index >= size:
        return None
    node, first, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            return None
        if first % 2 or first == last:
            node = H(b"\1", sibling, node)
            while first % 2 == 0 and first:
                first, last = first // 2, last // 2
        else:
            node = H(b"\1", node, sibling)
        first, last = first // 2, last // 2
    return node if last == 0 else None


def tile_path(level, index, width=TILE):
    """The path of a tile below its tree, such as `tile/0/x001/234.p/5` (16.7)."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + ("" if width == TILE else f".p/{width}")


def check_tree(read, folder, tiles):
    """The root of a tree, after comparing every tile below `folder` with it.

    `tiles` gives the leaf hashes, 256 at a time; only one hash a tile is kept.
    """
    top, level = None, 0
    while True:
        roots, complete = [], []
        for index, hashes in enumerate(tiles):
            path = f"{folder}/{tile_path(level, index, len(hashes))}"
            require(read(path) == b"".join(hashes), f"{path} differs from its leaves")
            roots.append(root_of(hashes))
            if len(hashes) == TILE:
                complete.append(roots[-1])
        if top is None:
            top = root_of(roots)
        if not complete:
            return top
        level += 1
        tiles = [complete[i : i + TILE] for i in range(0, len(complete), TILE)]


class TileTree:
    """A tree of `size` leaves that is read from its tiles, to find the proof of one leaf."""

    def __init__(self, read, folder, size):
        self.read, self.folder, self.size = read, folder, size

    def proof_of(self, index):
        """The inclusion proof of leaf `index`, from the leaf upwards."""
        return self._path(index, 0, self.size)

    def _path(self, index, start, end):
        if end - start == 1:
            return []
        middle = start + split(end - start)
        if index < middle:
            return self._path(index, start, middle) + [self._hash(middle, end)]
        return self._path(index, middle, end) + [self._hash(start, middle)]

    def _hash(self, start, end):
        """The root over the leaves `start..end`, which is complete or is split further."""
        size = end - start
        if size & (size - 1):
            middle = start + split(size)
            return H(b"\1", self._hash(start, middle), self._hash(middle, end))
        level = (size.bit_length() - 1) // 8
        unit = TILE**level
        number, place = divmod(start // unit, TILE)
        width = min(TILE, self.size // unit - number * TILE)
        tile = self.read(f"{self.folder}/{tile_path(level, number, width)}")
        require(len(tile) == 32 * width, f"a tile of {self.folder} has a wrong length")
        hashes = [tile[32 * i : 32 * i + 32] for i in range(place, place + size // unit)]
        return root_of(hashes)


def split(size):
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
