"""Trees: RFC 6962 by its recursion against ours, proofs, paths of tiles."""

import unittest

import merkle
from basics import Failed, H
from tests.support import flipped, naive_proof, naive_root


def leaves_of(size):
    return [merkle.leaf_hash(bytes([i % 256, i // 256 % 256])) for i in range(size)]


def blocks(leaves):
    return [leaves[i : i + merkle.TILE] for i in range(0, len(leaves), merkle.TILE)]


def tiles_of(leaves):
    """Every tile of a tree, by its definition: hashes of complete subtrees of 256^level leaves."""
    tiles, level = {}, 0
    while True:
        unit = merkle.TILE**level
        hashes = [naive_root(leaves[i * unit : (i + 1) * unit]) for i in range(len(leaves) // unit)]
        if not hashes:
            return tiles
        for index, block in enumerate(blocks(hashes)):
            tiles["t/" + merkle.tile_path(level, index, len(block))] = b"".join(block)
        level += 1


class Trees(unittest.TestCase):
    def test_known_roots(self):
        self.assertEqual(merkle.root_of([]), H(b""))
        empty_leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        self.assertEqual(merkle.root_of([merkle.leaf_hash(b"")]).hex(), empty_leaf)

    def test_sizes_0_to_70(self):
        """Roots as RFC 6962 defines them; each proof leads there, and no changed one does."""
        for size in range(71):
            leaves = leaves_of(size)
            root = naive_root(leaves)
            self.assertEqual(merkle.root_of(leaves), root)
            for index in range(size):
                proof = naive_proof(leaves, index)
                self.assertEqual(merkle.root_by_proof(leaves[index], index, size, proof), root)
                others = [proof[1:], proof + [root], proof[:-1] + [H(b"")], [H(b"")] + proof]
                for other in others if proof else others[1:2]:
                    found = merkle.root_by_proof(leaves[index], index, size, other)
                    self.assertNotEqual(found, root)
            self.assertIsNone(merkle.root_by_proof(root, size, size, []))

    def test_tiles(self):
        """The check reads every tile, and a proof from tiles is that of the definition."""
        for size in (0, 1, 70, 255, 256, 257, 290, 512, 513, 65_536, 66_000):
            leaves = leaves_of(size)
            tiles = tiles_of(leaves)
            unread = dict(tiles)
            root = merkle.check_tree(unread.pop, "t", blocks(leaves))
            self.assertEqual(root, naive_root(leaves))
            self.assertEqual(unread, {})
            tree = merkle.TileTree(tiles.__getitem__, "t", size)
            for index in {0, size // 3, size - 1} if size else ():
                self.assertEqual(tree.proof_of(index), naive_proof(leaves, index))

    def test_a_changed_tile_fails(self):
        leaves = leaves_of(600)
        tiles = tiles_of(leaves)
        for path, data in tiles.items():
            changed = tiles | {path: flipped(data, 5)}
            with self.assertRaisesRegex(Failed, path):
                merkle.check_tree(changed.__getitem__, "t", blocks(leaves))

    def test_paths(self):
        cases = [
            ((0, 0), "tile/0/000"),
            ((1, 999, 3), "tile/1/999.p/3"),
            ((0, 1000), "tile/0/x001/000"),
            ((0, 1234067), "tile/0/x001/x234/067"),
            (("entries", 5, 255), "tile/entries/005.p/255"),
        ]
        for arguments, path in cases:
            self.assertEqual(merkle.tile_path(*arguments), path)
