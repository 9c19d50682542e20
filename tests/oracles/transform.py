#!/usr/bin/env python3
"""An independent model of rounding, coding, bins, ages, hierarchies, date shifts, noise, shuffles and decryption: the standard
library alone (`decimal`, `datetime`, `hmac`), with AES, SM4 and Galois/counter mode written out.

    python3 tests/oracles/transform.py           checks tests/vectors/transform.json
    python3 tests/oracles/transform.py --write   writes its outputs anew
"""
import base64, bisect, datetime, decimal, hashlib, re, sys, unicodedata

from shared import ciphers, vectors
from shared.ciphers import aes, sm4
from shared.framing import framed
from shared.keys import derive, mac, mac_key
from shared.vectors import REDACTED

decimal.getcontext().prec = 80


# Values

def fold(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def number(value: str):
    text = fold(value)
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) or len(re.sub(r"\D", "", text).lstrip("0")) > 38:
        return None
    return decimal.Decimal(text)


def written(value: decimal.Decimal) -> str:
    text = format(value, "f")
    return text.lstrip("-") if value == 0 else text


def date(value: str):
    """The day of the spellings that the vectors use; 9999 means no end."""
    found = re.fullmatch(r"(\d{4})([-/.年]?)(\d{1,2})[-/.月]?(\d{1,2})日?", fold(value))
    if not found or (not found[2] and len(fold(value)) != 8):
        return None
    try:
        return datetime.date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def canonical(kind, value: str):
    """What another column's cell counts as."""
    if kind is None:
        return value
    text = re.sub(r"[\s-]", "", fold(value)).upper()
    if kind == "mobile":
        text = re.sub(r"^\+?86(?=1\d{10}$)", "", text)
        return text if re.fullmatch(r"1[3-9]\d{9}", text) else None
    if kind == "resident_id":
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        if not re.fullmatch(r"\d{17}[\dX]", text):
            return None
        check = sum(int(digit) * weight for digit, weight in zip(text, weights)) % 11
        return text if "10X98765432"[check] == text[17] else None
    raise ValueError(kind)


# Numbers

def round_(entry, value, _row):
    exact = number(value)
    if exact is None:
        return None
    if "digits" in entry:
        step = decimal.Decimal(1).scaleb(-entry["digits"])
        return written(exact if exact.as_tuple().exponent >= -entry["digits"] else exact.quantize(step, "ROUND_HALF_EVEN"))
    return written((exact / entry["width"]).quantize(decimal.Decimal(1), "ROUND_HALF_EVEN") * entry["width"])


def top_bottom(entry, value, _row):
    ends = [entry.get("lowest"), entry.get("highest")]
    if any(isinstance(end, str) for end in ends):
        day = date(value)
        if day is None or day.year == 9999 or (entry.get("kind") == "birth_date" and not 1850 <= day.year <= 2100):
            return None
        low, high = (end and datetime.date.fromisoformat(end) for end in ends)
        return (low if low and day < low else high if high and day > high else day).isoformat()
    exact = number(value)
    if exact is None:
        return None
    if "lowest" in entry and exact < entry["lowest"]:
        return str(entry["lowest"])
    if "highest" in entry and exact > entry["highest"]:
        return str(entry["highest"])
    return written(exact)


