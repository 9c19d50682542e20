"""The vectors that every language runs: the same answers, byte for byte in canonical JSON."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT

import kaifang
from kaifang import _kaifang
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


def keyring(case):
    secrets = case.get("keys", {})
    return kaifang.Keyring.from_bytes({id: base64.b64decode(secret) for id, secret in secrets.items()})


def treat(case):
    """One column of text through a plan, as everybody does it; and the same as a list of values."""
    import pyarrow as pa

    keys, others, values = keyring(case), case.get("others", {}), case["values"]
    listed = kaifang.treat_values(values, case["column"], dataset=case["dataset"], name=case.get("name"), keys=keys, others=others)
    kind = lambda other: {"kind": other["kind"]} if "kind" in other else {}
    name = case.get("name") or "values"
    columns = {name: case["column"], **{other: {"do": "drop", **kind(given)} for other, given in others.items()}}
    plan = kaifang.Plan.from_dict({"v": 1, "dataset": case["dataset"], "columns": columns})
    cells = {name: values, **{other: given["values"] for other, given in others.items()}}
    arrays = {column: pa.array(given, pa.string()) for column, given in cells.items()}
    table, applied = plan.apply(pa.table(arrays), keys=keys)
    (invalid,) = [column["invalid"] for column in applied.columns if column["name"] == name]
    treated = [cell.hex() if isinstance(cell, bytes) else cell for cell in table.to_pyarrow().column(name).to_pylist()]
    assert listed == {"values": treated, "invalid": invalid}
    return listed


def ledger_verify(case):
    kaifang.ledger.verify_document(case)
    return {"valid": True}


def working_days(case):
    calendar = kaifang.Calendar.builtin()
    for year in case.get("years", []):
        calendar = calendar.with_year(json.dumps(year))
    date = case["date"]
    if "add" in case:
        return calendar.add_working_days(date, case["add"]).to_dict()
    return {"date": date, "working_day": calendar.is_working_day(date), "settled": calendar.settled(date)}


def catalogs(case):
    verb = case["do"]
    if verb == "entry":
        return kaifang.catalog.check(case["entry"])
    if verb == "merge":
        first, *others = [kaifang.catalog.Catalog(one) for one in case["catalogs"]] or [None]
        # Nobody merges nothing in Python: the function below the method is asked.
        return first.merge(*others).to_dict() if first else _kaifang.merge_catalogs([])
    catalog = kaifang.catalog.Catalog.from_dict(case["catalog"])
    if verb in ("check", "list"):
        answer = {"check": catalog.check, "list": catalog.responsibility_list}[verb](at=case["at"], **case.get("terms", {}))
        return answer if verb == "check" else answer.to_dict()
    if verb == "dcat":
        publication = case["publication"]
        return catalog.to_dcat(base=publication["base"], legislation=publication["legislation"]["iri"])
    return catalog.to_frictionless()


RUNNERS = {
    "calendar": working_days,
    "catalog": catalogs,
    "classify": classify,
    "decide": decide,
    "eval": evaluate,
    "explain": explain,
    "mask": treat,
    "token": treat,
    "fpe": treat,
    "text": treat,
    "transform": treat,
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
