"""What `me` must not believe of the published lists, and what it says beside the outcome."""

import json
import pathlib
import tempfile
import unittest

import draw
import formats
import receipt
import verify
from basics import Failed, H
from draw import Outcomes
from lottery import NOT_IN_PLAY
from tests.support import (
    HOUSEHOLD, POOLS, PREVIOUS, TINY, MemoryFolder, announced, remade, write_tree,
)  # fmt: skip
from tests.test_golden import command, signed


def receipt_of(folder, index, **fields):
    """A signed receipt for a record of a folder with public classes."""
    entry, commitment, region, mask, weight, flags, _, _ = folder.record(index)
    return signed({
        "version": 1, "ctx": folder.ctx.hex(), "kind": "entered", "e": entry.hex(),
        "c": commitment.hex(), "r": "00" * 32, "region": region, "mask": mask, "weight": weight,
        "flags": flags, "registered_at": folder.policy["times"]["t1"] - 1000,
    } | fields)  # fmt: skip


def judge(folder, value):
    return receipt.judge(formats.canonical(value), folder, None, None)


class Lies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tiny, cls.pools = MemoryFolder.of(TINY), MemoryFolder.of(POOLS)
        cls.household = MemoryFolder.of(HOUSEHOLD)

    def assert_refused(self, folder, index, reason):
        with self.assertRaisesRegex(Failed, reason):
            judge(folder, receipt_of(folder, index))

    def with_outcome(self, folder, index, rank):
        """The folder announced with another outcome of one record."""
        ranks = [Outcomes(folder).rank(i) for i in range(folder.count)]
        ranks[index] = rank
        selected, waitlist = draw.pack(ranks)
        return announced(folder.with_files(selected__bin=selected, waitlist__bin=waitlist))

    def test_a_family_card_must_keep_its_holder_out(self):
        """Not with the cap off, not without a card, not while the others have higher tickets."""
        folder, outcomes = self.household, Outcomes(self.household)
        reason = "do not fit the tickets of your family card"
        self.assert_refused(self.with_outcome(self.tiny, 3, NOT_IN_PLAY), 3, reason)
        shown = [i for i in range(folder.count) if folder.record(i)[3] != receipt.HIDDEN]
        cardless = next(i for i in shown if folder.record(i)[6] == bytes(8))
        first = next(i for i in shown if folder.record(i)[6] != bytes(8) and outcomes.selected(i))
        capped = next(i for i in shown if outcomes.rank(i) == NOT_IN_PLAY)
        self.assertEqual(judge(folder, receipt_of(folder, capped)).outcome, "household_cap")
        for index, rank in ((cardless, NOT_IN_PLAY), (first, NOT_IN_PLAY), (capped, 1)):
            self.assert_refused(self.with_outcome(folder, index, rank), index, reason)

    def test_lists_must_be_the_announced_ones(self):
        for name in ("selected.bin", "waitlist.bin"):
            changed = self.tiny.with_files()
            changed.files[name] = bytes(len(changed.files[name]))
            self.assert_refused(changed, 3, f"{name} is not the announced file")

    def test_the_seed_must_follow(self):
        """All files are announced so: the seed is another, or the result is of another draw."""
        zeros = "00" * 32
        cases = [
            ("seed.json", {"seed": zeros}, "the seed does not follow from its sources"),
            ("seed.json", {"plan": zeros}, "the seed is of another plan"),
            ("result.json", {"seed": zeros}, "result.json has another seed"),
            ("result.json", {"plan": zeros}, "result.json is of another plan"),
            ("plan.json", {"round": "1000002"}, "another round than 1000001"),
            ("plan.json", {"entries": zeros}, "entries.bin is not the plan's"),
        ]
        for name, fields, reason in cases:
            edited = self.pools.edited(name, lambda value, fields=fields: value.update(fields))
            self.assert_refused(announced(edited), 0, reason)

    def test_a_list_of_an_unknown_region(self):
        """The record and all above it fit, but the result has no such region."""
        data = bytearray(self.tiny.files["entries.bin"])
        data[49] += 1
        last = data[:64]
        data = bytes(data[64:] + last)
        folder = self.tiny.with_files(entries__bin=data)
        write_tree(folder)
        fields = {"entries": H(data).hex(), "root": folder.root.hex()}
        folder = folder.edited("plan.json", lambda p: p.update(fields))
        for name in ("seed.json", "result.json"):
            plan = folder.digest("plan.json")
            folder = folder.edited(name, lambda value, plan=plan: value.update(plan=plan))
        self.assert_refused(announced(folder), 13, "the unknown region 1572")


