"""The golden folders: they verify as they stand, are reproduced byte for byte, and their receipts."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import receipt
import recompute
import verify
from basics import H
from folder import Folder
from tests.support import HOUSEHOLD, POOLS, PREVIOUS, TINY, MemoryFolder, announced, secret, sign

COMPUTED = ("quota.json", "result.json", "selected.bin", "waitlist.bin")


def command(function, *arguments):
    """Runs a command; its exit code and what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = function([str(argument) for argument in arguments])
    return code, out.getvalue()


class Verify(unittest.TestCase):
    def test_every_folder_passes(self):
        for path, records, previous, test_beacon in (
            (TINY, 14, [], False),
            (POOLS, 130, [PREVIOUS], True),
            (PREVIOUS, 72, [], True),
            (HOUSEHOLD, 290, [], True),
        ):
            report = verify.run(Folder(path), [Folder(other) for other in previous])
            self.assertTrue(report["ok"], report)
            self.assertEqual((report["records"], report["test_beacon"]), (records, test_beacon))
            names = [step["name"] for step in report["steps"]]
            self.assertEqual(names, ["log", "entries", "quota", "seed", "draw", "conservation"])

    def test_memory_reads_as_disk(self):
        for path in (POOLS, HOUSEHOLD):
            self.assertEqual(verify.run(MemoryFolder.of(path)), verify.run(Folder(path)))

    def test_expected_tickets_and_outcomes(self):
        """Every line of expected.txt, from the folder's records."""
        for path in (TINY, POOLS, PREVIOUS, HOUSEHOLD):
            folder = Folder(path)
            tickets = receipt.Tickets(bytes.fromhex(folder.seed["seed"]))
            outcomes = receipt.Outcomes(folder)
            lines = (path / "expected.txt").read_text().splitlines()
            self.assertEqual(len(lines), folder.count)
            for line in lines:
                index, region, entry, _, weight, ticket, *outcome = line.split()
                record = folder.record(int(index))
                self.assertEqual((record[2], record[0].hex()), (int(region), entry))
                self.assertEqual(tickets.of(record[0], int(weight[1:])).hex(), ticket)
                words = {0: "selected", 0xFFFFFFFF: "household_cap"}
                rank = outcomes.rank(int(index))
                self.assertEqual(" ".join(outcome), words.get(rank, f"waitlist {rank}"))

    def test_sources_that_are_not_given_are_named(self):
        step = verify.run(Folder(POOLS))["steps"][5]
        self.assertEqual(step["status"], "pass")
        self.assertIn("carry_in of wave 1, revoked.json of wave 1", step["detail"])

    def test_command(self):
        code, text = command(verify.main, TINY)
        self.assertEqual(code, 0, text)
        self.assertIn("LULUS, 14 peserta / PASS, 14 records", text)
        code, text = command(verify.main, POOLS, "--previous", PREVIOUS, "--json")
        self.assertEqual((code, json.loads(text)["ok"]), (0, True))
        code, text = command(verify.main, HOUSEHOLD)
        self.assertIn("TEST BEACON", text)
        with tempfile.TemporaryDirectory() as empty:
            code, text = command(verify.main, empty)
        self.assertEqual((code, text.count(" FAIL ")), (1, 6), text)

    def test_pinned_keys(self):
        """Keys of one's own count instead of the policy's."""
        policy = json.loads((TINY / "policy.json").read_bytes())
        keys = {field: policy[field] for field in ("log", "witnesses", "quorum", "receipt_key")}
        with tempfile.TemporaryDirectory() as place:
            file = pathlib.Path(place) / "keys.json"
            file.write_text(json.dumps(keys, indent=2))
            code, text = command(verify.main, TINY, "--keys", file)
            self.assertEqual(code, 0, text)
            self.assertIn("; pinned keys", text)
            keys["quorum"] = 5
            file.write_text(json.dumps(keys))
            code, text = command(verify.main, TINY, "--keys", file)
            self.assertEqual(code, 1)
            self.assertIn("has 4 witnesses, too few", text)


class Recompute(unittest.TestCase):
    def test_every_folder_is_reproduced(self):
        with tempfile.TemporaryDirectory() as place:
            key = pathlib.Path(place) / "key"
            key.write_text(H(b"public test K golden 3").hex() + "\n")
            opened = ["--opened", HOUSEHOLD / "people.csv", "--key", key]
            for path in (TINY, POOLS, PREVIOUS, HOUSEHOLD):
                out = pathlib.Path(place) / path.name
                more = opened if path is HOUSEHOLD else []
                code, text = command(recompute.main, path, out, *more)
                self.assertEqual(code, 0, text)
                for name in COMPUTED:
                    self.assertEqual((out / name).read_bytes(), (path / name).read_bytes(), name)
            code, text = command(recompute.main, HOUSEHOLD, place)
            self.assertEqual(code, 1)
            self.assertIn("hidden masks need --opened", text)

    def test_masks_opened_by_entry(self):
        with tempfile.TemporaryDirectory() as place:
            folder = Folder(HOUSEHOLD)
            by_nik = recompute.read_opened(
                HOUSEHOLD / "people.csv", folder, H(b"public test K golden 3")
            )
            file = pathlib.Path(place) / "opened.csv"
            lines = [f"{entry.hex()},{mask}" for entry, mask in by_nik.items()]
            file.write_text("\n".join(["e,mask", *lines]))
            self.assertEqual(recompute.read_opened(file, folder, None), by_nik)


