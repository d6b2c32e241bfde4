"""BLS signatures of the drand chain `bls-unchained-g1-rfc9380` on the curve BLS12-381.

A signature S (a point of G1) of message m under the public key K (a point of G2) is good if
e(S, generator of G2) = e(hash of m to G1, K). Everything here is the plain textbook form, slow
and without secrets. Points are pairs of coordinates, None is the point at infinity, and each
coordinate is an element a + b i of Fp2, written (a, b); points of G1 have b = 0.
Source: RFC 9380 (hash to the curve), the BLS12-381 parameters therein, section 5 of the rules.
"""

from basics import Failed, H, require

P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
X = 0xD201000000010000  # the curve's parameter is -X
DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
G1_B, G2_B = (4, 0), (4, 4)  # G1: y^2 = x^3 + 4; G2: y^2 = x^3 + 4 (1 + i)
G2_GENERATOR = bytes.fromhex(
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
)
# The curve y^2 = x^3 + A x + B that a hash lands on first (RFC 9380, 8.8.1), with Z = 11, and the
# abscissa of a point of order 11 on it: dividing by that point's multiples leads to G1's curve.
HASH_A = 0x144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D
HASH_B = 0x12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0
HASH_Z = 11
KERNEL_X = 0x010EF325DD1E98BDF0D97A4C6B7F968ED7F31F2FBFF088ACB39D5319CFC261EA18773405F325612742F0C5D90634BCF4


