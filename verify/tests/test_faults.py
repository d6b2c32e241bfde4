"""Whole faults that a signed and witnessed folder can have: the right step fails, for its reason.

Folders of the log's tests are announced anew with the test keys, so that no digest gives them away.
"""

import hashlib
import json
import unittest

import formats
import verify
from basics import H, T, u
from draw import Outcomes
from tests.support import HOUSEHOLD, POOLS, PREVIOUS, TINY, Announcer, MemoryFolder, announced

HIDDEN_REGION = 1  # the place of region 9401 among the regions of the folder with hidden classes


def failures(folder, previous=()):
    """Step -> detail of all steps that fail."""
    steps = verify.run(folder, previous)["steps"]
    return {step["step"]: step["detail"] for step in steps if step["status"] == "fail"}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tiny, cls.pools = MemoryFolder.of(TINY), MemoryFolder.of(POOLS)
        cls.earlier, cls.household = MemoryFolder.of(PREVIOUS), MemoryFolder.of(HOUSEHOLD)

    def assert_fails(self, folder, step, reason, previous=()):
        found = failures(folder, previous)
        self.assertRegex(found.get(step, f"step {step} passes, {found}"), reason)


class Log(Case):
    def test_announced_anew_it_passes(self):
        self.assertEqual(failures(announced(self.pools), [self.earlier]), {})

    def test_late_files(self):
        times = json.loads(self.pools.files["policy.json"])["times"]
        limits = dict.fromkeys(("entries.bin", "quota.json", "plan.json"), "t2")
        for name, limit in (limits | {"policy.json": "t0", "reveals.json": "t3"}).items():
            late = announced(self.pools, {name: times[limit] + 1})
            self.assert_fails(late, 1, f"{name} was witnessed too late")

    def test_witnesses(self):
        """Too few, one twice, an unknown one, and a signature moved to another note."""
        folder = announced(self.pools)
        lines = folder.read("log/checkpoint").decode().splitlines(keepends=True)
        proof = folder.read("proofs/seed.json.tlog-proof").decode().splitlines(keepends=True)
        cases = [
            (lines[:-1], "2 witnesses, too few"),
            ([*lines, lines[-1]], "signed twice by witness3"),
            ([*lines, lines[-1].replace("witness3", "witness4")], "unknown key"),
            (lines[:-1] + proof[-1:], "bad signature of witness3"),
            (lines[:4] + lines[5:], "not signed by the log"),
            ([*lines, "\n"], "no signature"),
            ([lines[0], "0" + lines[1], *lines[2:]], "no size"),
        ]
        for changed, reason in cases:
            data = "".join(changed).encode()
            self.assert_fails(folder.with_files(**{"log/checkpoint": data}), 1, reason)

    def test_proofs(self):
        folder = announced(self.pools)
        name = "proofs/seed.json.tlog-proof"
        own, another = folder.read(name), folder.read("proofs/result.json.tlog-proof")
        folder.files[name] = another
        self.assert_fails(folder, 1, "another entry")
        folder.files[name] = own.replace(b"@v1\n", b"@v1\nextra AAAA\n")
        self.assert_fails(folder, 1, "unknown form")
        del folder.files[name]
        self.assert_fails(folder, 1, "could not read")

    def test_another_log_does_not_fit(self):
        """A proof that the log key signed for other entries: a split view."""
        folder = announced(self.pools)
        announcer = Announcer(json.loads(folder.read("policy.json")))
        index = announcer.announce(folder, "seed.json")
        folder.files["proofs/seed.json.tlog-proof"] = announcer.proof(index, 1703000000)
        self.assert_fails(folder, 1, "does not fit the copy of the log")

    def test_entries_of_others_are_left_alone(self):
        """But one that begins like this wave's must have its form."""
        programme = self.pools.policy["programme"].encode()
        begin = T("file") + u(16, len(programme)) + programme + u(32, self.pools.policy["wave"])
        others = [begin[:-1], begin[:-4] + u(32, 3) + b"\x02\xff", b"anything"]
        self.assertEqual(failures(announced(self.pools, others=others), [self.earlier]), {})
        over, text = b"\x09plan.json" + bytes(31), b"\x02\xff\xfe" + bytes(32)
        for rest, reason in ((b"", "malformed"), (over, "malformed"), (text, "is not text")):
            self.assert_fails(announced(self.pools, others=[begin + rest]), 1, reason)
        plan = begin + b"\x09plan.json" + bytes(32)
        self.assert_fails(announced(self.pools, others=[plan]), 1, "the log has 2 plans")

    def test_versions(self):
        """A second plan is a correction or fatal; anything else has one version."""
        cases = [
            ("plan.json", "has 2 plans, and the folder's is number 1"),
            ("policy.json", "two versions of policy.json"),
            ("seed.json", "two versions of seed.json"),
            ("result.json", "two versions of result.json"),
            ("withdrawn.json", "announces 'withdrawn.json', which the folder"),
        ]
        for name, reason in cases:
            self.assert_fails(announced(self.pools, before=[(name, b"other")]), 1, reason)
        before = [("quota.json", b"found wrong before there was a plan")]
        hourly = [("registration-checkpoint", b"one"), ("registration-checkpoint", b"two")]
        allowed = announced(self.pools, before=before, later=hourly)
        self.assertEqual(failures(allowed, [self.earlier]), {})
        early = announced(self.pools, before=hourly[:1], later=hourly)
        self.assert_fails(early, 1, "registrations from before the policy")

    def test_a_correction(self):
        """Plan 2 moves round and time by the formula, and may be announced until T4 - margin."""
        policy = json.loads(self.pools.files["policy.json"])
        t4 = policy["times"]["t4"]
        moved = {"plan": 2, "t4": t4 + 86_400, "round": "1028801"}
        second = self.pools.edited("plan.json", lambda p: p.update(moved))
        times = dict.fromkeys(("plan.json", "quota.json"), t4 - policy["margin"])
        before = [("plan.json", self.pools.files["plan.json"])]
        found = failures(announced(second, times, before))
        self.assertEqual(set(found), {4, 5})
        self.assertEqual(found[4], "the seed is of another plan")
        times["plan.json"] += 1
        self.assert_fails(announced(second, times, before), 1, "plan.json was witnessed too late")
        unmoved = self.pools.edited("plan.json", lambda p: p.update(plan=2))
        self.assert_fails(unmoved, 4, "another time of draw")
        fifth = self.pools.edited("plan.json", lambda p: p.update(plan=5))
        self.assert_fails(fifth, 4, "not within 1 to 4")


