"""Step 6, conservation: seats taken over from earlier waves, appeals granted, places revoked."""

import collections

import lottery
import policy as policies
from basics import Tickets, require
from draw import Outcomes, check_rows
from policy import HIDDEN


def check(folder, previous):
    """Checks this wave's corrections and revocations, and its sources in the earlier folders."""
    granted = check_corrections(folder)
    revoked = check_revocations(folder, granted)
    waves = {}
    for earlier in previous:
        wave = earlier.policy["wave"]
        same = earlier.policy["programme"] == folder.policy["programme"]
        require(same, "an earlier folder is of another programme")
        require(wave < folder.policy["wave"], f"wave {wave} is not an earlier one")
        require(wave not in waves, f"two earlier folders are of wave {wave}")
        waves[wave] = earlier
    missing = check_carry(folder.quota, folder.policy["wave"], waves)
    missing += check_returned(folder.quota, folder.policy["wave"], waves)
    q = folder.quota["q"]
    note = "; NOT CHECKED, for want of the folder: " + ", ".join(missing) if missing else ""
    sums = f"{q['base']} base + {q['returned']} returned + {q['carry_in']} carried"
    return f"{sums} = {q['total']} seats; {len(granted)} granted, {revoked} revoked{note}"


def check_carry(quota, wave, waves):
    """carry_in is what the earlier wave left over (16.6). Returns what could not be checked."""
    carry_in = quota["q"]["carry_in"]
    if "carry_from" not in quota:
        require(carry_in == 0 and not waves, "carry_from is missing although a wave was before")
        return ["whether a wave was before"]
    source = quota["carry_from"]
    skipped = any(source["wave"] < given for given in waves)
    require(source["wave"] < wave and not skipped, "carry_from is not of the wave before")
    if source["wave"] not in waves:
        return [f"carry_in of wave {source['wave']}"]
    earlier = waves[source["wave"]]
    same = earlier.digest("result.json") == source["digest"]
    require(same, f"carry_from has another digest than result.json of wave {source['wave']}")
    totals, granted = earlier.result["totals"], granted_of(earlier)
    left = totals["carry"] + totals["reserve"] - len(granted)
    require(carry_in == left, f"carry_in is {carry_in}, and wave {source['wave']} left {left}")
    return []


def granted_of(folder):
    """The appeals granted; with a reserve the file must exist (16.1)."""
    if not folder.has("corrections.json") and policies.reserve(folder.policy) == 0:
        return []
    return folder.corrections["granted"]


def check_returned(quota, wave, waves):
    """Returned seats are those of whole batches, each used once. Returns what was not checked."""
    sources = [(part["wave"], part["file"]) for part in quota["returned_from"]]
    policies.distinct(sources, "batches of returned seats")
    require(bool(sources) or not quota["returned"], "returned seats have no source")
    found, missing = collections.Counter(), []
    for part in quota["returned_from"]:
        number, name = part["wave"], part["file"]
        require(number < wave, "returned seats come from a later wave")
        if number not in waves:
            missing.append(f"{name} of wave {number}")
            continue
        earlier = waves[number]
        same = earlier.digest(name) == part["digest"]
        require(same, f"{name} of wave {number} has another digest than the quota says")
        require(name in earlier.batches(), f"{name} is outside the sequence of wave {number}")
        batch = earlier.revoked(name)
        check_counts(batch, name)
        for row in batch["returned"]:
            found[row["region"]] += row["count"]
    stated = {row["region"]: row["count"] for row in quota["returned"]}
    enough = all(stated.get(region, 0) >= count for region, count in found.items())
    good = enough and (missing or stated == found)
    require(good, "the returned seats are not those of the batches")
    for number, earlier in waves.items():
        for part in earlier.quota["returned_from"]:
            who = f"{part['file']} of wave {part['wave']}"
            used = (part["wave"], part["file"]) in sources
            require(not used, f"{who} was used by wave {number} too")
    return missing


def check_corrections(folder):
    """Granted appeals: within the reserve, of people not in the list, with a ticket that suffices.

    Returns who was granted, as (region, E).
    """
    if not folder.has("corrections.json"):
        return []
    policy = folder.policy
    granted = folder.corrections["granted"]
    keys = [(part["region"], bytes.fromhex(part["e"])) for part in granted]
    policies.ascending(keys, "the granted appeals")
    policies.distinct([entry for _, entry in keys], "granted entries")
    require(len(granted) <= policies.reserve(policy), "more appeals are granted than reserved")
    if not granted:
        return keys
    check_rows(policy, folder.result["regions"], "result.json")
    rows = {row["code"]: row for row in folder.result["regions"]}
    tickets = Tickets(bytes.fromhex(folder.seed["seed"]))
    for part, (region, entry) in zip(granted, keys):
        who = f"the granted entry {part['e']}"
        require(region in rows, f"{who} is of an unknown region")
        good = part["mask"] & ~policies.trait_bits(policy) == 0
        require(good and 1 <= part["weight"] <= policy["max_weight"], f"{who} has no valid class")
        listed = any(folder.find(code, entry) is not None for code in folder.spans)
        require(not listed, f"{who} is in the list")
        ticket = tickets.of(entry, part["weight"])
        within = ticket.hex() <= lottery.limit_of(policy, rows[region], part["mask"])[0]
        visible = {cell["mask"] for pool in rows[region]["pools"] for cell in pool["masks"]}
        # Where masks are hidden, the limit of a mask that is not shown is not public.
        unknown = not rows[region]["public"] and part["mask"] not in visible
        require(within or unknown, f"{who} has a ticket above the limits of its mask")
    return keys


