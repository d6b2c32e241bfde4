"""The draw of one region (section 7, 16.6): tickets, household cap, pools, waitlist.

People are numbered in the order of the file, which is that of E; since sorting keeps the order of
equals, equal tickets would be ordered by E.
"""

import collections

from basics import Tickets, require
from entries import CARDLESS
from policy import HIDDEN

STEP_GUARANTEED, STEP_TICKET = 1, 2
NOT_IN_PLAY = 0xFFFFFFFF


class Order:
    """Tickets of a region's people, who is in play, in ticket order, and who is capped."""

    def __init__(self, cap, members, seed):
        tickets = Tickets(seed)
        self.tickets = [tickets.of(member.entry, member.weight) for member in members]
        self.in_play, self.capped = [], set()
        households = collections.Counter()
        for i in sorted(range(len(members)), key=self.tickets.__getitem__):
            member = members[i]
            households[member.household] += 1
            limit = member.flags >> 1 & 7 or cap
            if cap and member.household != CARDLESS and households[member.household] > limit:
                self.capped.add(i)
            else:
                self.in_play.append(i)


class Matching:
    """Who can be matched one-to-one into the guaranteed seats of a pool, by their traits alone.

    For every set of guaranteed traits it counts the seats of these traits, and the accepted
    people all of whose guaranteed traits lie in the set.
    """

    def __init__(self, guarantees):
        require(len(guarantees) <= 8, "a pool has more than 8 guarantees")
        self.seats, self.people = {0: 0}, {0: 0}
        for part in guarantees:
            for known, seats in list(self.seats.items()):
                self.seats[known | 1 << part["trait"]] = seats + part["seats"]
                self.people[known | 1 << part["trait"]] = 0
        self.traits = max(self.seats)
        self.total = self.seats[self.traits]

    def _sets_with(self, mask):
        own = mask & self.traits
        return [traits for traits in self.seats if traits & own == own]

    def fits(self, mask):
        """Whether one more person with these traits can be matched."""
        full = any(self.people[s] >= self.seats[s] for s in self._sets_with(mask))
        return bool(mask & self.traits) and not full

    def add(self, mask, number=1):
        """Counts a person as accepted, or with -1 as gone."""
        for traits in self._sets_with(mask):
            self.people[traits] += number


class PoolDraw:
    """What happened in one pool: the candidates by published mask, and the limits."""

    def __init__(self, seats):
        self.seats = seats
        self.counts = collections.defaultdict(lambda: [0, 0, 0])  # n, selected, step 1
        self.filled, self.short, self.cutoff, self.close = 0, 0, None, {}


class RegionDraw:
    """The whole draw of a region; `taken` says of the selected which pool and step took them."""

    def __init__(self, policy, quota_row, members, masks, seed):
        self.order = Order(policy["household_cap"], members, seed)
        self.tickets = self.order.tickets
        self.members, self.masks = members, masks
        self.taken, self.pools = {}, []
        names = []
        for number, (pool, row) in enumerate(zip(policy["pools"], quota_row["pools"])):
            names.append(pool["name"])
            self._draw_pool(number, pool, row)
        left = sum(pool.seats - pool.filled for pool in self.pools)
        self._by_ticket(names.index("open"), self.order.in_play, left)
        self.waiting = [i for i in self.order.in_play if i not in self.taken]

    def _draw_pool(self, number, pool, row):
        drawn = PoolDraw(row["seats"])
        self.pools.append(drawn)
        need = pool["need"]
        candidates = [
            i for i in self.order.in_play if i not in self.taken and self.masks[i] & need == need
        ]
        for i in candidates:
            drawn.counts[self.members[i].mask][0] += 1
        matching = Matching(row["guarantees"])
        if pool["order"] == "open_first":
            self._by_ticket(number, candidates, drawn.seats - matching.total)
        self._guaranteed(number, candidates, matching)
        self._by_ticket(number, candidates, drawn.seats - drawn.filled)

    def _guaranteed(self, number, candidates, matching):
        """Step 1: whoever can still be matched, by ticket; a refused mask stays refused."""
        drawn, left, refused = self.pools[number], matching.total, set()
        for i in candidates:
            mask = self.masks[i]
            if left == 0:
                break
            if mask in refused or i in self.taken:
                continue
            if not matching.fits(mask):
                refused.add(mask)
                continue
            matching.add(mask)
            left -= 1
            self._take(i, number, STEP_GUARANTEED)
            drawn.close[mask] = self.tickets[i]
        drawn.short = left

    def _by_ticket(self, number, candidates, seats):
        """Step 2: the lowest tickets, whatever the mask."""
        drawn = self.pools[number]
        for i in candidates:
            if seats <= 0:
                break
            if i not in self.taken:
                seats -= 1
                self._take(i, number, STEP_TICKET)
                drawn.cutoff = max(drawn.cutoff or b"", self.tickets[i])

    def _take(self, i, number, step):
        drawn = self.pools[number]
        self.taken[i] = number, step
        drawn.filled += 1
        counts = drawn.counts[self.members[i].mask]
        counts[1] += 1
        counts[2] += step == STEP_GUARANTEED

    def ranks(self):
        """waitlist.bin's number of each person."""
        return find_ranks(len(self.members), self.order.capped, self.waiting)

    def result(self, policy, code):
        """The region's part of result.json."""
        pools = []
        for pool, drawn in zip(policy["pools"], self.pools):
            part = {
                "name": pool["name"], "seats": drawn.seats, "filled": drawn.filled,
                "short": drawn.short, "masks": [cell(mask, drawn) for mask in sorted(drawn.counts)],
            }  # fmt: skip
            if drawn.cutoff is not None:
                part["cutoff"] = drawn.cutoff.hex()
            pools.append(part)
        return {
            "code": code, "n": len(self.order.in_play), "capped": len(self.order.capped),
            "selected": len(self.taken), "pools": pools,
            "public": all(member.mask != HIDDEN for member in self.members),
        }  # fmt: skip


def cell(mask, drawn):
    """One mask of a pool in result.json; hidden masks stand together, without a limit."""
    n, selected, step1 = drawn.counts[mask]
    part = {"mask": mask, "n": n, "selected": selected, "step1": step1}
    if mask in drawn.close:
        part["close"] = drawn.close[mask].hex()
    return part


def find_ranks(count, capped, waiting):
    """waitlist.bin's numbers of a region: 0 selected, a rank from 1, or not in play (16.4)."""
    ranks = [0] * count
    for i in capped:
        ranks[i] = NOT_IN_PLAY
    for rank, i in enumerate(waiting, 1):
        ranks[i] = rank
    return ranks


def limit_of(policy, result_row, mask):
    """The threshold form: who has this mask is selected if the ticket is not above this limit.

    Returns the highest limit in hexadecimal ("" if nobody was accepted), its pool, and whether it
    is that of guaranteed seats.
    """
    limits = [("", "", False)]
    for pool, part in zip(policy["pools"], result_row["pools"]):
        if mask & pool["need"] != pool["need"]:
            continue
        limits += [(part["cutoff"], pool["name"], False)] if "cutoff" in part else []
        closes = (cell.get("close") for cell in part["masks"] if cell["mask"] == mask)
        limits += [(close, pool["name"], True) for close in closes if close]
    return max(limits)
