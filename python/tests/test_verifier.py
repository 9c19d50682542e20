"""The stand-alone verifier, which is written from the format's description alone, against the library."""

import base64
import hashlib
import importlib.util
import json
import struct
import subprocess
import sys
import zlib

import pytest
from conftest import ROOT
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import kaifang
from kaifang import ledger

VERIFIER = ROOT / "tests" / "verify_ledger.py"
specification = importlib.util.spec_from_file_location("verify_ledger", VERIFIER)
verifier = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verifier)

FROZEN = ROOT / "tests" / "ledgers"
ORIGIN = "data.xa.example/test"
KINDS = {"intl": kaifang.Ed25519Key, "gm": kaifang.Sm2Key}
# Python's OpenSSL may have no SM3; what the verifier does then has a test of its own.
PROFILES = [profile for profile, name in verifier.HASHES.items() if name in hashlib.algorithms_available]


@pytest.fixture(params=PROFILES)
def log(tmp_path, request):
    """Records in some commits, a change of key, a blob that is there and one that is gone, a record that no head covers;
    and an older head, by the first key."""
    first, second = (KINDS[request.param].generate(tmp_path / f"{name}.pem") for name in ("first", "second"))
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=first, profile=request.param) as log:
        kept, erased = log.put_blob(b"kept"), log.put_blob(b"erased")
        log.append({"a": "开放\u0001\n", "b": [1, -2, True, None, {"\ue000": "", "\U0001f600": "\""}]})
        log.append({"blobs": [kept, erased]})
        old = log.checkpoint()
        log.change_key(second)
        log.append_batch([{"number": 3}, {"number": 4}])
        log.erase_blob(erased)
    # Opened again, heads are by the new key alone.
    with ledger.Ledger.open(tmp_path / "log", signer=second) as log:
        log.append(b"[]")
        log.checkpoint()
        log.append({"number": 6})
    return tmp_path / "log", old


def accepted(directory, **trusted):
    """What it found, or None; nothing but a refusal may come of any directory."""
    try:
        size, root, blobs, gone = verifier.verify(directory, **trusted)
    except (verifier.Refused, ValueError, InvalidSignature):
        return None
    return size, root.hex(), blobs, gone


def verified(directory, **trusted):
    try:
        found = ledger.verify(directory, **trusted)
    except (kaifang.IntegrityError, kaifang.LedgerError):
        return None
    return found.size, found.root.split(":")[1], found.to_dict()["blobs"], found.to_dict()["blobs_gone"]


def test_it_reads_what_the_library_wrote(log):
    directory, old = log
    assert accepted(directory) == verified(directory) and accepted(directory)[0] == 7
    assert accepted(directory)[2:] == (1, 1)
    assert accepted(directory, pin=old.note) == verified(directory, pin=old) == accepted(directory)


def test_any_key_of_the_log_may_be_trusted_and_no_other(log, tmp_path):
    directory, _ = log
    lines = (directory / "key").read_text().splitlines()
    assert len(lines) == 2 and all(accepted(directory, key=line) for line in lines)
    kind = KINDS[json.loads((directory / "ledger.json").read_text())["profile"]]
    other = kind.generate(tmp_path / "other.pem")
    profile = "gm" if kind is kaifang.Sm2Key else "intl"
    ledger.Ledger.create(tmp_path / "other", origin=ORIGIN, signer=other, profile=profile).close()
    assert accepted(directory, key=(tmp_path / "other" / "key").read_text()) is None
    assert verified(directory, public_key=other.public_key) is None


def test_it_refuses_each_changed_byte(log):
    directory, _ = log
    # SM2 in plain integers is slow: there each seventh byte.
    step = 7 if b'"gm"' in (directory / "ledger.json").read_bytes() else 1
    for file in sorted(directory.rglob("*")):
        if file.is_file() and file.name not in ("lock", "reserve", "nodes"):
            whole = file.read_bytes()
            for place in range(0, len(whole), step):
                changed = bytearray(whole)
                changed[place] ^= 1 << place % 8
                file.write_bytes(changed)
                assert accepted(directory) is None, f"{file.name}, byte {place}"
                assert verified(directory) is None, f"{file.name}, byte {place}"
            file.write_bytes(whole)
    assert accepted(directory) == verified(directory) is not None


