"""Step 2, entries: the list of records, its order, its fields and its tree."""

import collections
import functools

import merkle
import policy as policies
from basics import require
from folder import ENTRY, RECORD
from policy import HIDDEN

CARDLESS = bytes(8)  # the household tag of whoever has no family card


def check(folder):
    """Checks every record, the digest and the root of the plan, and all tiles."""
    count = folder.count
    check_records(folder)
    check_distinct(folder)
    plan = folder.plan
    require(plan["entries"] == folder.digest("entries.bin"), "entries.bin is not the plan's")
    require(plan["n"] == count, f"the plan counts {plan['n']} records, not {count}")
    root = merkle.check_tree(folder.read, "tree", leaf_blocks(folder.records))
    require(plan["root"] == root.hex(), "the plan has the root of another tree")
    return f"{count} records"


def leaf_blocks(records):
    """The leaf hashes of all records, 256 at a time."""
    step = RECORD.size * merkle.TILE
    for start in range(0, len(records), step):
        block = records[start : start + step]
        yield [
            merkle.leaf_hash(block[i : i + RECORD.size])
            for i in range(0, len(block), RECORD.size)
        ]


def check_records(folder):
    """Order and fields of every record, and the sizes of cells (16.4, 16.10)."""
    policy = folder.policy
    codes = {region["code"] for region in policy["regions"]}
    good_class = class_rules(policy)
    cells = collections.Counter()
    places = {}  # of each family card of the current region
    last = (-1, b"")
    for index, record in enumerate(RECORD.iter_unpack(folder.records)):
        entry, _, region, mask, weight, flags, household, zero = record
        require(last < (region, entry), "the records do not ascend", index)
        if region != last[0]:
            require(region in codes, f"region {region} is not the policy's", index)
            places = {}
        last = (region, entry)
        good = good_class(mask, weight, flags, household == CARDLESS) and zero == b"\0\0"
        require(good, "a field of the record has a value that the policy does not allow", index)
        if household != CARDLESS:
            same = places.setdefault(household, flags & 14) == flags & 14
            require(same, "records of one family card state different places", index)
        cells[region, mask] += 1
    check_cells(policy, cells)


def class_rules(policy):
    """A function that says whether a record's class is allowed."""
    traits, cap = policies.trait_bits(policy), policy["household_cap"]
    may_hide = policy["small_cells"]["mode"] == "hide"

    @functools.cache  # Classes repeat.
    def good(mask, weight, flags, cardless):
        hidden, places = mask == HIDDEN, flags >> 1
        good_mask = may_hide if hidden else mask & ~traits == 0
        good_flags = flags & 1 == hidden and places < 8
        # Places left are stated only by a card that has used some, so never with the cap off.
        good_places = places == 0 or (not cardless and places < cap)
        good_card = cardless or cap > 0
        good_weight = 1 <= weight <= policy["max_weight"]
        return good_mask and good_flags and good_places and good_card and good_weight

    return good


def check_cells(policy, cells):
    """No published class of few people, unless the policy publishes all."""
    small = policy["small_cells"]
    if small["mode"] == "off":
        return
    for (region, mask), count in sorted(cells.items()):
        good = mask in (0, HIDDEN) or count >= small["k"]
        require(good, f"only {count} people of region {region} have mask {mask}")
    # Of a hidden class nobody is shown, and it has fewer than k people: so many can hide at most.
    shown = collections.Counter(region for region, mask in cells if mask not in (0, HIDDEN))
    for (region, mask), count in sorted(cells.items()):
        most = (small["k"] - 1) * ((1 << len(policy["traits"])) - 1 - shown[region])
        good = mask != HIDDEN or count <= most
        require(good, f"{count} people of region {region} are hidden, and at most {most} can be")


def check_distinct(folder):
    """No entry stands in two regions. Entries are compared in 256 parts by their first byte."""
    parts = [bytearray() for _ in range(256)]
    for (entry,) in ENTRY.iter_unpack(folder.records):
        parts[entry[0]] += entry
    for part in parts:
        entries = collections.Counter(bytes(part[i : i + 16]) for i in range(0, len(part), 16))
        twice = {entry for entry, number in entries.items() if number > 1}
        places = enumerate(ENTRY.iter_unpack(folder.records)) if twice else ()
        last = max((index for index, (entry,) in places if entry in twice), default=None)
        require(not twice, "the entry stands in two regions", last)