class Receipts(unittest.TestCase):
    OUTCOMES = [
        (TINY, "9999000000000008", "selected", "(batas tempat terjamin 0x6517956a0e890f0d"),
        (TINY, "9999000000000003", "waitlist", "rank 4 of 6"),
        (HOUSEHOLD, "9998000000000000", "household_cap", ""),
        (HOUSEHOLD, "9998000000000002", "waitlist", "general limit"),
        (HOUSEHOLD, "9998000000000011", "selected", ""),
        (HOUSEHOLD, "9998000000000216", "selected", "not public"),
        (HOUSEHOLD, "9998000000000235", "waitlist", "not public"),
    ]

    def test_outcomes_of_the_golden_receipts(self):
        for path, nik, outcome, words in self.OUTCOMES:
            file = path / "receipts" / f"{nik}.json"
            code, text = command(verify.main, "me", file, "--folder", path, "--nik", nik)
            self.assertEqual((code, text.splitlines()[-1]), (0, outcome), text)
            self.assertIn(words, text)
            self.assertEqual("TEST BEACON" in text, path is HOUSEHOLD)

    def test_another_nik_and_another_wave_are_errors(self):
        file = TINY / "receipts/9999000000000008.json"
        for folder, nik in ((TINY, "9999000000000003"), (POOLS, "9999000000000008")):
            code, text = command(verify.main, "me", file, "--folder", folder, "--nik", nik)
            self.assertEqual((code, text.splitlines()[-1]), (1, "error"), text)

    def test_any_changed_field_is_an_error(self):
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        for field in ("e", "c", "r", "region", "mask", "weight", "flags", "registered_at"):
            changed = value | {field: other(value[field])}
            with self.assertRaises(receipt.Failed, msg=field):
                judge(TINY, changed)

    def test_missing_and_registered(self):
        """A signed receipt of nobody in the list, and one of an entry whose class changed since."""
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        verdict = judge(TINY, signed(value | {"e": "00" * 16}))
        self.assertEqual(verdict.outcome, "missing")
        self.assertIn("dated 2023-08-20", verdict.english)
        with self.assertRaisesRegex(receipt.Failed, "not the one of the receipt"):
            judge(TINY, signed(value | {"mask": 6}))
        registered = signed(value | {"kind": "registered", "mask": 0, "region": 9401})
        self.assertEqual(judge(TINY, registered).outcome, "selected")

    def test_lists_that_contradict_the_limits_are_an_error(self):
        folder = MemoryFolder.of(TINY)
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        data = receipt.formats.canonical(value)
        index = folder.find(1571, bytes.fromhex(value["e"]))
        ranks = bytearray(folder.read("waitlist.bin"))
        ranks[4 * index + 3] = 7
        unselected = bytearray(folder.read("selected.bin"))
        for reason in ("contradict each other", "do not fit the published limits"):
            changed = folder.with_files(waitlist__bin=bytes(ranks), selected__bin=bytes(unselected))
            with self.assertRaisesRegex(receipt.Failed, "is not the announced file"):
                receipt.judge(data, changed, None, None)
            with self.assertRaisesRegex(receipt.Failed, reason):
                receipt.judge(data, announced(changed), None, None)
            unselected[index // 8] &= ~(0x80 >> index % 8)
        tile = folder.with_files(**{"tree/tile/0/000__p/14": bytes(448)})
        with self.assertRaisesRegex(receipt.Failed, "not in the plan's tree"):
            receipt.judge(data, tile, None, None)

    def test_before_the_draw(self):
        """In the days of inspection a receipt already tells whether its holder is in the list."""
        early = MemoryFolder.of(TINY)
        drawn = ("seed.json", "result.json", "selected.bin", "waitlist.bin")
        early.files = {name: data for name, data in early.files.items() if name not in drawn}
        early = announced(early)
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes())
        missing = receipt.formats.canonical(signed(value | {"e": "00" * 16}))
        self.assertEqual(receipt.judge(missing, early, None, None).outcome, "missing")
        verdict = receipt.judge(receipt.formats.canonical(value), early, None, None)
        self.assertEqual(verdict.outcome, "undrawn")
        self.assertIn("drawn on 2023-08-23", verdict.english)


def judge(path, value):
    return receipt.judge(receipt.formats.canonical(value), Folder(path), None, None)


def other(value):
    if isinstance(value, int):
        return value + 1
    return ("0" if value[0] != "0" else "1") + value[1:]


def signed(value):
    """The receipt signed again by the golden folders' key."""
    parts = [receipt.T("receipt"), bytes.fromhex(value["ctx"])]
    parts.append(bytes([value["kind"] == "entered"]))
    parts += [bytes.fromhex(value[field]) for field in "ecr"]
    parts += [receipt.class_bytes(value), receipt.u(64, value["registered_at"])]
    return value | {"signature": sign(secret("receipts"), b"".join(parts)).hex()}
