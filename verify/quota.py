"""Step 3, quota: the table of seats, solved from the counts alone (section 6, 16.5)."""

import collections
import heapq

import policy as policies
from basics import require
from entries import CARDLESS
from policy import HIDDEN

EXACT = 128  # bits; see `sainte_lague`


def check(folder):
    """Solves the table again and compares quota.json byte for byte."""
    published = folder.quota
    require(folder.plan["quota"] == folder.digest("quota.json"), "quota.json is not the plan's")
    expected = solve(folder.policy, folder.ctx, count_regions(folder), published)
    compare(published, expected, "quota.json")
    hidden = [part["code"] for part in published["regions"] if not part["public"]]
    note = f"; classes are hidden in {hidden}, their holders are taken as stated" if hidden else ""
    return f"{published['q']['total']} seats in {len(published['regions'])} regions{note}"


def compare(published, expected, where):
    """Fails at the first part where two JSON values differ."""
    if type(published) is dict and type(expected) is dict:
        for key in sorted(published.keys() | expected.keys()):
            inner = f"{where}: {key}"
            require(key in published, f"{inner} is missing")
            require(key in expected, f"{inner} should not be there")
            compare(published[key], expected[key], inner)
    elif type(published) is list and type(expected) is list:
        require(len(published) == len(expected), f"{where} has {len(published)} parts")
        for number, pair in enumerate(zip(published, expected)):
            compare(*pair, f"{where} {number}")
    else:
        require(published == expected, f"{where} is {published}, and follows as {expected}")


class Count:
    """What step 3 needs to know of a region: people in play, and records by true mask."""

    def __init__(self, cap, members, masks):
        households = collections.Counter()
        places = {}
        for member in members:
            if member.household != CARDLESS:
                households[member.household] += 1
                places[member.household] = member.flags >> 1 & 7 or cap
        self.records = len(members)
        self.in_play = self.records - sum(
            max(0, size - places[household]) for household, size in households.items() if cap
        )
        self.masks = collections.Counter(masks)
        self.public = not any(member.mask == HIDDEN for member in members)

    def hidden(self):
        """People whose mask is not known here."""
        return self.masks[HIDDEN]

    def having(self, traits, need=0):
        """People who have one of the traits at least, and all that a pool needs."""
        masks = (m for m in self.masks if m & traits and m & need == need and m != HIDDEN)
        return sum(self.masks[mask] for mask in masks)


def published_masks(members):
    """The masks of people as their records show them."""
    return [member.mask for member in members]


def count_regions(folder, masks_of=published_masks):
    """Counts every region of the policy; `masks_of` may know masks that are hidden."""
    counts = {}
    cap = folder.policy["household_cap"]
    for region in folder.policy["regions"]:
        members = folder.members(region["code"])
        counts[region["code"]] = Count(cap, members, masks_of(members))
    return counts


def solve(policy, ctx, counts, stated):
    """quota.json, from the policy, the counts and what a published one states of earlier waves.

    What hangs on hidden masks comes from there too, as far as it can be true (16.10).
    """
    returned = {part["region"]: part["count"] for part in stated["returned"]}
    policies.ascending([part["region"] for part in stated["returned"]], "the returned regions")
    require(all(returned.values()), "a region with no returned seats is listed")
    carry_in = stated["q"]["carry_in"]
    require("carry_from" in stated or carry_in == 0, "carry_in names no earlier wave")
    held = policies.reserve(policy)
    total = policy["base"] + sum(returned.values()) + carry_in
    rows, seats = apportion(policy, counts, returned, total - held)
    stated_rows = {part["code"]: part for part in stated["regions"]}
    pools = {code: split_pools(policy, seats[code]) for code in seats}
    holders = find_holders(policy, counts, stated_rows)
    national, parts = place_national(policy, holders, seats, pools)
    regions = []
    for code, (start, cap) in rows.items():
        count = counts[code]
        row = {
            "code": code, "records": count.records, "n": count.in_play, "cap": cap,
            "floor": start, "seats": seats[code], "public": count.public,
        }  # fmt: skip
        if not count.public:
            own = sorted(holders[code].items())
            row["holders"] = [{"n": n, "trait": trait} for trait, n in own]
        lowered = stated_rows.get(code) if count.hidden() else None
        row["pools"] = solve_pools(policy, count, pools[code], parts[code], lowered)
        regions.append(row)
    quota = {
        "version": 1, "ctx": ctx.hex(), "national": national, "regions": regions,
        "q": {
            "base": policy["base"], "carry_in": carry_in, "reserve": held, "total": total,
            "returned": sum(returned.values()),
        },
        "carry": total - held - sum(seats.values()),
        "returned": stated["returned"], "returned_from": stated["returned_from"],
    }  # fmt: skip
    if "carry_from" in stated:
        quota["carry_from"] = stated["carry_from"]
    return quota


