"""Notation, apportionment, guarantees and the draw of a region, against the rules' own examples."""

import itertools
import json
import random
import unittest
from collections import Counter

import draw
import entries
import formats
import lottery
import policy as policies
import quota
from basics import MAC, Failed, H, T, Tickets, context, find_seed, u
from folder import Folder, Member
from tests.support import HOUSEHOLD, POOLS, TINY, MemoryFolder

ROUND_123 = (
    "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482"
    "e26cd02df835d3546d23c4b13e0dfc92"
)
D, P, W = 1, 2, 4


class Notation(unittest.TestCase):
    def test_vectors_of_section_1(self):
        ctx = context("prakerja", 72, H(b"example policy"))
        key, blinding = bytes(range(0x20)), bytes(range(0x20, 0x40))
        nik = b"3171234567890123"
        entry = MAC(key, T("entry"), ctx, nik)[:16]
        classes = u(16, 137) + u(16, 5) + b"\1\0"
        commitment = H(T("commit"), ctx, blinding, entry, classes, nik)
        leaf = H(b"\0", entry, commitment, classes, bytes(10))
        randomness = H(bytes.fromhex(ROUND_123))
        chain = bytes.fromhex(policies.QUICKNET["chain_hash"])
        seed = find_seed(ctx, chain, 123, randomness, bytes(32))
        found = (ctx, randomness, seed, entry, commitment, leaf, Tickets(seed).of(entry, 1))
        expected = (
            "7e60874f0fd4c85b00b9c91f134f8fc71afd3b0bc47259cc70fcf65d6c6d62b2",
            "fb8f7bc29bf24db51871ec8c79f3a1e4bd0557bc0dfcee9ed1d924e69d1c60dc",
            "59af34dc691375df89da8f7db64dff068466fd377203a22e74cebc00ea4f37f8",
            "248879705c3ac001c062a6add9f1285b",
            "aa61767feab71fc3a771b8015191ec7d8846f92f57459b83746d46bb31062795",
            "7bf2117154dfe414d59423eddd77b02a2147ad03f9d495a7b3c41f468bb5f0de",
            "55f8e8fa0aeffacebb27b7ad59e763c06b0aae06faab9ddba1067bde946a743c",
        )
        self.assertEqual(tuple(part.hex() for part in found), expected)

    def test_a_weight_is_the_least_of_as_many_tickets(self):
        seed, entry = bytes(32), bytes(16)
        numbers = [MAC(seed, T("ticket"), entry, bytes([j])) for j in range(16)]
        for weight in range(1, 17):
            self.assertEqual(Tickets(seed).of(entry, weight), min(numbers[:weight]))

    def test_round_of_section_5(self):
        policy = {
            "times": {"t4": 1764547200},  # 2025-12-01T00:00:00Z
            "correction_shift": 3600,
            "beacon": policies.QUICKNET,
        }
        self.assertEqual(policies.draw_round(policy, 1), 23914612)
        self.assertEqual(policies.draw_round(policy, 2), 23914612 + 1200)


class Json(unittest.TestCase):
    def test_only_the_canonical_form_is_valid(self):
        shape = {"a": formats.u8, "b?": [formats.u64]}
        self.assertEqual(formats.parse(b'{"a":1,"b":["0"]}', shape, "x"), {"a": 1, "b": ["0"]})
        bad = [
            b"", b"{", b'{"a":1}\n', b'{"a": 1}', b'{"b":[],"a":1}', b'{"a":1,"a":1}', b'{"a":-0}',
            b'{"a":1.0}', b'{"a":true}', b'{"a":256}', b'{"a":-1}', b'{"a":1,"c":2}', b"{}",
            b'{"a":1,"b":null}', b'{"a":1,"b":["00"]}', b'{"a":1,"b":["18446744073709551616"]}',
            b'{"a":1,"b":[1]}', b'\xef\xbb\xbf{"a":1}', b'{"\\u0061":1}', b"[" * 100_000,
        ]  # fmt: skip
        for data in bad:
            with self.assertRaises(Failed, msg=data[:40]):
                formats.parse(data, shape, "x")

    def test_keys_are_ordered_as_utf_16(self):
        """U+10000 is written with surrogates, which come before U+FFFF."""
        value = {"\uffff": 1, "\U00010000": 2, "\x1f": '"\\\x00\x7f'}
        text = '{"\\u001f":"\\"\\\\\\u0000\x7f","\U00010000":2,"\uffff":1}'
        self.assertEqual(formats.canonical(value), text.encode())


