"""A published folder: its files, read once and checked for form, and its records."""

import collections
import contextlib
import functools
import hashlib
import itertools
import mmap
import os
import pathlib
import re
import stat
import struct

import formats
import policy as policies
from basics import Failed, context, require

RECORD = struct.Struct(">16s32sHHBB8s2s")  # E, C, region, mask, weight, flags, hh, zero
ENTRY = struct.Struct(">16s48x")
REGION = struct.Struct(">48xH14x")
ESSENTIALS = struct.Struct(">16s32x2xHBB8s2x")  # the same without C, region and zero
Member = collections.namedtuple("Member", "entry mask weight flags household")
FILE_BYTES_MAX = 256 << 20  # a national result.json has a few megabytes
RECORDS_MAX = (1 << 32) - 1  # plan.json counts no more
LISTS = ("selected.bin", "waitlist.bin")


@contextlib.contextmanager
def open_regular(path, name, bytes_max):
    """Opens a file of limited size and gives it and its size.

    What a folder calls a file may be a device or a pipe, which give bytes for ever or never.
    """
    try:
        found = os.stat(path)
        require(stat.S_ISREG(found.st_mode), f"could not read {name}: it is no regular file")
        require(found.st_size <= bytes_max, f"could not read {name}: it is too large")
        with open(path, "rb") as file:
            yield file, found.st_size
    except OSError as error:
        raise Failed(f"could not read {name}: {error.strerror}") from error


def read_regular(path, name, bytes_max=FILE_BYTES_MAX):
    """The bytes of a file of limited size."""
    with open_regular(path, name, bytes_max) as (file, size):
        return file.read(size)


def json_file(name, shape):
    """The content of a JSON file, read when it is first asked for."""
    return functools.cached_property(lambda folder: folder.load(name, shape))


class Folder:
    """The folder of one wave. Every part fails on its own when it is missing or malformed."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def has(self, name):
        """Whether the file is there."""
        return (self.path / name).is_file()

    def read(self, name):
        """The bytes of a file."""
        bytes_max = max(FILE_BYTES_MAX, 4 * self.count) if name in LISTS else FILE_BYTES_MAX
        return read_regular(self.path / name, name, bytes_max)

    def digest(self, name):
        """SHA-256 of a file, in hexadecimal."""
        data = self.records if name == "entries.bin" else self.read(name)
        return hashlib.sha256(data).hexdigest()

    def load(self, name, shape):
        """A JSON file of this wave."""
        value = formats.parse(self.read(name), shape, name)
        require(value["ctx"] == self.ctx.hex(), f"{name} has the ctx of another wave or policy")
        return value

    @functools.cached_property
    def policy(self):
        return policies.load(self.read("policy.json"))

    @functools.cached_property
    def ctx(self):
        policy = self.policy
        digest = bytes.fromhex(self.digest("policy.json"))
        return context(policy["programme"], policy["wave"], digest)

    @functools.cached_property
    def plan(self):
        plan = self.load("plan.json", formats.PLAN)
        last = 1 + self.policy["max_corrections"]
        require(1 <= plan["plan"] <= last, f"the plan's number is not within 1 to {last}")
        return plan

    quota = json_file("quota.json", formats.QUOTA)
    reveals = json_file("reveals.json", formats.REVEALS)
    seed = json_file("seed.json", formats.SEED)
    result = json_file("result.json", formats.RESULT)
    corrections = json_file("corrections.json", formats.CORRECTIONS)

    def revoked(self, name):
        """One file of revocations."""
        return self.load(name, formats.REVOKED)

    def batches(self):
        """The names of the files of revocations, in their order."""
        later = (f"revoked.{number}.json" for number in itertools.count(2))
        return list(itertools.takewhile(self.has, itertools.chain(["revoked.json"], later)))

    def names(self):
        """The names of all that is in the folder itself."""
        try:
            return os.listdir(self.path)
        except OSError as error:
            raise Failed(f"could not list the folder: {error.strerror}") from error

    def strays(self):
        """Files named like revocations but outside their sequence, which nothing else looks at."""
        batches = self.batches()
        alike = (name for name in self.names() if re.fullmatch(r"revoked.*\.json", name))
        return sorted(name for name in alike if name not in batches)

    @functools.cached_property
    def records(self):
        """The bytes of entries.bin, mapped and not loaded."""
        bytes_max = RECORDS_MAX * RECORD.size
        with open_regular(self.path / "entries.bin", "entries.bin", bytes_max) as (file, size):
            data = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        require(len(data) % RECORD.size == 0, "entries.bin is not made of whole records")
        return data

    @property
    def count(self):
        """The number of records."""
        return len(self.records) // RECORD.size

    def record(self, index):
        """One record with all its fields."""
        return RECORD.unpack_from(self.records, index * RECORD.size)

    @functools.cached_property
    def spans(self):
        """Where the records of each region begin and end, by region code."""
        spans, end = {}, 0
        for (code,), group in itertools.groupby(REGION.iter_unpack(self.records)):
            require(code >= max(spans, default=0), "the regions do not ascend", end)
            start, end = end, end + sum(1 for _ in group)
            spans[code] = start, end
        return spans

    def members(self, code):
        """The people of one region, in the order of the file."""
        start, end = self.spans.get(code, (0, 0))
        data = self.records[start * RECORD.size : end * RECORD.size]
        return [Member._make(fields) for fields in ESSENTIALS.iter_unpack(data)]

    def find(self, code, entry):
        """The index of the record of an entry in a region, or None."""
        low, end = self.spans.get(code, (0, 0))
        high = end
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.record(middle)[0] < entry else (low, middle)
        return low if low < end and self.record(low)[0] == entry else None
