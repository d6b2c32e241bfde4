"""Measures a whole verification: python3 verify/tests/measure.py [RECORDS]

Makes a folder of synthetic people in 514 regions with all its files, then verifies it in a process
of its own and prints the seconds and the peak of memory. Not a test: it takes minutes.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

VERIFY = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(VERIFY))

import beacon  # noqa: E402
import entries  # noqa: E402
import formats  # noqa: E402
import merkle  # noqa: E402
import policy as policies  # noqa: E402
import recompute  # noqa: E402
from basics import H, T, u  # noqa: E402
from tests.support import POOLS, MemoryFolder, announced  # noqa: E402

REGIONS = 514
# The peak is read within, since what the system reports of a child counts its parent's memory too.
CHILD = """
import sys, verify
assert verify.main(sys.argv[1:]) == 0
print(next(line.rstrip() for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def make_folder(count, place):
    """Writes a complete folder of `count` records: two pools, a national guarantee, one wave."""
    numbers = random.Random(count)
    policy = json.loads((POOLS / "policy.json").read_bytes())
    regions = [
        {"code": 1101 + i, "province": 11 + i // 14, "weight": str(numbers.randrange(1, 10**6)),
         "floor": 0}
        for i in range(REGIONS)
    ]  # fmt: skip
    policy.update(base=count // 4, regions=regions, contributors=[])
    folder = MemoryFolder({"policy.json": formats.canonical(policy)})
    folder.files["entries.bin"] = make_records(count, numbers)
    quota = {"q": {"carry_in": 0}, "returned": [], "returned_from": []}
    round_number = policies.draw_round(policy, 1)
    message = T("test-beacon") + bytes.fromhex(policy["beacon"]["chain_hash"])
    message += u(64, round_number)
    signature = (H(message, b"\0") + H(message, b"\1"))[:48]
    randomness, digest, seed = beacon.derive(folder, round_number, signature, [])
    common = {"version": 1, "ctx": folder.ctx.hex(), "round": str(round_number)}
    write_tree(folder)
    counts = recompute.quota.count_regions(folder)
    table = recompute.quota.solve(folder.policy, folder.ctx, counts, quota)
    folder.files["quota.json"] = formats.canonical(table)
    folder.files["plan.json"] = formats.canonical(common | {
        "plan": 1, "policy": folder.digest("policy.json"), "n": count, "root": folder.root.hex(),
        "entries": folder.digest("entries.bin"), "quota": folder.digest("quota.json"),
        "t4": policy["times"]["t4"], "contributions": [],
    })  # fmt: skip
    folder.files["seed.json"] = formats.canonical(common | {
        "plan": folder.digest("plan.json"), "mode": "drand", "test": True, "contributions": [],
        "chain_hash": policy["beacon"]["chain_hash"], "signature": signature.hex(),
        "randomness": randomness.hex(), "contrib_digest": digest.hex(), "seed": seed.hex(),
    })  # fmt: skip
    folder.files |= recompute.recompute(folder)
    folder.files["corrections.json"] = formats.canonical(
        {"version": 1, "ctx": folder.ctx.hex(), "granted": []}
    )
    for name, data in announced(folder).files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


def make_records(count, numbers):
    """Records in order, with three traits at random."""
    keys = sorted((1101 + numbers.randrange(REGIONS), numbers.randbytes(16)) for _ in range(count))
    return b"".join(
        entry + numbers.randbytes(32) + u(16, region) + u(16, numbers.randrange(8)) + b"\1" + bytes(11)
        for region, entry in keys
    )


def write_tree(folder):
    """All tiles: whatever tile the check asks for first is taken as it must be."""
    level, hashes = 0, [h for block in entries.leaf_blocks(folder.records) for h in block]
    folder.root = merkle.root_of(hashes)
    while hashes:
        blocks = [hashes[i : i + merkle.TILE] for i in range(0, len(hashes), merkle.TILE)]
        for index, block in enumerate(blocks):
            path = "tree/" + merkle.tile_path(level, index, len(block))
            folder.files[path] = b"".join(block)
        hashes = [merkle.root_of(block) for block in blocks if len(block) == merkle.TILE]
        level += 1


def main():
    count = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as place:
        make_folder(count, pathlib.Path(place))
        start = time.monotonic()
        subprocess.run([sys.executable, "-c", CHILD, place], cwd=VERIFY, check=True)
        seconds = time.monotonic() - start
    print(f"{count} records verified in {seconds:.1f} s")


if __name__ == "__main__":
    main()
