"""Ed25519 and BLS: published vectors, own signatures, and every kind of bad one."""

import hashlib
import unittest

import bls
import ed25519
from basics import Failed, H, u
from policy import QUICKNET
from tests.support import expand, flipped, public_key, sign

ROUND_123 = bytes.fromhex(
    "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482"
    "e26cd02df835d3546d23c4b13e0dfc92"
)
# RFC 8032, 7.1, tests 1 and 3: secret, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


class Ed25519(unittest.TestCase):
    def test_vectors_verify_and_are_made(self):
        for secret, key, message, signature in RFC_8032:
            secret, key, message, signature = map(
                bytes.fromhex, (secret, key, message, signature)
            )
            self.assertEqual(public_key(secret), key)
            self.assertEqual(sign(secret, message), signature)
            self.assertTrue(ed25519.verify(key, message, signature))

    def test_any_other_bit_fails(self):
        secret = bytes(32)
        key, message = public_key(secret), b"a message"
        signature = sign(secret, message)
        for bit in range(0, 512, 7):
            self.assertFalse(ed25519.verify(key, message, flipped(signature, bit)), bit)
        for bit in range(0, 256, 7):
            self.assertFalse(ed25519.verify(flipped(key, bit), message, signature), bit)
        self.assertFalse(ed25519.verify(key, b"another message", signature))

    def test_strict(self):
        """s + L is the same number modulo L, and must fail; so must a key that is not canonical."""
        secret = bytes(32)
        signature = sign(secret, b"")
        s = int.from_bytes(signature[32:], "little") + ed25519.L
        again = signature[:32] + s.to_bytes(32, "little")
        self.assertFalse(ed25519.verify(public_key(secret), b"", again))
        one = (ed25519.P + 1).to_bytes(32, "little")
        self.assertIsNone(ed25519.decode(one))
        self.assertIsNotNone(ed25519.decode((1).to_bytes(32, "little")))
        self.assertIsNone(ed25519.decode((1 | 1 << 255).to_bytes(32, "little")))


    def test_points_of_small_order(self):
        """With them a signature fits any message: 0 B = R + k A when A and R are of order 1."""
        one = (1).to_bytes(32, "little")
        self.assertFalse(ed25519.verify(one, b"anything", one + bytes(32)))
        secret = bytes(32)
        scalar, _ = expand(secret)
        key, message = public_key(secret), b"a message"
        digest = hashlib.sha512(one + key + message).digest()
        s = int.from_bytes(digest, "little") * scalar % ed25519.L
        self.assertFalse(ed25519.verify(key, message, one + s.to_bytes(32, "little")))
        order_4 = ed25519.decode(bytes(32))
        self.assertTrue(ed25519.is_small(order_4))
        self.assertFalse(ed25519.is_small(ed25519.BASE))


class Bls(unittest.TestCase):
    KEY = bytes.fromhex(QUICKNET["public_key"])

    def test_round_123_verifies_and_124_does_not(self):
        self.assertTrue(bls.verify(self.KEY, H(u(64, 123)), ROUND_123))
        self.assertFalse(bls.verify(self.KEY, H(u(64, 124)), ROUND_123))

    def test_malformed_signatures_fail(self):
        """Flags, coordinate and length: most changed bits are no point of the group at all."""
        message = H(u(64, 123))
        for bit in (5, 6, 7, 0, 100, 383):
            self.assertFalse(bls.verify(self.KEY, message, flipped(ROUND_123, bit)), bit)
        self.assertFalse(bls.verify(self.KEY, message, ROUND_123[:-1]))
        infinity = bytes([0xC0]) + bytes(47)
        self.assertFalse(bls.verify(self.KEY, message, infinity))
        too_large = (bls.P | 1 << 383).to_bytes(48, "big")
        self.assertFalse(bls.verify(self.KEY, message, too_large))

    def test_a_point_outside_the_group_fails(self):
        """The curve has points of other orders, such as one with x = 4."""
        with self.assertRaisesRegex(Failed, "not in its group"):
            bls.decode_point(bytes([0x80]) + bytes(46) + b"\4", bls.G1_B)

    def test_another_chain_with_its_own_key(self):
        secret, message = 0x1234_5678_9ABC_DEF0, b"round of a local chain"
        key = encode(bls.times(secret, bls.decode_point(bls.G2_GENERATOR, bls.G2_B)))
        signature = encode(bls.times(secret, bls.hash_to_g1(message)))
        self.assertTrue(bls.verify(key, message, signature))
        self.assertFalse(bls.verify(self.KEY, message, signature))


def encode(point):
    """The compressed form of a point; one of G1 has the last 48 bytes only."""
    (x0, x1), y = point
    larger = (y[1], y[0]) > (-y[1] % bls.P, -y[0] % bls.P)
    numbers = (x1, x0) if x1 else (x0,)
    data = bytearray(b"".join(number.to_bytes(48, "big") for number in numbers))
    data[0] |= 0x80 | 0x20 * larger
    return bytes(data)
