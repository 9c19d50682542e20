#!/usr/bin/env python3
"""Verifies a ledger's directory from its description alone (docs/ledger-format.md): no code of the library is in it.

    python3 tests/verify_ledger.py DIRECTORY [--key KEY] [--pin CHECKPOINT]

KEY is the verifier key that you trust (`origin+hash+base64`, as in the file `key`), CHECKPOINT a head that you kept.
Needs Python 3.9 and the package `cryptography`, for Ed25519.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import struct
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_RECORD, LARGEST_INTEGER, DEEPEST = 65_535, 2**53 - 1, 64


class Refused(Exception):
    """The directory is not what was written and signed."""


def need(condition, expected):
    if not condition:
        raise Refused(expected)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """RFC 6962, section 2.1, by its peaks: the roots of the complete subtrees from left to right."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, record):
        node, level = sha256(b"\0", record), self.size
        while level & 1:
            node, level = sha256(b"\1", self.peaks.pop(), node), level >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256()
        *rest, root = self.peaks
        for left in reversed(rest):
            root = sha256(b"\1", left, root)
        return root


def canonical(text):
    """RFC 8785, and numbers are integers: each value is written as this writes it."""

    def integer(digits):
        need(digits != "-0" and abs(int(digits)) <= LARGEST_INTEGER, "numbers in range")
        return int(digits)

    def fraction(_):
        raise Refused("integers")

    def members(pairs):
        names = [name for name, _ in pairs]
        # By UTF-16 code units, which is RFC 8785, section 3.2.3.
        need(names == sorted(set(names), key=lambda name: name.encode("utf-16-be", "surrogatepass")), "names in order, each once")
        return dict(pairs)

    def depth(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    value = json.loads(
        text.decode("utf-8"), parse_int=integer, parse_float=fraction, parse_constant=fraction, object_pairs_hook=members
    )
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    need(written == text and depth(value) <= DEEPEST, "JSON in canonical form")
    return value


def decoded(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64 without loose bits")
    return raw


def read_key(text):
    """A verifier key of C2SP's signed note, as (name, hash, key)."""
    name, digest, encoded = (text[:-1] if text.endswith("\n") else text).split("+", 2)
    raw = decoded(encoded)
    need(re.fullmatch(r"[^\s+\x00-\x1f\x7f]+", name) and len(raw) == 33 and raw[0] == 1, "a verifier key")
    need(digest == sha256(name.encode(), b"\n", raw)[:4].hex(), "a verifier key with its hash")
    return name, bytes.fromhex(digest), raw[1:]


def read_checkpoint(note, key):
    """A signed head, as (size, root)."""
    name, key_hash, public = key
    body, gap, signatures = note.partition("\n\n")
    text, verified = body + "\n", False
    need(gap and signatures.endswith("\n"), "a note of text and signatures")
    for line in signatures[:-1].split("\n"):
        found = re.fullmatch(r"\u2014 (\S+) (\S+)", line)
        need(found, "a line of a signature")
        raw = decoded(found[2])
        need(len(raw) > 4, "a signature behind its hash")
        if (found[1], raw[:4]) == (name, key_hash):
            Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
            verified = True
    need(verified, "a signature by the key")
    origin, size, root, *_ = body.split("\n") + ["", ""]
    need(origin == name, "the checkpoint of this log")
    need(re.fullmatch(r"0|[1-9][0-9]{0,19}", size) and len(decoded(root)) == 32, "a size and a root")
    return int(size), decoded(root)


def frame(data, at):
    """The next frame: its letters, its body, where it ends."""
    letters = data[at : at + 4]
    if letters == b"KFR1":
        need(len(data) >= at + 20, f"a whole frame at byte {at}")
        length = struct.unpack_from("<I", data, at + 16)[0]
        need(length <= LONGEST_RECORD, f"a shorter record at byte {at}")
        end = at + 20 + length
    elif letters == b"KFC1":
        end = at + 80
    elif letters == b"KFS1":
        need(len(data) >= at + 24, f"a whole frame at byte {at}")
        end = at + 56 + 32 * bin(struct.unpack_from("<Q", data, at + 16)[0]).count("1")
    else:
        raise Refused(f"a frame at byte {at}")
    need(len(data) >= end, f"a whole frame at byte {at}")
    body = data[at + 8 : end]
    need(zlib.crc32(body) == struct.unpack_from("<I", data, at + 4)[0], f"the checksum of the frame at byte {at}")
    return letters, body, end


def verify(directory, key=None, pin=None):
    """The size and the root of a ledger of which every byte is as it was written and signed."""
    directory = pathlib.Path(directory)
    config_text = (directory / "ledger.json").read_bytes()
    config, own = canonical(config_text), read_key((directory / "key").read_text("utf-8"))
    need(config == {"origin": own[0], "profile": "intl", "v": 1}, "the configuration of this log")
    need(key is None or read_key(key) == own, "the key that is trusted")
    signed = read_checkpoint((directory / "checkpoint").read_bytes().decode("utf-8"), own)
    heads = [("signed", *signed)] + ([("pinned", *read_checkpoint(pin, own))] if pin else [])
    sizes = {size for _, size, _ in heads}
    tree, chain = Tree(), sha256(b"kaifang/ledger/v1\n", config_text)
    roots, committed = {0: tree.root()}, 0
    files = sorted((directory / "segments").iterdir())
    need(files and [file.name for file in files] == [f"{n:08}.kfl" for n in range(len(files))], "segments without a gap")
    for number, file in enumerate(files):
        data = file.read_bytes()
        letters, body, at = frame(data, 0)
        expected = struct.pack("<QQ", number, tree.size) + chain + b"".join(tree.peaks)
        need(letters == b"KFS1" and body == expected, f"{file.name}: the header of this segment")
        while at < len(data):
            letters, body, at = frame(data, at)
            if letters == b"KFR1":
                need(struct.unpack_from("<Q", body)[0] == tree.size, f"{file.name}: record {tree.size}")
                canonical(body[12:])
                tree.push(body[12:])
                if tree.size in sizes:
                    roots[tree.size] = tree.root()
            else:
                root = tree.root()
                chain = sha256(b"kaifang/commit/v1\n", chain, struct.pack("<Q", tree.size), root)
                good = letters == b"KFC1" and tree.size > committed
                need(good and body == struct.pack("<Q", tree.size) + root + chain, f"{file.name}: the commit of {tree.size}")
                committed = tree.size
        need(committed == tree.size, f"{file.name}: a commit after the last record")
    for what, size, root in heads:
        need(roots.get(size) == root, f"the tree of {size} that was {what}")
    return tree.size, tree.root()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directory")
    arguments.add_argument("--key")
    arguments.add_argument("--pin")
    arguments = arguments.parse_args()
    pin = pathlib.Path(arguments.pin).read_bytes().decode("utf-8") if arguments.pin else None
    try:
        size, root = verify(arguments.directory, arguments.key, pin)
    except (Refused, ValueError, InvalidSignature, RecursionError) as error:
        sys.exit(f"refused: expected {error or 'a good signature'}")
    print(f"{size} records, root {base64.b64encode(root).decode()}")


if __name__ == "__main__":
    main()