class Policy(unittest.TestCase):
    def test_each_rule_of_16_3_is_checked(self):
        cases = [
            (lambda p: p["times"].update(t1=p["times"]["t0"] - 1), "out of order"),
            (lambda p: p["times"].update(t3=p["times"]["t4"]), "out of order"),
            (lambda p: p.update(margin=0), "margin"),
            (lambda p: p.update(correction_shift=0), "correction_shift"),
            (lambda p: p["times"].update(t2=p["times"]["t4"] - 86_399), "inspection window"),
            (lambda p: p.update(correction_shift=82_799), "window of a correction"),
            (lambda p: p["beacon"].update(test=True), "beacon.test"),
            (lambda p: p["beacon"].update(period=4), "beacon.test"),
            (lambda p: p["beacon"].update(test=True, public_key=""), "its scheme"),
            (lambda p: p["beacon"].update(mode="public-sources"), "unknown value"),
            (lambda p: p.update(quorum=0), "quorum"),
            (lambda p: p.update(quorum=6), "quorum"),
            (lambda p: p["witnesses"].append(p["witnesses"][0]), "witnesses"),
            (lambda p: p["witnesses"][1].update(key=p["witnesses"][0]["key"]), "keys of witnesses"),
            (lambda p: p["witnesses"][1].update(key=p["log"]["key"]), "keys of witnesses and log"),
            (lambda p: p["witnesses"][1].update(name="witness 1"), "wrong value"),
            (lambda p: p["log"].update(origin="a+b"), "wrong value"),
            (lambda p: p["contributors"].extend(twice("name", "key")), "among the contributors"),
            (lambda p: p["contributors"].extend(twice("key", "name")), "keys of contributors"),
            (lambda p: p["beacon"].update(test=True, period=0), "period is zero"),
            (lambda p: p["beacon"].update(test=True, genesis=1692803734), "first round"),
            (lambda p: p["regions"].append(p["regions"][0]), "regions do not ascend"),
            (lambda p: p["regions"][0].update(code=65535), "out of range"),
            (lambda p: p["regions"][0].update(weight="0"), "weight 0"),
            (lambda p: p["regions"][0].update(cap=0), "cap below its floor"),
            (lambda p: p["regions"][0].update(floor=9), "floors exceed"),
            (lambda p: p["reserve"].update(num=2), "no fraction"),
            (lambda p: p["traits"].reverse(), "traits do not ascend"),
            (lambda p: p["traits"][2].update(bit=15), "above 14"),
            (lambda p: p.update(max_weight=17), "max_weight"),
            (lambda p: p["pools"][0].update(name="closed"), "not one pool `open`"),
            (lambda p: p["pools"].append(pool("a", need=1) | {"name": "open"}), "one pool `open`"),
            (lambda p: p["pools"][0].update(need=1), "needs a trait"),
            (lambda p: p["pools"].append(pool("a", need=8)), "unknown trait"),
            (lambda p: p["pools"].extend(pool(f"p{i}") for i in range(8)), "more than 8 pools"),
            (lambda p: p["pools"].extend([pool("a"), pool("b")]), "more than 1"),
            (lambda p: p["pools"][0]["guarantees"][0].update(trait=1), "guarantees of a pool"),
            (lambda p: p["national"].append({"den": 2, "num": 1, "trait": 9}), "unknown trait"),
            (many_traits, "more than 8 traits"),
        ]
        data = (TINY / "policy.json").read_bytes()
        policies.load(data)
        for edit, reason in cases:
            policy = json.loads(data)
            edit(policy)
            with self.assertRaisesRegex(Failed, reason):
                policies.load(formats.canonical(policy))


