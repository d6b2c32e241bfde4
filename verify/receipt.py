"""`verify me`: what became of the holder of one receipt (section 10, 16.9)."""

import collections
import datetime
import pathlib

import announcements
import ed25519
import formats
import lottery
import merkle
from basics import Failed, H, T, Tickets, require, u
from draw import Outcomes, check_rows
from policy import HIDDEN

Verdict = collections.namedtuple("Verdict", "outcome indonesian english")
WIB = datetime.timezone(datetime.timedelta(hours=7))


def show(path, folder, nik, pinned):
    """Prints a sentence in Indonesian, the same in English, and the outcome; gives the exit code."""
    try:
        verdict = judge(pathlib.Path(path).read_bytes(), folder, nik, pinned)
        if folder.policy["beacon"]["test"]:
            print("TEST BEACON: suar uji, hasilnya dapat diramal / the outcome was predictable")
    except (Failed, OSError, ValueError, OverflowError) as error:
        text = error.detail if isinstance(error, Failed) else "could not read the receipt"
        verdict = Verdict("error", f"Bukti ini tidak dapat diperiksa: {text}.", f"Error: {text}.")
    print(verdict.indonesian)
    print(verdict.english)
    print(verdict.outcome)
    return 1 if verdict.outcome in ("missing", "error") else 0


def judge(data, folder, nik, pinned):
    """The outcome of a receipt; fails if receipt and folder contradict each other."""
    receipt = formats.parse(data, formats.RECEIPT, "the receipt")
    require(receipt["ctx"] == folder.ctx.hex(), "the receipt is of another wave or policy")
    check_signature(receipt, folder, pinned)
    if nik is not None:
        check_opening(receipt, folder.ctx, nik)
    announcements.check(folder, pinned, complete=False)
    code, index = find_record(receipt, folder)
    if index is None:
        day = datetime.datetime.fromtimestamp(receipt["registered_at"], WIB).strftime("%Y-%m-%d")
        return Verdict(
            "missing",
            f"Anda tidak ada dalam daftar, padahal bukti Anda bertanggal {day}: ajukan keberatan "
            "dengan bukti ini.",
            f"You are not in the list although your receipt is dated {day}: this receipt is proof "
            "for an appeal.",
        )
    record = folder.record(index)
    check_record(receipt, code, record)
    tree = merkle.TileTree(folder.read, "tree", folder.count)
    leaf = merkle.leaf_hash(b"".join(pack(record)))
    root = merkle.root_by_proof(leaf, index, folder.count, tree.proof_of(index))
    require(root and root.hex() == folder.plan["root"], "the record is not in the plan's tree")
    good = "your entry is in the list as the receipt says, but the draw is not published yet"
    require(folder.has("result.json"), good)
    known = receipt["mask"] if receipt["kind"] == "entered" else 0
    mask = known if record[3] == HIDDEN else record[3]
    return find_outcome(folder, code, index, record, mask)


def pack(record):
    """The bytes of a record, field by field."""
    entry, commitment, region, mask, weight, flags, household, zero = record
    return entry, commitment, u(16, region), u(16, mask), bytes([weight, flags]), household, zero


def class_bytes(receipt):
    """Region, mask, weight and flags of a receipt, as digests and signatures have them."""
    sizes = (("region", 16), ("mask", 16), ("weight", 8), ("flags", 8))
    return b"".join(u(bits, receipt[field]) for field, bits in sizes)


def check_signature(receipt, folder, pinned):
    """The receipt is signed by the operator's key."""
    key = (pinned or {}).get("receipt_key", folder.policy["receipt_key"])
    fields = b"".join(bytes.fromhex(receipt[field]) for field in "ecr")
    kind = bytes([receipt["kind"] == "entered"])
    message = T("receipt") + folder.ctx + kind + fields + class_bytes(receipt)
    message += u(64, receipt["registered_at"])
    signature = bytes.fromhex(receipt["signature"])
    good = ed25519.verify(bytes.fromhex(key), message, signature)
    require(good, "the signature on the receipt is bad")


def check_opening(receipt, ctx, nik):
    """The commitment is that of this NIK."""
    blinding, entry = bytes.fromhex(receipt["r"]), bytes.fromhex(receipt["e"])
    opened = H(T("commit"), ctx, blinding, entry, class_bytes(receipt), nik.encode())
    require(opened.hex() == receipt["c"], "the receipt is of another NIK")


def find_record(receipt, folder):
    """Region and index of the receipt's entry; checks may have moved it to another region."""
    entry = bytes.fromhex(receipt["e"])
    for code in [receipt["region"], *folder.spans]:
        index = folder.find(code, entry)
        if index is not None:
            return code, index
    return receipt["region"], None


def check_record(receipt, code, record):
    """A receipt for the final record has what the record has, with the true mask (16.9)."""
    if receipt["kind"] == "registered":
        return
    _, commitment, _, mask, weight, flags, _, _ = record
    same = receipt["c"] == commitment.hex() and receipt["region"] == code
    same = same and (receipt["weight"], receipt["flags"]) == (weight, flags)
    same = same and mask in (receipt["mask"], HIDDEN)
    require(same, "the record is not the one of the receipt")


def find_outcome(folder, code, index, record, mask):
    """What the draw decided, by the published limits and by the published lists."""
    outcomes = Outcomes(folder)
    check_rows(folder.policy, folder.result["regions"], "result.json")
    row = next(row for row in folder.result["regions"] if row["code"] == code)
    ticket = Tickets(bytes.fromhex(folder.seed["seed"])).of(record[0], record[4])
    short, rank = "0x" + ticket.hex()[:16], outcomes.rank(index)
    require(outcomes.selected(index) == (rank == 0), "the published lists contradict each other")
    if rank == lottery.NOT_IN_PLAY:
        return Verdict(
            "household_cap",
            f"Nomor undian Anda {short}; anggota keluarga lain dalam KK Anda bernomor lebih kecil.",
            f"Your ticket is {short}; others of your family card have lower tickets.",
        )
    limit, pool, guaranteed = lottery.limit_of(folder.policy, row, mask)
    within = ticket.hex() <= limit
    if record[3] == HIDDEN and not (within and rank):
        # The limit of a hidden mask is not public, so the lists alone decide.
        within, where_id, where_en = rank == 0, "kelas tertutup", "your class is not public"
    else:
        kind_id, kind_en = ("kursi terjamin", "guaranteed") if guaranteed else ("umum", "general")
        where_id = f"batas {kind_id} 0x{limit[:16]}, jalur {pool}" if limit else "tanpa kursi"
        where_en = f"{kind_en} limit 0x{limit[:16]}, pool {pool}" if limit else "no seats"
    require(within == (rank == 0), "the published lists do not fit the published limits")
    if rank == 0:
        return Verdict(
            "selected",
            f"Anda terpilih: nomor undian Anda {short} tidak melebihi batas golongan Anda "
            f"({where_id}).",
            f"You are selected: your ticket {short} is not above the limit for your class "
            f"({where_en}).",
        )
    start, end = folder.spans[code]
    waiting = sum(0 < outcomes.rank(i) < lottery.NOT_IN_PLAY for i in range(start, end))
    return Verdict(
        "waitlist",
        f"Nomor undian Anda {short} melebihi batas golongan Anda ({where_id}); urutan tunggu "
        f"{rank} dari {waiting}.",
        f"Your ticket {short} is above the limit for your class ({where_en}); waitlist rank "
        f"{rank} of {waiting}.",
    )
