"""Folders made to hang or crash the tool: every one gets a verdict."""

import copy
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import announcements
import bls
import conservation
import ed25519
import formats
import receipt
import recompute
import verify
from basics import Failed
from folder import Folder
from tests.support import HOUSEHOLD, POOLS, PREVIOUS, TINY, MemoryFolder
from tests.test_receipts import receipt_of

FUZZ_RUNS = 250  # some 5 seconds
ODD_NUMBERS = (0, 1, -1, 255, 256, 65535, 1 << 32, 1 << 53, 1 << 64, 10**30)
ODD_VALUES = (None, True, 0.5, "", "é", "\ud800", "x" * 70, [], {}, [[]], *ODD_NUMBERS)


class Files(unittest.TestCase):
    """What stands under a file's name need not be a file."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name) / "folder"
        shutil.copytree(TINY, self.folder)

    def failing(self):
        """The steps that fail, as a process that must end in time says them."""
        command = [sys.executable, verify.__file__, str(self.folder), "--json"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual((run.returncode, run.stderr), (1, ""))
        return {s["step"]: s["detail"] for s in json.loads(run.stdout)["steps"] if s["status"] == "fail"}

    def put(self, name, make):
        path = self.folder / name
        path.unlink()
        make(path)

    def test_pipes_and_devices(self):
        """A pipe that nobody writes to, a device that never ends, a folder, a link to itself."""
        for name, make in (
            ("policy.json", os.mkfifo),
            ("quota.json", lambda path: path.symlink_to("/dev/zero")),
            ("log/checkpoint", os.mkfifo),
            ("entries.bin", lambda path: path.symlink_to("/dev/zero")),
            ("seed.json", os.mkdir),
            ("selected.bin", lambda path: path.symlink_to(path)),
        ):
            self.put(name, make)
        found = self.failing()
        self.assertEqual(set(found), {1, 2, 3, 4, 5, 6})
        self.assertIn("policy.json: it is no regular file", found[1])

    def test_files_larger_than_any_true_one(self):
        def huge(path):
            with open(path, "wb") as file:
                file.truncate(1 << 43)

        for name in ("result.json", "waitlist.bin", "tree/tile/0/000.p/14"):
            self.put(name, huge)
        found = self.failing()
        self.assertEqual(set(found), {1, 2, 5})
        self.assertIn("could not read result.json: it is too large", found[5])
        self.put("entries.bin", huge)
        self.assertIn("could not read entries.bin: it is too large", self.failing()[2])

    def test_what_the_machine_runs_out_of_is_a_failed_step(self):
        for error in (MemoryError, OSError):
            with mock.patch.object(verify.draw, "check", side_effect=error):
                report = verify.run(Folder(TINY))
            self.assertFalse(report["ok"])
            self.assertIn(f"could not be checked: {error.__name__}", report["steps"][4]["detail"])

    def test_a_receipt_and_keys_that_are_no_files(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        command = [sys.executable, verify.__file__]
        run = subprocess.run([*command, "me", pipe, "--folder", TINY], capture_output=True, timeout=60)
        self.assertEqual((run.returncode, run.stdout.split()[-1]), (1, b"error"))
        run = subprocess.run([*command, TINY, "--keys", pipe], capture_output=True, timeout=60)
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"no regular file", run.stderr)


class Fuzz(unittest.TestCase):
    """Random edits of every file: a verdict, whatever it is, and never another exception."""

    def setUp(self):
        # A signature over the same is good or not each time, and takes the most of a run.
        for module in (bls, ed25519):
            kept = {}
            real = module.verify

            def verify_once(*arguments, kept=kept, real=real):
                if arguments not in kept:
                    kept[arguments] = real(*arguments)
                return kept[arguments]

            patch = mock.patch.object(module, "verify", verify_once)
            patch.start()
            self.addCleanup(patch.stop)
        self.random = random.Random(1310)
        self.later = MemoryFolder.of(POOLS)

    def test_folders(self):
        folders = [MemoryFolder.of(path) for path in (TINY, POOLS, PREVIOUS, HOUSEHOLD)]
        names = [(folder, name) for folder in folders for name in sorted(folder.files)]
        self.random.shuffle(names)
        for folder, name in itertools.islice(itertools.cycle(names), FUZZ_RUNS):
            data = self.edit(folder.files[name], name)
            changed = MemoryFolder(folder.files | {name: data})
            own = formats.canonical(receipt_of(folder, self.random.randrange(folder.count)))
            self.run_all(folder, changed, own, (name, data[:200]))

    def run_all(self, folder, changed, own, what):
        for look in (
            lambda: verify.run(changed),
            lambda: conservation.check(self.later, [changed]),
            lambda: receipt.judge(own, changed, None, None),
            lambda: recompute.recompute(changed),
        ):
            try:
                look()
            except Failed:
                pass
            except Exception as error:
                raise AssertionError(what) from error

    def edit(self, data, name):
        """A file with some of its values, bytes or lines changed."""
        if name.endswith(".json") and self.random.random() < 0.8:
            value = json.loads(data)
            for _ in range(self.random.choice((1, 1, 2))):
                value = self.edit_value(value)
            try:
                return formats.canonical(value)
            except UnicodeEncodeError:  # half a pair of surrogates, as JSON can escape it
                return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        data = bytearray(data)
        for _ in range(self.random.choice((1, 1, 4))):
            start = self.random.randrange(len(data) + 1)
            end = min(len(data), start + self.random.choice((0, 1, 2, 32, 64)))
            kind = self.random.randrange(4)
            if kind == 0:
                data[start:end] = self.random.randbytes(end - start)
            elif kind == 1:
                del data[start:end]
            elif kind == 2:
                data[start:start] = data[end : end + 64]
            else:
                data[start:end] = self.random.choice((b"\xff", b"\n", b"\n\n", b" ", b"9" * 20))
        return bytes(data)

    def edit_value(self, value):
        """A JSON value with one part of it changed, dropped or put in twice."""
        if isinstance(value, (dict, list)) and value and self.random.random() < 0.9:
            keys = list(value) if isinstance(value, dict) else range(len(value))
            key, kind = self.random.choice(keys), self.random.random()
            if kind < 0.1:
                del value[key]
            elif kind < 0.2 and isinstance(value, list):
                value.insert(0, copy.deepcopy(value[key]))
            else:
                value[key] = self.edit_value(value[key])
            return value
        if isinstance(value, int) and self.random.random() < 0.7:
            return self.random.choice((value + 1, value - 1, *ODD_NUMBERS))
        if isinstance(value, str) and value and self.random.random() < 0.7:
            at = self.random.randrange(len(value))
            return value[:at] + self.random.choice("0123456789abcdef") + value[at + 1 :]
        return copy.deepcopy(self.random.choice(ODD_VALUES))

    def test_receipts_and_keys(self):
        """The other two files that somebody else may have written."""
        data = (TINY / "receipts/9999000000000008.json").read_bytes()
        policy = json.loads((TINY / "policy.json").read_bytes())
        keys = json.dumps({field: policy[field] for field in ("log", "witnesses", "quorum")}).encode()
        folder = MemoryFolder.of(TINY)
        for _ in range(300):
            for read, original in (
                (lambda changed: receipt.judge(changed, folder, None, None), data),
                (announcements.read_pinned, keys),
            ):
                changed = self.edit(original, "a.json")
                try:
                    read(changed)
                except Failed:
                    pass
                except Exception as error:
                    raise AssertionError(changed) from error