def pool(name, need=0):
    share = {"den": 3, "num": 2}
    return {"name": name, "need": need, "order": "open_first", "share": share, "guarantees": []}


def twice(same, different):
    """Two contributors who share one field."""
    return [{same: "aa" * 32, different: letter * 64} for letter in "ab"]


def many_traits(policy):
    policy["traits"] = [{"bit": bit, "name": f"t{bit}"} for bit in range(9)]
    policy["national"] = [{"den": 9, "num": 1, "trait": bit} for bit in range(3, 9)]


class Apportionment(unittest.TestCase):
    WEIGHTS = dict(enumerate((53000, 24000, 15000, 8000)))

    def rows(self, cap):
        return {0: (1, 99), 1: (1, 99), 2: (1, cap), 3: (1, 99)}

    def test_examples_of_the_rules(self):
        found = quota.sainte_lague(self.rows(99), self.WEIGHTS, 20)
        self.assertEqual(list(found.values()), [10, 5, 3, 2])
        found = quota.sainte_lague(self.rows(2), self.WEIGHTS, 20)
        self.assertEqual(list(found.values()), [11, 5, 2, 2])

    def test_ties_go_to_the_smaller_code_and_caps_end_it(self):
        self.assertEqual(quota.sainte_lague({7: (0, 9), 3: (0, 9)}, {7: 5, 3: 5}, 3), {7: 1, 3: 2})
        self.assertEqual(quota.sainte_lague({1: (0, 2), 2: (0, 1)}, {1: 1, 2: 1}, 9), {1: 2, 2: 1})

    def test_quotients_that_differ_by_little_compare_exactly(self):
        """2^63 / 1 against (2^63 + 1) / 1, and equal quotients of different fractions."""
        rows = {1: (0, 1), 2: (0, 1)}
        self.assertEqual(quota.sainte_lague(rows, {1: 1 << 63, 2: (1 << 63) + 1}, 1)[2], 1)
        rows = {1: (1, 3), 2: (0, 3)}
        self.assertEqual(quota.sainte_lague(rows, {1: 15, 2: 5}, 2), {1: 2, 2: 0})

    def test_largest_remainder(self):
        """Worked by hand: whole shares, then the larger remainders, then again after a cut."""
        check = quota.largest_remainder
        # 10 seats by 5:3:1: 5.55, 3.33, 1.11; one seat left goes to .55.
        self.assertEqual(check({1: (0, 9), 2: (0, 9), 3: (0, 9)}, {1: 5, 2: 3, 3: 1}, 10),
                         {1: 6, 2: 3, 3: 1})  # fmt: skip
        # The first is cut at 2, so no single seats yet; then 4 left by 3:1: 3 and 1.
        self.assertEqual(check({1: (0, 2), 2: (0, 9), 3: (0, 9)}, {1: 5, 2: 3, 3: 1}, 10),
                         {1: 2, 2: 6, 3: 2})  # fmt: skip
        # A tie of remainders goes to the smaller code.
        self.assertEqual(check({5: (0, 9), 2: (0, 9)}, {5: 1, 2: 1}, 3), {5: 1, 2: 2})


