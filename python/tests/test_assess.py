"""The whole assessment of one table: withheld as it is, conditional once treated, and a page that stands alone."""

import json

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from conftest import CHECKED_IDS, ROOT, refused
from jsonschema import Draft202012Validator
from test_path import AT, DATASET, PLAN, TABLE, entry, harmless

import kaifang

#: Columns of text only, as a CSV file gives them back.
TEXT = TABLE.drop_columns("je")
TEXT_PLAN = {**PLAN, "columns": {name: do for name, do in PLAN["columns"].items() if name != "je"}}

#: The digest of the decision of the leader in charge.
APPROVAL = "sha256:" + "0" * 64


@pytest.fixture
def terms(policy):
    facts = harmless(policy)
    del facts["desensitization"]
    return {"policy": policy, "entry": entry(DATASET, ["api"]), "facts": facts, "at": AT}


@pytest.fixture
def treated(terms, keyring, tmp_path):
    plan = kaifang.Plan.from_dict(PLAN)
    return kaifang.assess(
        TABLE, **terms, sharing="controlled", plan=plan, keys=keyring, treated=tmp_path / "treated.parquet"
    )


def test_a_raw_table_of_people_is_withheld_and_its_open_question_is_asked(terms):
    assessment = kaifang.assess(TABLE, **terms)
    answer = assessment.raw["classification"]
    assert answer["default"] == "withheld" and answer["status"] == "needs_assessment"
    assert answer["open"] == ["desensitization"] == [question["fact"] for question in assessment.raw["questions"]]
    assert assessment.raw["questions"][0]["zh"] and assessment.raw["questions"][0]["en"]
    # The scan found people where the assessor had said that there were none.
    (proposal,) = assessment.raw["proposals"]
    assert proposal["fact"] == "personal_privacy" and proposal["contradicted"] is True
    assert assessment.raw["content"] == kaifang.content_digest(TABLE)
    assert assessment.raw["findings"] == kaifang.scan(TABLE).to_dict()
    assert assessment.raw["risk"]["sharing"] == "public" and assessment.treated is None


def test_a_treated_table_is_conditional_on_its_evidence(treated, tmp_path):
    version = treated.treated["version"]
    assert version["classification"]["permitted"] == ["withheld", "conditional"]
    assert version["facts"]["desensitization"] == "deidentified" and version["facts"]["personal_privacy"] is True
    assert version["content"] == kaifang.content_digest(tmp_path / "treated.parquet") != treated.raw["content"]
    assert "xm" not in pq.read_schema(tmp_path / "treated.parquet").names
    evidence = kaifang.Evidence(treated.treated["evidence"])
    assert treated.treated["evidence_digest"] == evidence.digest()
    assert evidence.plan == kaifang.Plan.from_dict(PLAN).hash and evidence.risk["sharing"] == "controlled"
    assert {way["openness"] for way in treated.ways} == {"conditional"}


def test_the_events_open_the_dataset_on_a_platform(treated, policy, tmp_path):
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    events = treated.events(policy, choose="conditional", assessor="assessor-7", approval=APPROVAL)
    assert [event["event"] for event in events] == ["entry_listed", "dataset_assessed", "dataset_opened"]
    assert events[1]["evidence"] == [treated.treated["evidence_digest"]]
    assert "openness" not in treated.entry, "an assessment is read-only: the choice stands in the events"
    with kaifang.Platform.init(
        tmp_path / "platform", policy=policy, origin="data.xa.example/platform", signer=key, at=AT
    ) as platform:
        assert [platform.event(event, at=AT).index for event in events] == [1, 2, 3]


def test_a_class_outside_the_permitted_set_is_not_recorded(treated, policy, tmp_path):
    with pytest.raises(kaifang.KaifangError):
        treated.events(policy, choose="everybody", assessor="assessor-7", approval=APPROVAL)
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    events = treated.events(policy, choose="unconditional", assessor="assessor-7", approval=APPROVAL)
    with kaifang.Platform.init(
        tmp_path / "platform", policy=policy, origin="data.xa.example/platform", signer=key, at=AT
    ) as platform, pytest.raises(kaifang.ProcessError) as caught:
        for event in events:
            platform.event(event, at=AT)
    refused(caught.value, kaifang.ProcessError)


def test_the_page_stands_alone_and_shows_no_value(treated):
    html = treated.to_html()
    assert html == treated._repr_html_() and html.startswith("<!DOCTYPE html>") and DATASET in html
    assert "<script" not in html and "http" not in html
    shown = html + treated.to_json() + repr(treated)
    assert not any(value in shown for value in [*CHECKED_IDS, *TABLE["lxdh"].to_pylist(), *TABLE["xm"].to_pylist()])


def test_the_document_is_that_of_its_schema_and_goes_through_json(treated):
    schema = json.loads((ROOT / "docs" / "schemas" / "assessment.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(treated.to_json()))
    again = kaifang.Assessment(json.loads(treated.to_json()))
    assert again == treated and again.digest() == treated.digest() and again.to_html() == treated.to_html()


def test_a_path_a_table_and_a_stream_give_the_same_assessment(terms, keyring, tmp_path):
    pc.write_csv(TEXT, tmp_path / "people.csv")
    plan = kaifang.Plan.from_dict(TEXT_PLAN)
    sources = (tmp_path / "people.csv", str(tmp_path / "people.csv"), TEXT, iter(TEXT.to_batches(max_chunksize=7)))
    assessments = [
        kaifang.assess(data, **terms, plan=plan, keys=keyring, treated=tmp_path / f"treated-{number}.csv")
        for number, data in enumerate(sources)
    ]
    assert len({assessment.raw["content"] for assessment in assessments}) == 1
    assert len({assessment.treated["version"]["content"] for assessment in assessments}) == 1
    assert assessments[0].raw["content"] == kaifang.content_digest(TEXT)


@pytest.mark.parametrize(("given", "wanted"), [("plan", "treated"), ("treated", "plan")])
def test_a_plan_and_its_destination_go_together(terms, tmp_path, given, wanted):
    more = {"plan": kaifang.Plan.from_dict(PLAN), "treated": tmp_path / "treated.csv"}
    with pytest.raises(ValueError, match=f"{given} needs {wanted}"):
        kaifang.assess(TABLE, **terms, **{given: more[given]})
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_assessed_is_refused(terms, tmp_path):
    for wrong, family in [
        ({"facts": {"weather": True}}, kaifang.FactError),
        ({"entry": {"v": 1}}, kaifang.CatalogError),
        ({"sharing": "everybody"}, kaifang.KaifangError),
        ({"at": "2026-11-23"}, ValueError),
    ]:
        with pytest.raises(family):
            kaifang.assess(TABLE, **{**terms, **wrong})
    with pytest.raises(kaifang.TableError):
        kaifang.assess(tmp_path / "absent.csv", **terms)
    with pytest.raises(TypeError):
        kaifang.assess(7, **terms)
    with pytest.raises(kaifang.KeyringError):
        kaifang.assess(TABLE, **terms, plan=kaifang.Plan.from_dict(PLAN), treated=tmp_path / "treated.csv")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_and_an_exception_of_the_caller_stops_it(terms):
    told = []
    kaifang.assess(TABLE, **terms, progress=lambda stage, done, total: told.append(stage))
    assert list(dict.fromkeys(told)) == ["read", "scan", "digest", "risk"]

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kaifang.assess(TABLE, **terms, progress=stop)

    def broken():
        yield TABLE
        raise LookupError("gone")

    with pytest.raises(LookupError):
        kaifang.assess(broken(), **terms)
