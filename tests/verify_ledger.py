#!/usr/bin/env python3
"""Verifies a ledger's directory from its description alone (docs/ledger-format.md): no code of the library is in it.

    python3 tests/verify_ledger.py DIRECTORY [--key KEY] [--pin CHECKPOINT]

KEY is a verifier key that you trust (`origin+hash+base64`, as a line of the file `key`), CHECKPOINT a head that you kept.
Needs Python 3.9 and the package `cryptography`, for Ed25519; the profile `gm` needs an OpenSSL below Python that has SM3.
"""
import argparse, base64, functools, hashlib, json, pathlib, re, struct, sys, zlib
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_RECORD, LONGEST_NOTE, LARGEST_INTEGER, DEEPEST, MOST_KEYS = 65_535, 65_536, 2**53 - 1, 64, 200
HASHES, SM2 = {"intl": "sha256", "gm": "sm3"}, b"\xffsm2-sm3/v1"
# The curve of SM2 (GB/T 32918.5): y² = x³ + ax + b over the field of P, and a point G of the order N.
P, N = 2**256 - 2**224 - 2**96 + 2**64 - 1, 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A, B = P - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7, 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)

class Refused(Exception):
    """The directory is not what was written and signed."""

def need(condition, expected):
    if not condition:
        raise Refused(expected)

def digest(hash, *parts):
    need(hash in hashlib.algorithms_available, f"a Python whose OpenSSL has {hash}")
    return hashlib.new(hash, b"".join(parts)).digest()

def add(p, q):
    """On the curve; None is the point at infinity."""
    if p is None or q is None:
        return p or q
    (x1, y1), (x2, y2) = p, q
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if p == q else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P

def times(n, point):
    return functools.reduce(lambda total, bit: add(add(total, total), point if bit == "1" else None), bin(n)[2:], None)