def quantile_bounds(bins: int, values: list) -> list:
    """The ends of bins of about as many values each, and of no fewer than twenty."""
    floors = sorted(int(exact.to_integral_value("ROUND_FLOOR")) for exact in map(number, values) if exact is not None)
    bounds, last = [], 0
    for k in range(1, bins if floors else 0):
        begin = bisect.bisect_left(floors, floors[k * len(floors) // bins])
        if begin - last >= 20 and len(floors) - begin >= 20:
            bounds, last = bounds + [floors[begin]], begin
    return bounds


def bin_of(entry, exact) -> str:
    if "width" in entry:
        low = (exact / entry["width"]).to_integral_value("ROUND_FLOOR") * entry["width"]
        return f"[{int(low)},{int(low) + entry['width']})"
    bounds = entry["bounds"]
    above = bisect.bisect_right(bounds, exact)
    low, high = bounds[above - 1] if above else "", bounds[above] if above < len(bounds) else ""
    return f"{'[' if above else '('}{low},{high})"


def generalize(entry, value, row):
    if "hierarchy" in entry:
        wider = entry["hierarchy"].get(value)
        return wider[entry["level"] - 1] if wider else None
    if entry.get("to") == "age":
        at = datetime.date.fromisoformat(entry["at"])
        if entry.get("kind") == "resident_id":
            value = (canonical("resident_id", value) or "")[6:14]
        born = date(value)
        if born is None or born > at or not 1850 <= born.year <= 2100:
            return None
        age = at.year - born.year - ((at.month, at.day) < (born.month, born.day))
        return bin_of(entry, decimal.Decimal(age))
    if entry.get("to") == "quarter":
        day = date(value)
        return day and f"{day.year:04}-Q{(day.month + 2) // 3}"
    exact = number(value)
    if exact is not None and "quantiles" in entry:
        return bin_of({"bounds": row["bounds"]}, exact)
    return None if exact is None else bin_of(entry, exact)


# The whole column

def column_digest(values: list) -> bytes:
    out = b"kaifang/column/v1\0"
    for value in values:
        length = 0 if value is None else len(value.encode()) + 1
        while length >= 128:
            out, length = out + bytes([length % 128 + 128]), length // 128
        out += bytes([length]) + (value or "").encode()
    return hashlib.sha256(out).digest()


def shuffle(entry, given, secret) -> list:
    """All values at once: who has a value gets another's, or his own as likely as any."""
    dataset, values = given["dataset"], given["values"]
    key = mac_key(secret, f"kaifang:shuffle/{len(dataset.encode())}/{dataset}/{given['name']}")
    stream = Stream(key, column_digest(values))
    order = [at for at, value in enumerate(values) if value is not None]
    if len(order) < 20:
        return [None] * len(values)
    rows = list(order)
    for last in range(len(order) - 1, 0, -1):
        other = stream.below(last + 1)
        order[last], order[other] = order[other], order[last]
    out = [None] * len(values)
    for row, place in zip(rows, order):
        out[row] = values[place]
    return out


# Another column

def date_shift(entry, value, row):
    day = date(value)
    if day is None or day.year == 9999 or row["other"] is None:
        return None
    key = mac_key(row["secret"], "kaifang:date_shift/" + entry.get("domain", row["dataset"]))
    place = int.from_bytes(mac(key, row["other"].encode())[:16], "big") % (2 * entry["days"])
    try:
        moved = day + datetime.timedelta(place - entry["days"] + (place >= entry["days"]))
    except OverflowError:
        return None
    return moved.isoformat()


class Stream:
    def __init__(self, key: bytes, message: bytes):
        self.key, self.message, self.bytes, self.counter = key, message, b"", 0

    def below(self, limit: int) -> int:
        bits = (limit - 1).bit_length()
        count = (bits + 7) // 8
        while True:
            while len(self.bytes) < count:
                self.bytes += mac(self.key, self.message + self.counter.to_bytes(8, "big"))
                self.counter += 1
            drawn, self.bytes = int.from_bytes(self.bytes[:count], "big") % (1 << bits), self.bytes[count:]
            if drawn < limit:
                return drawn


def bernoulli_exp(stream: Stream, part: int, whole: int) -> bool:
    """True with the probability e^(-part/whole) (Canonne, Kamath, Steinke 2020, algorithm 1)."""
    for _ in range(part // whole):
        if not bernoulli_exp_of_at_most_one(stream, 1, 1):
            return False
    return bernoulli_exp_of_at_most_one(stream, part % whole, whole)


def bernoulli_exp_of_at_most_one(stream: Stream, part: int, whole: int) -> bool:
    turn = 1
    while stream.below(whole * turn) < part:
        turn += 1
    return turn % 2 == 1


def laplace(stream: Stream, scale: int) -> int:
    while True:
        rest = stream.below(scale)
        if not bernoulli_exp(stream, rest, scale):
            continue
        times = 0
        while bernoulli_exp(stream, 1, 1):
            times += 1
        size, negative = scale * times + rest, stream.below(2) < 1
        if not (negative and size == 0):
            return -size if negative else size


def gaussian(stream: Stream, scale: int) -> int:
    variance, wide = scale * scale, scale + 1
    while True:
        sample = laplace(stream, wide)
        if bernoulli_exp(stream, (abs(sample) * wide - variance) ** 2, 2 * variance * wide * wide):
            return sample


def noise(entry, value, row):
    exact = number(value)
    if exact is None or exact.as_tuple().exponent < 0 or row["other"] is None:
        return None
    domain = entry.get("domain", "/".join(filter(None, (row["dataset"], entry.get("kind")))))
    key = mac_key(row["secret"], "kaifang:noise/" + domain)
    stream = Stream(key, len(b"values").to_bytes(8, "big") + b"values" + row["other"].encode())
    scale = entry["scale"]
    drawn = {
        "uniform": lambda: stream.below(2 * scale + 1) - scale,
        "laplace": lambda: laplace(stream, scale),
        "gaussian": lambda: gaussian(stream, scale),
    }[entry["distribution"]]()
    return str(int(exact) + drawn)


# Ciphers

def gcm(encrypt, nonce: bytes, associated: bytes, text: bytes, decrypts: bool):
    """SP 800-38D with a nonce of 96 bits: the other text, and the tag."""
    h = int.from_bytes(encrypt(bytes(16)), "big")

    def product(a: int, b: int) -> int:
        out = 0
        for bit in range(127, -1, -1):
            out ^= b if a >> bit & 1 else 0
            b = b >> 1 ^ (0xE1 << 120 if b & 1 else 0)
        return out

    stream = b"".join(encrypt(nonce + counter.to_bytes(4, "big")) for counter in range(2, 3 + len(text) // 16))
    other = bytes(a ^ b for a, b in zip(text, stream))
    padded = lambda part: part + bytes(-len(part) % 16)
    lengths = (8 * len(associated)).to_bytes(8, "big") + (8 * len(text)).to_bytes(8, "big")
    blocks, sum_ = padded(associated) + padded(text if decrypts else other) + lengths, 0
    for at in range(0, len(blocks), 16):
        sum_ = product(sum_ ^ int.from_bytes(blocks[at:at + 16], "big"), h)
    first = int.from_bytes(encrypt(nonce + bytes([0, 0, 0, 1])), "big")
    return other, (sum_ ^ first).to_bytes(16, "big")


def cipher_of(entry, row):
    name, make, size = {"aes_256": ("gcm-aes", aes, 32), "sm4": ("gcm-sm4", sm4, 16)}[entry.get("cipher", "aes_256")]
    domain = entry.get("domain", "/".join(filter(None, (row["dataset"], entry.get("kind")))))
    info = b"kaifang/cipher/v1\0" + name.encode() + b"\0" + bytes([size]) + domain.encode()
    return make(derive(row["secret"], info)[:size]), framed(b"kaifang/encrypt/v1", row["dataset"].encode(), b"values")


def seal(entry, row, value: str, nonce: bytes) -> str:
    """A ciphertext for the vectors, under a nonce that nobody else may choose."""
    cipher, associated = cipher_of(entry, row)
    text, tag = gcm(cipher, nonce, associated, value.encode(), False)
    return entry["key"] + "." + base64.urlsafe_b64encode(nonce + text + tag).decode().rstrip("=")


def encrypt_(entry, value, row):
    assert entry["decrypt"], "what encrypts is random, and has no vector"
    key, _, letters = value.partition(".")
    if key != entry["key"] or not re.fullmatch(r"[A-Za-z0-9_-]*", letters) or len(letters) % 4 == 1:
        return None
    sealed = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    if len(sealed) < 28 or base64.urlsafe_b64encode(sealed).decode().rstrip("=") != letters:
        return None
    cipher, associated = cipher_of(entry, row)
    text, tag = gcm(cipher, sealed[:12], associated, sealed[12:-16], True)
    return text.decode() if tag == sealed[-16:] else None


TRANSFORMS = {
    "round": round_, "top_bottom": top_bottom, "generalize": generalize,
    "date_shift": date_shift, "noise": noise, "encrypt": encrypt_,
    "shuffle": lambda _entry, _value, row: row["shuffled"],
}


def answer(given: dict) -> dict:
    entry = given["column"]
    secret = base64.b64decode(given.get("keys", {}).get(given["column"].get("key"), ""))
    other = given.get("others", {}).get(entry.get("subject") or entry.get("row_key"))
    out, invalid = [], 0
    shuffled = shuffle(entry, given, secret) if entry["do"] == "shuffle" else None
    there = [value for value in given["values"] if value is not None]
    for at, value in enumerate(given["values"]):
        row = {"dataset": given["dataset"], "secret": secret, "other": None}
        if "quantiles" in entry:
            row["bounds"] = quantile_bounds(entry["quantiles"], there)
        if shuffled:
            row["shuffled"] = shuffled[at]
        if other and other["values"][at] is not None:
            row["other"] = canonical(other.get("kind"), other["values"][at])
        treated = None if value is None else TRANSFORMS[entry["do"]](entry, value, row)
        invalid += value is not None and treated is None
        out.append(REDACTED if value is not None and treated is None else treated)
    return {"invalid": invalid, "values": out}


def check_ciphers() -> None:
    """SP 800-38D's own case of AES-256 (McGrew and Viega, 13 and 14), RFC 8998 A.1."""
    ciphers.check_itself()
    assert gcm(aes(bytes(32)), bytes(12), b"", b"", False)[1].hex() == "530f8afbc74536b9a963b4f1c4cb738b"
    text, tag = gcm(aes(bytes(32)), bytes(12), b"", bytes(16), False)
    assert (text.hex(), tag.hex()) == ("cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919")
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    plain = b"".join(bytes([byte]) * 8 for byte in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    text, tag = gcm(sm4(key), bytes.fromhex("00001234567800000000abcd"), associated, plain, False)
    assert text.hex().startswith("17f399f08c67d5ee19d0dc9969c4bb7d") and tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


if __name__ == "__main__":
    check_ciphers()
    sys.exit(vectors.run("transform.json", answer))
