"""A ledger over the years: many threads and processes, keys that change, blobs, times, an export for others."""

import base64
import hashlib
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timezone

import pyarrow.parquet as pq
import pytest
from conftest import KEYS, refused
from devices import Ed25519Device, within
from test_ledger_proofs import Tree

import kaifang
from kaifang import ledger

ORIGIN = "data.xa.example/life"


@pytest.fixture
def log(profile, key, tmp_path):
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=key, profile=profile) as log:
        yield log


def fails(family, code, work, *arguments, **named):
    with pytest.raises(family) as caught:
        work(*arguments, **named)
    return refused(caught.value, family, code)


def test_threads_find_each_its_own_record(log):
    indices, barrier = {}, threading.Barrier(8)

    def work(thread):
        barrier.wait()
        for number in range(25):
            record = {"thread": thread, "number": number}
            indices[log.append(record)] = record
            if number % 5 == 0:
                first = log.append_batch([record, record])
                indices.update({first: record, first + 1: record})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indices) == list(range(280)) and log.size == 280
    assert log.records(0, 280) == [indices[index] for index in range(280)]
    assert log.checkpoint().size == 280 and log.verify().commits <= 240


def test_what_waits_together_is_written_together(tmp_path):
    """While a device signs, appends wait; then they share one write to the disk."""
    device, begun, release = Ed25519Device(), threading.Event(), threading.Event()

    def sign(message):
        if b"\n1\n" in message:
            begun.set()
            release.wait(60)
        return device.sign(message)

    signer = kaifang.CallbackSigner(device.public_key, sign)
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=signer) as log:
        log.append({"number": 0})
        signing = threading.Thread(target=log.checkpoint)
        signing.start()
        assert begun.wait(60)
        threads = [threading.Thread(target=log.append, args=({"number": number},)) for number in range(1, 9)]
        for thread in threads:
            thread.start()
        # All of them are in line, and none is through.
        for thread in threads:
            thread.join(0.05)
        assert all(thread.is_alive() for thread in threads)
        release.set()
        for thread in [signing, *threads]:
            thread.join(60)
        assert log.size == 9
        found = log.verify()
        assert found.size == 9 and found.commits < 9, "fewer commits than calls"


def test_a_key_changes_and_every_key_vouches_for_the_log(log, key, profile, tmp_path):
    keys = [key, *(KEYS[profile](tmp_path / f"{name}.pem") for name in ("second", "third"))]
    publics = [key.public_key for key in keys]
    log.append({"number": 0})
    heads = [log.checkpoint()]
    assert log.change_key(keys[1]) == 1
    assert (log.public_key, log.earlier_keys) == (publics[1], publics[:1])
    heads.append(log.signed)
    for public in publics[:2]:
        assert ledger.parse_checkpoint(log.signed.note, public) == log.signed, "for a while both sign"
    log.close()
    for old in (keys[0], keys[2]):
        fails(kaifang.LedgerError, "KF-LEDGER-10", ledger.Ledger.open, tmp_path / "log", signer=old)
    with ledger.Ledger.open(tmp_path / "log", signer=keys[1]) as log:
        log.append({"number": 2})
        heads.append(log.checkpoint())
        fails(kaifang.IntegrityError, "KF-INTEGRITY-19", ledger.parse_checkpoint, heads[2].note, publics[0])
        for used in keys[:2]:
            fails(kaifang.LedgerError, "KF-LEDGER-19", log.change_key, used)
        assert log.change_key(keys[2]) == 3
        record, receipt = log.read(2), log.receipt(2)
    for public in publics:
        for pin in (None, *heads):
            found = ledger.verify(tmp_path / "log", public_key=public, pin=pin)
            assert (found.public_key, found.earlier_keys, found.size) == (publics[2], publics[:2], 4)
    ledger.verify_receipt(record, receipt, publics[2])
    stranger = KEYS[profile](tmp_path / "stranger.pem").public_key
    fails(kaifang.IntegrityError, "KF-INTEGRITY-16", ledger.verify, tmp_path / "log", public_key=stranger)
    with pytest.raises(TypeError):
        log.change_key(publics[0])


