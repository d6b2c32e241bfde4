"""`verify me`: what became of the holder of one receipt (section 10, 16.9)."""

import collections
import datetime

import announcements
import beacon
import ed25519
import formats
import lottery
import merkle
from basics import Failed, H, T, Tickets, require, u
from draw import Outcomes, check_rows
from entries import CARDLESS
from folder import read_regular
from policy import HIDDEN

Verdict = collections.namedtuple("Verdict", "outcome indonesian english")
WIB = datetime.timezone(datetime.timedelta(hours=7))
REASONS = {
    "no_purchase": ("tidak membeli pelatihan", "no purchase"),
    "withdrawn": ("mengundurkan diri", "withdrawn"),
    "ineligible": ("tidak memenuhi syarat", "not eligible"),
    "other": ("alasan lain", "another reason"),
}


class Refused(Failed):
    """A check that concerns the receipt itself, with the reason in Indonesian too."""

    def __init__(self, indonesian, english):
        super().__init__(english)
        self.indonesian = indonesian


def refuse_unless(condition, indonesian, english):
    """Fails with the reason in both languages unless `condition` holds."""
    if not condition:
        raise Refused(indonesian, english)


def show(path, folder, nik, pinned):
    """Prints what became of the holder in Indonesian and English, and the outcome; the exit code."""
    try:
        verdict = judge(read_regular(path, "the receipt"), folder, nik, pinned)
        if folder.policy["beacon"]["test"]:
            print("TEST BEACON: suar uji, hasilnya dapat diramal / the outcome was predictable")
        print(verdict.indonesian, *unchecked(nik, pinned, 0))
        print(verdict.english, *unchecked(nik, pinned, 1))
        print(verdict.outcome)
        return 1 if verdict.outcome == "missing" else 0
    except Refused as refused:
        indonesian, english = refused.indonesian, refused.detail
    except (Failed, MemoryError, OSError) as error:
        # The reasons are many and for those who know the files; the other line has them.
        indonesian = "ada berkas yang tidak sesuai; rinciannya dalam bahasa Inggris di bawah ini"
        english = error.detail if isinstance(error, Failed) else f"a {type(error).__name__}"
    print(f"Bukti ini tidak dapat diperiksa: {indonesian}.")
    print(f"Error: {english}.")
    print("error")
    return 1


def unchecked(nik, pinned, language):
    """What an outcome rests on without proof, as sentences of a language."""
    whose = (
        "Tidak diperiksa apakah bukti ini milik Anda, karena NIK tidak diberikan.",
        "It was not checked whose receipt this is, since no NIK was given.",
    )
    keys = (
        "Kunci log dan saksi diambil dari folder itu sendiri, karena tidak ada yang disematkan.",
        "The keys of log and witnesses are those of the folder itself, none were pinned.",
    )
    return [*([] if nik else [whose[language]]), *([] if pinned else [keys[language]])]


def judge(data, folder, nik, pinned):
    """The outcome of a receipt; fails if receipt and folder contradict each other."""
    receipt = formats.parse(data, formats.RECEIPT, "the receipt")
    refuse_unless(
        receipt["ctx"] == folder.ctx.hex(),
        "bukti ini dari gelombang atau kebijakan lain",
        "the receipt is of another wave or policy",
    )
    check_signature(receipt, folder, pinned)
    if nik is not None:
        check_opening(receipt, folder.ctx, nik)
    announcements.check(folder, pinned, complete=False)
    beacon.check_plan(folder)
    require(folder.plan["entries"] == folder.digest("entries.bin"), "entries.bin is not the plan's")
    code, index = find_record(receipt, folder)
    if index is None:
        day = day_of(receipt["registered_at"])
        return followed(folder, receipt["e"], Verdict(
            "missing",
            f"Anda tidak ada dalam daftar, padahal bukti Anda bertanggal {day}: ajukan keberatan "
            "dengan bukti ini.",
            f"You are not in the list although your receipt is dated {day}: this receipt is proof "
            "for an appeal.",
        ))  # fmt: skip
    record = folder.record(index)
    check_record(receipt, code, record)
    tree = merkle.TileTree(folder.read, "tree", folder.count)
    leaf = merkle.leaf_hash(b"".join(pack(record)))
    root = merkle.root_by_proof(leaf, index, folder.count, tree.proof_of(index))
    require(root and root.hex() == folder.plan["root"], "the record is not in the plan's tree")
    if not folder.has("seed.json") and not folder.has("result.json"):
        day = day_of(folder.plan["t4"])
        return Verdict(
            "undrawn",
            f"Anda ada dalam daftar; undiannya pada {day}.",
            f"You are in the list; it is drawn on {day}.",
        )
    known = receipt["mask"] if receipt["kind"] == "entered" else 0
    mask = known if record[3] == HIDDEN else record[3]
    return followed(folder, receipt["e"], find_outcome(folder, code, index, record, mask))


