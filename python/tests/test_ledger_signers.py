"""What signs a ledger: key files of both profiles, and devices behind a call."""

import base64
import copy
import pickle

import pytest
from conftest import refused
from devices import Ed25519Device, sm2_device
from gm import sm3

import kaifang
from kaifang import ledger

ORIGIN = "data.xa.example/signers"


def ed25519_file(tmp_path):
    return kaifang.Ed25519Key.generate(tmp_path / "key.pem")


def sm2_file(tmp_path):
    return kaifang.Sm2Key.generate(tmp_path / "key.pem", signer_id="西安@example")


def ed25519_callback(tmp_path):
    device = Ed25519Device()
    return kaifang.CallbackSigner(device.public_key, device.sign)


def sm2_callback(tmp_path):
    device = sm2_device()
    return kaifang.CallbackSigner(device.public_key, device.sign)


def sm2_digest_callback(tmp_path):
    device = sm2_device()
    return kaifang.CallbackSigner(device.public_key, device.sign_digest, digest=True)


@pytest.mark.parametrize(
    "profile, make",
    [
        ("intl", ed25519_file),
        ("intl", ed25519_callback),
        ("gm", sm2_file),
        ("gm", sm2_callback),
        ("gm", sm2_digest_callback),
    ],
)
def test_every_kind_of_signer_signs_what_verifies(profile, make, tmp_path):
    signer = make(tmp_path)
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=signer, profile=profile) as log:
        assert (log.profile, log.public_key, log.earlier_keys) == (profile, signer.public_key, [])
        log.append_batch([{"number": number} for number in range(5)])
        head = log.checkpoint()
        assert head.root == log.root and head.root.startswith({"intl": "sha256:", "gm": "sm3:"}[profile])
        ledger.verify_receipt(log.read(3), log.receipt(3), signer.public_key)
    found = ledger.verify(tmp_path / "log", public_key=signer.public_key, pin=head)
    assert (found.profile, found.size, found.signed_size) == (profile, 5, 5)
    with ledger.Ledger.open(tmp_path / "log", signer=signer) as log:
        assert log.append({"number": 5}) == 5 and log.checkpoint().size == 6


def test_a_key_of_the_other_profile_is_refused(tmp_path):
    ed25519 = kaifang.Ed25519Key.generate(tmp_path / "ed25519.pem")
    sm2 = kaifang.Sm2Key.generate(tmp_path / "sm2.pem")
    assert sm2.signer_id == "1234567812345678" and sm2.public_key.endswith(":1234567812345678")
    for profile, right, wrong in (("intl", ed25519, sm2), ("gm", sm2, ed25519)):
        with pytest.raises(kaifang.LedgerError) as caught:
            ledger.Ledger.create(tmp_path / profile, origin=ORIGIN, signer=wrong, profile=profile)
        refused(caught.value, kaifang.LedgerError, "KF-LEDGER-18")
        with ledger.Ledger.create(tmp_path / profile, origin=ORIGIN, signer=right, profile=profile) as log:
            with pytest.raises(kaifang.LedgerError) as caught:
                log.change_key(wrong)
            refused(caught.value, kaifang.LedgerError, "KF-LEDGER-18")
            assert log.size == 0
    with pytest.raises(ValueError, match="Ed25519Key.load"):
        kaifang.Sm2Key.load(tmp_path / "ed25519.pem")
    with pytest.raises(ValueError, match="Sm2Key.load"):
        kaifang.Ed25519Key.load(tmp_path / "sm2.pem")
    with pytest.raises(kaifang.KaifangError):
        ledger.Ledger.create(tmp_path / "other", origin=ORIGIN, signer=sm2, profile="shangmi")


def test_an_sm2_key_keeps_its_id(tmp_path):
    made = kaifang.Sm2Key.generate(tmp_path / "key.pem", signer_id="西安@example")
    loaded = kaifang.Sm2Key.load(tmp_path / "key.pem")
    assert (loaded.public_key, loaded.signer_id) == (made.public_key, "西安@example")
    for wrong in ("", " x", "x" * 256, "a\nb"):
        with pytest.raises(kaifang.KeyringError) as caught:
            kaifang.Sm2Key.generate(tmp_path / "wrong.pem", signer_id=wrong)
        refused(caught.value, kaifang.KeyringError, "KF-KEY-18")
    assert not (tmp_path / "wrong.pem").exists()


def test_no_signer_shows_a_secret(tmp_path):
    def secret(path):
        lines = path.read_text().splitlines()
        return lines[lines.index("-----BEGIN PRIVATE KEY-----") + 1]

    ed25519 = kaifang.Ed25519Key.generate(tmp_path / "ed25519.pem")
    sm2 = kaifang.Sm2Key.generate(tmp_path / "sm2.pem")
    token = "a token that opens the device"
    device = kaifang.CallbackSigner(ed25519.public_key, lambda message, token=token: token.encode())
    secrets = [secret(tmp_path / "ed25519.pem"), secret(tmp_path / "sm2.pem"), token]
    for signer in (ed25519, sm2, device):
        assert signer.public_key in repr(signer)
        shown = repr(signer) + str(signer) + "".join(
            repr(getattr(signer, name)) for name in dir(signer) if not name.startswith("__")
        )
        assert not any(secret in shown for secret in secrets) and not hasattr(signer, "__dict__")
        for leak in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                leak(signer)


def test_what_a_callback_is_given(tmp_path):
    seen = []
    device = sm2_device()

    def sign(digest):
        seen.append(digest)
        return device.sign_digest(digest)

    signer = kaifang.CallbackSigner(device.public_key, sign, digest=True)
    log = ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=signer, profile="gm")
    text = f"{ORIGIN}\n0\n{base64.b64encode(sm3(b'')).decode()}\n"
    assert log.signed.note.startswith(text + "\n— ")
    assert seen == [device.digest(text.encode())]
    with pytest.raises(kaifang.KeyringError) as caught:
        kaifang.CallbackSigner(Ed25519Device().public_key, sign, digest=True)
    refused(caught.value, kaifang.KeyringError, "KF-KEY-17")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e300])
def test_a_timeout_is_a_time(timeout):
    with pytest.raises(ValueError, match="timeout"):
        kaifang.CallbackSigner(Ed25519Device().public_key, bytes, timeout=timeout)


def test_a_signer_is_one_of_three(tmp_path):
    device = Ed25519Device()
    for wrong in (device, device.sign, device.public_key, None):
        with pytest.raises(TypeError):
            ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=wrong)
    with pytest.raises(kaifang.KeyringError):
        kaifang.CallbackSigner("no key", device.sign)
    signer = kaifang.CallbackSigner(device.public_key, "not callable")
    with pytest.raises(kaifang.KeyringError) as caught:
        ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=signer)
    refused(caught.value, kaifang.KeyringError, "KF-KEY-14")
    assert not (tmp_path / "log").exists(), "nothing is made before the head is signed"