# Seats of the regions.


def apportion(policy, counts, returned, seats):
    """Start and cap of every region, and its seats (6.1)."""
    rows, weights, provinces = {}, {}, collections.defaultdict(list)
    for region in policy["regions"]:
        code = region["code"]
        in_play = counts[code].in_play
        cap = min(in_play, region.get("cap", in_play))
        extra = returned.get(code, 0) if policy["carryover"] == "same_region" else 0
        rows[code] = min(region["floor"] + extra, cap), cap
        weights[code] = int(region["weight"])
        provinces[region["province"]].append(code)
    exact = policy["apportionment"]["method"] == "sainte_lague"
    method = sainte_lague if exact else largest_remainder
    if policy["apportionment"]["levels"] == 1:
        return rows, method(rows, weights, seats)
    province_rows = {
        province: tuple(map(sum, zip(*(rows[code] for code in codes))))
        for province, codes in provinces.items()
    }
    province_weights = {p: sum(weights[code] for code in codes) for p, codes in provinces.items()}
    shares = method(province_rows, province_weights, seats)
    placed = {}
    for province, codes in provinces.items():
        placed |= method({code: rows[code] for code in codes}, weights, shares[province])
    return rows, placed


def sainte_lague(rows, weights, seats):
    """Seats one by one to the largest weight / (2 seats + 1), from the starts up to the caps.

    Two different quotients a/b and c/d differ by 1/bd at least. With fewer than 2^60 people b and
    d stay below 2^61, so times 2^128 they differ by more than 1: rounded down they still compare
    exactly.
    """
    placed = {code: start for code, (start, _) in rows.items()}
    left = seats - sum(placed.values())
    queue = []

    def enter(code):
        if placed[code] < rows[code][1]:
            quotient = (weights[code] << EXACT) // (2 * placed[code] + 1)
            heapq.heappush(queue, (-quotient, code))

    for code in placed:
        enter(code)
    while left > 0 and queue:
        _, code = heapq.heappop(queue)
        placed[code] += 1
        left -= 1
        enter(code)
    return placed


def largest_remainder(rows, weights, seats):
    """Whole shares first, then single seats by larger remainder, again while caps cut (16.5)."""
    placed = {code: start for code, (start, _) in rows.items()}

    def below_cap():
        return [code for code in sorted(rows) if placed[code] < rows[code][1]]

    left = seats - sum(placed.values())
    while left > 0 and below_cap():
        pot, takers = left, below_cap()
        whole = sum(weights[code] for code in takers)
        cut = False
        for code in takers:
            share, room = pot * weights[code] // whole, rows[code][1] - placed[code]
            cut = cut or share > room
            placed[code] += min(share, room)
            left -= min(share, room)
        if not cut:
            takers = sorted(below_cap(), key=lambda code: -(pot * weights[code] % whole))
            for code in takers[:left]:
                placed[code] += 1
                left -= 1
    return placed


# Pools and guarantees.