class Entries(Case):
    def records(self, folder, edit):
        """The folder with its records edited as a list, and the plan made to fit."""
        data = folder.files["entries.bin"]
        records = [bytearray(data[i : i + 64]) for i in range(0, len(data), 64)]
        edit(records)
        data = b"".join(records)
        fields = {"entries": hashlib.sha256(data).hexdigest(), "n": len(records)}
        changed = folder.with_files(entries__bin=data)
        return changed.edited("plan.json", lambda p: p.update(fields))

    def test_faulty_records(self):
        def swap(records):
            records[3], records[4] = records[4], records[3]

        def put(index, place, data):
            return lambda records: records[index].__setitem__(slice(place, place + len(data)), data)

        def same_entry(records):
            records[-1][:16] = records[0][:16]
            records[-6:] = sorted(records[-6:])

        cardless = next(i for i in range(290) if self.household.record(i)[6] == bytes(8))
        cases = [
            (self.pools, swap, "do not ascend"),
            (self.pools, lambda r: r.insert(1, r[0]), "do not ascend"),
            (self.pools, same_entry, "stands in two regions"),
            (self.pools, put(5, 51, b"\x08"), "does not allow"),  # an unknown trait
            (self.pools, put(5, 52, b"\2"), "does not allow"),  # a weight above the policy's
            (self.pools, put(5, 52, b"\0"), "does not allow"),
            (self.pools, put(5, 53, b"\1"), "does not allow"),  # hidden, but the mask is not
            (self.pools, put(5, 50, b"\xff\xff\1\1"), "does not allow"),  # hiding is not allowed
            (self.pools, put(5, 53, b"\2"), "does not allow"),  # places left, without a cap
            (self.pools, put(5, 54, b"\1"), "does not allow"),  # a household, without a cap
            (self.pools, put(5, 63, b"\1"), "does not allow"),
            (self.pools, put(0, 48, b"\0\1"), "not the policy's"),
            (self.pools, lambda r: r.pop(), "could not read tree/tile/0/000.p/129"),
            (self.pools, put(5, 20, b"\0\0"), "tree/tile/0/000.p/130 differs"),
            (self.household, put(5, 53, b"\4"), "does not allow"),  # places equal to the cap
            (self.household, put(cardless, 53, b"\2"), "does not allow"),  # places, without a card
            (self.household, put(211, 50, b"\0\7"), "9401 have mask"),
        ]
        for folder, edit, reason in cases:
            self.assert_fails(self.records(folder, edit), 2, reason)

    def test_places_of_a_family_card(self):
        """All records of one card state the same places; the draw lets as many in."""
        first = self.household.record(0)[6]
        same = [i for i in range(210) if self.household.record(i)[6] == first != bytes(8)]
        self.assertGreater(len(same), 1)

        def state(indexes):
            def edit(records):
                for index in indexes:
                    records[index][53] |= 2

            return self.records(self.household, edit)

        self.assert_fails(state(same[:1]), 2, "different places")
        self.assert_fails(state(same), 2, "differs from its leaves")
        self.assert_fails(state(same), 3, "regions 0: ")

    def test_the_record_is_named(self):
        def swap(records):
            records[3], records[4] = records[4], records[3]

        self.assertEqual(verify.run(self.records(self.pools, swap))["steps"][1]["index"], 4)

    def test_half_a_record(self):
        half = self.pools.with_files(entries__bin=self.pools.files["entries.bin"][:-1])
        self.assertLessEqual({2, 3, 5}, set(failures(half)))