class Holders(unittest.TestCase):
    def test_they_stand_in_the_order_of_bits_and_can_be_true(self):
        """National guarantees have another order; a stated number may count hidden people."""
        policy = json.loads((HOUSEHOLD / "policy.json").read_bytes())
        policy["national"] = [{"den": 9, "num": 0, "trait": trait} for trait in (2, 0)]
        stated = json.loads((HOUSEHOLD / "quota.json").read_bytes())
        counts = quota.count_regions(Folder(HOUSEHOLD))
        for row in stated["regions"][1:]:
            count = counts[row["code"]]
            most = {t: count.having(1 << t) + count.hidden() for t in (0, 2)}
            row["holders"] = [{"n": n, "trait": trait} for trait, n in most.items()]
        solved = quota.solve(policy, bytes(32), counts, stated)
        for row, same in zip(solved["regions"][1:], stated["regions"][1:]):
            self.assertEqual(row["holders"], same["holders"])
        stated["regions"][2]["holders"][1]["n"] += 1
        with self.assertRaisesRegex(Failed, "region 9471 cannot have"):
            quota.solve(policy, bytes(32), counts, stated)


class Guarantees(unittest.TestCase):
    def test_lowering_is_a_maximum_matching(self):
        """On random regions, each lowered guarantee is the largest that brute force can match."""
        random_numbers = random.Random(610)
        for _ in range(300):
            masks = [random_numbers.randrange(8) for _ in range(random_numbers.randrange(7))]
            count = quota.Count(0, [], masks)
            seats = random_numbers.randrange(6)
            asked = {t: random_numbers.randrange(4) for t in random_numbers.sample(range(3), 3)}
            found = quota.lower(count, 0, seats, asked)
            given = []
            for part in found:
                best = max(
                    g
                    for g in range(asked[part["trait"]] + 1)
                    if sum(n for _, n in given) + g <= seats
                    and matchable(masks, given + [(part["trait"], g)])
                )
                self.assertEqual(part["seats"], best, (masks, seats, asked, found))
                given.append((part["trait"], best))

    def test_step_1_accepts_whoever_brute_force_can_match(self):
        random_numbers = random.Random(611)
        for _ in range(300):
            slots = [(trait, random_numbers.randrange(3)) for trait in range(3)]
            matching = lottery.Matching([{"trait": t, "seats": n} for t, n in slots])
            accepted = []
            for mask in [random_numbers.randrange(8) for _ in range(7)]:
                can = all_matchable([*accepted, mask], slots)
                self.assertEqual(matching.fits(mask), can, (accepted, mask, slots))
                if can:
                    matching.add(mask)
                    accepted.append(mask)


def matchable(masks, slots):
    """Whether every slot can have a person of its own."""
    traits = [trait for trait, n in slots for _ in range(n)]
    return any(
        all(mask >> trait & 1 for mask, trait in zip(people, traits))
        for people in itertools.permutations(masks, len(traits))
    )


def all_matchable(masks, slots):
    """Whether every person can have a slot."""
    traits = [trait for trait, n in slots for _ in range(n)]
    return any(
        all(mask >> trait & 1 for mask, trait in zip(masks, chosen))
        for chosen in itertools.permutations(traits, len(masks))
    )