def test_only_a_ledger_changes_its_key(log):
    for record in ({"kind": "ledger_key", "v": 1}, b'{"kind":"ledger_key","new":"","old":"","v":1}'):
        fails(kaifang.LedgerError, "KF-LEDGER-20", log.append, record)
    assert log.earlier_keys == [] and log.verify().earlier_keys == []


def test_blobs_are_kept_named_and_erased(log, tmp_path):
    content = bytes(range(256)) * 1000
    digest = log.put_blob(content)
    assert digest.startswith("sha256:" if log.profile == "intl" else "sm3:") and log.put_blob(content) == digest
    if log.profile == "intl":
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    (tmp_path / "file").write_bytes(b"from a path")
    by_path = [log.put_blob(tmp_path / "file"), log.put_blob(str(tmp_path / "file")), log.put_blob(b"from a path")]
    assert len(set(by_path)) == 1 and log.read_blob(by_path[0]) == b"from a path"
    empty = log.put_blob(b"")
    assert log.read_blob(empty, limit=0) == b""
    absent = digest[:-4] + "0000"
    fails(kaifang.LedgerError, "KF-LEDGER-22", log.append, {"blobs": [digest, absent]})
    log.append({"blobs": [digest, by_path[0]]})
    assert log.read_blob(digest) == log.read_blob(digest, limit=len(content)) == content
    fails(kaifang.LedgerError, "KF-LEDGER-23", log.read_blob, digest, limit=len(content) - 1)
    found = log.verify()
    assert (found.blobs, found.blob_bytes, found.blobs_gone, found.gone) == (3, len(content) + 11, 0, [])
    log.erase_blob(digest)
    for gone in (log.read_blob, log.erase_blob):
        fails(kaifang.LedgerError, "KF-LEDGER-22", gone, digest)
    found = log.verify()
    assert (found.blobs, found.blobs_gone, found.gone, found.size) == (2, 1, [digest], 1)
    fails(kaifang.LedgerError, "KF-LEDGER-22", log.append, {"blobs": [digest]})
    for wrong in ("", "sha256:00", "md5:" + "0" * 32, digest.upper()):
        with pytest.raises(ValueError):
            log.read_blob(wrong)
    with pytest.raises(FileNotFoundError):
        log.put_blob(tmp_path / "absent")
    with pytest.raises(TypeError):
        log.put_blob(7)


def test_a_changed_blob_is_found(log, tmp_path):
    digest = log.put_blob(b"what was opened")
    log.append({"blobs": [digest]})
    [file] = (file for file in (tmp_path / "log" / "blobs").iterdir())
    file.write_bytes(b"what was 0pened")
    fails(kaifang.IntegrityError, "KF-INTEGRITY-30", log.read_blob, digest)
    assert file.name in fails(kaifang.IntegrityError, "KF-INTEGRITY-30", log.verify).where
    reader = ledger.Ledger.open(tmp_path / "log")
    fails(kaifang.IntegrityError, "KF-INTEGRITY-30", reader.read_blob, digest)
    for write in (lambda: reader.put_blob(b""), lambda: reader.erase_blob(digest)):
        fails(kaifang.LedgerError, "KF-LEDGER-05", write)


def test_an_interval_without_records_is_sealed(log):
    midnight = datetime(2026, 11, 23, 16, tzinfo=timezone.utc)
    assert log.seal(midnight).size == 1 and log.seal("2026-11-25T00:00:00+08:00").size == 2
    assert log.records() == [
        {"at": f"2026-11-{day}T16:00:00Z", "kind": "ledger_seal", "v": 1} for day in (23, 24)
    ]
    for wrong in (datetime(2026, 11, 23), "2026-11-23", "midnight"):
        with pytest.raises(ValueError):
            log.seal(wrong)
    with pytest.raises(TypeError):
        log.seal(0)
    found = log.verify()
    assert (found.size, found.signed_size, found.backward_times, found.first_backward_time) == (2, 2, 0, None)