class Quota(Case):
    def test_faults(self):
        def region(**fields):
            return lambda q: q["regions"][0].update(fields)

        def stated(**fields):
            path = ("regions", HIDDEN_REGION, "pools", 0, "guarantees", 0)
            return lambda q: follow(q, path).update(fields)

        cases = [
            (self.pools, lambda q: q["q"].update(base=41), "base is 41, and follows as 40"),
            (self.pools, lambda q: q["q"].update(carry_in=3), "total is 45, and follows as 46"),
            (self.pools, lambda q: q.pop("carry_from"), "carry_in names no earlier wave"),
            (self.pools, lambda q: q["returned"].append({"count": 1, "region": 1501}), "ascend"),
            (self.pools, lambda q: q["returned"][0].update(count=0), "no returned seats"),
            (self.pools, region(seats=5), "seats is 5"),
            (self.pools, region(public=False), "public is False"),
            (self.pools, region(holders=[]), "holders should not be there"),
            (self.pools, lambda q: q["regions"].pop(), "has 5 parts"),
            (self.household, stated(seats=11), "not lowered as it may be"),
            (self.household, stated(seats=9), "not lowered as it may be"),
            (self.household, stated(asked=9, seats=9), "not the guarantees"),
            (self.household, lambda q: q["regions"][HIDDEN_REGION].pop("holders"), "is missing"),
        ]
        for folder, edit, reason in cases:
            changed = folder.edited("quota.json", edit)
            fields = {"quota": changed.digest("quota.json")}
            changed = changed.edited("plan.json", lambda p, fields=fields: p.update(fields))
            self.assert_fails(changed, 3, reason)
        self.assert_fails(self.pools.edited("quota.json", region(n=1)), 3, "is not the plan's")


def follow(value, path):
    """The part of a JSON value at a path."""
    for step in path:
        value = value[step]
    return value


