"""How keys are derived: HKDF (RFC 5869) of one block over SHA-256 or SM3."""

import hmac


def mac(key: bytes, message: bytes, hash_name: str = "sha256") -> bytes:
    return hmac.new(key, message, hash_name).digest()


def derive(secret: bytes, info: bytes, hash_name: str = "sha256") -> bytes:
    return mac(mac(b"kaifang/keyring/v1", secret, hash_name), info + b"\1", hash_name)


def mac_key(secret: bytes, domain: str, hash_name: str = "sha256") -> bytes:
    return derive(secret, b"kaifang/mac/v1\0" + domain.encode(), hash_name)
