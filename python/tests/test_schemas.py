"""The JSON Schemas of `docs/schemas` accept the documents that the shared vectors and the bundled policy hold."""

import datetime
import json
from pathlib import Path

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

import kaifang

ROOT = Path(__file__).resolve().parents[2]


def validator(name):
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def outputs(name):
    cases = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return [case["output"] for case in cases if "output" in case]


@pytest.mark.parametrize(
    ("vectors", "schema"), [("classify", "classification"), ("decide", "access-answer"), ("explain", "explanation")]
)
def test_answers_fit_their_schema(vectors, schema):
    answers = outputs(vectors)
    assert answers
    for answer in answers:
        validator(schema).validate(answer)


def test_a_schema_refuses_what_is_no_such_document():
    answer = outputs("classify")[0]
    assert not validator("classification").is_valid({**answer, "status": "maybe"})
    assert not validator("classification").is_valid({key: answer[key] for key in answer if key != "permitted"})


def test_what_is_known_of_a_policy_fits_its_schema():
    policy = kaifang.Policy.builtin("xian-2022-013")
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    for schema, document in (
        ("policy-page", policy.page()),
        ("policy-check", policy.check()),
        ("policy-check", policy.check("第一条　另一份文件。")),
        ("policy-proofs", policy.prove()),
        ("policy-analysis", policy.analyse()),
        ("policy-difference", policy.diff(other)),
    ):
        validator(schema).validate(document.to_dict())


def test_what_a_catalog_changes_fits_its_schema():
    policy = kaifang.Policy.builtin("xian-2022-013")
    other = kaifang.Policy.load(ROOT / "core" / "tests" / "data" / "second-city.toml")
    # It knows no state secret, and asks what the catalog doesn't say.
    difference = policy.diff_catalog(other, pa.table({"state_secret": [True, None]}), at="2026-11-23")
    assert difference.changes == [{"from": "out_of_scope", "to": "needs_assessment", "rows": 1, "first": 1}]
    validator("catalog-difference").validate(difference.to_dict())


def test_the_bundled_policy_fits_the_policy_schema():
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    policy = tomllib.loads((ROOT / "core" / "policies" / "xian-2022-013.toml").read_text(encoding="utf-8"))

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, datetime.date) else value

    validator("policy").validate(plain(policy))