def test_times_that_go_backward_are_told(log):
    times = ["2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z", "2016-11-24T08:00:01Z", None, "2026-11-24T15:59:59+08:00"]
    log.append_batch([{} if at is None else {"at": at} for at in times])
    found = log.verify()
    assert (found.backward_times, found.first_backward_time) == (2, 2)
    assert log.read(2)["at"].startswith("2016"), "what is recorded stays as it is"


FULL = """
import resource, signal, sys, kaifang
from kaifang import ledger
directory, key, kind = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with ledger.Ledger.open(directory, signer=getattr(kaifang, kind).load(key)) as log:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
    for append in (log.append, log.append_last):
        try:
            append({"padding": "x" * 2000})
        except kaifang.LedgerError as error:
            print(error.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(log.append({"number": 1}))
"""


def test_without_space_nothing_is_written_and_the_ledger_goes_on(log, key, profile, tmp_path):
    assert log.append_last({"number": 0}) == 0, "there is space"
    file = tmp_path / "full.pem"
    signer = type(key).generate(file)
    with ledger.Ledger.create(tmp_path / "full", origin="full", signer=signer, profile=profile):
        pass
    command = [sys.executable, "-c", FULL, str(tmp_path / "full"), str(file), type(key).__name__]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["KF-LEDGER-21", "KF-LEDGER-21", "0"]
    assert ledger.verify(tmp_path / "full", public_key=signer.public_key).size == 1


def test_a_space_that_cannot_be_held_is_an_error_of_opening(log, key, tmp_path):
    log.close()
    reserve = tmp_path / "log" / "reserve"
    reserve.unlink()
    reserve.mkdir()
    fails(kaifang.LedgerError, "KF-LEDGER-01", lambda: ledger.Ledger.open(tmp_path / "log", signer=key))
    assert ledger.Ledger.open(tmp_path / "log").size == 0


def test_a_torn_tail_is_dropped_and_told(log, key, tmp_path):
    log.append({"number": 0})
    assert log.dropped is None
    log.close()
    segment = tmp_path / "log" / "segments" / "00000000.kfl"
    whole = segment.read_bytes()
    segment.write_bytes(whole + b"KFR1half of a fr")
    told = {"file": "segments/00000000.kfl", "offset": len(whole), "bytes": 16, "records": 0}
    reader = ledger.Ledger.open(tmp_path / "log")
    assert (reader.size, reader.dropped) == (1, told)
    with ledger.Ledger.open(tmp_path / "log", signer=key) as log:
        assert (log.size, log.dropped) == (1, told)
    assert segment.read_bytes() == whole


def exported(path):
    """What a stranger sees: the columns, and the metadata in both of the places where tools look."""
    table, plain = pq.read_table(path), pq.read_metadata(path).metadata
    of_schema = pq.read_schema(path).metadata
    ours = {name: value.decode() for name, value in of_schema.items() if name.startswith(b"kaifang.")}
    assert ours == {name: value.decode() for name, value in plain.items() if name.startswith(b"kaifang.")}
    return table, {name.decode(): value for name, value in ours.items()}


def test_an_export_tells_the_root_to_other_tools(log, key, tmp_path):
    # Long enough for three segments of rows.
    log.append_batch([{"number": number, "what": "开放"} for number in range(1000 if log.profile == "gm" else 20_000)])
    head = log.checkpoint()
    log.append({"not": "signed yet"})
    assert log.export(tmp_path / "log.parquet") == log.size
    table, told = exported(tmp_path / "log.parquet")
    hash = "sha256" if log.profile == "intl" else "sm3"
    assert told == {
        "kaifang.checkpoint": head.note,
        "kaifang.hash": hash,
        "kaifang.key": (tmp_path / "log" / "key").read_text().strip(),
        "kaifang.size": str(log.size),
    }
    assert table.column("index").to_pylist() == list(range(log.size))
    assert not any(field.nullable for field in table.schema)
    origin, size, root = told["kaifang.checkpoint"].split("\n")[:3]
    assert ledger.parse_checkpoint(told["kaifang.checkpoint"], key.public_key).size == int(size) == head.size
    records = table.column("record").to_pylist()
    tree = Tree(hash, records)
    assert tree.leaves == table.column("leaf_hash").to_pylist()
    assert tree.root(0, int(size)) == base64.b64decode(root)


