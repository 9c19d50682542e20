"""A device behind a call may do anything: fail, lie, sleep, ask the ledger that it signs, outlive the program."""

import base64
import subprocess
import sys
import threading
import time

import pytest
from conftest import refused
from devices import Ed25519Device, sm2_device, within

import kaifang
from kaifang import ledger

ORIGIN = "data.xa.example/devices"


class Moody:
    """A device that does what it is told to."""

    def __init__(self):
        self.device = Ed25519Device()
        self.mood = self.device.sign
        self.signer = kaifang.CallbackSigner(self.device.public_key, lambda message: self.mood(message), timeout=0.2)


@pytest.fixture
def moody():
    return Moody()


@pytest.fixture
def log(tmp_path, moody):
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=moody.signer) as log:
        log.append({"number": 0})
        yield log


class Secretive(Exception):
    def __str__(self):
        return "the password is hunter2"


def raises(message):
    raise Secretive


def exits(message):
    raise SystemExit(3)


@pytest.mark.parametrize("mood", [raises, exits, lambda message: None, lambda message: "text", lambda message: 64])
def test_a_callback_that_fails_is_a_signer_that_failed(log, moody, mood, tmp_path):
    moody.mood = mood
    with pytest.raises(kaifang.KeyringError) as caught:
        log.checkpoint()
    error = refused(caught.value, kaifang.KeyringError, "KF-KEY-14")
    assert "hunter2" not in repr(error) + str(error), "the type of an exception alone"
    # The records stay, committed and unsigned, and more can be written.
    assert log.append({"number": 1}) == 1 and log.signed.size == 0
    found = log.verify()
    assert (found.size, found.signed_size) == (2, 0)
    moody.mood = moody.device.sign
    assert log.checkpoint().size == 2 and log.verify().signed_size == 2


def other_message(device):
    return lambda message: device.sign(message + b"!")


@pytest.mark.parametrize(
    "mood",
    [
        lambda device: lambda message: b"",
        lambda device: lambda message: bytes(64),
        lambda device: lambda message: b"\xff" * 64,
        lambda device: lambda message: device.sign(message)[:-1],
        lambda device: lambda message: device.sign(message) + b"\0",
        lambda device: lambda message: base64.b64encode(device.sign(message)),
        lambda device: lambda message: Ed25519Device().sign(message),
        other_message,
    ],
)
def test_no_signature_is_used_that_does_not_verify(log, moody, mood, tmp_path):
    head = (tmp_path / "log" / "checkpoint").read_bytes()
    moody.mood = mood(moody.device)
    with pytest.raises(kaifang.KeyringError) as caught:
        log.checkpoint()
    refused(caught.value, kaifang.KeyringError, "KF-KEY-15")
    assert (tmp_path / "log" / "checkpoint").read_bytes() == head
    moody.mood = lambda message: list(moody.device.sign(message))
    assert log.checkpoint().size == 1, "any sequence of bytes will do"


@pytest.mark.parametrize("r, s", [(False, True), (True, False), (False, False)])
def test_a_device_that_gives_zeros_for_r_or_s_is_found_out(r, s, tmp_path):
    device, zeros = sm2_device(), False

    def sign(digest):
        both = device.sign_digest(digest)
        return both if not zeros else (both[:32] if r else bytes(32)) + (both[32:] if s else bytes(32))

    signer = kaifang.CallbackSigner(device.public_key, sign, digest=True)
    with ledger.Ledger.create(tmp_path / "log", origin=ORIGIN, signer=signer, profile="gm") as log:
        log.append({})
        zeros = True
        with pytest.raises(kaifang.KeyringError) as caught:
            log.checkpoint()
        refused(caught.value, kaifang.KeyringError, "KF-KEY-15")


def test_a_slow_callback_is_waited_for_once(log, moody):
    release = threading.Event()

    def slow(message):
        release.wait(60)
        return moody.device.sign(message)

    moody.mood = slow
    with pytest.raises(kaifang.KeyringError) as caught:
        within(20, log.checkpoint)
    refused(caught.value, kaifang.KeyringError, "KF-KEY-16")
    assert "200" in caught.value.en and log.append({"number": 1}) == 1
    moody.mood = moody.device.sign
    with pytest.raises(kaifang.KeyringError) as caught:
        log.checkpoint()
    refused(caught.value, kaifang.KeyringError, "KF-KEY-16")
    release.set()
    deadline = time.monotonic() + 20
    while log.signed.size == 0:
        try:
            log.checkpoint()
        except kaifang.KeyringError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert log.signed.size == 2 and log.verify().signed_size == 2


