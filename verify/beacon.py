"""Step 4, seed: the plan's round, the contributions, the beacon's signature, the seed."""

import bls
import ed25519
import policy as policies
from basics import H, T, find_seed, require, u


def check(folder):
    """Checks plan.json, reveals.json and seed.json."""
    check_plan(folder)
    revealed = read_reveals(folder)
    policy, plan, seed = folder.policy, folder.plan, folder.seed
    beacon = policy["beacon"]
    require(seed["plan"] == folder.digest("plan.json"), "the seed is of another plan")
    for field in ("mode", "test", "chain_hash"):
        require(seed[field] == beacon[field], f"{field} of the seed is not the policy's")
    require(seed["round"] == plan["round"], "the seed is of another round than the plan's")
    number, signature = int(seed["round"]), bytes.fromhex(seed["signature"])
    require(verify_round(beacon, number, signature), f"the signature of round {number} is bad")
    require(seed["contributions"] == revealed, "the seed has other contributions than revealed")
    randomness, digest, value = derive(folder, number, signature, revealed)
    require(seed["randomness"] == randomness.hex(), "the randomness is not that of the signature")
    require(seed["contrib_digest"] == digest.hex(), "contrib_digest is not that of the reveals")
    require(seed["seed"] == value.hex(), "the seed does not follow from its sources")
    note = "TEST BEACON, anybody may have known it: " if beacon["test"] else ""
    shown = f"{len(revealed)} of {len(policy['contributors'])} contributions revealed"
    return f"{note}round {number} is signed by its chain; {shown}"


def check_plan(folder):
    """The plan's policy, time, round and commitments."""
    policy, plan = folder.policy, folder.plan
    require(plan["policy"] == folder.digest("policy.json"), "the plan is of another policy")
    number = plan["plan"]
    require(plan["t4"] == policies.draw_time(policy, number), "the plan has another time of draw")
    due = policies.draw_round(policy, number)
    require(plan["round"] == str(due), f"the plan has another round than {due}")
    names = [part["name"] for part in policy["contributors"]]
    committed = [part["name"] for part in plan["contributions"]]
    require(committed == names, "the plan's commitments are not those of all contributors")
    for party, part in zip(policy["contributors"], plan["contributions"]):
        message = T("contrib-sign") + folder.ctx + bytes.fromhex(part["commitment"])
        signature = bytes.fromhex(part["signature"])
        good = ed25519.verify(bytes.fromhex(party["key"]), message, signature)
        require(good, f"the commitment of {party['name']} is not signed by it")


def read_reveals(folder):
    """The revealed contributions, each opening its commitment, in policy order."""
    contributors = [part["name"] for part in folder.policy["contributors"]]
    if not contributors:
        require(not folder.has("reveals.json"), "reveals.json is there without contributors")
        return []
    revealed = folder.reveals["contributions"]
    names = [part["name"] for part in revealed]
    require(names == [name for name in contributors if name in names], "the reveals are disordered")
    committed = {part["name"]: part["commitment"] for part in folder.plan["contributions"]}
    for part in revealed:
        name = part["name"]
        opening = H(T("contrib"), name.encode(), bytes.fromhex(part["value"]))
        require(committed.get(name) == opening.hex(), f"{name} revealed another value")
    return revealed


def derive(folder, number, signature, revealed):
    """Randomness, contrib_digest and seed (sections 1 and 5)."""
    beacon, contributors = folder.policy["beacon"], folder.policy["contributors"]
    values = {part["name"]: bytes.fromhex(part["value"]) for part in revealed}
    digest = bytes(32)
    if contributors:
        names = [part["name"] for part in contributors]
        parts = [b"\1" + values[name] if name in values else bytes(33) for name in names]
        digest = H(T("contribs"), *parts)
    randomness = H(signature)
    chain_hash = bytes.fromhex(beacon["chain_hash"])
    return randomness, digest, find_seed(folder.ctx, chain_hash, number, randomness, digest)


def verify_round(beacon, number, signature):
    """Whether the signature is that of a round, by the scheme of the chain."""
    if beacon["scheme"] == "test-sha256":
        message = T("test-beacon") + bytes.fromhex(beacon["chain_hash"]) + u(64, number)
        return signature == (H(message, b"\0") + H(message, b"\1"))[:48]
    return bls.verify(bytes.fromhex(beacon["public_key"]), H(u(64, number)), signature)
