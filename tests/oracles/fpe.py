#!/usr/bin/env python3
"""An independent model of format-preserving encryption, written from the standards with the standard library alone: AES
(FIPS 197), SM4 (GB/T 32907), FF1 (NIST SP 800-38G, algorithm 7 and 8), and how values are numbered.

    python3 tests/oracles/fpe.py           checks itself by the samples of NIST, and tests/vectors/fpe.json
    python3 tests/oracles/fpe.py --write   writes its outputs anew
"""
import base64, csv, datetime, hashlib, pathlib, re, sys, unicodedata

from shared import ciphers, keys, vectors
from shared.ciphers import aes, sm4
from shared.framing import framed
from shared.vectors import REDACTED

ROOT = pathlib.Path(__file__).parents[2]
COLUMN = "values"


# FF1.
def number_of(numerals, radix: int) -> int:
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def numerals_of(value: int, radix: int, count: int):
    out = []
    for _ in range(count):
        value, numeral = divmod(value, radix)
        out.append(numeral)
    return out[::-1]


def ff1(cipher, radix: int, tweak: bytes, x, decrypt: bool = False):
    n, t = len(x), len(tweak)
    u = n // 2
    v = n - u
    a, b_half = list(x[:u]), list(x[u:])
    b = ((radix**v - 1).bit_length() + 7) // 8
    d = 4 * ((b + 3) // 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in reversed(range(10)) if decrypt else range(10):
        half = a if decrypt else b_half
        q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + number_of(half, radix).to_bytes(b, "big")
        r = bytes(16)
        for at in range(0, len(p + q), 16):
            r = cipher(bytes(x ^ y for x, y in zip(r, (p + q)[at : at + 16])))
        s = r
        j = 1
        while len(s) < d:
            s += cipher(bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"))))
            j += 1
        y = int.from_bytes(s[:d], "big")
        m = u if i % 2 == 0 else v
        if decrypt:
            c = (number_of(b_half, radix) - y) % radix**m
            b_half, a = a, numerals_of(c, radix, m)
        else:
            c = (number_of(a, radix) + y) % radix**m
            a, b_half = b_half, numerals_of(c, radix, m)
    return a + b_half


# What a plan's entry encrypts.
ALPHABETS = {
    "digits": "0123456789",
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "alphanumeric": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "hex": "0123456789abcdef",
}
CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FIRST_DAY, DAYS = datetime.date(1850, 1, 1), (datetime.date(2101, 1, 1) - datetime.date(1850, 1, 1)).days


def divisions():
    codes = {"810000", "820000", "830000"}
    for name in ("regions.csv", "regions_abolished.csv"):
        with open(ROOT / "core" / "data" / name, encoding="utf-8") as file:
            codes |= {row[0] for row in list(csv.reader(file))[1:] if len(row[0]) == 6 and row[0][4] != "7"}
    return sorted(codes)


DIVISIONS = divisions()


class Invalid(Exception):
    pass


# The tweak.
def common_tweak(entry: dict, dataset: str) -> bytes:
    """What all values of a column have in common: 32 bytes."""
    if "domain" in entry:
        message = framed(b"kaifang/fpe/domain/v1", entry["domain"].encode())
    else:
        message = framed(b"kaifang/fpe/column/v1", dataset.encode(), COLUMN.encode())
    return hashlib.sha256(message).digest()


def kept_tweak(before: str, behind: str) -> bytes:
    """What is kept of one value, before and behind what is encrypted: 11 bytes."""
    before, behind = before.encode(), behind.encode()
    if len(before) + len(behind) <= 10:
        return bytes([16 * len(before) + len(behind)]) + (before + behind).ljust(10, b"\0")
    return b"\xff" + hashlib.sha256(framed(b"kaifang/fpe/kept/v1", before, behind)).digest()[:10]


def fold(value: str) -> str:
    return re.sub(r"[\s\u200b-]", "", unicodedata.normalize("NFKC", value)).upper()


def resident_check(first_17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first_17, weights)) % 11]


def luhn(digits: str) -> str:
    total = sum(int(c) if i % 2 else sum(map(int, str(2 * int(c)))) for i, c in enumerate(reversed(digits)))
    return str(-total % 10)


def organization_check(first_8: str) -> str:
    total = sum(int(c, 36) * weight for c, weight in zip(first_8, (3, 7, 9, 10, 5, 8, 4, 2)))
    return "0123456789X"[-total % 11]


def credit_check(first_17: str) -> str:
    total = sum(CODE.index(c) * pow(3, i, 31) for i, c in enumerate(first_17))
    return CODE[-total % 31]


