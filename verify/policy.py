"""What a policy must hold to be loaded (16.3), and what follows from it: rounds and times."""

import fractions

import formats
from basics import require

# The facts of the drand chain quicknet (section 5): only this chain is no test.
QUICKNET = {
    "chain_hash": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "genesis": 1692803367,
    "mode": "drand",
    "period": 3,
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
    "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "scheme": "bls-unchained-g1-rfc9380",
    "test": False,
}
HIDDEN = 0xFFFF
INSPECTION_SECONDS = 86_400  # of the first list and of a corrected one, unless the beacon is a test


def load(data):
    """Reads policy.json and fails unless all rules of 16.3 hold."""
    policy = formats.parse(data, formats.POLICY, "policy.json")
    _check_times(policy)
    _check_trust(policy)
    _check_seats(policy)
    _check_classes(policy)
    return policy


def _check_times(policy):
    times, beacon = policy["times"], policy["beacon"]
    order = [times["t0"], times["t1"], times["t2"], times["t3"], times["t4"] - policy["margin"]]
    require(order == sorted(order), "the policy's times are out of order")
    require(policy["margin"] >= 1, "the policy's margin is zero")
    require(policy["correction_shift"] >= 1, "the policy's correction_shift is zero")
    window = times["t4"] - times["t2"]
    require(beacon["test"] or window >= INSPECTION_SECONDS, "the inspection window is below a day")
    window = policy["correction_shift"] + policy["margin"]
    long = beacon["test"] or window >= INSPECTION_SECONDS
    require(long, "the inspection window of a correction is below a day")
    real = all(beacon[fact] == QUICKNET[fact] for fact in QUICKNET if fact != "test")
    require(beacon["test"] != real, "beacon.test does not fit the facts of the chain")
    keyless = beacon["scheme"] == "test-sha256"
    require((beacon["public_key"] == "") == keyless, "the beacon's key does not fit its scheme")
    require(beacon["period"] >= 1, "the beacon's period is zero")
    require(times["t4"] >= beacon["genesis"], "the draw is before the beacon's first round")


def _check_trust(policy):
    check_witnesses(policy)
    distinct([part["name"] for part in policy["contributors"]], "contributors")
    distinct([part["key"] for part in policy["contributors"]], "keys of contributors")


def check_witnesses(trust):
    """Fails unless the quorum can be met, by witnesses who differ from each other and the log."""
    log, witnesses = trust["log"], trust["witnesses"]
    require(1 <= trust["quorum"] <= len(witnesses), "the quorum is not within the witnesses")
    distinct([log["origin"], *(part["name"] for part in witnesses)], "witnesses and the log")
    distinct([log["key"], *(part["key"] for part in witnesses)], "keys of witnesses and log")


def _check_seats(policy):
    codes = [region["code"] for region in policy["regions"]]
    ascending(codes, "the policy's regions")
    require(all(1 <= code <= 65534 for code in codes), "a region's code is out of range")
    for region in policy["regions"]:
        require(region["weight"] != "0", f"region {region['code']} has weight 0")
        cap = region.get("cap", region["floor"])
        require(cap >= region["floor"], f"region {region['code']} has a cap below its floor")
    check_share(policy["reserve"])
    floors = sum(region["floor"] for region in policy["regions"])
    require(floors <= policy["base"] - reserve(policy), "the floors exceed the seats")


def _check_classes(policy):
    bits = [trait["bit"] for trait in policy["traits"]]
    ascending(bits, "the policy's traits")
    require(all(bit <= 14 for bit in bits), "a trait's bit is above 14")
    require(1 <= policy["max_weight"] <= 16, "max_weight is not within 1 to 16")
    pools, national = policy["pools"], policy["national"]
    require(len(pools) <= 8, "there are more than 8 pools")
    require([pool["name"] for pool in pools].count("open") == 1, "there is not one pool `open`")
    shares = [pool["share"] for pool in pools if "share" in pool]
    for pool in pools:
        is_open = pool["name"] == "open"
        require(is_open != ("share" in pool), "all pools but `open` have a share")
        require(not is_open or pool["need"] == 0, "the pool `open` needs a trait")
        require(pool["need"] & ~trait_bits(policy) == 0, "a pool needs an unknown trait")
        guaranteed = [part["trait"] for part in pool["guarantees"]]
        distinct(guaranteed, "guarantees of a pool")
        everyone = {part["trait"] for part in national} if is_open else set()
        require(len(everyone.union(guaranteed)) <= 8, "a pool guarantees more than 8 traits")
    distinct([part["trait"] for part in national], "national guarantees")
    for part in [part for pool in pools for part in pool["guarantees"]] + national:
        require(part["trait"] in bits, "a guarantee is for an unknown trait")
        check_share(part)
    for share in shares:
        check_share(share)
    total = sum(fractions.Fraction(share["num"], share["den"]) for share in shares)
    require(total <= 1, "the pools' shares add up to more than 1")


def check_share(share):
    """Fails unless a share is a fraction of 0 to 1 (16.1)."""
    require(1 <= share["den"] <= 10_000 and share["num"] <= share["den"], "a share is no fraction")


def distinct(values, what):
    """Fails if something stands twice."""
    require(len(set(values)) == len(values), f"the same stands twice among the {what}")


def ascending(values, what):
    """Fails unless the values ascend strictly."""
    good = all(first < second for first, second in zip(values, values[1:]))
    require(good, f"{what} do not ascend")


def trait_bits(policy):
    """The mask of all traits of the policy."""
    return sum(1 << trait["bit"] for trait in policy["traits"])


def reserve(policy):
    """Seats kept for appeals."""
    return policy["base"] * policy["reserve"]["num"] // policy["reserve"]["den"]


def draw_time(policy, plan):
    """T4 of the plan with that number (16.8)."""
    return policy["times"]["t4"] + (plan - 1) * policy["correction_shift"]


def draw_round(policy, plan):
    """The beacon round of the plan with that number (section 5)."""
    beacon = policy["beacon"]
    return -(-(draw_time(policy, plan) - beacon["genesis"]) // beacon["period"]) + 1
