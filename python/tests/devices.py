"""Devices that sign, of which the library knows the public key alone; and a bound on waiting for them."""

import base64
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gm import Sm2Device


class Ed25519Device:
    """A key that the library never sees."""

    def __init__(self):
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.public_key = base64.b64encode(raw).decode()

    def sign(self, message):
        return self._key.sign(message)


#: How the bytes of a point begin (SEC 1).
UNCOMPRESSED = b"\x04"


def sm2_device(signer_id="xa@example"):
    device = Sm2Device(signer_id)
    device.public_key = f"sm2:{base64.b64encode(UNCOMPRESSED + device.point).decode()}:{signer_id}"
    return device


def within(seconds, work):
    """The result of `work`, on a thread that the test does not wait for any longer."""
    done = []

    def run():
        try:
            done.append((work(), None))
        except BaseException as error:
            done.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert done, f"it hangs after {seconds} seconds"
    result, error = done[0]
    if error is not None:
        raise error
    return result