class Draw(unittest.TestCase):
    """The worked example of section 7: the letters stand for people in ticket order."""

    TRAITS = {"A": W, "C": P | W, "F": P, "H": W, "J": D | W, "K": P, "L": W, "M": D, "N": P | W}

    def draw(self, order):
        seed = H(b"any seed")
        tickets = Tickets(seed)
        entries = sorted((u(128, n) for n in range(14)), key=lambda e: tickets.of(e, 1))
        letters = dict(zip(entries, "ABCDEFGHIJKLMN"))
        members = [Member(u(128, n), 0, 1, 0, bytes(8)) for n in range(14)]
        masks = [self.TRAITS.get(letters[member.entry], 0) for member in members]
        members = [member._replace(mask=mask) for member, mask in zip(members, masks)]
        guarantees = [{"trait": t, "seats": n} for t, n in enumerate((1, 2, 3))]
        row = {"pools": [{"name": "open", "seats": 8, "guarantees": guarantees}]}
        policy = {"household_cap": 0, "pools": [{"name": "open", "need": 0, "order": order}]}
        drawn = lottery.RegionDraw(policy, row, members, masks, seed)
        names = {ticket: letters[m.entry] for ticket, m in zip(drawn.tickets, members)}
        selected = "".join(sorted(letters[members[i].entry] for i in drawn.taken))
        limits = {mask: names[ticket] for mask, ticket in drawn.pools[0].close.items()}
        return selected, limits, names[drawn.pools[0].cutoff]

    def test_guarantees_first(self):
        limits = {W: "H", P | W: "C", P: "K", D | W: "J"}
        self.assertEqual(self.draw("guarantees_first"), ("ABCDFHJK", limits, "D"))

    def test_open_first(self):
        limits = {W: "L", P | W: "C", P: "K", D | W: "J"}
        self.assertEqual(self.draw("open_first"), ("ABCFHJKL", limits, "B"))

    def test_properties_on_random_regions(self):
        """Seats are filled exactly, the limits say who is selected, and nobody is passed over."""
        policy = json.loads((POOLS / "policy.json").read_bytes())
        random_numbers = random.Random(77)
        for round_number in range(200):
            policy["household_cap"] = random_numbers.randrange(3)
            for pool in policy["pools"]:
                pool["order"] = random_numbers.choice(("guarantees_first", "open_first"))
            if round_number % 2:
                policy["pools"].reverse()
            members = [
                Member(u(128, n), random_numbers.randrange(8), random_numbers.randrange(1, 5),
                       0, u(64, random_numbers.randrange(20)))
                for n in range(random_numbers.randrange(30))
            ]  # fmt: skip
            masks = [member.mask for member in members]
            count = quota.Count(policy["household_cap"], members, masks)
            seats = random_numbers.randrange(count.in_play + 1)
            parts = {0: random_numbers.randrange(3)}
            pools = quota.solve_pools(policy, count, quota.split_pools(policy, seats), parts, None)
            row = {"pools": pools}
            drawn = lottery.RegionDraw(policy, row, members, masks, u(256, round_number))
            self.check_properties(policy, seats, count, drawn)
            self.check_hidden(policy, row, members, u(256, round_number))

    def check_properties(self, policy, seats, count, drawn):
        self.assertEqual(len(drawn.order.in_play), count.in_play)
        self.assertEqual(len(drawn.taken), seats)
        result = drawn.result(policy, 1)
        for i in drawn.order.in_play:
            limit = lottery.limit_of(policy, result, drawn.masks[i])[0]
            self.assertEqual(i in drawn.taken, drawn.tickets[i].hex() <= limit)
        for i in drawn.waiting:
            for j in drawn.taken:
                fewer = drawn.masks[j] & ~drawn.masks[i] == 0
                self.assertFalse(fewer and drawn.tickets[j] > drawn.tickets[i])
        ranks = sorted(rank for rank in drawn.ranks() if 0 < rank < lottery.NOT_IN_PLAY)
        self.assertEqual(ranks, list(range(1, len(drawn.waiting) + 1)))

    def check_hidden(self, policy, row, members, seed):
        """What is checked where small classes are hidden holds for every true draw."""
        masks = [member.mask for member in members]
        policy = policy | {"small_cells": {"k": 4, "mode": "hide"}}
        small = {mask for mask in masks if mask and masks.count(mask) < 4}
        hidden = [m._replace(mask=policies.HIDDEN) if m.mask in small else m for m in members]
        drawn = lottery.RegionDraw(policy, row, hidden, masks, seed)
        result = drawn.result(policy, 1)
        selected, waitlist = draw.pack(drawn.ranks())
        folder = MemoryFolder({"entries.bin": bytes(64 * len(members)), "selected.bin": selected,
                               "waitlist.bin": waitlist})  # fmt: skip
        entries.check_cells(policy, Counter((1, member.mask) for member in hidden))
        if small:
            row = row | {"code": 1}
            draw.check_hidden(policy, row, result, hidden, seed, draw.Outcomes(folder), 0)
