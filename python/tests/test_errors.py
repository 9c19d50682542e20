"""Exceptions: a tree, one family a room."""

import pickle

import pytest

import kaifang

FAMILIES = (
    "PolicyError FactError TableError PlanError KeyringError RiskError CatalogError ProcessError LedgerError "
    "IntegrityError"
).split()


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_a_kaifang_error_and_survives_pickling(name):
    family = getattr(kaifang, name)
    assert issubclass(family, kaifang.KaifangError) and family.__doc__
    error = pickle.loads(pickle.dumps(family("KF-X-01", "中文", "English", "row 3")))
    assert (type(error), error.code, error.zh, error.en, error.where) == (family, "KF-X-01", "中文", "English", "row 3")
    assert str(error) == "KF-X-01 [row 3]: English / 中文"
