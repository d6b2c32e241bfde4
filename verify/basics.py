"""Notation of the draw: how a check fails, tagged digests, keyed hashes, big-endian numbers.

`T`, `H` and `MAC` are those of section 1 of the rules.
"""

import hashlib
import hmac


class Failed(Exception):
    """A check that does not pass: what was found, and the first record concerned if any is."""

    def __init__(self, detail, index=None):
        super().__init__(detail)
        self.detail = detail
        self.index = index


def require(condition, detail, index=None):
    """Fails with `detail` unless `condition` holds."""
    if not condition:
        raise Failed(detail, index)


def T(name):
    """The tag that keeps digests of different purposes apart."""
    return b"selection/v1/" + name.encode() + b"\0"


def H(*parts):
    """SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def MAC(key, *parts):
    """HMAC-SHA-256 of the parts, one after the other."""
    return hmac.digest(key, b"".join(parts), "sha256")


def u(bits, number):
    """A number as big-endian bytes."""
    return number.to_bytes(bits // 8, "big")


def context(programme, wave, policy_digest):
    """`ctx`: what ties every digest to one wave and its policy."""
    name = programme.encode()
    return H(T("wave"), u(16, len(name)), name, u(32, wave), policy_digest)


def find_seed(ctx, chain_hash, round_number, randomness, contrib_digest):
    """The seed of a draw."""
    return H(T("seed"), ctx, chain_hash, u(64, round_number), randomness, contrib_digest)


class Tickets:
    """Draws the ticket of any entry under one seed."""

    def __init__(self, seed):
        self.keyed = hmac.new(seed, T("ticket"), "sha256")

    def of(self, entry, weight):
        """The ticket: the least of as many numbers as the entry has weight."""
        require(weight >= 1, "an entry has no weight")
        return min(self._number(entry + bytes([j])) for j in range(weight))

    def _number(self, message):
        keyed = self.keyed.copy()
        keyed.update(message)
        return keyed.digest()
