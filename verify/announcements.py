"""Step 1, log: the announcement log, its witnesses, and that each file was announced in time.

Formats: C2SP signed note, tlog-checkpoint, tlog-cosignature, tlog-tiles and tlog-proof, as far as
16.7 of the rules takes them over.
"""

import base64
import binascii
import collections
import itertools
import json
import re

import ed25519
import formats
import merkle
import policy as policies
from basics import Failed, H, T, require, u

Checkpoint = collections.namedtuple("Checkpoint", "size root quorum_time")
DECIMAL = "0|[1-9][0-9]{0,15}"
LOG, WITNESS = b"\x01", b"\x04"  # types of signatures
REVISED = ("entries.bin", "quota.json", "plan.json")  # a correction replaces them
HOURLY = "registration-checkpoint"  # announced many times, and no file of the folder


def check(folder, pinned, complete=True):
    """Checks the log copy and the proof of every file; says whose keys it trusted.

    Before the draw the folder is not `complete`: then only the files that are there are checked.
    """
    policy = folder.policy
    trust = pinned or policy
    latest = read_checkpoint(folder.read("log/checkpoint"), trust, "log/checkpoint")
    entries = read_entries(folder.read, latest.size)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    tiles = [leaves[i : i + merkle.TILE] for i in range(0, len(leaves), merkle.TILE)]
    root = merkle.check_tree(folder.read, "log", tiles)
    require(root == latest.root, "the entries of the log do not lead to its checkpoint")
    announced = own_entries(policy, entries)
    names = [name for name in needed_files(folder) if complete or folder.has(name)]
    check_versions(folder, announced, names)
    for name in folder.strays():
        raise Failed(f"{name} is outside the sequence of revocations")
    limits = time_limits(folder)
    for name in names:
        proof = f"proofs/{name}.tlog-proof"
        index, checkpoint = read_proof(folder.read(proof), leaves, trust, proof)
        require(index in announced[name][folder.digest(name)], f"{proof} is of another entry")
        late = checkpoint.quorum_time > limits.get(name, checkpoint.quorum_time)
        require(not late, f"{name} was witnessed too late, at {checkpoint.quorum_time}")
    keys = "pinned keys" if pinned else "the policy's own keys, none were pinned"
    return f"{len(names)} files announced in a log of {latest.size} entries; {keys}"


def needed_files(folder):
    """The files of section 2 that this folder must have, and those it may have and has."""
    names = ["policy.json", *REVISED]
    if folder.policy["contributors"]:
        names.append("reveals.json")
    names += ["seed.json", "result.json", "selected.bin", "waitlist.bin"]
    if folder.has("corrections.json"):
        names.append("corrections.json")
    return names + folder.batches()


def own_entries(policy, entries):
    """Where this wave's files stand in the log: name -> digest -> indexes, in log order."""
    programme = policy["programme"].encode()
    prefix = T("file") + u(16, len(programme)) + programme + u(32, policy["wave"])
    announced = collections.defaultdict(lambda: collections.defaultdict(list))
    for index, entry in enumerate(entries):
        rest = entry[len(prefix) :]
        if not entry.startswith(prefix):
            continue
        good = rest and len(rest) == 1 + rest[0] + 32
        require(good, f"entry {index} of the log begins like one of this wave and is malformed")
        # A digest that comes back later moves to the end, so the last key is the last entry.
        digests = announced[decode_text(rest[1:-32], f"the name in entry {index} of the log")]
        digest = rest[-32:].hex()
        digests[digest] = digests.pop(digest, []) + [index]
    return announced


def check_versions(folder, announced, names):
    """The log's last version of a file is the folder's; only corrections make others (16.8)."""
    for name in names:
        require(name in announced, f"{name} was not announced")
    opened = min(itertools.chain(*announced["policy.json"].values()))
    for name, digests in announced.items():
        if name == HOURLY:
            early = min(itertools.chain(*digests.values())) < opened
            require(not early, "the log has registrations from before the policy")
            continue
        require(name in names, f"the log announces {name!r}, which the folder should not lack")
        require(list(digests)[-1] == folder.digest(name), f"{name} is not the announced file")
        if name not in REVISED:
            require(len(digests) == 1, f"the log has two versions of {name}")
    if "reveals.json" in announced:
        revealed = min(itertools.chain(*announced["reveals.json"].values()))
        for name in REVISED:
            listed = min(announced[name][folder.digest(name)])
            require(listed < revealed, f"{name} was announced after reveals.json")
    plans, number = len(announced["plan.json"]), folder.plan["plan"]
    require(plans == number, f"the log has {plans} plans, and the folder's is number {number}")