def test_an_export_does_not_hinder_the_ledger(log, tmp_path):
    log.append_batch([{"number": number} for number in range(100)])
    log.checkpoint()
    told = []

    def progress(stage, done, total):
        told.append((stage, done, total, log.append({"while": "it is exported"})))

    assert within(20, lambda: log.export(tmp_path / "log.parquet", progress=progress)) == 100
    assert told == [("export", 100, 100, 100)] and log.size == 101

    class Stop(Exception):
        pass

    def stop(stage, done, total):
        raise Stop

    with pytest.raises(Stop):
        log.export(tmp_path / "stopped.parquet", progress=stop)
    assert not (tmp_path / "stopped.parquet").exists()
    fails(kaifang.TableError, None, log.export, tmp_path / "absent" / "log.parquet")
    log.close()
    with pytest.raises(ValueError, match="closed"):
        log.export(tmp_path / "closed.parquet")


def test_an_export_of_a_damaged_ledger_leaves_no_file(log, tmp_path):
    log.append_batch([{"number": number} for number in range(9)])
    log.checkpoint()
    segment = tmp_path / "log" / "segments" / "00000000.kfl"
    segment.write_bytes(segment.read_bytes().replace(b'"number":5', b'"number":6'))
    with pytest.raises(kaifang.IntegrityError):
        log.export(tmp_path / "log.parquet")
    assert not (tmp_path / "log.parquet").exists()


#: A program that holds a ledger open until its input ends.
HOLDER = """
import os, sys
import kaifang
from kaifang import ledger
load = kaifang.Sm2Key.load if sys.argv[3] == "gm" else kaifang.Ed25519Key.load
with ledger.Ledger.open(sys.argv[1], signer=load(sys.argv[2])) as log:
    log.append({"by": "the other"})
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_write_one_ledger(log, key, profile, tmp_path):
    log.append({"number": 0})
    log.close()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "log"), str(tmp_path / "key.pem"), profile]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        process = other.stdout.readline().strip()
        error = fails(kaifang.LedgerError, "KF-LEDGER-04", ledger.Ledger.open, tmp_path / "log", signer=key)
        assert f"process {process} " in error.en and f"process {process} " in error.zh
        reader = ledger.Ledger.open(tmp_path / "log")
        assert reader.read(1) == {"by": "the other"}
        assert ledger.verify(tmp_path / "log", public_key=key.public_key).size == 2
        other.communicate("", timeout=60)
    assert other.returncode == 0
    with ledger.Ledger.open(tmp_path / "log", signer=key) as again:
        assert again.append({"number": 2}) == 2


def test_a_restored_copy_is_caught_by_a_pin(log, key, tmp_path):
    log.append({"number": 0})
    log.checkpoint()
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    log.append({"number": 1})
    pin = log.checkpoint()
    assert ledger.verify(tmp_path / "copy", public_key=key.public_key).size == 1, "of itself it is sound"
    fails(kaifang.IntegrityError, "KF-INTEGRITY-14", ledger.verify, tmp_path / "copy", pin=pin)
    with ledger.Ledger.open(tmp_path / "copy", signer=key) as copy:
        copy.append({"number": "another"})
        copy.checkpoint()
    for kept in (pin, pin.to_dict()):
        fails(kaifang.IntegrityError, "KF-INTEGRITY-15", ledger.verify, tmp_path / "copy", pin=kept)
    forged = {**pin.to_dict(), "size": 1}
    fails(kaifang.IntegrityError, "KF-INTEGRITY-26", ledger.verify, tmp_path / "log", pin=forged)
