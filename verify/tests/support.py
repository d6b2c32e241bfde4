"""Helpers of the tests: golden folders in memory, signatures, and a log made anew."""

import base64
import copy
import hashlib
import json
import pathlib

import beacon
import ed25519
import entries
import formats
import merkle
import policy as policies
import quota
import recompute
from basics import Failed, H, T, u
from folder import Folder

GOLDEN = pathlib.Path(__file__).parents[2] / "crates/publication/tests/golden"
TINY = GOLDEN / "01-tiny-worked-example"
POOLS = GOLDEN / "02-pools-guarantees"
PREVIOUS = POOLS / "previous"
HOUSEHOLD = GOLDEN / "03-household-weights-openfirst"
MADE = ("tree", "log", "proofs", "result.json", "selected.bin", "waitlist.bin")
UNPUBLISHED = ("people.csv", "expected.txt", "receipts", "previous")


class MemoryFolder(Folder):
    """A folder whose files can be changed without touching the disk."""

    def __init__(self, files):
        super().__init__("memory")
        self.files = files

    @classmethod
    def of(cls, path):
        """A published folder, without what belongs to the tests."""
        files = {}
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path)
            if file.is_file() and name.parts[0] not in UNPUBLISHED:
                files[str(name)] = file.read_bytes()
        return cls(files)

    def with_files(self, **changed):
        """A copy with some files replaced; a `None` removes one. `__` stands for a dot."""
        files = self.files | {name.replace("__", "."): data for name, data in changed.items()}
        return MemoryFolder({name: data for name, data in files.items() if data is not None})

    def edited(self, name, edit):
        """A copy with one JSON file edited in place by a function."""
        value = json.loads(self.files[name])
        edit(value)
        return MemoryFolder(self.files | {name: formats.canonical(value)})

    def has(self, name):
        return name in self.files

    def names(self):
        return [name for name in self.files if "/" not in name]

    def read(self, name):
        if name not in self.files:
            raise Failed(f"could not read {name}")
        return self.files[name]

    @property
    def records(self):
        data = self.read("entries.bin")
        if len(data) % 64:
            raise Failed("entries.bin is not made of whole records")
        return data


def flipped(data, bit):
    """The bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# Signatures with the public test keys of the golden folders.


def secret(name):
    """The Ed25519 secret of a test key."""
    return H(b"public test key: " + name.encode())


def multiply(scalar):
    """The encoded product of a number and the base point."""
    total, point = ed25519.ZERO, ed25519.BASE
    while scalar:
        if scalar & 1:
            total = ed25519.add(total, point)
        point, scalar = ed25519.add(point, point), scalar >> 1
    return ed25519.encode(total)


def expand(seed):
    """The number and the prefix that a secret stands for (RFC 8032, 5.1.5)."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def public_key(seed):
    return multiply(expand(seed)[0])


def sign(seed, message):
    """An Ed25519 signature (RFC 8032, 5.1.6)."""
    scalar, prefix = expand(seed)
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % ed25519.L
    point = multiply(nonce)
    digest = hashlib.sha512(point + multiply(scalar) + message).digest()
    s = (nonce + int.from_bytes(digest, "little") * scalar) % ed25519.L
    return point + s.to_bytes(32, "little")


# An announcement log made anew.


class Announcer:
    """Writes the log and the proofs of a folder, signed by the test keys."""

    def __init__(self, policy):
        self.policy = policy
        self.entries = [b"another office's entry"]

    def announce(self, folder, name, data=None):
        """Appends a file; `data` stands in for an earlier version. Returns the index."""
        programme = self.policy["programme"].encode()
        data = folder.read(name) if data is None else data
        entry = T("file") + u(16, len(programme)) + programme + u(32, self.policy["wave"])
        self.entries.append(entry + bytes([len(name)]) + name.encode() + H(data))
        return len(self.entries) - 1

    def checkpoint(self, time, witnesses=3):
        """The signed note over all entries so far."""
        origin = self.policy["log"]["origin"]
        leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        root = base64.b64encode(merkle.root_of(leaves)).decode()
        body = f"{origin}\n{len(leaves)}\n{root}\n"
        lines = [note_line(origin, "log", b"\x01", sign(secret("log"), body.encode()))]
        for witness in self.policy["witnesses"][:witnesses]:
            name = witness["name"]
            message = f"cosignature/v1\ntime {time}\n{body}".encode()
            signature = u(64, time) + sign(secret(name), message)
            lines.append(note_line(name, name, b"\x04", signature))
        return f"{body}\n{''.join(lines)}".encode()

    def proof(self, index, time, witnesses=3):
        """The tlog-proof of an entry under a fresh checkpoint."""
        leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        lines = [base64.b64encode(part).decode() for part in naive_proof(leaves, index)]
        head = "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *lines])
        return head.encode() + b"\n\n" + self.checkpoint(time, witnesses)

    def log_files(self, time):
        """The copy of the log."""
        leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        assert len(leaves) < merkle.TILE
        bundle = b"".join(u(16, len(entry)) + entry for entry in self.entries)
        return {
            "log/checkpoint": self.checkpoint(time),
            "log/" + merkle.tile_path(0, 0, len(leaves)): b"".join(leaves),
            "log/" + merkle.tile_path("entries", 0, len(leaves)): bundle,
        }


