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
        known = {key.rstrip("?"): part for key, part in shape.items()}
        for key in shape:
            require(key.endswith("?") or key in value, f"{where} lacks the field {key}")
        for key, part in value.items():
            require(key in known, f"{where} has the unknown field {key!r}")
            check(part, known[key], f"{where}: {key}")
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


def signer(value):
    """The name of a key that signs notes: without the signs that part the fields of a note."""
    return name(value) and not set(" +") & set(value)


def boolean(value):
    """True or false."""
    return type(value) is bool


def text(value):
    """A remark of people for people; only names are limited to ASCII."""
    return type(value) is str


def notes(value):
    """Free remarks, which mean nothing here."""
    return type(value) is dict and all(map(text, value.values()))


def public_key(value):
    """The key of a chain; the test beacon has none."""
    return value == "" or hexadecimal(96)(value)


def batch(value):
    """The name of a file of revocations."""
    form = r"revoked(\.([2-9]|[1-9][0-9]+))?\.json"
    return type(value) is str and bool(re.fullmatch(form, value))


u8, u16, u32, time = number(8), number(16), number(32), number(53)
hex16, hex32, hex48, hex64 = (hexadecimal(size) for size in (16, 32, 48, 64))


def fields(names, shape):
    """Several fields of one shape."""
    return dict.fromkeys(names.split(), shape)


# The tables of 16.1, in their order.
HEAD = {"version": (1,), "ctx": hex32}  # of every file but policy.json
SHARE = fields("den num", u32)
NAMED_KEY = {"key": hex32, "name": name}
TRUST = {
    "log": {"key": hex32, "origin": signer},
    "witnesses": [{"key": hex32, "name": signer}],
    "quorum": u8,
}
POLICY = TRUST | {
    "version": (1,), "programme": name, "wave": u32, "key_commit": hex32, "receipt_key": hex32,
    "notes": notes, "times": fields("t0 t1 t2 t3 t4", time), "margin": u32,
    "correction_shift": u32, "max_corrections": u8,
    "beacon": {
        "mode": ("drand",), "chain_hash": hex32, "public_key": public_key, "genesis": time,
        "scheme": ("bls-unchained-g1-rfc9380", "test-sha256"), "period": u32, "test": boolean,
    },
    "contributors": [NAMED_KEY],
    "base": u32, "carryover": ("same_region", "pooled"), "reserve": SHARE,
    "apportionment": {"levels": (1, 2), "method": ("sainte_lague", "largest_remainder")},
    "regions": [fields("code province", u16) | {"weight": u64, "floor": u32, "cap?": u32}],
    "traits": [{"bit": u8, "name": name}],
    "small_cells": {"k": u32, "mode": ("off", "hide", "generalise")},
    "household_cap": u8, "max_weight": u8, "waitlist": boolean,
    "pools": [{
        "name": name, "need": u16, "order": ("guarantees_first", "open_first"), "share?": SHARE,
        "guarantees": [SHARE | {"trait": u8}],
    }],
    "national": [SHARE | {"trait": u8}],
}  # fmt: skip
COUNTS = [{"count": u32, "region": u16}]
QUOTA = HEAD | {
    "q": fields("base carry_in reserve returned total", u32), "carry": u32, "returned": COUNTS,
    "returned_from": [{"digest": hex32, "file": batch, "wave": u32}],
    "carry_from?": {"digest": hex32, "wave": u32},
    "national": [{"asked": u32, "placed": u32, "trait": u8}],
    "regions": [fields("records n cap floor seats", u32) | {
        "code": u16, "public": boolean, "holders?": [{"n": u32, "trait": u8}],
        "pools": [{"name": name, "seats": u32, "guarantees": [
            {"asked": u32, "seats": u32, "trait": u8, "reason?": ("people", "seats")}
        ]}],
    }],
}  # fmt: skip
PLAN = HEAD | fields("policy root entries quota", hex32) | {
    "plan": u8, "n": u32, "round": u64, "t4": time,
    "contributions": [{"commitment": hex32, "name": name, "signature": hex64}],
}  # fmt: skip
REVEALS = HEAD | {"contributions": [{"name": name, "value": hex32}]}
SEED = REVEALS | fields("plan chain_hash randomness contrib_digest seed", hex32) | {
    "mode": ("drand",), "test": boolean, "round": u64, "signature": hex48,
}  # fmt: skip
RESULT = HEAD | {
    "plan": hex32, "seed": hex32,
    "totals": fields("records n capped seats selected reserve carry", u32),
    "regions": [fields("n capped selected", u32) | {
        "code": u16, "public": boolean,
        "pools": [fields("seats filled short", u32) | {
            "name": name, "cutoff?": hex32,
            "masks": [fields("n selected step1", u32) | {"mask": u16, "close?": hex32}],
        }],
    }],
}  # fmt: skip
CORRECTIONS = HEAD | {
    "granted": [{"e": hex16, "mask": u16, "reason": text, "region": u16, "weight": u8}]
}
REVOKED = HEAD | {
    "returned": COUNTS,
    "revocations": [{
        "at": time, "e": hex16, "region": u16, "replaced_by?": hex16,
        "reason": ("no_purchase", "withdrawn", "ineligible", "other"),
    }],
}  # fmt: skip
RECEIPT = HEAD | fields("region mask", u16) | fields("weight flags", u8) | {
    "kind": ("registered", "entered"), "e": hex16, "c": hex32, "r": hex32,
    "registered_at": time, "signature": hex64,
}  # fmt: skip
