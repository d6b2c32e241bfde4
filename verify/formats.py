"""The JSON files of a wave (16.1): canonical form and fields.

A shape is a dict (an object with exactly these keys, `key?` may be missing), a list (an array of
one shape), a tuple (one of these values) or a function that says whether a value is good.
"""

import json
import re

from basics import require


def canonical(value):
    """The only valid bytes of a JSON value (RFC 8785, integers only)."""
    return _text(value).encode()


def _text(value):
    if isinstance(value, dict):
        # Keys are ordered as UTF-16, which differs from Python's order beyond 0xFFFF.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def parse(data, shape, name):
    """Reads a JSON file that must be canonical and of the given shape."""
    try:
        value = json.loads(data)
        same = canonical(value) == data
    except (ValueError, RecursionError):
        same = False
    require(same, f"{name} is not canonical JSON")
    check(value, shape, name)
    return value


def check(value, shape, where):
    """Fails unless `value` has the shape."""
    if isinstance(shape, dict):
        require(type(value) is dict, f"{where} is not an object")
        fields = {key.rstrip("?"): part for key, part in shape.items()}
        for key in sorted(value.keys() - fields.keys()):
            require(False, f"{where} has the unknown field {key!r}")
        for key in shape:
            require(key.endswith("?") or key in value, f"{where} lacks the field {key}")
        for key, part in value.items():
            check(part, fields[key], f"{where}: {key}")
    elif isinstance(shape, list):
        require(type(value) is list, f"{where} is not an array")
        for part in value:
            check(part, shape[0], where)
    elif isinstance(shape, tuple):
        good = any(type(value) is type(choice) and value == choice for choice in shape)
        require(good, f"{where} has an unknown value")
    else:
        require(shape(value), f"{where} has a wrong value")


def number(bits):
    """An unsigned number of that many bits."""
    return lambda value: type(value) is int and 0 <= value < 1 << bits


def hexadecimal(size):
    """That many bytes in lowercase hexadecimal."""
    return lambda value: type(value) is str and bool(re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value))


def u64(value):
    """A 64-bit number as a decimal string."""
    decimal = type(value) is str and re.fullmatch("0|[1-9][0-9]{0,19}", value)
    return bool(decimal) and int(value) < 1 << 64


def name(value):
    """A name: printable ASCII, 1 to 64 characters."""
    return type(value) is str and bool(re.fullmatch("[ -~]{1,64}", value))


def boolean(value):
    """True or false."""
    return type(value) is bool


def notes(value):
    """Free remarks, which mean nothing here."""
    return type(value) is dict and all(type(part) is str for part in value.values())


def public_key(value):
    """The key of a chain; the test beacon has none."""
    return value == "" or hexadecimal(96)(value)


def batch(value):
    """The name of a file of revocations."""
    return type(value) is str and bool(re.fullmatch(r"revoked(\.([2-9]|[1-9][0-9]+))?\.json", value))


u8, u16, u32, time = number(8), number(16), number(32), number(53)
hex16, hex32, hex48, hex64 = (hexadecimal(size) for size in (16, 32, 48, 64))
VERSION, SHARE = (1,), {"den": u32, "num": u32}
NAMED_KEY = {"key": hex32, "name": name}
COUNTS = [{"count": u32, "region": u16}]