USES = {
    "size": lambda log: log.size,
    "append": lambda log: log.append({"by": "the callback"}),
    "checkpoint": lambda log: log.checkpoint(),
    "verify": lambda log: log.verify(),
    "signed": lambda log: log.signed,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_callback_that_uses_the_ledger_it_signs_times_out(log, moody, use):
    came_back = threading.Event()

    def selfish(message):
        try:
            use(log)
        finally:
            came_back.set()
        return moody.device.sign(message)

    moody.mood = selfish
    with pytest.raises(kaifang.KeyringError) as caught:
        within(20, log.checkpoint)
    refused(caught.value, kaifang.KeyringError, "KF-KEY-16")
    moody.mood = moody.device.sign
    assert came_back.wait(20), "what it asked for was answered when nobody signed any more"
    deadline = time.monotonic() + 20
    while within(20, lambda: log.signed.size) != within(20, lambda: log.size):
        try:
            within(20, log.checkpoint)
        except kaifang.KeyringError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert log.verify().signed_size == log.size


def test_a_callback_may_read_the_directory(log, moody, tmp_path):
    def careful(message):
        assert ledger.verify(tmp_path / "log").size == int(message.split(b"\n")[1])
        return moody.device.sign(message)

    moody.mood = careful
    slow = kaifang.CallbackSigner(moody.device.public_key, lambda message: moody.mood(message), timeout=30)
    log.close()
    with ledger.Ledger.open(tmp_path / "log", signer=slow) as again:
        again.append({"number": 1})
        assert within(30, again.checkpoint).size == 2


def test_one_device_signs_for_many_ledgers_at_once(tmp_path):
    device, busy, most = Ed25519Device(), [], []

    def sign(message):
        busy.append(message)
        most.append(len(busy))
        time.sleep(0.005)
        busy.remove(message)
        return device.sign(message)

    signer = kaifang.CallbackSigner(device.public_key, sign)

    def work(name):
        with ledger.Ledger.create(tmp_path / name, origin=f"log/{name}", signer=signer) as log:
            for number in range(5):
                log.append({"number": number})
                log.checkpoint()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 24 and set(most) == {1}, "one call at a time"
    for number in range(4):
        assert ledger.verify(tmp_path / str(number), public_key=device.public_key).signed_size == 5


#: A program that ends while its device has not answered.
LEAVES = """
import base64, sys, time
import kaifang
from kaifang import ledger

def sign(message):
    if b"\\n0\\n" in message:
        return key.sign(message)
    time.sleep(5 if sys.argv[2] == "sleeping" else 0.4)
    return b""

class Lingering:
    # It goes when the interpreter does, which is then not gone before the device answers.
    def __del__(self, sleep=time.sleep):
        sleep(1)

if sys.argv[2] == "waking":
    sys.lingering = Lingering()

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.generate()
raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
signer = kaifang.CallbackSigner(base64.b64encode(raw).decode(), sign, timeout=0.1)
log = ledger.Ledger.create(sys.argv[1], origin="log", signer=signer)
log.append({})
try:
    log.checkpoint()
except kaifang.KeyringError as error:
    print(error.code, flush=True)
"""


@pytest.mark.parametrize("device", ["sleeping", "waking"])
def test_a_program_ends_whatever_its_device_does(device, tmp_path):
    begun = time.monotonic()
    command = [sys.executable, "-c", LEAVES, str(tmp_path / "log"), device]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "KF-KEY-16\n", "")
    assert time.monotonic() - begun < 5, "it did not wait for it"


def test_a_platform_is_signed_by_a_device_too(policy, tmp_path):
    device = Ed25519Device()
    at = "2026-11-24T00:00:00Z"
    signer = kaifang.CallbackSigner(device.public_key, device.sign, timeout=20)
    platform = within(
        60, lambda: kaifang.Platform.init(tmp_path / "p", policy=policy, origin=ORIGIN, signer=signer, at=at)
    )
    assert within(60, platform.checkpoint).size == platform.state_index and platform.public_key == device.public_key
    platform.close()
    with kaifang.Platform.open(tmp_path / "p", signer=signer) as again:
        assert again.public_key == device.public_key
