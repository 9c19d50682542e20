"""FF1 over numerals: the samples that NIST publishes with SP 800-38G, and what is refused."""

import kaifang
import pytest

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94")
TEN, ELEVEN = bytes.fromhex("39383736353433323130"), bytes.fromhex("3737373770717273373737")


@pytest.mark.parametrize(
    ("key_bytes", "radix", "tweak", "plain", "expected"),
    [
        (16, 10, b"", "0123456789", "2433477484"),
        (16, 10, TEN, "0123456789", "6124200773"),
        (16, 36, ELEVEN, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        (24, 10, b"", "0123456789", "2830668132"),
        (24, 10, TEN, "0123456789", "2496655549"),
        (24, 36, ELEVEN, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
        (32, 10, b"", "0123456789", "6657667009"),
        (32, 10, TEN, "0123456789", "1001623463"),
        (32, 36, ELEVEN, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
    ],
)
def test_the_samples_of_nist(key_bytes, radix, tweak, plain, expected):
    ff1 = kaifang.Ff1(KEY[:key_bytes], radix)
    numerals = [int(c, 36) for c in plain]
    encrypted = ff1.encrypt(numerals, tweak)
    assert encrypted == [int(c, 36) for c in expected]
    assert ff1.decrypt(encrypted, tweak) == numerals


def test_sm4_is_another_cipher():
    numerals = list(range(10))
    ff1 = kaifang.Ff1(KEY[:16], 10, cipher="sm4")
    encrypted = ff1.encrypt(numerals)
    assert encrypted != kaifang.Ff1(KEY[:16], 10).encrypt(numerals)
    assert ff1.decrypt(encrypted, b"") == numerals


def test_a_domain_that_could_be_tried_is_refused():
    ff1 = kaifang.Ff1(KEY, 10)
    assert len(ff1.encrypt([0] * 6)) == 6
    with pytest.raises(kaifang.PlanError) as caught:
        ff1.encrypt([0] * 5)
    assert caught.value.code == "KF-PLAN-30"


def test_what_the_standard_does_not_allow_is_refused():
    for key, radix in [(KEY[:15], 10), (KEY, 1), (KEY, 65_537)]:
        with pytest.raises(kaifang.PlanError):
            kaifang.Ff1(key, radix)
    with pytest.raises(kaifang.PlanError):
        kaifang.Ff1(KEY, 10, cipher="sm4")
    with pytest.raises(kaifang.PlanError):
        kaifang.Ff1(KEY, 10).encrypt([0, 1, 2, 3, 4, 10])
    with pytest.raises(ValueError, match="sm4"):
        kaifang.Ff1(KEY, 10, cipher="des")


def test_a_key_is_not_shown():
    assert KEY.hex() not in repr(kaifang.Ff1(KEY, 10))