TRUST = {
    "log": {"key": hex32, "origin": name},
    "witnesses": [NAMED_KEY],
    "quorum": u8,
}
POLICY = TRUST | {
    "version": VERSION,
    "programme": name,
    "wave": u32,
    "key_commit": hex32,
    "receipt_key": hex32,
    "notes": notes,
    "times": dict.fromkeys(("t0", "t1", "t2", "t3", "t4"), time),
    "margin": u32,
    "correction_shift": u32,
    "max_corrections": u8,
    "beacon": {
        "mode": ("drand",),
        "chain_hash": hex32,
        "public_key": public_key,
        "scheme": ("bls-unchained-g1-rfc9380", "test-sha256"),
        "genesis": time,
        "period": u32,
        "test": boolean,
    },
    "contributors": [NAMED_KEY],
    "base": u32,
    "carryover": ("same_region", "pooled"),
    "reserve": SHARE,
    "apportionment": {"levels": (1, 2), "method": ("sainte_lague", "largest_remainder")},
    "regions": [{"code": u16, "province": u16, "weight": u64, "floor": u32, "cap?": u32}],
    "traits": [{"bit": u8, "name": name}],
    "small_cells": {"k": u32, "mode": ("off", "hide", "generalise")},
    "household_cap": u8,
    "max_weight": u8,
    "waitlist": boolean,
    "pools": [
        {
            "name": name,
            "need": u16,
            "order": ("guarantees_first", "open_first"),
            "share?": SHARE,
            "guarantees": [SHARE | {"trait": u8}],
        }
    ],
    "national": [SHARE | {"trait": u8}],
}
QUOTA_POOL = {
    "name": name,
    "seats": u32,
    "guarantees": [{"asked": u32, "seats": u32, "trait": u8, "reason?": ("people", "seats")}],
}
QUOTA = {
    "version": VERSION,
    "ctx": hex32,
    "q": dict.fromkeys(("base", "carry_in", "reserve", "returned", "total"), u32),
    "carry": u32,
    "returned": COUNTS,
    "returned_from": [{"digest": hex32, "file": batch, "wave": u32}],
    "carry_from?": {"digest": hex32, "wave": u32},
    "national": [{"asked": u32, "placed": u32, "trait": u8}],
    "regions": [
        dict.fromkeys(("records", "n", "cap", "floor", "seats"), u32)
        | {
            "code": u16,
            "public": boolean,
            "holders?": [{"n": u32, "trait": u8}],
            "pools": [QUOTA_POOL],
        }
    ],
}
PLAN = {
    "version": VERSION,
    "ctx": hex32,
    "plan": u8,
    "policy": hex32,
    "n": u32,
    "root": hex32,
    "entries": hex32,
    "quota": hex32,
    "round": u64,
    "t4": time,
    "contributions": [{"commitment": hex32, "name": name, "signature": hex64}],
}
REVEALED = [{"name": name, "value": hex32}]
REVEALS = {"version": VERSION, "ctx": hex32, "contributions": REVEALED}
SEED = dict.fromkeys(("ctx", "plan", "chain_hash", "randomness", "contrib_digest", "seed"), hex32) | {
    "version": VERSION,
    "mode": ("drand",),
    "test": boolean,
    "round": u64,
    "signature": hex48,
    "contributions": REVEALED,
}
RESULT_POOL = {
    "name": name,
    "seats": u32,
    "filled": u32,
    "short": u32,
    "cutoff?": hex32,
    "masks": [{"mask": u16, "n": u32, "selected": u32, "step1": u32, "close?": hex32}],
}
RESULT = {
    "version": VERSION,
    "ctx": hex32,
    "plan": hex32,
    "seed": hex32,
    "totals": dict.fromkeys(
        ("records", "n", "capped", "seats", "selected", "reserve", "carry"), u32
    ),
    "regions": [
        dict.fromkeys(("n", "capped", "selected"), u32)
        | {"code": u16, "public": boolean, "pools": [RESULT_POOL]}
    ],
}
GRANTED = {"e": hex16, "mask": u16, "reason": name, "region": u16, "weight": u8}
CORRECTIONS = {"version": VERSION, "ctx": hex32, "granted": [GRANTED]}
REVOKED = {
    "version": VERSION,
    "ctx": hex32,
    "returned": COUNTS,
    "revocations": [
        {
            "at": time,
            "e": hex16,
            "region": u16,
            "reason": ("no_purchase", "withdrawn", "ineligible", "other"),
            "replaced_by?": hex16,
        }
    ],
}
RECEIPT = {
    "version": VERSION,
    "ctx": hex32,
    "kind": ("registered", "entered"),
    "e": hex16,
    "c": hex32,
    "r": hex32,
    "region": u16,
    "mask": u16,
    "weight": u8,
    "flags": u8,
    "registered_at": time,
    "signature": hex64,
}
