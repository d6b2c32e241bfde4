"""Step 5, draw: every region again, compared with selected.bin, waitlist.bin and result.json."""

import collections
import struct

import lottery
from basics import require
from policy import HIDDEN
from quota import compare


def check(folder):
    """Draws all regions, one at a time, and compares what was published."""
    policy, quota, published = folder.policy, folder.quota, folder.result
    check_rows(policy, quota["regions"], "quota.json")
    check_rows(policy, published["regions"], "result.json")
    require(published["plan"] == folder.digest("plan.json"), "result.json is of another plan")
    require(published["seed"] == folder.seed["seed"], "result.json has another seed")
    outcomes = Outcomes(folder)
    seed = bytes.fromhex(folder.seed["seed"])
    rows, closed = [], []
    for quota_row, stated in zip(quota["regions"], published["regions"]):
        code = quota_row["code"]
        start, end = folder.spans.get(code, (0, 0))
        members = folder.members(code)
        if any(member.mask == HIDDEN for member in members):
            check_hidden(policy, quota_row, stated, members, seed, outcomes, start)
            rows.append(stated)
            closed.append(code)
            continue
        masks = [member.mask for member in members]
        drawn = lottery.RegionDraw(policy, quota_row, members, masks, seed)
        outcomes.compare(start, drawn.ranks())
        rows.append(drawn.result(policy, code))
    expected = make_result(folder, quota, published["plan"], seed, rows)
    compare(published, expected, "result.json")
    note = f"; classes are hidden in {closed}, where only what is public was checked" if closed else ""
    return f"{expected['totals']['selected']} selected of {folder.count}{note}"


def check_rows(policy, rows, where):
    """Fails unless a file has all regions and pools of the policy, in order."""
    codes = [region["code"] for region in policy["regions"]]
    require([row["code"] for row in rows] == codes, f"{where} has other regions than the policy")
    names = [pool["name"] for pool in policy["pools"]]
    for row in rows:
        good = [pool["name"] for pool in row["pools"]] == names
        require(good, f"{where}: region {row['code']} has other pools than the policy")


