#!/usr/bin/env python3
"""An independent model of tokens: HKDF and HMAC from the standard library, and the canonical forms of two kinds.

    python3 tests/oracles/token.py           checks tests/vectors/token.json
    python3 tests/oracles/token.py --write   writes its outputs anew
"""
import base64, re, sys, unicodedata

from shared import vectors
from shared.keys import mac, mac_key
from shared.vectors import REDACTED


WIDTHS = {"bytes16": 16, "bytes32": 32}


def fold(value: str) -> str:
    return re.sub(r"[\s\u200b-]", "", unicodedata.normalize("NFKC", value))


def canonical(kind: str, value: str):
    text = fold(value)
    if kind == "mobile":
        text = re.sub(r"^\+?86(?=1\d{10}$)", "", text)
        return text if re.fullmatch(r"1[3-9]\d{9}", text) else None
    if kind == "resident_id":
        text = text.upper()
        if not re.fullmatch(r"\d{17}[\dX]", text):
            return None
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        check = sum(int(digit) * weight for digit, weight in zip(text, weights)) % 11
        return text if "10X98765432"[check] == text[17] else None
    raise ValueError(kind)


def answer(given: dict) -> dict:
    column = given["column"]
    domain = column.get("domain", f"{given['dataset']}/{column['kind']}")
    secret = base64.b64decode(given["keys"][column["key"]])
    hash_name = {"hmac_sha256": "sha256", "hmac_sm3": "sm3"}[column.get("mac", "hmac_sha256")]
    key = mac_key(secret, domain, hash_name)
    out, invalid = [], 0
    for value in given["values"]:
        if value is None:
            out.append(None)
            continue
        written = column.get("form", "text")
        if "from" in column:
            message = old_token(column["from"], WIDTHS.get(written), value)
        else:
            form = canonical(column["kind"], value)
            message = None if form is None else form.encode()
        if message is None:
            invalid += 1
            out.append(REDACTED if written == "text" else None)
            continue
        code = mac(key, message, hash_name)
        text = base64.b32encode(code[:16]).decode().rstrip("=").lower()
        out.append({"text": f"{column['key']}.{text}", "bytes16": code[:16].hex(), "bytes32": code.hex()}[written])
    return {"invalid": invalid, "values": out}


def old_token(key_id: str, width, value: str):
    """The bytes of a token: those of a text with its key id, or, where tokens are `width` bytes, of hexadecimal digits."""
    if re.fullmatch(re.escape(key_id) + r"\.[a-z2-7]{26}", value):
        return value.encode()
    if width and re.fullmatch(r"[0-9A-Fa-f]{%d}" % (2 * width), value):
        return bytes.fromhex(value)
    return None


if __name__ == "__main__":
    sys.exit(vectors.run("token.json", answer))
