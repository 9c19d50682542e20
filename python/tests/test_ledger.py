"""A log that can't be changed unseen, and proofs that need no log."""

import base64
import os

import pytest
from conftest import KEYS, refused

import kaifang
from kaifang import ledger

ORIGIN = "data.xa.example/test"


@pytest.fixture
def log(profile, key, tmp_path):
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=key, profile=profile) as log:
        for number in range(5):
            assert log.append({"v": 1, "number": number, "what": "开放"}) == number
        yield log


def hashes(texts):
    return [base64.b64decode(text) for text in texts]


def test_records_are_read_back(log):
    assert len(log) == log.size == 5 and log.origin == ORIGIN
    assert log.read(3) == {"v": 1, "number": 3, "what": "开放"}
    assert [record["number"] for record in log.records(2)] == [2, 3, 4] and len(log.records(0, 1)) == 1
    assert log.append_batch([{"number": 5}, b'{"number":6}']) == 5 and log.size == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_child_writes_nothing_and_its_parent_goes_on(log, tmp_path):
    def stored():
        return {path: path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file()}

    before = stored()
    child = os.fork()
    if child == 0:
        told = "nothing"
        try:
            log.append({"number": 5})
        except kaifang.LedgerError as error:
            told = error.code
        finally:
            # Not `sys.exit`: the child must not run on into the tests of its parent.
            os._exit(7 if told == "KF-LEDGER-15" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert stored() == before
    assert log.append({"number": 5}) == 5


def test_the_proof_of_a_treatment_is_a_record(log, tmp_path):
    plan = kaifang.Plan.from_dict({"v": 1, "dataset": "d", "columns": {"xm": {"do": "redact"}}})
    (tmp_path / "in.csv").write_text("xm\n张三\n", encoding="utf-8")
    applied = plan.apply_file(tmp_path / "in.csv", tmp_path / "out.csv")
    record = {"v": 1, "at": "2026-11-23T02:00:00Z", "body": {"kind": "applied", "applied": applied.to_dict()}}
    index = log.append(record)
    log.checkpoint()
    assert log.read(index) == record
    proof = kaifang.Applied(log.read(index)["body"]["applied"])
    assert proof == applied
    proof.verify(tmp_path / "out.csv")
    with pytest.raises(kaifang.IntegrityError) as raised:
        proof.verify(tmp_path / "in.csv")
    assert raised.value.code == "KF-PLAN-17"


def test_a_receipt_proves_a_record_to_a_third_party(log, key):
    old = log.signed
    with pytest.raises(kaifang.LedgerError):
        log.receipt(0)
    head = log.checkpoint()
    assert (head.size, head.root, head.origin, old.size) == (5, log.root, ORIGIN, 0)
    receipt, record = log.receipt(3), log.read(3)
    ledger.verify_receipt(record, receipt, key.public_key)
    ledger.verify_receipt(record, receipt.to_dict(), key.public_key)
    hash = head.root.split(":")[0]
    leaf = ledger.leaf_hash(record, hash=hash)
    ledger.verify_inclusion(leaf, 3, 5, hashes(receipt.proof), head.root, hash=hash)
    with pytest.raises(kaifang.IntegrityError) as caught:
        ledger.verify_receipt({**record, "number": 4}, receipt, key.public_key)
    refused(caught.value, kaifang.IntegrityError)
    assert ledger.parse_checkpoint(head.note, key.public_key) == head


def test_a_later_head_extends_an_earlier_one(log):
    old = log.checkpoint()
    log.append({"number": 5})
    new = log.checkpoint()
    proof = log.prove_consistency(5, 6)
    hash = new.root.split(":")[0]
    ledger.verify_consistency(5, 6, proof, old.root, new.root, hash=hash)
    with pytest.raises(kaifang.IntegrityError):
        ledger.verify_consistency(5, 6, proof, new.root, old.root, hash=hash)


def test_verification_reads_every_byte(log, key, tmp_path):
    pin = log.checkpoint()
    found = log.verify(pin=pin)
    assert (found.size, found.signed_size, found.pinned_size, found.own_key) == (5, 5, 5, False)
    assert ledger.verify(tmp_path / "log").own_key
    log.close()
    [segment] = (tmp_path / "log" / "segments").iterdir()
    content = segment.read_bytes()
    for place in range(len(content)):
        segment.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(kaifang.IntegrityError) as caught:
            ledger.verify(tmp_path / "log", public_key=key.public_key)
        assert caught.value.where
    segment.write_bytes(content[:-1])
    with pytest.raises(kaifang.IntegrityError) as caught:
        ledger.verify(tmp_path / "log", public_key=key.public_key)
    refused(caught.value, kaifang.IntegrityError)


def test_another_key_is_another_log(log, profile, tmp_path):
    other = KEYS[profile](tmp_path / "other.pem")
    with pytest.raises(kaifang.IntegrityError):
        ledger.verify(tmp_path / "log", public_key=other.public_key)
    log.close()
    with pytest.raises(kaifang.LedgerError):
        ledger.Ledger.open(tmp_path / "log", signer=other)


def test_one_writes_and_others_read(log, key, tmp_path):
    reader = ledger.Ledger.open(tmp_path / "log")
    assert reader.size == 5
    for wrong in (
        lambda: reader.append({"number": 6}),
        lambda: ledger.Ledger.open(tmp_path / "log", signer=key),
        lambda: ledger.Ledger.open(tmp_path / "absent"),
        lambda: ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=key),
        lambda: ledger.Ledger.create(tmp_path / "new", origin="two words", signer=key, profile=log.profile),
        lambda: log.read(99),
    ):
        with pytest.raises(kaifang.LedgerError) as caught:
            wrong()
        refused(caught.value, kaifang.LedgerError)
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.append({})
    with ledger.Ledger.open(tmp_path / "log", signer=key) as again:
        assert again.append({"number": 5}) == 5


@pytest.mark.parametrize("record", [b"", b"{", b'{"a": 1}', b'{"b":1,"a":2}', b"\xff", {"a": 0.5}, {"a": 2**53}, "x" * 70_000])
def test_what_is_no_record_is_refused(log, record):
    with pytest.raises(kaifang.KaifangError):
        log.append(record)
    assert log.size == 5


def test_malformed_proofs_are_refused(log, key):
    receipt = (log.checkpoint(), log.receipt(0))[1].to_dict()
    for wrong in ({}, {**receipt, "index": -1}, {**receipt, "proof": ["short"]}, {**receipt, "more": 1}, []):
        with pytest.raises(kaifang.KaifangError):
            ledger.verify_receipt(log.read(0), wrong, key.public_key)
    with pytest.raises(kaifang.KeyringError):
        ledger.verify_receipt(log.read(0), receipt, "not a key")
    with pytest.raises(kaifang.IntegrityError):
        ledger.parse_checkpoint("not a note", key.public_key)
    with pytest.raises(kaifang.KaifangError):
        ledger.verify_document({"op": "nothing"})
