#!/usr/bin/env python3
"""An independent model of tokens: HKDF and HMAC from the standard library, and the canonical forms of two kinds.

    python3 tests/oracles/token.py           checks tests/vectors/token.json
    python3 tests/oracles/token.py --write   writes its outputs anew
"""
import base64, hashlib, hmac, json, pathlib, re, sys, unicodedata

PATH = pathlib.Path(__file__).parents[1] / "vectors" / "token.json"
REDACTED = "[redacted]"


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def derive(secret: bytes, domain: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869), one block."""
    extracted = mac(b"kaifang/keyring/v1", secret)
    return mac(extracted, b"kaifang/mac/v1\0" + domain.encode() + b"\1")


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
    domain = given.get("domain", f"{given['dataset']}/{given['kind']}")
    key = derive(base64.b64decode(given["secret_base64"]), domain)
    out, invalid = [], 0
    for value in given["values"]:
        form = None if value is None else canonical(given["kind"], value)
        if value is not None and form is None:
            invalid += 1
            out.append(REDACTED)
        elif form is None:
            out.append(None)
        else:
            text = base64.b32encode(mac(key, form.encode())[:16]).decode().rstrip("=").lower()
            out.append(f"{given['key_id']}.{text}")
    return {"invalid": invalid, "values": out}


def main() -> int:
    document = json.loads(PATH.read_text("utf-8"))
    wrong = 0
    for case in document["cases"]:
        if "error" in case:
            continue
        expected = answer(case["input"])
        if "--write" in sys.argv:
            case["output"] = expected
        elif case["output"] != expected:
            wrong += 1
            print(f"differs: {case['name']}")
    if "--write" in sys.argv:
        PATH.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
