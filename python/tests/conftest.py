"""What several test files share."""

from pathlib import Path

import pytest

import kaifang

#: The repository: its `tests/vectors` are shared by every language.
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def policy():
    return kaifang.Policy.builtin("xian-2022-013")


@pytest.fixture
def keyring():
    return kaifang.Keyring.from_bytes({"k1": b"0123456789abcdef0123456789abcdef"})


#: How a key of each of a ledger's profiles is made.
KEYS = {"intl": kaifang.Ed25519Key.generate, "gm": kaifang.Sm2Key.generate}


@pytest.fixture(params=KEYS)
def profile(request):
    return request.param


@pytest.fixture
def key(profile, tmp_path):
    return KEYS[profile](tmp_path / "key.pem")


def refused(error, family, code=None):
    """The exception is of this family and speaks both languages."""
    assert type(error) is family, repr(error)
    assert error.code.startswith("KF-") and (code is None or error.code == code), error.code
    assert error.en and any("\u4e00" <= letter <= "\u9fff" for letter in error.zh), repr(error)
    assert error.en in str(error) and error.zh in str(error) and error.code in str(error)
    return error


def resident_id(region, birth, order):
    """An invented resident identity number, with the check digit of GB 11643-1999 (ISO 7064 MOD 11-2)."""
    body = f"{region}{birth}{order:03}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


#: Invented; 610102 is Xincheng district of Xi'an.
CHECKED_IDS = [resident_id("610102", f"19{70 + n % 30}0{1 + n % 9}1{n % 9}", n) for n in range(200)]