def verify(public_key, message, signature):
    """Whether `signature` (48 bytes) of `message` is good under `public_key` (96 bytes)."""
    key = decode_point(public_key, G2_B)
    generator = decode_point(G2_GENERATOR, G2_B)
    try:
        point = decode_point(signature, G1_B)
    except Failed:
        return False
    opposite = (point[0], neg(point[1]))
    product = mul12(miller(hash_to_g1(message), key), miller(opposite, generator))
    # Raising to (P^12 - 1) / ORDER makes the product of two pairings out of it.
    return repeat(mul12, product, (P**12 - 1) // ORDER, ONE12) == ONE12


# Fp2 = Fp(i), i^2 = -1.


def mul(u, v):
    return (u[0] * v[0] - u[1] * v[1]) % P, (u[0] * v[1] + u[1] * v[0]) % P


def sub(u, v):
    return (u[0] - v[0]) % P, (u[1] - v[1]) % P


def neg(u):
    return -u[0] % P, -u[1] % P


def inverse(u):
    scale = pow(u[0] * u[0] + u[1] * u[1], -1, P)
    return u[0] * scale % P, -u[1] * scale % P


def repeat(operation, element, number, result):
    """`element` taken `number` times with an operation whose neutral element is `result`."""
    for bit in bin(number)[2:]:
        result = operation(result, result)
        if bit == "1":
            result = operation(result, element)
    return result


def power(u, exponent):
    return repeat(mul, u, exponent, (1, 0))


def square_root(u):
    """A square root of `u`, or None. P = 3 mod 4, so i is no element of Fp."""
    start = power(u, (P - 3) // 4)
    root = mul(start, u)
    alpha = mul(start, root)
    if alpha == (P - 1, 0):
        root = mul((0, 1), root)
    else:
        root = mul(power(((alpha[0] + 1) % P, alpha[1]), (P - 1) // 2), root)
    return root if mul(root, root) == u else None


# Curves: affine addition; `a` is the coefficient of x.


def slope(p, q, a=0):
    if p == q:
        square = mul(p[0], p[0])
        return mul((3 * square[0] + a, 3 * square[1]), inverse((2 * p[1][0], 2 * p[1][1])))
    return mul(sub(q[1], p[1]), inverse(sub(q[0], p[0])))


def add(p, q, a=0):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and p[1] == neg(q[1]):
        return None
    s = slope(p, q, a)
    x = sub(sub(mul(s, s), p[0]), q[0])
    return x, sub(mul(s, sub(p[0], x)), p[1])


def times(number, p):
    return repeat(add, p, number, None)


def decode_point(data, b):
    """The point of order ORDER that `data` encodes, compressed as the chain does it."""
    size = 48 if b is G1_B else 96
    require(len(data) == size, f"a point of the beacon has {len(data)} bytes instead of {size}")
    compressed, infinity, larger = (data[0] >> shift & 1 for shift in (7, 6, 5))
    require(compressed and not infinity, "a point of the beacon is not in compressed form")
    numbers = [int.from_bytes(data[i : i + 48], "big") for i in range(0, size, 48)]
    numbers[0] %= 1 << 381
    require(max(numbers) < P, "a coordinate of the beacon is out of range")
    x = (numbers[-1], 0 if size == 48 else numbers[0])
    cube = mul(mul(x, x), x)
    y = square_root(((cube[0] + b[0]) % P, (cube[1] + b[1]) % P))
    require(y is not None, "a point of the beacon is not on the curve")
    if ((y[1], y[0]) > (neg(y)[1], neg(y)[0])) != bool(larger):
        y = neg(y)
    require(times(ORDER, (x, y)) is None, "a point of the beacon is not in its group")
    return x, y


# Hash to G1 (RFC 9380, BLS12381G1_XMD:SHA-256_SSWU_RO_).


def expand_message(message, length):
    """`length` bytes out of a message (5.3.1)."""
    domain = DOMAIN + bytes([len(DOMAIN)])
    first = H(bytes(64), message, length.to_bytes(2, "big"), b"\0", domain)
    block, out = bytes(32), b""
    for number in range(1, length // 32 + 1):
        block = H(bytes(x ^ y for x, y in zip(first, block)), bytes([number]), domain)
        out += block
    return out


def map_to_hash_curve(u):
    """The simplified SWU map (6.6.2): a point whose abscissa is one of two candidates."""
    shift = HASH_Z * u * u % P
    # The case shift^2 + shift = 0 needs a hash of zero, which nobody can find.
    x = -HASH_B * pow(HASH_A, -1, P) * (1 + pow(shift * shift + shift, -1, P)) % P
    for candidate in (x, shift * x % P):
        square = (candidate**3 + HASH_A * candidate + HASH_B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return (candidate, 0), ((y if y % 2 == u % 2 else -y % P), 0)
    raise AssertionError("one of the two candidates is always on the curve")


def divide_by_kernel(p):
    """The isogeny of degree 11 to G1's curve, as the sum over the kernel's points (Velu)."""
    y = pow(KERNEL_X**3 + HASH_A * KERNEL_X + HASH_B, (P + 1) // 4, P)
    x_sum, y_sum = p[0][0], p[1][0]
    point = generator = (KERNEL_X, 0), (y, 0)
    while point is not None:
        moved = add(p, point, HASH_A)
        x_sum += moved[0][0] - point[0][0]
        y_sum += moved[1][0] - point[1][0]
        point = add(point, generator, HASH_A)
    return (x_sum * pow(11**2, -1, P) % P, 0), (y_sum * pow(11**3, -1, P) % P, 0)


def hash_to_g1(message):
    data = expand_message(message, 128)
    points = [
        map_to_hash_curve(int.from_bytes(half, "big") % P) for half in (data[:64], data[64:])
    ]
    return times(X + 1, divide_by_kernel(add(*points, HASH_A)))


# Fp12 = Fp2(w), w^6 = 1 + i: six coefficients of Fp2, lowest first.

ONE12 = [(1, 0)] + [(0, 0)] * 5


def mul12(f, g):
    real, imaginary = [0] * 12, [0] * 12
    for i, (a, b) in enumerate(f):
        for j, (c, d) in enumerate(g):
            real[i + j] += a * c - b * d
            imaginary[i + j] += a * d + b * c
    return [
        (
            (real[k] + real[k + 6] - imaginary[k + 6]) % P,
            (imaginary[k] + real[k + 6] + imaginary[k + 6]) % P,
        )
        for k in range(6)
    ]


def line(p, t, q):
    """The line through T and Q of G2, taken at P of G1, up to a factor that the last power removes.

    A point (x, y) of G2 stands for (x / w^2, y / w^3), so a line of slope s has the value
    y_P w^3 - s x_P w^2 + (s x_T - y_T) there, times 1 / w^3.
    """
    s = slope(t, q)
    return [sub(mul(s, t[0]), t[1]), (0, 0), neg(mul(s, p[0])), p[1], (0, 0), (0, 0)]


def miller(p, q):
    """Miller's loop over the bits of X, before the last power; the sign of X is the same for all."""
    value, t = ONE12, q
    for bit in bin(X)[3:]:
        value = mul12(mul12(value, value), line(p, t, t))
        t = add(t, t)
        if bit == "1":
            value = mul12(value, line(p, t, q))
            t = add(t, q)
    return value