class Seed(Case):
    def test_faults(self):
        zeros = "00" * 32
        cases = [
            ("plan.json", lambda p: p.update(policy=zeros), "another policy"),
            ("plan.json", lambda p: p.update(round="1000002"), "another round than 1000001"),
            ("plan.json", lambda p: p["contributions"].pop(), "not those of all contributors"),
            ("plan.json", lambda p: p["contributions"][0].update(commitment=zeros), "not signed"),
            ("reveals.json", lambda r: r["contributions"].reverse(), "disordered"),
            ("reveals.json", lambda r: r["contributions"][0].update(value=zeros), "another value"),
            ("reveals.json", lambda r: r["contributions"].pop(), "other contributions"),
            ("seed.json", lambda s: s.update(plan=zeros), "another plan"),
            ("seed.json", lambda s: s.update(test=False), "test of the seed"),
            ("seed.json", lambda s: s.update(chain_hash=zeros), "chain_hash of the seed"),
            ("seed.json", lambda s: s.update(round="1000002"), "another round"),
            ("seed.json", lambda s: s.update(signature="00" * 48), "round 1000001 is bad"),
            ("seed.json", lambda s: s.update(randomness=zeros), "randomness"),
            ("seed.json", lambda s: s.update(contrib_digest=zeros), "contrib_digest"),
            ("seed.json", lambda s: s.update(seed=zeros), "does not follow"),
        ]
        for name, edit, reason in cases:
            self.assert_fails(self.pools.edited(name, edit), 4, reason)
        reveals = self.pools.files["reveals.json"]
        self.assert_fails(self.household.with_files(reveals__json=reveals), 4, "without contrib")

    def test_the_signature_of_round_123_is_no_other_rounds(self):
        """A folder whose policy, plan and seed all fit round 124, with the real signature of 123."""
        later = self.tiny.edited("policy.json", lambda p: p["times"].update(t4=1692803736))
        common = {"ctx": later.ctx.hex(), "round": "124"}
        plan = common | {"policy": later.digest("policy.json"), "t4": 1692803736}
        later = later.edited("plan.json", lambda p: p.update(plan))
        seed = common | {"plan": later.digest("plan.json")}
        later = later.edited("seed.json", lambda s: s.update(seed))
        self.assert_fails(later, 4, "the signature of round 124 is bad")


class Draw(Case):
    def test_faults(self):
        cases = [
            (lambda r: r.update(plan="00" * 32), "another plan"),
            (lambda r: r.update(seed="00" * 32), "another seed"),
            (lambda r: r["totals"].update(carry=1), "totals: carry is 1, and follows as 0"),
            (lambda r: r["regions"].pop(), "other regions"),
            (lambda r: r["regions"][0]["pools"].reverse(), "other pools"),
            (lambda r: r["regions"][1]["pools"][1].update(short=0), "short is 0"),
        ]
        for edit, reason in cases:
            self.assert_fails(self.pools.edited("result.json", edit), 5, reason)
        longer = self.pools.files["selected.bin"] + b"\0"
        self.assert_fails(self.pools.with_files(selected__bin=longer), 5, "wrong length")

    def test_hidden_region(self):
        """Where masks are hidden, what 16.10 makes public is checked, and all of that."""

        def row(**fields):
            return lambda r: r["regions"][HIDDEN_REGION].update(fields)

        def pool(**fields):
            return lambda r: follow(r, ("regions", HIDDEN_REGION, "pools", 0)).update(fields)

        def first_close(result):
            parts = follow(result, ("regions", HIDDEN_REGION, "pools", 0, "masks"))
            return next(part["close"] for part in parts if "close" in part)

        def masks(edit):
            return lambda r: edit(follow(r, ("regions", HIDDEN_REGION, "pools", 0, "masks")))

        def move(parts):
            parts[0]["selected"] += 1
            parts[4]["selected"] -= 1

        cases = [
            (row(n=54), "other people"),
            (row(public=True), "other people"),
            (pool(seats=31), "has other seats"),
            (pool(filled=29), "has other seats"),
            (pool(short=1), "has other seats"),
            (pool(cutoff="00" * 32), "a wrong cutoff"),
            (lambda r: follow(r, ("regions", HIDDEN_REGION, "pools", 0)).pop("cutoff"), "wrong cutoff"),
            (masks(lambda m: m[0].update(selected=4)), "has other seats"),
            (masks(move), "other selected by mask"),
            (masks(lambda m: m.reverse()), "do not ascend"),
            (masks(lambda m: m[0].update(n=0)), "wrong counts"),
            (masks(lambda m: m[4].update(close=m[1]["close"])), "wrong counts"),
            (masks(lambda m: m[1].pop("close")), "wrong counts"),
            (masks(lambda m: m[1].update(close=m[2]["close"])), "a wrong close"),
            (masks(lambda m: m[1].update(close=m[1]["close"][:-1] + "0")), "a wrong close"),
            (lambda r: pool(cutoff=first_close(r))(r), "does not fit the limits"),
        ]
        for edit, reason in cases:
            self.assert_fails(self.household.edited("result.json", edit), 5, reason)