class Outcomes:
    """selected.bin and waitlist.bin as published."""

    def __init__(self, folder):
        count = folder.count
        self.bits, self.ranks = folder.read("selected.bin"), folder.read("waitlist.bin")
        require(len(self.bits) == -(-count // 8), "selected.bin has a wrong length")
        require(len(self.ranks) == 4 * count, "waitlist.bin has a wrong length")
        padding = self.bits[-1] & (1 << -count % 8) - 1 if self.bits else 0
        require(padding == 0, "selected.bin has padding bits that are set")

    def selected(self, index):
        """Whether selected.bin says that the record is selected."""
        return bool(self.bits[index // 8] & 0x80 >> index % 8)

    def rank(self, index):
        """The number of the record in waitlist.bin."""
        return int.from_bytes(self.ranks[4 * index : 4 * index + 4], "big")

    def compare(self, start, expected):
        """Fails at the first record from `start` on whose outcome is not the expected one."""
        for index, rank in enumerate(expected, start):
            require(self.selected(index) == (rank == 0), "selected.bin is wrong", index)
            require(self.rank(index) == rank, "waitlist.bin is wrong", index)


def check_hidden(policy, quota_row, stated, members, seed, outcomes, start):
    """What is public about a region with hidden masks (16.10)."""
    where = f"result.json: region {quota_row['code']}"
    order = lottery.Order(policy["household_cap"], members, seed)
    chosen = {i for i in order.in_play if outcomes.selected(start + i)}
    waiting = [i for i in order.in_play if i not in chosen]
    outcomes.compare(start, lottery.find_ranks(len(members), order.capped, waiting))
    counts = [len(order.in_play), len(order.capped), len(chosen), False]
    good = [stated[field] for field in ("n", "capped", "selected", "public")] == counts
    require(good, f"{where} has other people")
    winners = {(members[i].mask, order.tickets[i].hex()) for i in chosen}
    by_mask = collections.Counter()
    for pool, quota_pool in zip(stated["pools"], quota_row["pools"]):
        check_hidden_pool(pool, quota_pool, winners, f"{where}, pool {pool['name']}")
        by_mask.update({part["mask"]: part["selected"] for part in pool["masks"]})
    good = +by_mask == collections.Counter(mask for mask, _ in winners)
    require(good, f"{where} has other selected by mask")
    # Whoever was taken by ticket is at or under a cutoff, and each was taken once.
    parts = [part for pool in stated["pools"] for part in pool["masks"]]
    taken = sum(part["selected"] - part["step1"] for part in parts)
    highest = max(pool.get("cutoff", "") for pool in stated["pools"])
    under = sum(order.tickets[i].hex() <= highest for i in chosen)
    require(under >= taken, f"{where} has {taken} taken by ticket, and {under} under its cutoffs")
    check_limits(policy, stated, members, order, chosen, start)


def check_hidden_pool(pool, quota_pool, winners, where):
    """The sums of one pool, and that each limit is the ticket of somebody selected."""
    masks = [part["mask"] for part in pool["masks"]]
    require(masks == sorted(set(masks)), f"{where}: masks do not ascend")
    for part in pool["masks"]:
        good = part["step1"] <= part["selected"] <= part["n"]
        limited = part["step1"] > 0 and part["mask"] != HIDDEN
        require(good and ("close" in part) == limited, f"{where}: a mask has wrong counts")
        require(not limited or (part["mask"], part["close"]) in winners, f"{where}: a wrong close")
    step1, taken = (sum(part[field] for part in pool["masks"]) for field in ("step1", "selected"))
    guaranteed = sum(part["seats"] for part in quota_pool["guarantees"])
    good = step1 + pool["short"] == guaranteed and taken == pool["filled"]
    require(good and pool["seats"] == quota_pool["seats"], f"{where} has other seats")
    cutoffs = {ticket for _, ticket in winners} if taken > step1 else {None}
    require(pool.get("cutoff") in cutoffs, f"{where}: a wrong cutoff")


def check_limits(policy, stated, members, order, chosen, start):
    """Visible masks are selected by the limits; hidden ones at least under an open cutoff."""
    for i in order.in_play:
        mask = members[i].mask
        # Of a hidden mask only the cutoff of a pool that needs no trait is known to apply.
        limit = lottery.limit_of(policy, stated, 0 if mask == HIDDEN else mask)[0]
        within = order.tickets[i].hex() <= limit
        good = within <= (i in chosen) if mask == HIDDEN else within == (i in chosen)
        require(good, "the record's ticket does not fit the limits", start + i)


def make_result(folder, quota, plan_digest, seed, rows):
    """result.json, from the regions' parts."""
    for row, seats in zip(rows, quota["regions"]):
        full = row["selected"] == seats["seats"]
        require(full, f"the seats of region {row['code']} cannot all be filled")
    selected, held = sum(row["selected"] for row in rows), quota["q"]["reserve"]
    totals = {
        "records": folder.count, "n": sum(row["n"] for row in rows), "reserve": held,
        "capped": sum(row["capped"] for row in rows), "selected": selected,
        "seats": sum(row["seats"] for row in quota["regions"]),
        "carry": quota["q"]["total"] - held - selected,
    }  # fmt: skip
    head = {"version": 1, "ctx": folder.ctx.hex(), "plan": plan_digest, "seed": seed.hex()}
    return head | {"regions": rows, "totals": totals}


def pack(ranks):
    """selected.bin and waitlist.bin, from the numbers of all records."""
    bits = bytearray(-(-len(ranks) // 8))
    for index, rank in enumerate(ranks):
        if rank == 0:
            bits[index // 8] |= 0x80 >> index % 8
    return bytes(bits), struct.pack(f">{len(ranks)}I", *ranks)