def numbered(entry: dict, value: str):
    """The number of a value, how many numbers there are, the value of another number, and what is kept on either side."""
    text, prefix, suffix = fold(value), entry.get("keep_prefix", 0), entry.get("keep_suffix", 0)
    kind = entry["kind"]
    if kind == "mobile":
        text = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", text)
        if not re.fullmatch(r"1[3-9]\d{9}", text):
            raise Invalid
        start, end = max(prefix, 1), 11 - suffix
        least = 3 * 10 ** (end - 2) if start == 1 else 0
        width = end - start
        build = lambda number: text[:start] + str(number + least).zfill(width) + text[end:]
        return int(text[start:end]) - least, 10**width - least, build, (text[:start], text[end:])
    if kind == "bank_card":
        if not re.fullmatch(r"[34569]\d{14,18}", text) or luhn(text[:-1]) != text[-1]:
            raise Invalid
        networks = "34569"
        width = len(text) - 1 - max(prefix, 1)
        size = 10**width if width > 0 else 0

        def card(number: int) -> str:
            first = text[:prefix] if prefix else networks[number // size]
            digits = first + str(number % size).zfill(width)
            return digits + luhn(digits)

        rest = int(text[max(prefix, 1) : -1] or "0")
        if prefix:
            return rest, size, card, (text[:prefix], "")
        return networks.index(text[0]) * size + rest, 5 * size, card, ("", "")
    if kind == "uscc":
        if not re.fullmatch(f"[{CODE}]{{18}}", text) or credit_check(text[:17]) != text[17]:
            raise Invalid
        if organization_check(text[8:16]) != text[16]:
            raise Invalid

        def credit(number: int) -> str:
            organization = "".join(CODE[n] for n in numerals_of(number, 31, 8))
            first_17 = text[:8] + organization + organization_check(organization)
            return first_17 + credit_check(first_17)

        return number_of([CODE.index(c) for c in text[8:16]], 31), 31**8, credit, (text[:8], "")
    if kind == "resident_id":
        if re.fullmatch(r"\d{15}", text):
            century = "18" if text[12:] in ("996", "997", "998", "999") else "19"
            text = text[:6] + century + text[6:]
            text += resident_check(text)
        if not re.fullmatch(r"\d{17}[\dX]", text) or resident_check(text[:17]) != text[17]:
            raise Invalid
        try:
            day = datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
        except ValueError:
            raise Invalid
        kept = entry.get("keep", [])
        places = [code for code in DIVISIONS if code[:2] == text[:2]] if "province" in kept else DIVISIONS
        division = text[:2] if "province" in kept else ""
        if "region" in kept or text[:6] not in DIVISIONS:
            places, division = [text[:6]], text[:6]
        first = datetime.date(day.year, 1, 1) if "birth_year" in kept else FIRST_DAY
        days = (datetime.date(day.year + 1, 1, 1) - first).days if "birth_year" in kept else DAYS
        number = (places.index(text[:6]) * days + (day - first).days) * 1000 + int(text[14:17])

        def person(number: int) -> str:
            rest, sequence = divmod(number, 1000)
            place, days_after = divmod(rest, days)
            first_17 = places[place] + (first + datetime.timedelta(days_after)).strftime("%Y%m%d") + f"{sequence:03}"
            return first_17 + resident_check(first_17)

        return number, len(places) * days * 1000, person, (division, text[6:10] if "birth_year" in kept else "")
    raise ValueError(kind)


def encrypted(entry: dict, cipher, common: bytes, value: str) -> str:
    decrypt = entry.get("decrypt", False)
    if "alphabet" in entry:
        alphabet = ALPHABETS.get(entry["alphabet"], entry["alphabet"])
        end = len(value) - entry.get("keep_suffix", 0)
        start = entry.get("keep_prefix", 0)
        middle = value[start:end] if end > start else ""
        if any(c not in alphabet for c in middle) or len(alphabet) ** len(middle) < 10**6 or len(middle) > 4096:
            raise Invalid
        tweak = common + kept_tweak(value[:start], value[end:])
        numerals = ff1(cipher, len(alphabet), tweak, [alphabet.index(c) for c in middle], decrypt)
        return value[:start] + "".join(alphabet[n] for n in numerals) + value[end:]
    number, size, build, kept = numbered(entry, value)
    if size < 10**6:
        raise Invalid
    tweak = common + kept_tweak(*kept)
    width = len(str(size - 1))
    while True:
        digits = ff1(cipher, 10, tweak, numerals_of(number, 10, width), decrypt)
        number = number_of(digits, 10)
        if number < size:
            return build(number)


def cipher_of(given: dict):
    entry = given["column"]
    name = entry.get("cipher", "aes_256")
    purpose, length = ("ff1-sm4", 16) if name == "sm4" else ("ff1-aes", int(name[4:]) // 8)
    domain = given["dataset"] if "kind" not in entry else f"{given['dataset']}/{entry['kind']}"
    domain = entry.get("domain", domain)
    secret = base64.b64decode(given["keys"][entry["key"]])
    info = b"kaifang/cipher/v1\0" + purpose.encode() + b"\0" + bytes([length]) + domain.encode()
    return (sm4 if name == "sm4" else aes)(keys.derive(secret, info)[:length])


def answer(given: dict) -> dict:
    entry, cipher = given["column"], cipher_of(given)
    common = common_tweak(entry, given["dataset"])
    out, invalid = [], 0
    for value in given["values"]:
        try:
            out.append(None if value is None else encrypted(entry, cipher, common, value))
        except Invalid:
            invalid += 1
            out.append(REDACTED)
    return {"invalid": invalid, "values": out}


def check_itself() -> None:
    ciphers.check_itself()
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94")
    none, ten, eleven = b"", bytes.fromhex("39383736353433323130"), bytes.fromhex("3737373770717273373737")
    digits, letters = "0123456789", "0123456789abcdefghi"
    for length, radix, tweak, text, expected in (
        (16, 10, none, digits, "2433477484"),
        (16, 10, ten, digits, "6124200773"),
        (16, 36, eleven, letters, "a9tv40mll9kdu509eum"),
        (24, 10, none, digits, "2830668132"),
        (24, 10, ten, digits, "2496655549"),
        (24, 36, eleven, letters, "xbj3kv35jrawxv32ysr"),
        (32, 10, none, digits, "6657667009"),
        (32, 10, ten, digits, "1001623463"),
        (32, 36, eleven, letters, "xs8a0azh2avyalyzuwd"),
    ):
        plain = [int(c, 36) for c in text]
        found = ff1(aes(key[:length]), radix, tweak, plain)
        assert found == [int(c, 36) for c in expected], expected
        assert ff1(aes(key[:length]), radix, tweak, found, decrypt=True) == plain


if __name__ == "__main__":
    check_itself()
    sys.exit(vectors.run("fpe.json", answer))