def test_it_refuses_what_is_gone(log):
    directory, _ = log
    segment = directory / "segments" / "00000000.kfl"
    whole, head = segment.read_bytes(), (directory / "checkpoint").read_text()
    for length in range(0, len(whole), 31):
        segment.write_bytes(whole[:length])
        assert accepted(directory) is None and verified(directory) is None, length
    # The last commit, which no head covers, can be cut off cleanly: only a newer head kept elsewhere shows it.
    segment.write_bytes(whole[: whole.rindex(b"KFR1")])
    assert accepted(directory) == verified(directory) and accepted(directory)[0] == 6
    segment.write_bytes(whole)
    assert accepted(directory, pin=head.replace("6\n", "7\n", 1)) is None


@pytest.mark.parametrize("profile", PROFILES)
def test_the_frozen_ledgers_verify(profile):
    directory, head = FROZEN / profile, (FROZEN / f"{profile}.head").read_text()
    assert accepted(directory) == verified(directory) and accepted(directory)[0] == 10
    for key in (directory / "key").read_text().splitlines():
        assert accepted(directory, key=key, pin=head)[2:] == (1, 1)


def test_the_nodes_stand_as_the_format_says():
    """Each leaf, then the nodes that it completes, from below."""
    for profile in PROFILES:
        hash = verifier.HASHES[profile]
        with ledger.Ledger.open(FROZEN / profile) as log:
            records = [kaifang._kaifang.canonical_json(record).encode() for record in log.records()]
        nodes, peaks = b"", []
        for index, record in enumerate(records):
            node = verifier.digest(hash, b"\0", record)
            nodes += node
            while index & 1:
                node, index = verifier.digest(hash, b"\1", peaks.pop(), node), index >> 1
                nodes += node
            peaks.append(node)
        assert (FROZEN / profile / "nodes").read_bytes() == nodes


def test_without_sm3_it_refuses(monkeypatch):
    monkeypatch.setattr(hashlib, "algorithms_available", hashlib.algorithms_available - {"sm3"})
    with pytest.raises(verifier.Refused, match="a Python whose OpenSSL has sm3"):
        verifier.verify(FROZEN / "gm")
    assert verifier.verify(FROZEN / "intl")[0] == 10


# Ledgers that the library would not write: a writer of its own, from the format's description too.


class Key:
    def __init__(self, number):
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
        self.typed = b"\1" + self.private.public_key().public_bytes_raw()
        self.id = hashlib.sha256(f"{ORIGIN}\n".encode() + self.typed).digest()[:4]
        self.line = f"{ORIGIN}+{self.id.hex()}+{base64.b64encode(self.typed).decode()}"


def note(text, keys):
    lines = (base64.b64encode(key.id + key.private.sign(text.encode())).decode() for key in keys)
    return f"{text}\n" + "".join(f"— {ORIGIN} {line}\n" for line in lines)


def change(index, old, new, by=None, origin=ORIGIN, first="kaifang/key/v1", root=None, **more):
    """The record that changes the key, once the root of the tree before it is known."""

    def record(before):
        above = base64.b64encode(root or before).decode()
        text = f"{first}\n{origin}\n{index}\n{above}\n{old.line}\n{new.line}\n"
        return verifier.written({"kind": "ledger_key", "note": note(text, by or [old, new]), "v": 1} | more)

    return record


def write(directory, records, keys, head_by, size=None):
    def frame(letters, *parts):
        body = b"".join(parts)
        return letters + struct.pack("<I", zlib.crc32(body)) + body

    config = verifier.written({"origin": ORIGIN, "profile": "intl", "v": 1})
    chain, count, peaks = hashlib.sha256(b"kaifang/ledger/v1\n" + config).digest(), 0, []
    out, roots = frame(b"KFS1", struct.pack("<QQ", 0, 0), chain), [hashlib.sha256(b"").digest()]
    for record in records:
        record = record(roots[-1]) if callable(record) else record
        out += frame(b"KFR1", struct.pack("<QI", count, len(record)), record)
        count = verifier.grow("sha256", count, peaks, record)
        roots.append(verifier.root_of("sha256", peaks))
        chain = hashlib.sha256(b"kaifang/commit/v1\n" + chain + struct.pack("<Q", count) + roots[-1]).digest()
        out += frame(b"KFC1", struct.pack("<Q", count), roots[-1], chain)
    size = len(records) if size is None else size
    (directory / "segments").mkdir(parents=True)
    (directory / "segments" / "00000000.kfl").write_bytes(out)
    (directory / "ledger.json").write_bytes(config)
    (directory / "key").write_text("".join(key.line + "\n" for key in keys))
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(roots[size]).decode()}\n"
    (directory / "checkpoint").write_text(note(text, head_by))


