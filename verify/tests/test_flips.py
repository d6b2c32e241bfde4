"""One changed bit anywhere: the folder fails, in the step that 16.11 names."""

import functools
import json
import random
import unittest
from unittest import mock

import bls
import verify
from tests.support import POOLS, PREVIOUS, TINY, MemoryFolder, flipped

SAMPLES = 60  # bits of each file
NAMED = {  # by content, beside step 1
    "entries.bin": {2},
    "plan.json": {2, 3, 4},
    "quota.json": {3},
    "reveals.json": {4},
    "seed.json": {4},
    "result.json": {5},
    "selected.bin": {5},
    "waitlist.bin": {5},
    "corrections.json": {6},
    "revoked.json": {6},
}


class Flips(unittest.TestCase):
    def setUp(self):
        # A pairing takes half a second, and most changed bits leave its inputs as they are.
        kept = functools.cache(bls.verify)
        patch = mock.patch.object(bls, "verify", kept)
        patch.start()
        self.addCleanup(patch.stop)
        self.random = random.Random(1611)

    def test_tiny(self):
        self.check_folder(MemoryFolder.of(TINY), [])

    def test_pools(self):
        self.check_folder(MemoryFolder.of(POOLS), [MemoryFolder.of(PREVIOUS)])

    def test_previous(self):
        self.check_folder(MemoryFolder.of(PREVIOUS), [])

    def check_folder(self, folder, previous):
        self.assertEqual(failed(folder, previous), set())
        for name, data in folder.files.items():
            bits = range(8 * len(data))
            for bit in self.random.sample(bits, min(SAMPLES, len(bits))):
                changed = MemoryFolder(folder.files | {name: flipped(data, bit)})
                steps = failed(changed, previous)
                where = f"{name}, bit {bit}: {steps}"
                if name.startswith("tree/"):
                    self.assertEqual(steps, {2}, where)
                elif name.startswith(("log/", "proofs/")):
                    self.assertEqual(steps, {1}, where)
                else:
                    self.assertIn(1, steps, where)
                    named = NAMED.get(name)
                    excused = without_effect(folder, changed, name)
                    self.assertTrue(named is None or steps & named or excused, where)


def failed(folder, previous):
    return {s["step"] for s in verify.run(folder, previous)["steps"] if s["status"] == "fail"}


def without_effect(folder, changed, name):
    """Whether the content stays possible: another reason or time of a revocation, or a granted
    appeal of somebody else whose ticket suffices too, as nobody in public knows who appealed.
    """
    free = {"revoked.json": ("reason", "at"), "corrections.json": ("reason", "mask", "e", "region")}
    try:
        values = [json.loads(part.files[name]) for part in (folder, changed)]
    except ValueError:
        return False
    for value in values:
        for part in value.get("granted", []) + value.get("revocations", []):
            for field in free.get(name, ()):
                part.pop(field, None)
    return values[0] == values[1]
