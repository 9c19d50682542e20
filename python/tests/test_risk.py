"""Re-identification risk by hand-counted tables."""

import pyarrow as pa
import pytest
from conftest import refused

import kaifang

# Three people of 1990 in one district, one alone.
TABLE = pa.table(
    {"csrq": ["1990", "1990", "1990", "1985"], "hjdz": ["雁塔区"] * 3 + ["莲湖区"], "jb": ["甲", "甲", "乙", "甲"]}
)


def test_figures_are_those_counted_by_hand():
    report = kaifang.risk(TABLE, quasi=["csrq", "hjdz"], sensitive=["jb"], sharing="controlled")
    assert (report.rows, report.classes, report.k, report.unique_rows) == (4, 2, 1, 1)
    assert report.highest["ppm"] == 1_000_000 and report.average["ppm"] == 666_667
    assert report.level == 2 and report.sharing == "controlled"
    (sensitive,) = report.sensitive
    assert sensitive["column"] == "jb" and sensitive["l"] == 1
    assert "0.666667" in report._repr_html_()


def test_no_value_is_shown():
    report = kaifang.risk(TABLE, quasi=["hjdz"], sensitive=["jb"], sharing="public")
    assert not any(value in repr(report) + report._repr_html_() for value in ("雁塔区", "莲湖区", "甲"))


@pytest.mark.parametrize(
    "question",
    [
        {"quasi": ["absent"], "sharing": "public"},
        {"quasi": ["csrq", "csrq"], "sharing": "public"},
        {"quasi": ["csrq"], "sensitive": ["absent"], "sharing": "public"},
        {"quasi": ["csrq"], "sharing": "public", "limit": 1},
    ],
)
def test_a_question_without_an_answer_is_refused(question):
    with pytest.raises(kaifang.RiskError) as caught:
        kaifang.risk(TABLE, **question)
    refused(caught.value, kaifang.RiskError)


def test_without_quasi_identifiers_the_table_is_one_class():
    report = kaifang.risk(TABLE, quasi=[], sharing="public").to_dict()
    assert (report["classes"], report["k"]) == (1, report["rows"])


@pytest.mark.parametrize("question", [{"quasi": ["csrq"], "sharing": "everybody"}, {"quasi": ["csrq"], "sharing": 7}])
def test_an_unknown_way_of_sharing_is_refused(question):
    with pytest.raises((TypeError, kaifang.KaifangError)):
        kaifang.risk(TABLE, **question)
    with pytest.raises(TypeError):
        kaifang.risk(TABLE, quasi="csrq", sharing="public")