class Conservation(Case):
    def test_earlier_folders(self):
        later = self.pools
        self.assert_fails(later, 6, "another programme", [self.household])
        self.assert_fails(later, 6, "two earlier folders", [self.earlier, self.earlier])
        self.assert_fails(later, 6, "not an earlier one", [later])
        other = self.earlier.edited("result.json", lambda r: r["totals"].update(carry=1))
        self.assert_fails(later, 6, "another digest than result.json", [other])
        other = self.earlier.edited("corrections.json", lambda c: c["granted"].clear())
        self.assert_fails(later, 6, "carry_in is 2, and wave 1 left 3", [other])
        other = self.earlier.with_files(corrections__json=None)
        self.assert_fails(later, 6, "could not read corrections.json", [other])
        other = self.earlier.edited("revoked.json", lambda r: r["revocations"].pop())
        self.assert_fails(later, 6, "revoked.json of wave 1 has another digest", [other])

    def test_sources(self):
        cases = [
            (lambda q: q["returned"][0].update(count=2), "not those of the batches"),
            (lambda q: q["returned"][0].update(count=4), "not those of the batches"),
            (lambda q: q["returned_from"].clear(), "no source"),
            (lambda q: q["returned_from"].append(q["returned_from"][0]), "batches of returned"),
            (lambda q: q["returned_from"][0].update(wave=2), "a later wave"),
            (lambda q: q["carry_from"].update(wave=2), "not of the wave before"),
            (lambda q: q.pop("carry_from"), "carry_from is missing"),
        ]
        for edit, reason in cases:
            self.assert_fails(self.pools.edited("quota.json", edit), 6, reason, [self.earlier])

    def test_a_source_is_of_the_sequence_and_counts_what_it_revokes(self):
        """A file that the earlier folder never announced, and one with seats out of nothing."""

        def source(name, returned):
            value = json.loads(self.earlier.files["revoked.json"]) | {"returned": returned}
            data = formats.canonical(value)
            part = {"digest": H(data).hex(), "file": name, "wave": 1}
            edit = {"returned_from": [part], "returned": returned}
            earlier = MemoryFolder(self.earlier.files | {name: data})
            return self.pools.edited("quota.json", lambda q: q.update(edit)), earlier

        folder, earlier = source("revoked.9.json", [{"count": 3, "region": 1571}])
        self.assert_fails(folder, 6, "outside the sequence of wave 1", [earlier])
        folder, earlier = source("revoked.json", [{"count": 9, "region": 1571}])
        self.assert_fails(folder, 6, "returns other seats than it revokes", [earlier])

    def test_no_earlier_wave_is_named(self):
        """The first wave published so may have batches of earlier ones; nothing proves it first."""

        def drop(quota):
            del quota["carry_from"]
            quota["q"]["carry_in"] = 0

        for folder in (self.tiny, self.pools.edited("quota.json", drop)):
            step = verify.run(folder)["steps"][5]
            self.assertEqual(step["status"], "pass")
            self.assertRegex(step["detail"], "NOT CHECKED.*whether a wave was before")

    def test_unannounced_files_outside_the_sequence(self):
        for name in ("revoked.3.json", "revoked.02.json", "revoked2.json"):
            stray = announced(self.earlier)
            stray.files[name] = self.earlier.files["revoked.json"]
            self.assert_fails(stray, 1, f"{name} is outside the sequence")
        stray.files["revoked.txt"] = stray.files.pop(name)
        self.assertEqual(failures(stray), {})

    def test_a_batch_is_used_once(self):
        source = json.loads(self.pools.files["quota.json"])["returned_from"]
        other = self.earlier.edited("quota.json", lambda q: q.update(returned_from=source))
        self.assert_fails(self.pools, 6, "was used by wave 1 too", [other])

    def test_granted_appeals(self):
        granted = json.loads(self.earlier.files["corrections.json"])["granted"][0]
        listed = self.earlier.record(0)[0].hex()
        many = [granted | {"e": f"{n:032x}"} for n in range(4)]

        def edited(**fields):
            return lambda c: c["granted"][0].update(fields)

        cases = [
            (edited(e=listed), "is in the list"),
            (edited(mask=8), "no valid class"),
            (edited(weight=2), "no valid class"),
            (edited(region=9999), "unknown region"),
            (edited(mask=0), "above the limits"),
            (lambda c: c["granted"].append(granted | {"region": 9999}), "same stands twice"),
            (lambda c: c.update(granted=many), "more appeals are granted than reserved"),
        ]
        for edit, reason in cases:
            self.assert_fails(self.earlier.edited("corrections.json", edit), 6, reason)

    def test_reasons_of_appeals_are_free(self):
        """Section 16.1 limits names; what is written for people is no name."""
        for reason in ("", "é", "line\nline", "r" * 65):
            edited = self.earlier.edited(
                "corrections.json", lambda c: c["granted"][0].update(reason=reason)
            )
            self.assertNotIn(6, failures(edited))

    def test_revocations(self):
        """The order, who has a place, whose turn it is, and the sums."""
        batch = json.loads(self.earlier.files["revoked.json"])
        names = [part["e"] for part in batch["revocations"]]
        followers = [part.get("replaced_by") for part in batch["revocations"]]

        def part(index, **fields):
            return lambda r: r["revocations"][index].update(fields)

        cases = [
            (lambda r: r["revocations"].reverse(), "do not ascend"),
            (part(2, e=names[0]), "has no place"),
            (part(0, e=followers[2]), "has no place"),
            (part(0, e="00" * 16), "has no place"),
            (part(5, region=9999), "unknown region"),
            (part(0, replaced_by=followers[2]), "whose turn it was not"),
            (part(2, replaced_by=followers[0]), "whose turn it was not"),
            (part(0, replaced_by=names[2]), "whose turn it was not"),
            (part(0, replaced_by="00" * 16), "whose turn it was not"),
            (lambda r: r["revocations"][0].pop("replaced_by"), "returns other seats"),
            (lambda r: r["returned"][0].update(count=2), "returns other seats"),
            (lambda r: r["returned"].clear(), "returns other seats"),
        ]
        for edit, reason in cases:
            self.assert_fails(self.earlier.edited("revoked.json", edit), 6, reason)

    def test_a_follower_can_be_revoked_and_a_granted_place_too(self):
        """A later batch goes on where the first ended."""
        first = json.loads(self.earlier.files["revoked.json"])["revocations"]
        granted = json.loads(self.earlier.files["corrections.json"])["granted"][0]
        again = {"at": 1702300000, "e": first[0]["replaced_by"], "reason": "other", "region": 1571}
        of_reserve = again | {"e": granted["e"], "region": granted["region"]}
        returned = [{"count": 1, "region": 1571}, {"count": 1, "region": granted["region"]}]

        def second(revocations):
            value = json.loads(self.earlier.files["revoked.json"])
            value.update(revocations=revocations, returned=returned)
            return self.earlier.with_files(revoked__2__json=formats.canonical(value))

        self.assertNotIn(6, failures(second([again, of_reserve])))
        self.assert_fails(second([again, again | {"at": 1702300001}]), 6, "has no place")
        # A granted place passes on as one of `open` by ticket: to the best-ranked who waits.
        followed = {part.get("replaced_by") for part in first}
        start, end = self.earlier.spans[granted["region"]]
        ranks = sorted((Outcomes(self.earlier).rank(i), i) for i in range(start, end))
        waiting = (self.earlier.record(i)[0].hex() for rank, i in ranks if rank)
        best, next_best, *_ = (entry for entry in waiting if entry not in followed)
        del returned[1]
        self.assertNotIn(6, failures(second([again, of_reserve | {"replaced_by": best}])))
        for wrong in (next_best, first[0]["e"]):
            passed = second([again, of_reserve | {"replaced_by": wrong}])
            self.assert_fails(passed, 6, "whose turn it was not")
        returned.append({"count": 1, "region": granted["region"]})
        gap = second([again, of_reserve])
        gap.files["revoked.4.json"] = gap.files.pop("revoked.2.json")
        self.assert_fails(announced(gap), 1, "announces 'revoked.4.json', which the folder should")

    def test_hidden_region(self):
        """Where masks are hidden, a follower must have been waiting."""
        batch = json.loads(self.household.files["revoked.json"])["revocations"]
        for name in (batch[1]["e"], batch[2]["e"]):

            def replace(revoked, name=name):
                revoked["revocations"][2]["replaced_by"] = name

            changed = self.household.edited("revoked.json", replace)
            self.assert_fails(changed, 6, "whose turn it was not")
