"""AES (FIPS 197) and SM4 (GB/T 32907), encryption of one block, from the standards with nothing but Python."""


# AES: the S-box is inversion in GF(2^8) and an affine map.
def times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def s_box(byte: int) -> int:
    inverse = next((x for x in range(256) if times(byte, x) == 1), 0)
    mixed = inverse ^ 0x63
    for n in range(1, 5):
        mixed ^= ((inverse << n) | (inverse >> (8 - n))) & 0xFF
    return mixed


SBOX = [s_box(byte) for byte in range(256)]


def aes(key: bytes):
    words, rounds = len(key) // 4, len(key) // 4 + 6
    schedule = [list(key[4 * i : 4 * i + 4]) for i in range(words)]
    constant = 1
    for i in range(words, 4 * (rounds + 1)):
        word = list(schedule[-1])
        if i % words == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times(constant, 2)
        elif words > 6 and i % words == 4:
            word = [SBOX[byte] for byte in word]
        schedule.append([a ^ b for a, b in zip(schedule[i - words], word)])
    keys = [sum(schedule[4 * i : 4 * i + 4], []) for i in range(rounds + 1)]

    def encrypt(block: bytes) -> bytes:
        state = [a ^ b for a, b in zip(block, keys[0])]
        for number in range(1, rounds + 1):
            state = [SBOX[byte] for byte in state]
            state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]
            if number < rounds:
                mixed = []
                for column in range(0, 16, 4):
                    c = state[column : column + 4]
                    for i in range(4):
                        mixed.append(times(c[i], 2) ^ times(c[(i + 1) % 4], 3) ^ c[(i + 2) % 4] ^ c[(i + 3) % 4])
                state = mixed
            state = [a ^ b for a, b in zip(state, keys[number])]
        return bytes(state)

    return encrypt


# SM4: the S-box is an affine map, inversion in GF(2^8) modulo x^8+x^7+x^6+x^5+x^4+x^2+1, and the affine map again.
def sm4_box(byte: int) -> int:
    def affine(value: int) -> int:
        return sum((bin(value & (((0xA7 << n) | (0xA7 >> (8 - n))) & 0xFF)).count("1") & 1) << n for n in range(8)) ^ 0xD3

    def product(a: int, b: int) -> int:
        result = 0
        while b:
            if b & 1:
                result ^= a
            a = (a << 1) ^ (0x1F5 if a & 0x80 else 0)
            b >>= 1
        return result

    value = affine(byte)
    return affine(next((x for x in range(256) if product(value, x) == 1), 0))


SM4_BOX = [sm4_box(byte) for byte in range(256)]


def rotate(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & 0xFFFFFFFF


def sm4(key: bytes):
    def substituted(word: int) -> int:
        return int.from_bytes(bytes(SM4_BOX[byte] for byte in word.to_bytes(4, "big")), "big")

    system = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
    state = [int.from_bytes(key[4 * i : 4 * i + 4], "big") ^ system[i] for i in range(4)]
    keys = []
    for i in range(32):
        constant = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big")
        word = substituted(state[1] ^ state[2] ^ state[3] ^ constant)
        keys.append(state[0] ^ word ^ rotate(word, 13) ^ rotate(word, 23))
        state = state[1:] + keys[-1:]

    def encrypt(block: bytes) -> bytes:
        words = [int.from_bytes(block[4 * i : 4 * i + 4], "big") for i in range(4)]
        for round_key in keys:
            word = substituted(words[1] ^ words[2] ^ words[3] ^ round_key)
            linear = word ^ rotate(word, 2) ^ rotate(word, 10) ^ rotate(word, 18) ^ rotate(word, 24)
            words = words[1:] + [words[0] ^ linear]
        return b"".join(word.to_bytes(4, "big") for word in reversed(words))

    return encrypt


def check_itself() -> None:
    """FIPS 197, appendix C; the example of GB/T 32907, appendix A.1."""
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert aes(bytes(range(16)))(plain).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    assert aes(bytes(range(24)))(plain).hex() == "dda97ca4864cdfe06eaf70a0ec0d7191"
    assert aes(bytes(range(32)))(plain).hex() == "8ea2b7ca516745bfeafc49904b496089"
    both = bytes.fromhex("0123456789abcdeffedcba9876543210")
    assert sm4(both)(both).hex() == "681edf34d206965e86b3e94f536e4246"