def day_of(time):
    """The day in western Indonesian time."""
    try:
        return datetime.datetime.fromtimestamp(time, WIB).strftime("%Y-%m-%d")
    except (OSError, OverflowError, ValueError):
        return str(time)


def followed(folder, entry, verdict):
    """The verdict with what the announced files say of the time after the draw, in their order."""
    told = []
    if folder.has("corrections.json"):
        granted = [part["e"] for part in folder.corrections["granted"]]
        if entry in granted:
            told.append(("Keberatan Anda dikabulkan dengan satu tempat.",
                         "Your appeal was granted with a place."))  # fmt: skip
    for part in (part for name in folder.batches() for part in folder.revoked(name)["revocations"]):
        day, (reason_id, reason_en) = day_of(part["at"]), REASONS[part["reason"]]
        if part["e"] == entry:
            told.append((f"Tempat Anda dicabut pada {day}: {reason_id}.",
                         f"Your place was taken back on {day}: {reason_en}."))  # fmt: skip
        if part.get("replaced_by") == entry:
            told.append((f"Pada {day} Anda mendapat tempat sebagai pengganti.",
                         f"On {day} you got the place of somebody else."))  # fmt: skip
    indonesian = " ".join([verdict.indonesian, *(own for own, _ in told)])
    english = " ".join([verdict.english, *(own for _, own in told)])
    return verdict._replace(indonesian=indonesian, english=english)


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
    refuse_unless(good, "tanda tangannya tidak sah", "the signature on the receipt is bad")


def check_opening(receipt, ctx, nik):
    """The commitment is that of this NIK."""
    blinding, entry = bytes.fromhex(receipt["r"]), bytes.fromhex(receipt["e"])
    opened = H(T("commit"), ctx, blinding, entry, class_bytes(receipt), nik.encode())
    refuse_unless(
        opened.hex() == receipt["c"], "bukti ini milik NIK lain", "the receipt is of another NIK"
    )


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
    refuse_unless(
        same,
        "catatan dalam daftar bukan yang tertulis pada bukti; bukti ini dasar untuk keberatan",
        "the record is not the one of the receipt, which is proof for an appeal",
    )


def find_outcome(folder, code, index, record, mask):
    """What the draw decided, by the published limits and by the published lists."""
    beacon.check(folder)
    result = folder.result
    require(result["plan"] == folder.digest("plan.json"), "result.json is of another plan")
    require(result["seed"] == folder.seed["seed"], "result.json has another seed")
    outcomes = Outcomes(folder)
    check_rows(folder.policy, result["regions"], "result.json")
    rows = {row["code"]: row for row in result["regions"]}
    require(code in rows, f"the list has the unknown region {code}")
    row = rows[code]
    ticket = Tickets(bytes.fromhex(folder.seed["seed"])).of(record[0], record[4])
    short, rank = "0x" + ticket.hex()[:16], outcomes.rank(index)
    require(outcomes.selected(index) == (rank == 0), "the published lists contradict each other")
    capped = is_capped(folder, code, record, ticket)
    good = capped == (rank == lottery.NOT_IN_PLAY)
    require(good, "the published lists do not fit the tickets of your family card")
    if capped:
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
        kind_id, kind_en = ("tempat terjamin", "guaranteed") if guaranteed else ("umum", "general")
        where_id = f"batas {kind_id} 0x{limit[:16]}, jalur {pool}" if limit else "tanpa tempat"
        where_en = f"{kind_en} limit 0x{limit[:16]}, pool {pool}" if limit else "no seats"
    require(within == (rank == 0), "the published lists do not fit the published limits")
    if rank == 0:
        return Verdict(
            "selected",
            f"Anda terpilih dalam undian: nomor undian Anda {short} tidak melebihi batas golongan "
            f"Anda ({where_id}).",
            f"The draw selected you: your ticket {short} is not above the limit for your class "
            f"({where_en}).",
        )
    place_id = place_en = ""
    if folder.policy["waitlist"]:  # Else nobody is called up from it.
        ranks = (outcomes.rank(i) for i in range(*folder.spans[code]))
        waiting = sum(0 < other < lottery.NOT_IN_PLAY for other in ranks)
        place_id = f"; urutan tunggu {rank} dari {waiting}"
        place_en = f"; waitlist rank {rank} of {waiting}"
    return Verdict(
        "waitlist",
        f"Nomor undian Anda {short} melebihi batas golongan Anda ({where_id}){place_id}.",
        f"Your ticket {short} is above the limit for your class ({where_en}){place_en}.",
    )


def is_capped(folder, code, record, ticket):
    """Whether others of the family card have lower tickets and leave no place (16.6)."""
    entry, _, _, _, _, flags, household, _ = record
    cap = folder.policy["household_cap"]
    if cap == 0 or household == CARDLESS:
        return False
    tickets = Tickets(bytes.fromhex(folder.seed["seed"]))
    family = [other for other in folder.members(code) if other.household == household]
    places = [(tickets.of(other.entry, other.weight), other.entry) for other in family]
    return sum(place < (ticket, entry) for place in places) >= (flags >> 1 & 7 or cap)
