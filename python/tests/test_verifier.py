"""The stand-alone verifier, which is written from the format's description alone, against the library."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest

import kaifang
from kaifang import ledger

VERIFIER = pathlib.Path(__file__).parents[2] / "tests" / "verify_ledger.py"
specification = importlib.util.spec_from_file_location("verify_ledger", VERIFIER)
verifier = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verifier)

REFUSALS = (verifier.Refused, ValueError, verifier.InvalidSignature)


@pytest.fixture
def log(tmp_path):
    """Six records in four commits, five of them signed; and an older head."""
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    with ledger.Ledger.create(tmp_path / "log", origin="data.xa.example/test", signer=key) as log:
        log.append({"a": "开放\u0001\n", "b": [1, -2, True, None, {"\ue000": "", "\U0001f600": "\""}]})
        old = log.checkpoint()
        log.append_batch([{"number": 1}, {"number": 2}])
        log.append_batch([{"number": 3}, {"number": 4}])
        log.checkpoint()
        log.append({"number": 5})
    return tmp_path / "log", old


def accepted(directory, pin=None):
    try:
        size, root = verifier.verify(directory, pin=pin)
    except REFUSALS:
        return None
    return size, "sha256:" + root.hex()


def verified(directory, pin=None):
    try:
        found = ledger.verify(directory, pin=pin)
    except (kaifang.IntegrityError, kaifang.LedgerError):
        return None
    return found.size, found.root


def test_it_reads_what_the_library_wrote(log):
    directory, old = log
    assert accepted(directory) == verified(directory) and accepted(directory)[0] == 6
    assert accepted(directory, old.note) == verified(directory, old) == accepted(directory)
    with ledger.Ledger.open(directory) as reader:
        assert verifier.verify(directory, key=(directory / "key").read_text())[0] == reader.size


def test_it_refuses_each_changed_byte(log):
    directory, _ = log
    for file in sorted(directory.rglob("*")):
        if file.is_file() and file.name != "lock":
            whole = file.read_bytes()
            for place in range(len(whole)):
                changed = bytearray(whole)
                changed[place] ^= 1 << place % 8
                file.write_bytes(changed)
                assert accepted(directory) is None, f"{file.name}, byte {place}"
                assert verified(directory) is None, f"{file.name}, byte {place}"
            file.write_bytes(whole)
    assert accepted(directory) == verified(directory) is not None


def test_it_refuses_what_is_gone(log, tmp_path):
    directory, _ = log
    segment = directory / "segments" / "00000000.kfl"
    whole, head = segment.read_bytes(), (directory / "checkpoint").read_text()
    for length in range(0, len(whole), 7):
        segment.write_bytes(whole[:length])
        assert accepted(directory) is None and verified(directory) is None, length
    # The last commit, which no head covers, can be cut off cleanly: only a newer head kept elsewhere shows it.
    cut = whole[: whole.rindex(b"KFR1")]
    segment.write_bytes(cut)
    assert accepted(directory) == verified(directory) and accepted(directory)[0] == 5
    segment.write_bytes(whole)
    assert accepted(directory, head.replace("5\n", "6\n", 1)) is None


def test_it_runs_alone(log):
    directory, _ = log
    command = [sys.executable, "-I", VERIFIER, directory]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith("6 records, root ")
    (directory / "checkpoint").write_text("")
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr.startswith("refused: expected ")