class Words(unittest.TestCase):
    def show(self, path, value, *more):
        with tempfile.TemporaryDirectory() as place:
            file = pathlib.Path(place) / "receipt.json"
            file.write_bytes(formats.canonical(value))
            return command(verify.main, "me", file, "--folder", path, *more)

    def test_what_was_not_checked(self):
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        _, text = self.show(TINY, value)
        for words in ("NIK tidak diberikan", "no NIK was given", "none were pinned"):
            self.assertIn(words, text)
        with tempfile.TemporaryDirectory() as place:
            keys = pathlib.Path(place) / "keys.json"
            policy = json.loads((TINY / "policy.json").read_bytes())
            keys.write_text(json.dumps({f: policy[f] for f in ("log", "witnesses", "quorum")}))
            _, text = self.show(TINY, value, "--nik", "9999000000000008", "--keys", keys)
        for words in ("NIK", "pinned", "disematkan"):
            self.assertNotIn(words, text)

    def test_errors_keep_to_their_language(self):
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        cases = [
            (TINY, value, ("--nik", "9999000000000003"), "bukti ini milik NIK lain"),
            (POOLS, value, (), "bukti ini dari gelombang atau kebijakan lain"),
            (TINY, value | {"mask": 5}, (), "tanda tangannya tidak sah"),
            (TINY, signed(value | {"region": 9401}), (), "bukti ini dasar untuk keberatan"),
            (TINY, value | {"more": 1}, (), "rinciannya dalam bahasa Inggris"),
        ]
        for path, changed, more, words in cases:
            code, text = self.show(path, changed, *more)
            indonesian, english, outcome = text.splitlines()
            self.assertEqual((code, outcome), (1, "error"), text)
            self.assertIn(words, indonesian)
            self.assertTrue(english.startswith("Error: "), text)
            self.assertNotRegex(indonesian, r"\b(the|is|of)\b")

    def test_before_the_draw(self):
        drawn = ("seed.json", "result.json", "selected.bin", "waitlist.bin")
        folder = MemoryFolder.of(TINY)
        folder.files = {name: data for name, data in folder.files.items() if name not in drawn}
        with tempfile.TemporaryDirectory() as place:
            for name, data in announced(folder).files.items():
                path = pathlib.Path(place) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            code, text = self.show(place, receipt_of(folder, 0))
        self.assertEqual((code, text.splitlines()[-1]), (0, "undrawn"), text)

    def test_a_place_on_a_list_that_is_not_used(self):
        """The rank is told only where the policy lets somebody follow."""
        folder = MemoryFolder.of(TINY).edited("policy.json", lambda p: p.update(waitlist=False))
        folder = announced(remade(folder))
        index = next(i for i in range(14) if Outcomes(folder).rank(i) == 4)
        verdict = judge(folder, receipt_of(folder, index))
        self.assertEqual(verdict.outcome, "waitlist")
        self.assertNotRegex(verdict.indonesian + verdict.english, "rank|urutan")

    def test_what_came_after_the_draw(self):
        """A place taken back, one that passed on, and an appeal that was granted."""
        folder = MemoryFolder.of(PREVIOUS)
        batch = json.loads(folder.files["revoked.json"])["revocations"]
        regions = {part["e"]: part["region"] for part in batch}
        replaced = next(part for part in batch if "replaced_by" in part)
        cases = [
            (batch[0]["e"], "selected", "Tempat Anda dicabut pada", "place was taken back on"),
            (replaced["replaced_by"], "waitlist", "sebagai pengganti", "the place of somebody"),
        ]
        for entry, outcome, indonesian, english in cases:
            index = folder.find(regions.get(entry, replaced["region"]), bytes.fromhex(entry))
            verdict = judge(folder, receipt_of(folder, index))
            self.assertEqual(verdict.outcome, outcome)
            self.assertIn(indonesian, verdict.indonesian)
            self.assertIn(english, verdict.english)
        untouched = judge(folder, receipt_of(folder, next(
            i for i in range(folder.count)
            if folder.record(i)[0].hex() not in {part["e"] for part in batch}
            and Outcomes(folder).selected(i))))  # fmt: skip
        self.assertNotIn("taken back", untouched.english)
        granted = json.loads(folder.files["corrections.json"])["granted"][0]
        fields = {field: granted[field] for field in ("e", "region", "mask", "weight")}
        verdict = judge(folder, receipt_of(folder, 0, kind="registered", **fields))
        self.assertEqual(verdict.outcome, "missing")
        self.assertIn("Your appeal was granted", verdict.english)