A, B, C = (Key(number) for number in (1, 2, 3))
TO_B, TO_C = change(1, A, B), change(3, B, C)
BOTH = [b"0", TO_B, b"2", TO_C]
CHANGES = {
    # What is written, the keys in the directory, who signed the head, of which size; and whether it verifies.
    "two changes": (BOTH, [A, B, C], [C], 4, True),
    "heads by old and new key": (BOTH, [A, B, C], [C, B], 4, True),
    "a crash before the file of keys": (BOTH, [A, B], [B], 3, True),
    "a crash before the head": (BOTH, [A, B, C], [B], 3, True),
    "a change that is not signed yet": (BOTH, [A, B, C], [B], 2, True),
    "two crashes: a change, and another before any head": (BOTH, [A, B, C], [A], 1, True),
    "a record of another kind": ([b'{"kind":"ledger_keys","note":1}', b'{"a":1,"kind":"ledger_key"}'], [A], [A], 2, True),
    "a head by a key that was replaced": (BOTH, [A, B, C], [B], 4, False),
    "a head by the first key after the change": (BOTH, [A, B, C], [A], 2, False),
    "a key that no record tells of": ([b"0"], [A, B], [B], 1, False),
    "a key that stands before the first": (BOTH[2:], [A, B], [B], 2, False),
    "keys that are too few": (BOTH, [A], [A], 1, False),
    "keys without the first": (BOTH, [B, C], [C], 4, False),
    "keys in another order": (BOTH, [B, A, C], [C], 4, False),
    "a key twice": (BOTH, [A, B, C, C], [C], 4, False),
    "signed by the old key alone": ([b"0", change(1, A, B, [A])], [A, B], [B], 2, False),
    "signed by the new key alone": ([b"0", change(1, A, B, [B])], [A, B], [B], 2, False),
    "signed by another": ([b"0", change(1, A, B, [A, C])], [A, B], [B], 2, False),
    "for another index": ([b"0", change(2, A, B)], [A, B], [B], 2, False),
    "after other records": ([b"0", change(1, A, B, root=bytes(32))], [A, B], [B], 2, False),
    "for another log": ([b"0", change(1, A, B, origin="data.xa.example/other")], [A, B], [B], 2, False),
    "of another text": ([b"0", change(1, A, B, first="kaifang/key/v2")], [A, B], [B], 2, False),
    "with another version": ([b"0", change(1, A, B, v=2)], [A, B], [B], 2, False),
    "with another member": ([b"0", change(1, A, B, w=1)], [A, B], [B], 2, False),
    "from a key that is not in force": ([b"0", change(1, B, C)], [A, C], [C], 2, False),
    "to the same key": ([b"0", change(1, A, A)], [A], [A], 2, False),
    "back to an earlier key": ([b"0", TO_B, change(2, B, A)], [A, B], [B], 2, False),
    "without a note": ([b'{"kind":"ledger_key","v":1}'], [A], [A], 1, False),
}


@pytest.mark.parametrize("case", CHANGES)
def test_changes_of_key(case, tmp_path):
    records, keys, head_by, size, holds = CHANGES[case]
    write(tmp_path / "log", records, keys, head_by, size)
    assert (accepted(tmp_path / "log") is not None) == holds
    assert verified(tmp_path / "log") == accepted(tmp_path / "log")


@pytest.mark.parametrize("name", ["sha256:" + "0" * 64, "md5-" + "0" * 32, "letter", "sha256-" + "0" * 64])
def test_what_is_no_blob_is_refused(name, tmp_path):
    write(tmp_path / "log", [b"0"], [A], [A])
    (tmp_path / "log" / "blobs").mkdir()
    (tmp_path / "log" / "blobs" / "blob.new").write_bytes(b"what a crash left")
    assert accepted(tmp_path / "log") == verified(tmp_path / "log") is not None
    (tmp_path / "log" / "blobs" / name).write_bytes(b"something")
    assert accepted(tmp_path / "log") is None and verified(tmp_path / "log") is None


def test_it_runs_alone(log):
    directory, _ = log
    command = [sys.executable, "-I", VERIFIER, directory]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith("7 records, root ") and told.endswith("; 1 blobs, 1 gone\n")
    (directory / "checkpoint").write_text("")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr.startswith("refused: expected ")
