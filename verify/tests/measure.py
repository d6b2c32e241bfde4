"""Measures a whole verification: python3 verify/tests/measure.py [RECORDS]

Makes a folder of synthetic people in 514 regions with all its files, then verifies it in a process
of its own and prints the seconds and the peak of memory. Not a test: it takes minutes.
"""

import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

VERIFY = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(VERIFY))

import formats  # noqa: E402
from basics import u  # noqa: E402
from tests.support import POOLS, MemoryFolder, announced, remade  # noqa: E402

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
    folder = MemoryFolder({
        "policy.json": formats.canonical(policy), "entries.bin": make_records(count, numbers),
        "corrections.json": formats.canonical({"granted": []}),
    })  # fmt: skip
    for name, data in announced(remade(folder)).files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


def make_records(count, numbers):
    """Records in order, with three traits at random."""
    keys = sorted((1101 + numbers.randrange(REGIONS), numbers.randbytes(16)) for _ in range(count))
    return b"".join(
        entry + numbers.randbytes(32) + u(16, region) + u(16, numbers.randrange(8)) + b"\1" + bytes(11)
        for region, entry in keys
    )


def main():
    count = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as place:
        make_folder(count, pathlib.Path(place))
        start = time.monotonic()
        subprocess.run([sys.executable, "-c", CHILD, place], cwd=VERIFY, check=True)
        seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{count} records in {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor")


if __name__ == "__main__":
    main()
