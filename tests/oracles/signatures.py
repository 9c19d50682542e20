#!/usr/bin/env python3
"""An independent model of what ledgers are signed with: Ed25519 (RFC 8032), SM3 (GB/T 32905) and SM2 (GB/T 32918.2),
from the standard library alone, affine and slow. A key that signs is a number's bytes; what is public is bytes too.

    python3 tests/oracles/signatures.py       checks it against the examples of the standards and of OpenSSL
"""
import base64, hashlib, pathlib, sys

DATA = pathlib.Path(__file__).parents[2] / "core" / "tests" / "data"


# Ed25519 (RFC 8032, section 5.1).

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover_x(y, sign):
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y)


def edwards(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P)


def times(n, point, add, zero):
    total = zero
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def pack(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def unpack(data):
    number = int.from_bytes(data, "little")
    y = number & (1 << 255) - 1
    x = recover_x(y, number >> 255) if y < P else None
    return None if x is None else (x, y)


def scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def expand(seed):
    h = hashlib.sha512(seed).digest()
    return (int.from_bytes(h[:32], "little") & (1 << 254) - 8) | 1 << 254, h[32:]


class Ed25519:
    """A key that signs, and its public half: the text of documents, the bytes of notes."""

    def __init__(self, seed):
        self.seed, (self.secret, self.prefix) = seed, expand(seed)
        self.public = pack(times(self.secret, BASE, edwards, (0, 1)))
        self.typed = b"\1" + self.public

    def sign(self, message):
        r = scalar(self.prefix, message) % L
        point = pack(times(r, BASE, edwards, (0, 1)))
        return point + ((r + scalar(point, self.public, message) * self.secret) % L).to_bytes(32, "little")


def verify_ed25519(key, message, signature):
    if len(signature) != 64:
        return False
    point, nonce, s = unpack(key), unpack(signature[:32]), int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or s >= L:
        return False
    right = edwards(nonce, times(scalar(signature[:32], key, message) % L, point, edwards, (0, 1)))
    return times(s, BASE, edwards, (0, 1)) == right


# SM3 (GB/T 32905, chapter 5).

WORD = 2**32 - 1


def rotate(x, n):
    return (x << n % 32 | x >> (32 - n) % 32) & WORD


def sm3(data):
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    for block in range(0, len(data), 64):
        w = [int.from_bytes(data[block + i : block + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)
            w.append(x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            early = j < 16
            ss1 = rotate(rotate(a, 12) + e + rotate(0x79CC4519 if early else 0x7A879D8A, j) & WORD, 7)
            tt1 = (a ^ b ^ c if early else a & b | a & c | b & c) + d + (ss1 ^ rotate(a, 12)) + (w[j] ^ w[j + 4]) & WORD
            tt2 = (e ^ f ^ g if early else e & f | ~e & g) + h + ss1 + w[j] & WORD
            a, b, c, d, e, f, g, h = tt1, a, rotate(b, 9), c, tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17), e, rotate(f, 19), g
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(word.to_bytes(4, "big") for word in state)


# SM2 (GB/T 32918.2) on the curve of GB/T 32918.5: y² = x³ + ax + b over the field of Q, a base point of order N.

Q = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = Q - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def weierstrass(a, b):
    """None is the point at infinity."""
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2 and (y1 + y2) % Q == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, Q) if a == b else (y2 - y1) * pow(x2 - x1, -1, Q)
    x = (slope * slope - x1 - x2) % Q
    return x, (slope * (x1 - x) - y1) % Q


def wide(number):
    return number.to_bytes(32, "big")


def point_of(public):
    """The point of 65 bytes, if it is one of the curve."""
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    on_curve = max(x, y) < Q and (y * y - x**3 - A * x - B) % Q == 0
    return (x, y) if len(public) == 65 and public[0] == 4 and on_curve else None


def message_number(public, signer, message):
    """e (5.5, 6.1): what is signed holds the signer's id and the public key."""
    z = sm3((8 * len(signer.encode())).to_bytes(2, "big") + signer.encode() + b"".join(map(wide, (A, B, *G))) + public[1:])
    return int.from_bytes(sm3(z + message), "big")


def der_integer(number):
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([2, len(data)]) + data


def der(r, s):
    body = der_integer(r) + der_integer(s)
    return bytes([0x30, len(body)]) + body


def read_der(data):
    """r and s, if DER would write them so."""
    if len(data) < 8 or len(data) > 72:
        return None
    middle = 4 + data[3]
    r, s = int.from_bytes(data[4:middle], "big"), int.from_bytes(data[middle + 2 :], "big")
    return (r, s) if der(r, s) == data else None


def hmac_sm3(key, data):
    key = key.ljust(64, b"\0")
    return sm3(bytes(k ^ 0x5C for k in key) + sm3(bytes(k ^ 0x36 for k in key) + data))


def nonces(secret, e):
    """RFC 6979, section 3.2, over SM3: numbers that never repeat for two messages."""
    v, k, seed = b"\1" * 32, bytes(32), wide(secret) + wide(e % N)
    for mark in (b"\0", b"\1"):
        k = hmac_sm3(k, v + mark + seed)
        v = hmac_sm3(k, v)
    while True:
        v = hmac_sm3(k, v)
        yield int.from_bytes(v, "big")
        k = hmac_sm3(k, v + b"\0")
        v = hmac_sm3(k, v)


class Sm2:
    """As [`Ed25519`], with the signer's id."""

    def __init__(self, secret, signer="1234567812345678"):
        self.secret, self.signer = int.from_bytes(secret, "big"), signer
        self.public = b"\4" + b"".join(map(wide, times(self.secret, G, weierstrass, None)))
        self.typed = b"\xffsm2-sm3/v1" + self.public + signer.encode()

    def numbers(self, message, signer=None):
        e = message_number(self.public, signer or self.signer, message)
        for k in nonces(self.secret, e):
            r = 0 < k < N and (e + times(k, G, weierstrass, None)[0]) % N
            s = (k - r * self.secret) * pow(1 + self.secret, -1, N) % N
            if r and s and r + k != N:
                return r, s

    def sign(self, message):
        return der(*self.numbers(message))


def verify_sm2(public, signer, message, signature):
    point, numbers = point_of(public), read_der(signature)
    if point is None or numbers is None:
        return False
    r, s = numbers
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    sum = weierstrass(times(s, G, weierstrass, None), times(t, point, weierstrass, None))
    return sum is not None and (message_number(public, signer, message) + sum[0]) % N == r


# What others say.


def checks():
    # RFC 8032, section 7.1, test 2.
    key = Ed25519(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    yield "Ed25519 signs as in RFC 8032", key.sign(b"\x72") == signature
    yield "Ed25519 verifies", verify_ed25519(key.public, b"\x72", signature)
    yield "Ed25519 refuses", not verify_ed25519(key.public, b"\x73", signature)

    # GB/T 32905, annex A.
    yield "SM3 of three letters", sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    yield "SM3 of a block", sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"

    # OpenSSL 3.0, by the files of core/tests/data.
    pem = (DATA / "sm2-public.pem").read_text().splitlines()
    public, message = base64.b64decode("".join(pem[1:-1]))[-65:], b"kaifang\n"
    made, other = (bytes.fromhex((DATA / f"sm2-signature{name}.hex").read_text()) for name in ("", "-other-id"))
    yield "SM2 verifies what OpenSSL signed", verify_sm2(public, "1234567812345678", message, made)
    yield "SM2 verifies it with another id", verify_sm2(public, "xian@example", message, other)
    yield "SM2 refuses the wrong id", not verify_sm2(public, "xian@example", message, made)
    key = Sm2(bytes(range(1, 33)), "西安")
    signature = key.sign(message)
    yield "SM2 verifies its own", verify_sm2(key.public, "西安", message, signature)
    yield "SM2 refuses another message", not verify_sm2(key.public, "西安", b"another", signature)
    yield "SM2 refuses trailing bytes", not verify_sm2(key.public, "西安", message, signature + b"\0")


def main():
    results = list(checks())
    wrong = [name for name, good in results if not good]
    print(f"{len(results) - len(wrong)} of {len(results)} checks hold", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
