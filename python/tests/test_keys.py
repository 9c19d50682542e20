"""Keys are read from protected files and never shown."""

import os
import pickle

import pytest
from conftest import refused

import kaifang


def test_a_keyring_shows_ids_only():
    keyring = kaifang.Keyring.from_bytes({"k1": b"a secret of some length", "k2": b"another secret, as long"})
    assert keyring.ids == ["k1", "k2"] and "secret" not in repr(keyring)
    with pytest.raises(TypeError):
        pickle.dumps(keyring)


def test_files_are_made_and_read(tmp_path):
    made = kaifang.Keyring.generate(tmp_path / "keys.json", "k1")
    assert kaifang.Keyring.load(tmp_path / "keys.json").ids == made.ids == ["k1"]
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    assert kaifang.Ed25519Key.load(tmp_path / "key.pem").public_key == key.public_key
    assert os.stat(tmp_path / "key.pem").st_mode & 0o077 == 0
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_unsafe_keys_are_refused(tmp_path):
    kaifang.Keyring.generate(tmp_path / "keys.json", "k1")
    kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    for name in ("keys.json", "key.pem"):
        os.chmod(tmp_path / name, 0o644)
    (tmp_path / "broken").write_text("not a key")
    os.chmod(tmp_path / "broken", 0o600)
    for load in (
        lambda: kaifang.Keyring.load(tmp_path / "keys.json"),
        lambda: kaifang.Keyring.load(tmp_path / "broken"),
        lambda: kaifang.Keyring.load(tmp_path / "absent"),
        lambda: kaifang.Keyring.from_bytes({"k1": b"short"}),
        lambda: kaifang.Keyring.generate(tmp_path / "keys.json", "k1"),
        lambda: kaifang.Ed25519Key.load(tmp_path / "key.pem"),
        lambda: kaifang.Ed25519Key.load(tmp_path / "broken"),
        lambda: kaifang.Ed25519Key.load(tmp_path / "absent"),
        lambda: kaifang.Ed25519Key.generate(tmp_path / "key.pem"),
    ):
        with pytest.raises(kaifang.KeyringError) as caught:
            load()
        refused(caught.value, kaifang.KeyringError)
    with pytest.raises(TypeError):
        kaifang.Keyring.from_bytes({"k1": "text is no secret"})


def test_secrets_come_from_the_environment_or_a_callback(monkeypatch):
    monkeypatch.setenv("KAIFANG_TEST_KEYS", '{"v":1,"keys":[{"id":"k1","kind":"token","secret":"a2tra2tra2tra2tra2tra2s="}]}')
    assert kaifang.Keyring.from_env("KAIFANG_TEST_KEYS").ids == ["k1"]
    with pytest.raises(kaifang.KeyringError) as caught:
        kaifang.Keyring.from_env("KAIFANG_TEST_KEYS_ABSENT")
    refused(caught.value, kaifang.KeyringError)
    monkeypatch.setenv("KAIFANG_TEST_KEYS", "no keyring, and a secret")
    with pytest.raises(kaifang.KeyringError) as caught:
        kaifang.Keyring.from_env("KAIFANG_TEST_KEYS")
    error = refused(caught.value, kaifang.KeyringError)
    assert "a secret" not in str(error)
    asked = []
    vault = {"k1": b"a secret of some length", "k2": b"another secret, as long"}
    keyring = kaifang.Keyring.from_callback(["k1", "k2"], lambda id: asked.append(id) or vault[id])
    assert keyring.ids == asked == ["k1", "k2"]
    with pytest.raises(KeyError):
        kaifang.Keyring.from_callback(["k3"], vault.__getitem__)
    with pytest.raises(TypeError):
        kaifang.Keyring.from_callback(["k1"], lambda id: "text is no secret")
    with pytest.raises(kaifang.KeyringError) as caught:
        kaifang.Keyring.from_callback(["k1"], lambda id: b"short")
    refused(caught.value, kaifang.KeyringError)