def check_revocations(folder, granted):
    """Revocations in order: each of somebody who has a place, passed on by the rule (16.6)."""
    regions, granted, total = {}, set(granted), 0
    for name in folder.batches():
        batch = folder.revoked(name)
        order = [(part["at"], part["region"], part["e"]) for part in batch["revocations"]]
        policies.ascending(order, f"the revocations of {name}")
        for part in batch["revocations"]:
            code = part["region"]
            if code not in regions:
                regions[code] = open_region(folder, code)
            revoke(folder, regions[code], part, granted)
        check_counts(batch, name)
        total += len(order)
    return total


def check_counts(batch, name):
    """A batch returns the places that nobody took over."""
    left = (part["region"] for part in batch["revocations"] if "replaced_by" not in part)
    stated = [(row["region"], row["count"]) for row in batch["returned"]]
    good = stated == sorted(collections.Counter(left).items())
    require(good, f"{name} returns other seats than it revokes")


def open_region(folder, code):
    """The places of a region as the draw left them."""
    rows = {row["code"]: row for row in folder.quota["regions"]}
    require(code in rows, f"a revocation is of the unknown region {code}")
    check_rows(folder.policy, folder.quota["regions"], "quota.json")
    members = folder.members(code)
    if any(member.mask == HIDDEN for member in members):
        return HiddenPlaces(folder, code)
    masks = [member.mask for member in members]
    seed = bytes.fromhex(folder.seed["seed"])
    drawn = lottery.RegionDraw(folder.policy, rows[code], members, masks, seed)
    return Places(folder.policy, rows[code], drawn)


def revoke(folder, places, part, granted):
    """Takes one place away and checks who got it."""
    code = part["region"]
    who = f"the revoked entry {part['e']} of region {code}"
    start = folder.spans.get(code, (0, 0))[0]
    own = code, bytes.fromhex(part["e"])
    if own in granted:
        granted.remove(own)
        places.free_open()
    else:
        index = folder.find(*own)
        require(index is not None and places.leave(index - start), f"{who} has no place")
    if "replaced_by" in part:
        require(folder.policy["waitlist"], f"{who} is replaced, which the policy does not allow")
        follower = folder.find(code, bytes.fromhex(part["replaced_by"]))
        good = follower is not None and places.follow(follower - start)
        require(good, f"{who} is replaced by somebody whose turn it was not")


class HiddenPlaces:
    """Places of a region with hidden masks: who has one and who waits, but not whose turn it is."""

    def __init__(self, folder, code):
        outcomes = Outcomes(folder)
        ranks = [outcomes.rank(index) for index in range(*folder.spans[code])]
        self.holding = {i for i, rank in enumerate(ranks) if rank == 0}
        self.waiting = {i for i, rank in enumerate(ranks) if 0 < rank < lottery.NOT_IN_PLAY}

    def free_open(self):
        """Nothing to note: whoever waits may follow."""

    def leave(self, person):
        """Takes a place away; false if the person has none."""
        had = person in self.holding
        self.holding.discard(person)
        return had

    def follow(self, person):
        """Gives the place to somebody; false if the person does not wait."""
        waits = person in self.waiting
        self.waiting.discard(person)
        self.holding.add(person)
        return waits


class Places:
    """Places of a region whose masks are public, with the pool and step of each."""

    def __init__(self, policy, quota_row, drawn):
        self.needs = [pool["need"] for pool in policy["pools"]]
        self.open = [pool["name"] for pool in policy["pools"]].index("open")
        self.masks, self.holding = drawn.masks, dict(drawn.taken)
        self.matchings = [lottery.Matching(pool["guarantees"]) for pool in quota_row["pools"]]
        for person, (pool, step) in self.holding.items():
            if step == lottery.STEP_GUARANTEED:
                self.matchings[pool].add(self.masks[person])
        self.waiting = collections.defaultdict(collections.deque)  # (rank, person) by mask
        for rank, person in enumerate(drawn.waiting):
            self.waiting[self.masks[person]].append((rank, person))
        self.free = None  # pool and step of the place that was taken away last

    def free_open(self):
        """A granted appeal's place, which no pool gave, passes on like one of `open` by ticket."""
        self.free = self.open, lottery.STEP_TICKET

    def leave(self, person):
        """Takes a place away; false if the person has none."""
        self.free = self.holding.pop(person, None)
        if self.free and self.free[1] == lottery.STEP_GUARANTEED:
            self.matchings[self.free[0]].add(self.masks[person], -1)
        return self.free is not None

    def follow(self, person):
        """Gives the place that became free to whose turn it is; false if that is somebody else."""
        pool, step = self.free
        need, matching = self.needs[pool], self.matchings[pool]
        accepted = [mask for mask in self.waiting if mask & need == need]
        fitting = [mask for mask in accepted if matching.fits(mask)]
        if step == lottery.STEP_TICKET or not self._best(fitting):
            step = lottery.STEP_TICKET
            fitting = accepted if self._best(accepted) else list(self.waiting)
        best = self._best(fitting)
        if best is None or best[1] != person:
            return False
        mask = self.masks[person]
        self.waiting[mask].popleft()
        self.holding[person] = pool, step
        if step == lottery.STEP_GUARANTEED:
            matching.add(mask)
        return True

    def _best(self, masks):
        """The best-ranked waiting person of these masks."""
        return min((self.waiting[mask][0] for mask in masks if self.waiting[mask]), default=None)
