"""Attacks of section 12, by officers who hold the log's key and remake all files to fit each other.

What only the keys of most witnesses could hide is noticed, and so is what contradicts a rule. What
nobody can see in public passes: these tests say so, too, and who would notice instead.
"""

import json
import unittest

import draw
import entries
import formats
import lottery
import receipt
import verify
from basics import Tickets, u
from tests.support import (
    POOLS, PREVIOUS, TINY, Announcer, MemoryFolder, announced, remade, secret, sign,
)  # fmt: skip

REVISED = ("entries.bin", "quota.json", "plan.json")


def failures(folder, previous=()):
    """Step -> detail of all steps that fail."""
    steps = verify.run(folder, previous)["steps"]
    return {step["step"]: step["detail"] for step in steps if step["status"] == "fail"}


def with_records(folder, edit):
    """A copy whose list of records was edited, sorted and remade with all that follows."""
    data = folder.files["entries.bin"]
    records = [bytearray(data[i : i + 64]) for i in range(0, len(data), 64)]
    edit(records)
    records.sort(key=lambda record: (record[48:50], record[:16]))
    return remade(folder.with_files(entries__bin=b"".join(records)))


def without_most_witnesses(folder):
    """The folder with checkpoints that only the log and two witnesses signed."""
    policy = folder.policy
    announcer = Announcer(policy)
    names = [name for name in folder.files if "/" not in name]
    for name in names:
        index = announcer.announce(folder, name)
        proof = announcer.proof(index, policy["times"]["t0"], witnesses=2)
        folder.files[f"proofs/{name}.tlog-proof"] = proof
    folder.files |= announcer.log_files(policy["times"]["t4"])
    return folder


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.wave, cls.earlier = MemoryFolder.of(POOLS), MemoryFolder.of(PREVIOUS)
        cls.tiny = MemoryFolder.of(TINY)
        cls.times = cls.wave.policy["times"]

    def assert_only(self, folder, step, reason, previous=None):
        """All files fit each other, so exactly one step notices."""
        found = failures(folder, [self.earlier] if previous is None else previous)
        self.assertEqual(list(found), [step], found)
        self.assertRegex(found[step], reason)

    def friend(self):
        """A record of an invented entry that this very seed favours."""
        tickets = Tickets(bytes.fromhex(self.wave.seed["seed"]))
        entry = min((u(128, n) for n in range(2000)), key=lambda entry: tickets.of(entry, 1))
        return bytearray(entry + bytes(32) + u(16, 1571) + u(16, 0) + b"\1" + bytes(11))