def split_pools(policy, seats):
    """The seats of each pool of a region, in policy order (6.2)."""
    shares = [pool.get("share", {"den": 1, "num": 0}) for pool in policy["pools"]]
    parts = [seats * share["num"] // share["den"] for share in shares]
    rest = seats - sum(parts)
    names = [pool["name"] for pool in policy["pools"]]
    return [rest if name == "open" else part for name, part in zip(names, parts)]


def find_holders(policy, counts, stated_rows):
    """How many people of each region have each national trait; stated where masks are hidden."""
    traits, holders = [part["trait"] for part in policy["national"]], {}
    for code, count in counts.items():
        holders[code] = {t: count.having(1 << t) for t in traits}
        if not count.hidden():
            continue
        stated = {part["trait"]: part["n"] for part in stated_rows.get(code, {}).get("holders", [])}
        for trait, visible in holders[code].items():
            n = stated.get(trait, -1)
            good = visible <= n <= visible + count.hidden()
            require(good, f"region {code} cannot have {n} people with trait {trait}")
            holders[code][trait] = n
    return holders


def place_national(policy, holders, seats, pools):
    """National guarantees, and the part of each region in them (6.4)."""
    place = [pool["name"] for pool in policy["pools"]].index("open")
    national, parts = [], {code: {} for code in seats}
    for part in policy["national"]:
        trait = part["trait"]
        weights = {code: holders[code][trait] for code in seats}
        rows = {code: (0, min(weights[code], pools[code][place])) for code in seats}
        asked = ceil_share(sum(seats.values()), part)
        placed = sainte_lague(rows, weights, asked)
        national.append({"asked": asked, "placed": sum(placed.values()), "trait": trait})
        for code in seats:
            parts[code][trait] = placed[code]
    return national, parts


def ceil_share(seats, share):
    return -(-seats * share["num"] // share["den"])


def solve_pools(policy, count, pool_seats, national, stated):
    """The pools of one region with their guarantees, asked and possible (6.3)."""
    pools = []
    for number, (pool, seats) in enumerate(zip(policy["pools"], pool_seats)):
        asked = {part["trait"]: ceil_share(seats, part) for part in pool["guarantees"]}
        if pool["name"] == "open":
            for trait, part in national.items():
                asked[trait] = max(asked.get(trait, 0), part)
        if stated is None:
            guarantees = lower(count, pool["need"], seats, asked)
        else:
            guarantees = accept_stated(stated, number, seats, asked)
        pools.append({"name": pool["name"], "seats": seats, "guarantees": guarantees})
    return pools


def lower(count, need, seats, asked):
    """Each guarantee, in order, at the most that people and seats allow beside the earlier ones.

    By Hall's theorem: for every set of earlier traits, who has one of them or this trait must
    fill the seats of all of them.
    """
    guarantees, sets = [], [(0, 0)]  # (mask of a set of earlier traits, their seats)
    room = seats
    for trait, wanted in asked.items():
        people = min(count.having(mask | 1 << trait, need) - taken for mask, taken in sets)
        given = min(wanted, people, room)
        part = {"asked": wanted, "seats": given, "trait": trait}
        if given < wanted:
            part["reason"] = "people" if people <= room else "seats"
        guarantees.append(part)
        sets += [(mask | 1 << trait, taken + given) for mask, taken in sets]
        room -= given
    return guarantees


def accept_stated(stated, number, seats, asked):
    """Guarantees of a region with hidden masks: as stated, if they can be true (16.10)."""
    pools = stated["pools"]
    require(number < len(pools), f"region {stated['code']} lacks a pool")
    parts = pools[number]["guarantees"]
    where = f"region {stated['code']}, pool {pools[number]['name']}"
    same = [(part["trait"], part["asked"]) for part in parts] == list(asked.items())
    require(same, f"{where}: not the guarantees that the policy asks for")
    for part in parts:
        lowered = part["seats"] < part["asked"]
        good = part["seats"] <= part["asked"] and ("reason" in part) == lowered
        require(good, f"{where}: trait {part['trait']} is not lowered as it may be")
    require(sum(part["seats"] for part in parts) <= seats, f"{where}: more guarantees than seats")
    return parts