def time_limits(folder):
    """The latest quorum times of 16.8."""
    policy, plan = folder.policy, folder.plan["plan"]
    times = policy["times"]
    if plan == 1:
        revised = times["t2"]
    else:
        revised = policies.draw_time(policy, plan - 1) - policy["margin"]
    shift = (plan - 1) * policy["correction_shift"]
    limits = dict.fromkeys(REVISED, revised)
    return limits | {"policy.json": times["t0"], "reveals.json": times["t3"] + shift}


def read_checkpoint(data, trust, where):
    """Reads a signed note: all its signatures must be good, known, and enough for the quorum."""
    text = decode_text(data, where)
    head, _, tail = text.partition("\n\n")
    lines = head.split("\n")
    require(len(lines) == 3 and lines[0] == trust["log"]["origin"], f"{where} is of another log")
    require(re.fullmatch(DECIMAL, lines[1]), f"{where} has no size")
    root = decode_base64(lines[2], where)
    require(len(root) == 32, f"{where} has no root")
    body = (head + "\n").encode()
    require(tail.endswith("\n"), f"{where} is cut off")
    signers, times = set(), []
    for line in tail[:-1].split("\n"):
        signer, time = read_signature(line, body, trust, where)
        require(signer not in signers, f"{where} is signed twice by {signer[1]}")
        signers.add(signer)
        times += [] if time is None else [time]
    require((LOG, trust["log"]["origin"]) in signers, f"{where} is not signed by the log")
    require(len(times) >= trust["quorum"], f"{where} has {len(times)} witnesses, too few")
    return Checkpoint(int(lines[1]), root, sorted(times)[trust["quorum"] - 1])


def read_signature(line, body, trust, where):
    """One line of signature: who signed, and when if a witness did."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    require(dash == "\u2014", f"{where} has a line that is no signature")
    signature = decode_base64(encoded, where)
    known = [(LOG, trust["log"]["origin"], trust["log"]["key"])]
    known += [(WITNESS, witness["name"], witness["key"]) for witness in trust["witnesses"]]
    for kind, known_name, known_key in known:
        key = bytes.fromhex(known_key)
        if name != known_name or signature[:4] != H(name.encode(), b"\n", kind, key)[:4]:
            continue
        time, message = None, body
        if kind == WITNESS:
            time = int.from_bytes(signature[4:12], "big")
            message = b"cosignature/v1\ntime %d\n" % time + body
        good = len(signature) == (76 if kind == WITNESS else 68)
        good = good and ed25519.verify(key, message, signature[-64:])
        require(good, f"{where} has a bad signature of {name}")
        return (kind, name), time
    raise Failed(f"{where} is signed by an unknown key")


def read_proof(data, leaves, trust, where):
    """Reads a tlog-proof: its entry's index and its checkpoint, which must fit the log copy."""
    head, _, note = decode_text(data, where).partition("\n\n")
    form = re.fullmatch(rf"c2sp\.org/tlog-proof@v1\nindex ({DECIMAL})((?:\n[^\n]+)*)", head)
    require(form, f"{where} has an unknown form")
    index, hashes = int(form[1]), form[2].split("\n")[1:]
    checkpoint = read_checkpoint(note.encode(), trust, where)
    fits = index < checkpoint.size <= len(leaves)
    fits = fits and merkle.root_of(leaves[: checkpoint.size]) == checkpoint.root
    require(fits, f"{where} does not fit the copy of the log")
    proof = [decode_base64(line, where) for line in hashes]
    root = merkle.root_by_proof(leaves[index], index, checkpoint.size, proof)
    require(root == checkpoint.root, f"{where} does not prove its entry")
    return index, checkpoint


def read_entries(read, size):
    """The entries of the log copy, from their bundles."""
    entries = []
    for number in range(-(-size // merkle.TILE)):
        width = min(merkle.TILE, size - number * merkle.TILE)
        path = "log/" + merkle.tile_path("entries", number, width)
        data, place = read(path), 0
        for _ in range(width):
            end = place + 2 + int.from_bytes(data[place : place + 2], "big")
            require(place + 2 <= end <= len(data), f"{path} is cut off")
            entries.append(data[place + 2 : end])
            place = end
        require(place == len(data), f"{path} is too long")
    return entries


def read_pinned(data):
    """Reads the keys to trust instead of the policy's."""
    shape = formats.TRUST | {"receipt_key?": formats.hex32}
    try:
        trust = json.loads(data)
    except ValueError as error:
        raise Failed("the file of keys is not JSON") from error
    formats.check(trust, shape, "the file of keys")
    policies.check_witnesses(trust)
    return trust


def decode_text(data, where):
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Failed(f"{where} is not text") from error


def decode_base64(text, where):
    """Bytes of base64 in its only valid form, so that no bit of it is without effect."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Failed(f"{where} has bad base64") from error
    require(base64.b64encode(data).decode() == text, f"{where} has bad base64")
    return data