def note_line(name, key, kind, signature):
    """One line of signature of a note."""
    key_id = H(name.encode(), b"\n", kind, public_key(secret(key)))[:4]
    return f"\u2014 {name} {base64.b64encode(key_id + signature).decode()}\n"


def announced(folder, times=None, before=(), others=(), later=()):
    """A copy of the folder with a new log: every file announced at its time, `before` earlier.

    `before` and `later` list (name, data) of what was announced ahead of the folder's files and
    after them, and `others` whole entries ahead of all.
    """
    folder = MemoryFolder(copy.copy(folder.files))
    policy = json.loads(folder.read("policy.json"))
    late = policy["times"]["t4"]
    limits = policy["times"] | {"late": late}
    due = {"policy.json": "t0", "reveals.json": "t3"}
    due |= dict.fromkeys(("entries.bin", "quota.json", "plan.json"), "t2")
    announcer = Announcer(policy)
    announcer.entries += others
    for name, data in before:
        announcer.announce(folder, name, data)
    folder.files = {
        name: data
        for name, data in folder.files.items()
        if not name.startswith(("log/", "proofs/"))
    }
    for name in [name for name in folder.files if "/" not in name]:
        time = (times or {}).get(name, limits[due.get(name, "late")])
        index = announcer.announce(folder, name)
        folder.files[f"proofs/{name}.tlog-proof"] = announcer.proof(index, time)
    for name, data in later:
        announcer.announce(folder, name, data)
    folder.files |= announcer.log_files(late)
    return folder


# A whole wave made anew, as its officers can who hold every key but those of most witnesses.


def remade(folder, bend=lambda table: None, opened=None):
    """A copy whose files fit its policy, records and contributions again; no log is made.

    `bend` may change the table of seats, which everything after it then follows; `opened` has the
    masks of hidden records.
    """
    opened = opened or {}
    keep = {n: data for n, data in folder.files.items() if n.partition("/")[0] not in MADE}
    new = MemoryFolder(keep)
    policy, ctx = new.policy, new.ctx.hex()
    old = {name: json.loads(data) for name, data in keep.items() if name.endswith(".json")}

    def write(name, fields):
        value = old.get(name, {}) | fields | {"ctx": ctx, "version": 1}
        new.files[name] = formats.canonical(value)

    for name in set(old) - {"policy.json"}:
        write(name, {})
    write_tree(new)
    nothing = {"q": {"carry_in": 0}, "returned": [], "returned_from": [], "regions": []}
    stated = old.get("quota.json", nothing)
    counts = quota.count_regions(new, lambda members: recompute.true_masks(members, opened))
    table = quota.solve(policy, new.ctx, counts, stated)
    bend(table)
    new.files["quota.json"] = formats.canonical(table)
    plan = {"plan": 1, "contributions": []} | old.get("plan.json", {})
    for part in plan["contributions"]:
        message = T("contrib-sign") + new.ctx + bytes.fromhex(part["commitment"])
        part["signature"] = sign(secret(part["name"]), message).hex()
    number = policies.draw_round(policy, plan["plan"])
    write("plan.json", plan | {
        "policy": new.digest("policy.json"), "entries": new.digest("entries.bin"),
        "quota": new.digest("quota.json"), "n": new.count, "root": new.root.hex(),
        "round": str(number), "t4": policies.draw_time(policy, plan["plan"]),
    })  # fmt: skip
    chain = bytes.fromhex(policy["beacon"]["chain_hash"])
    message = T("test-beacon") + chain + u(64, number)
    signature = (H(message, b"\0") + H(message, b"\1"))[:48]
    if not policy["beacon"]["test"]:
        signature = bytes.fromhex(old["seed.json"]["signature"])
    revealed = beacon.read_reveals(new)
    randomness, digest, seed = beacon.derive(new, number, signature, revealed)
    write("seed.json", {
        "plan": new.digest("plan.json"), "mode": "drand", "test": policy["beacon"]["test"],
        "chain_hash": chain.hex(), "round": str(number), "signature": signature.hex(),
        "randomness": randomness.hex(), "contributions": revealed,
        "contrib_digest": digest.hex(), "seed": seed.hex(),
    })  # fmt: skip
    new.files |= recompute.outcome(new, table, opened)
    return MemoryFolder(new.files)


def write_tree(folder):
    """All tiles of the records, and `root`."""
    level, hashes = 0, [leaf for block in entries.leaf_blocks(folder.records) for leaf in block]
    folder.root = merkle.root_of(hashes)
    while hashes:
        blocks = [hashes[i : i + merkle.TILE] for i in range(0, len(hashes), merkle.TILE)]
        for index, block in enumerate(blocks):
            path = "tree/" + merkle.tile_path(level, index, len(block))
            folder.files[path] = b"".join(block)
        hashes = [merkle.root_of(block) for block in blocks if len(block) == merkle.TILE]
        level += 1


# RFC 6962 by its own words, to compare with.


def naive_root(leaves):
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else H(b"")
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return H(b"\1", naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_proof(leaves, index):
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) < 2:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return naive_proof(leaves[:k], index) + [naive_root(leaves[k:])]
    return naive_proof(leaves[k:], index - k) + [naive_root(leaves[:k])]
