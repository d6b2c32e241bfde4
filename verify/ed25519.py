"""Ed25519 signatures, checked strictly: canonical encodings, s < L, and no points of small order,
under which one signature fits many messages (RFC 8032, section 5.1).

The curve is -x^2 + y^2 = 1 + D x^2 y^2. A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
"""

import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ZERO = (0, 1, 1, 0)


def add(p, q):
    """The sum of two points (5.1.4); it also holds for p = q."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode(data):
    """The point that 32 bytes stand for, or None (5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x % 2 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    """The 32 bytes of a point (5.1.2)."""
    scale = pow(point[2], -1, P)
    x, y = point[0] * scale % P, point[1] * scale % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_small(point):
    """Whether the order of a point is 1, 2, 4 or 8."""
    for _ in range(3):
        point = add(point, point)
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


@functools.lru_cache(maxsize=10_000)  # One checkpoint stands in many proofs.
def verify(key, message, signature):
    """Whether `signature` (64 bytes) of `message` is good under `key` (32 bytes) (5.1.7)."""
    point, start = decode(key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if point is None or start is None or s >= L or is_small(point) or is_small(start):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % L
    # R = s B - k A, both products bit by bit in one go.
    negative = (P - point[0], point[1], 1, P - point[3])
    choices = (ZERO, BASE, negative, add(BASE, negative))
    total = ZERO
    for bit in range(252, -1, -1):
        total = add(total, total)
        chosen = (s >> bit & 1) + 2 * (k >> bit & 1)
        if chosen:
            total = add(total, choices[chosen])
    return encode(total) == signature[:32]
