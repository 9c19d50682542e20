"""The vectors that every language runs: the same answers, byte for byte in canonical JSON."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT

import kaifang
from kaifang._kaifang import canonical_json

VECTORS = ROOT / "tests" / "vectors"


def law(case):
    policy = kaifang.Policy.builtin(case["policy"])
    for name, option in case.get("set", {}).items():
        policy = policy.with_interpretation(name, option)
    return policy


def classify(case):
    return law(case).classify(case["facts"], at=case["at"]).to_dict()


def decide(case):
    return law(case).decide(case["facts"], at=case["at"]).to_dict()


def explain(case):
    return law(case).explain(case["facts"], at=case["at"], section=case["section"]).to_dict()


def evaluate(case):
    with tempfile.TemporaryDirectory() as folder:
        facts, answers = Path(folder, "facts.csv"), Path(folder, "answers.csv")
        facts.write_bytes(case["csv"].encode())
        law(case).eval_file(facts, answers, section=case["section"], at=case["at"])
        return {"csv": answers.read_bytes().decode()}


def treat(values, step, dataset="vectors", keys=None):
    """One column of text through a plan, as everybody does it."""
    import pyarrow as pa

    plan = kaifang.Plan.from_dict({"v": 1, "dataset": dataset, "columns": {"value": step}})
    table, applied = plan.apply(pa.table({"value": pa.array(values, pa.string())}), keys=keys)
    (column,) = applied.columns
    return {"values": table.to_pyarrow().column("value").to_pylist(), "invalid": column["invalid"]}


def mask(case):
    step = {name: case[name] for name in ("kind", "keep_prefix", "keep_suffix") if name in case}
    return treat(case["values"], {"do": "mask", **step})


def token(case):
    keys = kaifang.Keyring.from_bytes({case["key_id"]: base64.b64decode(case["secret_base64"])})
    step = {"do": "token", "kind": case["kind"], "key": case["key_id"]}
    if "domain" in case:
        step["domain"] = case["domain"]
    return treat(case["values"], step, case["dataset"], keys)


def ledger_verify(case):
    kaifang.ledger.verify_document(case)
    return {"valid": True}


RUNNERS = {
    "classify": classify,
    "decide": decide,
    "eval": evaluate,
    "explain": explain,
    "mask": mask,
    "token": token,
    "ledger-verify": ledger_verify,
}


def cases():
    for file in sorted(VECTORS.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
            yield pytest.param(file.stem, case, id=f"{file.stem}: {case['name']}")


def test_every_file_has_a_runner():
    files = {file.stem for file in VECTORS.glob("*.json")}
    assert files == set(RUNNERS)


@pytest.mark.parametrize(("name", "case"), list(cases()))
def test_vector(name, case):
    if "error" in case:
        with pytest.raises(kaifang.KaifangError) as caught:
            RUNNERS[name](case["input"])
        assert caught.value.code == case["error"]["code"]
    else:
        assert canonical_json(RUNNERS[name](case["input"])) == canonical_json(case["output"])