def verify_signature(typed, message, signature):
    """Ed25519, or SM2 (GB/T 32918.2, chapter 7) with r and s in DER, in the one way in which DER writes them."""
    if typed[0] == 1:
        return Ed25519PublicKey.from_public_bytes(typed[1:]).verify(signature, message)
    number, point, signer = lambda data: int.from_bytes(data, "big"), typed[len(SM2) :][:65], typed[len(SM2) + 65 :]
    x, y, middle = number(point[1:33]), number(point[33:]), 4 + number(signature[3:4])
    need(point[0] == 4 and max(x, y) < P and (y * y - x**3 - A * x - B) % P == 0, "a point of the curve of SM2")
    r, s = number(signature[4:middle]), number(signature[middle + 2 :])
    der = b"".join(bytes([2, n.bit_length() // 8 + 1]) + n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s))
    need(signature == bytes([0x30, len(der)]) + der and 0 < r < N and 0 < s < N and (r + s) % N, "r and s in DER, in range")
    z = digest("sm3", struct.pack(">H", 8 * len(signer)), signer, *(n.to_bytes(32, "big") for n in (A, B, *G)), point[1:])
    found = add(times(s, G), times((r + s) % N, (x, y)))
    need(found and (number(digest("sm3", z, message)) + found[0]) % N == r, "a good signature by SM2")

def grow(hash, size, peaks, record):
    """RFC 6962, section 2.1, by the peaks of a tree: the roots of its complete subtrees from left to right."""
    node, level = digest(hash, b"\0", record), size
    while level & 1:
        node, level = digest(hash, b"\1", peaks.pop(), node), level >> 1
    peaks.append(node)
    return size + 1

def root_of(hash, peaks):
    return functools.reduce(lambda right, left: digest(hash, b"\1", left, right), peaks[::-1]) if peaks else digest(hash)

def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

def fits(value, levels):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return not isinstance(value, int) or abs(value) <= LARGEST_INTEGER
    return levels > 0 and all(fits(item, levels - 1) for item in inner)

def canonical(text):
    """RFC 8785, and numbers are integers: what is out of order, double or a fraction is not written as it stands."""
    def members(pairs):  # in the order of UTF-16 code units (section 3.2.3)
        return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")))
    value = json.loads(text.decode("utf-8"), parse_float=str, parse_constant=str, object_pairs_hook=members)
    need(written(value) == text and fits(value, DEEPEST), "JSON in canonical form")
    return value

def blobs_of(record):
    named = record.get("blobs") if isinstance(record, dict) else None
    texts = filter(lambda text: isinstance(text, str), named if isinstance(named, list) else [])
    return [text.replace(":", "-") for text in texts if re.fullmatch("(sha256|sm3):[0-9a-f]{64}", text)]

def decoded(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64 without loose bits")
    return raw

def read_key(line, origin, profile):
    """A verifier key of C2SP's signed note, as (name, hash, typed key)."""
    name, hash, raw = *line.split("+", 2)[:2], decoded(line.split("+", 2)[-1])
    typed = raw[:1] == b"\1" and len(raw) == 33 if profile == "intl" else raw.startswith(SM2) and len(raw) > len(SM2) + 65
    need(name == origin and re.fullmatch(r"[^\s+\x00-\x1f\x7f]+", name) and typed, "a verifier key of this log")
    need(hash == digest("sha256", name.encode(), b"\n", raw)[:4].hex(), "a verifier key with its hash")
    return name, bytes.fromhex(hash), raw

def opened(note, key):
    """The text of a signed note; None when no line of it is by this key."""
    text, gap, lines = note.rpartition("\n\n")
    text, lines, by_key = text + "\n", lines.split("\n"), None
    plain = len(note.encode()) <= LONGEST_NOTE and not re.search(r"[\x00-\x09\x0b-\x1f]", note)
    need(plain and gap and lines.pop() == "" and len(lines) <= 100, "a signed note")
    for line in lines:
        found = re.fullmatch("\u2014 ([^\\s+]+) (\\S+)", line)
        need(found and len(decoded(found[2])) > 4, "a line of a signature")
        if (found[1], decoded(found[2])[:4]) == key[:2]:
            verify_signature(key[2], text.encode(), decoded(found[2])[4:])
            by_key = text
    return by_key

def read_head(note, origin):
    """What a head says, whoever signed it: (size, root)."""
    name, size, root, *more = note.rpartition("\n\n")[0].split("\n") + ["", ""]
    need(name == origin and "" not in more[:-2], "the checkpoint of this log")
    need(re.fullmatch("0|[1-9][0-9]{0,19}", size) and len(decoded(root)) == 32, "a size and a root")
    return int(size), decoded(root)

def change_key(keys, origin, profile, index, root, record):
    """Adds the key that a record changes to, and where, if the key in force and the new one have signed it."""
    note = str(json.loads(record).get("note"))
    need(record == written({"kind": "ledger_key", "note": note, "v": 1}), f"a change of key at {index}")
    old, new = (read_key(line, origin, profile) for line in note.split("\n")[4:6])
    need(old == list(keys)[-1] and new not in keys and len(keys) < MOST_KEYS, f"a change from the key in force at {index}")
    text = "\n".join(["kaifang/key/v1", origin, str(index), base64.b64encode(root).decode(), *note.split("\n")[4:6], ""])
    need(opened(note, old) == text == opened(note, new), f"a change that both keys have signed at {index}")
    keys[new] = index

def frame(data, at):
    """The next frame: its letters, its body, where it ends."""
    letters, field = data[at : at + 4], data[at + 16 : at + 24].ljust(8, b"\0")
    peaks = bin(int.from_bytes(field, "little")).count("1")
    length = {b"KFR1": 20 + struct.unpack_from("<I", field)[0], b"KFC1": 80, b"KFS1": 56 + 32 * peaks}.get(letters, 0)
    body = data[at + 8 : at + length]
    need(0 < length <= LONGEST_RECORD + 20 and len(body) == length - 8, f"a whole frame at byte {at}")
    need(zlib.crc32(body) == struct.unpack_from("<I", data, at + 4)[0], f"the checksum of the frame at byte {at}")
    return letters, body, at + length

def verify(directory, key=None, pin=None):
    """(size, root, blobs, gone) of a ledger of which every byte is as it was written and signed."""
    config_text = (directory / "ledger.json").read_bytes()
    told, head = ((directory / name).read_bytes().decode("utf-8") for name in ("key", "checkpoint"))
    origin, profile = (canonical(config_text).get(name) for name in ("origin", "profile"))
    need(written({"origin": origin, "profile": profile, "v": 1}) == config_text and profile in HASHES, "a configuration")
    hash, (*told, end), heads = HASHES[profile], told.split("\n"), (("signed", head), ("pinned", pin))
    told = [read_key(line, origin, profile) for line in told]
    heads = [(what, note, *read_head(note, origin)) for what, note in heads if note is not None]
    roots, sizes = {0: digest(hash)}, {of for *_, of, _ in heads}
    size, peaks, chain = 0, [], digest(hash, b"kaifang/ledger/v1\n", config_text)
    committed, gone, keys = 0, 0, {told[0]: -1}
    files = sorted((directory / "segments").iterdir())
    need(files and [file.name for file in files] == [f"{n:08}.kfl" for n in range(len(files))], "segments without a gap")
    for number, file in enumerate(files):
        letters, body, at = frame(data := file.read_bytes(), 0)
        header = struct.pack("<QQ", number, size) + chain + b"".join(peaks)
        need((letters, body) == (b"KFS1", header), f"{file.name}: the header of this segment")
        while at < len(data):
            letters, body, at = frame(data, at)
            if letters == b"KFR1":
                need(struct.unpack_from("<Q", body)[0] == size, f"{file.name}: record {size}")
                gone += sum(not (directory / "blobs" / name).is_file() for name in blobs_of(canonical(body[12:])))
                if body[12:].startswith(b'{"kind":"ledger_key",'):
                    change_key(keys, origin, profile, size, root_of(hash, peaks), body[12:])
                size = grow(hash, size, peaks, body[12:])
                roots.update({size: root_of(hash, peaks)} if size in sizes else {})
            else:
                says = struct.pack("<Q", size) + root_of(hash, peaks)
                chain, good = digest(hash, b"kaifang/commit/v1\n", chain, says), letters == b"KFC1" and size > committed
                need(good and body == says + chain, f"{file.name}: the commit of {size}")
                committed = size
        need(committed == size, f"{file.name}: a commit after the last record")
    # A crash may have come between the last change and the file that repeats it, or the head that the new key signs.
    need(end == "" and told in (list(keys), list(keys)[:-1]), "the keys that the records tell of")
    need(key is None or read_key(key.rstrip("\n"), origin, profile) in keys, "the key that is trusted")
    for what, note, of, root in heads:
        in_force = list(keys)[sum(at < of for at in keys.values()) - 1 :] if what == "signed" else keys
        need(any([opened(note, by) for by in in_force]), f"a {what} head by a key in force")
        need(roots.get(of) == root, f"the tree of {of} that was {what}")
    blobs = [(*file.name.partition("-"), file) for file in (directory / "blobs").glob("*") if file.suffix != ".new"]
    for kind, _, name, file in blobs:
        need(kind in HASHES.values() and digest(kind, file.read_bytes()).hex() == name, f"the content that {file.name} says")
    return size, root_of(hash, peaks), len(blobs), gone

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("directory", "--key", "--pin"):
        parser.add_argument(name)
    try:
        given = parser.parse_args()
        pin = given.pin and pathlib.Path(given.pin).read_bytes().decode("utf-8")
        size, root, blobs, gone = verify(pathlib.Path(given.directory), given.key, pin)
    except Exception as error:  # whatever it is that can't be read, the answer is no
        sys.exit(f"refused: expected {error or 'a good signature'}")
    print(f"{size} records, root {base64.b64encode(root).decode()}; {blobs} blobs, {gone} gone")
