"""SM3 (GB/T 32905) and an SM2 signature of a digest (GB/T 32918.2), in plain Python: a stand-in for a device.

It shares no code with the library. It is slow, and takes no care of what an observer of its time could learn.
"""

from __future__ import annotations

import secrets
import struct

MASK = 0xFFFFFFFF


def rotated(word: int, by: int) -> int:
    return (word << by % 32 | word >> 32 - by % 32) & MASK if by % 32 else word


def compress(state: list[int], block: bytes) -> list[int]:
    words = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        mixed = words[j - 16] ^ words[j - 9] ^ rotated(words[j - 3], 15)
        mixed ^= rotated(mixed, 15) ^ rotated(mixed, 23)
        words.append(mixed ^ rotated(words[j - 13], 7) ^ words[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        early = j < 16
        ss1 = rotated((rotated(a, 12) + e + rotated(0x79CC4519 if early else 0x7A879D8A, j)) & MASK, 7)
        ff = a ^ b ^ c if early else a & b | a & c | b & c
        gg = e ^ f ^ g if early else e & f | ~e & g
        tt1 = (ff + d + (ss1 ^ rotated(a, 12)) + (words[j] ^ words[j + 4])) & MASK
        tt2 = (gg + h + ss1 + words[j]) & MASK
        a, b, c, d = tt1, a, rotated(b, 9), c
        e, f, g, h = tt2 ^ rotated(tt2, 9) ^ rotated(tt2, 17), e, rotated(f, 19), g
    return [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]


def sm3(message: bytes) -> bytes:
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = message + b"\x80" + b"\0" * (-(len(message) + 9) % 64) + struct.pack(">Q", 8 * len(message))
    for place in range(0, len(padded), 64):
        state = compress(state, padded[place : place + 64])
    return struct.pack(">8I", *state)


P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def added(one, other):
    """The sum of two points; none is the point at infinity."""
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(number, point):
    total = None
    for bit in bin(number)[2:]:
        total = added(total, total)
        total = added(total, point) if bit == "1" else total
    return total


class Sm2Device:
    """A secret number that signs digests, and can compute the digest of a message."""

    def __init__(self, signer_id: str) -> None:
        self.signer_id = signer_id
        self._secret = 1 + secrets.randbelow(N - 2)
        x, y = times(self._secret, G)
        self.point = x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def digest(self, message: bytes) -> bytes:
        """e = SM3(Z ‖ message): section 5.5."""
        name = self.signer_id.encode()
        curve = b"".join(number.to_bytes(32, "big") for number in (A, B, *G))
        z = sm3(struct.pack(">H", 8 * len(name)) + name + curve + self.point)
        return sm3(z + message)

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s: section 6.1."""
        while True:
            k = 1 + secrets.randbelow(N - 1)
            r = (int.from_bytes(digest, "big") + times(k, G)[0]) % N
            s = pow(1 + self._secret, -1, N) * (k - r * self._secret) % N
            if r and s and r + k != N:
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        """The same of a message, in DER."""
        both = self.sign_digest(self.digest(message))
        body = b""
        for number in (both[:32], both[32:]):
            number = number.lstrip(b"\0")
            number = b"\0" + number if number[0] & 0x80 else number
            body += bytes([2, len(number)]) + number
        return bytes([0x30, len(body)]) + body