class AfterTheDraw(Case):
    """The seed is known; officers change the inputs in favour of a friend."""

    def test_remaking_alone_passes(self):
        self.assertEqual(failures(announced(remade(self.wave)), [self.earlier]), {})

    def bent(self):
        friend = self.friend()
        bent = with_records(self.wave, lambda records: records.append(friend))
        index = bent.find(1571, bytes(friend[:16]))
        selected = bent.files["selected.bin"][index // 8] & 0x80 >> index % 8
        self.assertTrue(selected, "the attack is worth while")
        return bent

    def test_a_late_entry(self):
        """Witnesses state when they signed; the honest list stays in the log; a quorum is needed."""
        late = dict.fromkeys(REVISED, self.times["t4"] + 60)
        self.assert_only(announced(self.bent(), late), 1, "entries.bin was witnessed too late")
        before = [(name, self.wave.files[name]) for name in REVISED]
        twice = announced(self.bent(), before=before)
        self.assert_only(twice, 1, "the log has 2 plans, and the folder's is number 1")
        hidden = without_most_witnesses(self.bent())
        self.assert_only(hidden, 1, "has 2 witnesses, too few")

    def test_a_late_correction(self):
        """A second plan moves the round, which is past; before that it must be witnessed."""
        before = [(name, self.wave.files[name]) for name in REVISED]
        second = self.wave.edited("plan.json", lambda p: p.update(plan=2))
        friend = self.friend()
        second = with_records(second, lambda records: records.append(friend))
        self.assertEqual(second.plan["round"], "1028801")
        late = dict.fromkeys(REVISED, self.times["t4"] + 60)
        self.assert_only(announced(second, late, before), 1, "witnessed too late")
        self.assertEqual(failures(announced(second, before=before), [self.earlier]), {})

    def test_an_entry_taken_out_and_a_class_changed(self):
        late = dict.fromkeys(REVISED, self.times["t4"] + 60)
        gone = with_records(self.wave, lambda records: records.pop(50))
        self.assert_only(announced(gone, late), 1, "too late")
        richer = with_records(self.wave, lambda records: records[50].__setitem__(51, 7))
        self.assert_only(announced(richer, late), 1, "too late")

    def test_a_contribution_withheld_after_the_beacon(self):
        """The last contributor to reveal could otherwise choose between two seeds."""
        short = remade(self.wave.edited("reveals.json", lambda r: r["contributions"].pop()))
        self.assertNotEqual(short.seed["seed"], self.wave.seed["seed"])
        late = announced(short, {"reveals.json": self.times["t3"] + 1})
        self.assert_only(late, 1, "reveals.json was witnessed too late")
        twice = announced(short, before=[("reveals.json", self.wave.files["reveals.json"])])
        self.assert_only(twice, 1, "two versions of reveals.json")

    def test_another_round(self):
        """The round follows from the policy, and the policy is witnessed before registration."""

        def later(policy):
            policy["times"]["t4"] += 30

        moved = remade(self.wave.edited("policy.json", later))
        self.assertNotEqual(moved.seed["seed"], self.wave.seed["seed"])
        late = announced(moved, {"policy.json": self.times["t0"] + 1})
        self.assert_only(late, 1, "policy.json was witnessed too late")
        twice = announced(moved, before=[("policy.json", self.wave.files["policy.json"])])
        self.assert_only(twice, 1, "two versions of policy.json")

    def test_a_second_draw(self):
        """Rerun until liked: the first seed and result stay in the log."""
        for name in ("seed.json", "result.json", "selected.bin", "waitlist.bin"):
            again = announced(self.wave, before=[(name, b"the first one, not liked")])
            self.assert_only(again, 1, f"two versions of {name}")


class BeforeTheDraw(Case):
    """Every file is announced in time, and breaks a rule."""

    def test_seats_moved(self):
        def to_friends(table):
            rows = {row["code"]: row for row in table["regions"]}
            for code, seats in ((3171, -1), (1571, 1)):
                rows[code]["seats"] += seats
                rows[code]["pools"][1]["seats"] += seats

        moved = announced(remade(self.wave, to_friends))
        self.assert_only(moved, 3, "seats is 8, and follows as 7")

    def test_a_guarantee_lowered(self):
        def lower(table):
            row = next(row for row in table["regions"] if row["code"] == 1571)
            row["pools"][1]["guarantees"][1].update(seats=1, reason="people")

        lowered = announced(remade(self.wave, lower))
        self.assert_only(lowered, 3, "reason should not be there|seats is 1")

    def test_one_entry_in_two_regions(self):
        def twice(records):
            records.append(bytearray(records[0]))
            records[-1][48:50] = u(16, 3173)

        self.assert_only(announced(with_records(self.wave, twice)), 2, "stands in two regions")

    def test_more_tickets_than_allowed(self):
        def heavy(records):
            records[50][52] = 16

        self.assert_only(announced(with_records(self.wave, heavy)), 2, "does not allow")

    def test_seats_used_twice(self):
        """A third wave takes over what the second has taken already."""

        def third(policy):
            policy["wave"] = 3

        wave = announced(remade(self.wave.edited("policy.json", third)))
        self.assert_only(wave, 6, "not of the wave before", [self.earlier, self.wave])
        left = {"digest": self.wave.digest("result.json"), "wave": 2}

        def carry(quota):
            quota["carry_from"] = left
            quota["q"]["carry_in"] = 4  # The second wave's reserve, without granted appeals.

        fields = {"ctx": self.wave.ctx.hex(), "granted": [], "version": 1}
        second = self.wave.with_files(corrections__json=formats.canonical(fields))
        wave = announced(remade(wave.edited("quota.json", carry)))
        self.assert_only(wave, 6, "revoked.json of wave 1 was used by wave 2", [self.earlier, second])


class HiddenClasses(Case):
    """The true draw of a folder whose classes are hidden, and what can be put in its place."""

    def hidden(self, count, k):
        """The tiny folder with the classes of its last people hidden."""
        data = bytearray(self.tiny.files["entries.bin"])
        opened = {}
        for start in range(64 * (14 - count), 64 * 14, 64):
            opened[bytes(data[start : start + 16])] = data[start + 51]
            data[start + 50 : start + 52], data[start + 53] = b"\xff\xff", 1
        rule = {"k": k, "mode": "hide"}
        folder = self.tiny.with_files(entries__bin=bytes(data))
        folder = folder.edited("policy.json", lambda p: p.update(small_cells=rule))
        return remade(folder, opened=opened)

    def test_more_hidden_people_than_small_classes_can_have(self):
        """14 people of 7 classes with a trait, each of less than k."""
        self.assertEqual(failures(announced(self.hidden(14, 3))), {})
        many = announced(self.hidden(14, 2))
        self.assert_only(many, 2, "14 people of region 1571 are hidden, and at most 7 can be", [])
        policy = self.hidden(14, 10).policy
        shown = {(1571, mask): 10 for mask in (0, 1, 2, 4, 7)}
        entries.check_cells(policy, shown | {(1571, 65535): 27, (1572, 65535): 63})
        with self.assertRaisesRegex(receipt.Failed, "28 people .* at most 27 can be"):
            entries.check_cells(policy, shown | {(1571, 65535): 28})

    def test_friends_in_the_place_of_who_was_taken_by_ticket(self):
        """Two are taken by ticket, but only one selected person is at or under the cutoff."""
        folder = self.hidden(14, 10)
        self.assertEqual(failures(announced(folder)), {})
        order = lottery.Order(0, folder.members(1571), bytes.fromhex(folder.seed["seed"]))
        chosen = {order.in_play[0], *order.in_play[-7:]}
        waiting = [i for i in order.in_play if i not in chosen]
        selected, waitlist = draw.pack(lottery.find_ranks(14, set(), waiting))

        def edit(result):
            pool = result["regions"][0]["pools"][0]
            pool["cutoff"] = order.tickets[order.in_play[0]].hex()

        bent = folder.edited("result.json", edit)
        bent = announced(bent.with_files(selected__bin=selected, waitlist__bin=waitlist))
        self.assert_only(bent, 5, "has 2 taken by ticket, and 1 under its cutoffs", [])


class Receipts(Case):
    """What the holder of a receipt notices."""

    def receipt(self, **fields):
        value = json.loads((TINY / "receipts/9999000000000008.json").read_bytes()) | fields
        parts = [receipt.T("receipt"), bytes.fromhex(value["ctx"])]
        parts.append(bytes([value["kind"] == "entered"]))
        parts += [bytes.fromhex(value[field]) for field in "ecr"]
        parts += [receipt.class_bytes(value), u(64, value["registered_at"])]
        value["signature"] = sign(secret("receipts"), b"".join(parts)).hex()
        return formats.canonical(value)

    def judge(self, folder, nik="9999000000000008", **fields):
        return receipt.judge(self.receipt(**fields), folder, nik, None)

    def test_left_out_before_the_draw(self):
        """The folder passes, and the receipt proves the omission."""
        gone = announced(with_records(self.tiny, lambda records: records.pop(6)))
        self.assertEqual(failures(gone), {})
        self.assertEqual(self.judge(gone).outcome, "missing")

    def test_a_class_changed_before_the_draw(self):
        poorer = with_records(self.tiny, lambda records: records[6].__setitem__(51, 0))
        poorer = announced(poorer)
        self.assertEqual(failures(poorer), {})
        with self.assertRaisesRegex(receipt.Failed, "not the one of the receipt"):
            self.judge(poorer)

    def test_one_record_shown_to_two_people(self):
        with self.assertRaisesRegex(receipt.Failed, "of another NIK"):
            self.judge(self.tiny, nik="9999000000000003")

    def test_a_list_of_ones_own(self):
        """A folder for one person alone: the log key signed it, the witnesses did not."""
        own = without_most_witnesses(remade(self.tiny))
        with self.assertRaisesRegex(receipt.Failed, "2 witnesses, too few"):
            self.judge(own)


class BeyondTheFolder(Case):
    """Nothing public tells an invented person from a real one: auditors open winners and a sample."""

    def test_an_invented_entry_before_the_draw(self):
        friend = self.friend()
        more = announced(with_records(self.wave, lambda records: records.append(friend)))
        self.assertEqual(failures(more, [self.earlier]), {})
