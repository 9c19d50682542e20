"""The main job, steps 2 to 9, on a small invented table: from what is in it to a ledger that a third party verifies."""

import datetime as dt
import hashlib
import shutil

import pyarrow as pa
import pytest
from conftest import CHECKED_IDS, refused

import kaifang
from kaifang import catalog, ledger

AT = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BODY = {"id": "11610100013300000X", "name": "西安市示例局"}
USER = "91610131MA6U0000X0"
BY_BODY = {"role": "opening_body", "id": BODY["id"]}
BY_AUTHORITY = {"role": "authority", "id": "xa-data-bureau"}
BY_USER = {"role": "data_user", "id": USER}
DATASET = "xa-resident"
NAMES = ["张伟", "王秀英", "李娜", "刘洋", "陈静"]
TABLE = pa.table(
    {
        "xm": [NAMES[n % 5] for n in range(200)],
        "sfzh": CHECKED_IDS,
        "lxdh": [f"1390000{n:04}" for n in range(200)],
        "csrq": [f"{value[6:10]}-{value[10:12]}-{value[12:14]}" for value in CHECKED_IDS],
        "xb": ["男", "女"] * 100,
        "je": list(range(200)),
    }
)
PLAN = {
    "v": 1,
    "dataset": DATASET,
    "columns": {
        "xm": {"do": "drop"},
        "sfzh": {"do": "token", "kind": "resident_id", "key": "k1"},
        "lxdh": {"do": "mask", "kind": "mobile"},
        "csrq": {"do": "generalize", "to": "decade"},
        "xb": {"do": "keep"},
        "je": {"do": "keep"},
    },
}


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def harmless(policy, **but):
    """Every fact answered with its harmless value (the first of its domain), but for these."""
    answers = {}
    for fact in policy.facts("classification"):
        answers[fact["id"]] = False if fact["domain"] == "bool" else fact["domain"][0]
    return {**answers, **but}


def assessed(policy, dataset, facts, chosen, content, evidence):
    return {
        "by": BY_BODY,
        "event": "dataset_assessed",
        "dataset": dataset,
        "content": content,
        "facts": facts,
        "assertions": [
            {"v": 1, "fact": fact, "value": value, "by": "assessor-7", "at": AT, "evidence": digest("minutes")}
            for fact, value in facts.items()
        ],
        "classification": policy.classify(facts, at=AT),
        "chosen": chosen,
        "assessor": "assessor-7",
        "approval": digest("the leader's decision"),
        "evidence": evidence,
    }


def entry(dataset, ways):
    office = {"role": "数据科", "contact": "029-86780000"}
    return {
        "v": 1,
        "id": dataset,
        "name": "常住人口基本信息(去标识化)",
        "body": BODY,
        "format": "parquet",
        "data_type": "structured",
        "access_ways": ways,
        "update_frequency": "yearly",
        "level": "municipal",
        "grade": "general",
        "responsible": {"first": office, "leader": office, "contact": office},
        "channel": "platform",
    }


def open_dataset(platform, policy, dataset, facts, chosen, ways, content, evidence=()):
    event = assessed(policy, dataset, facts, chosen, content, list(evidence))
    platform.event(event, at=AT)
    whole = catalog.rest_on(entry(dataset, ways), event["classification"], chosen, content, at=AT)
    assert catalog.check(whole) == []
    platform.event({"by": BY_BODY, "event": "entry_listed", "entry": whole}, at=AT)
    platform.event({"by": BY_BODY, "event": "dataset_opened", "dataset": dataset, "content": content}, at=AT)


def ask(action, **more):
    return {"v": 1, "dataset": DATASET, "action": action, "via": "platform", "user": USER, "purpose": "人口分布研究",
            "rows": 100, **more}  # fmt: skip


def test_the_path(policy, keyring, tmp_path):
    # 2: what is in it
    findings = kaifang.scan(TABLE)
    assert set(findings.direct) >= {"xm", "sfzh", "lxdh"} and "csrq" in findings.quasi

    # 3: classify, with one question open first
    facts = harmless(policy, personal_privacy=True)
    open_first = policy.classify({**facts, "desensitization": None}, at=AT)
    assert open_first.status == "needs_assessment" and open_first.open == ["desensitization"]
    raw = policy.classify({**facts, "desensitization": "none"}, at=AT)
    assert raw.permitted == ["withheld"] and any(reason["cite"].startswith("A18.2") for reason in raw.reasons)

    # 4: treat
    plan = kaifang.Plan.from_dict(PLAN)
    assert plan.check(TABLE) == []
    treated, applied = plan.apply(TABLE, keys=keyring)
    assert applied.rows == 200 and "xm" not in treated.column_names

    # 5: risk before and after
    before = kaifang.risk(TABLE, quasi=["csrq", "xb"], sharing="controlled", direct=findings.direct)
    after = kaifang.risk(treated, quasi=["csrq", "xb"], sharing="controlled")
    assert after.k > before.k and after.average["ppm"] < before.average["ppm"] and after.level > before.level

    # 6: classify the new version on its evidence
    facts["desensitization"] = applied.outcome["desensitization"]
    version = policy.classify(facts, at=AT)
    assert version.permitted == ["withheld", "conditional"] and version.recommended == "conditional"

    # 7: entry, application, approval
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    platform = kaifang.Platform.init(
        tmp_path / "platform", policy=policy, origin="data.xa.example/platform", signer=key, at=AT
    )
    evidence = kaifang.evidence(applied, after)
    assert evidence.plan == plan.hash and evidence.digest() == digest(evidence.to_json())
    content = kaifang.content_digest(treated)
    open_dataset(platform, policy, DATASET, facts, "conditional", ["api"], content, [evidence.digest()])
    application = {
        "v": 1,
        "id": "app-1",
        "user": USER,
        "dataset": DATASET,
        "ways": ["api"],
        "purpose": "人口分布研究",
        "safeguards": ["专人专机"],
        "from": dt.date(2026, 11, 1),
        "until": dt.date(2027, 10, 31),
        "rows": 1000,
    }
    platform.event({"by": BY_USER, "event": "application_filed", "application": application}, at=AT)
    for reviewer in (BY_BODY, BY_AUTHORITY):
        assert not platform.decide(ask("api"), at=AT).permit
        review = {"event": "application_reviewed", "application": "app-1", "approve": True, "opinion": digest("yes")}
        platform.event({"by": reviewer, **review}, at=AT)

    # 8: decide, each recorded before the answer
    permitted = platform.admit(ask("api"), at=AT)
    assert permitted.permit and permitted.decision.application == "app-1"
    done = platform.complete(permitted.index, served=True, rows=100, bytes=4096, at=AT)
    assert done.index == permitted.index + 1
    download = platform.admit(ask("download"), at=AT)
    assert not download.permit and ("conditional_no_download", "A22.2") in [
        (denial["code"], denial["cite"]) for denial in download.decision.denials
    ]
    stranger = platform.admit(ask("api", user="91610131MA6U1111X1"), at=AT)
    assert stranger.decision.denials[0]["code"] == "no_application" and stranger.decision.denials[0]["cite"] == "A26"

    # 9: verify offline, and find one flipped byte in a copy
    head = platform.checkpoint()
    receipt = platform.receipt(permitted.index)
    report = platform.audit(at=AT, pin=head)
    assert report.clean and report.findings == [] and (report.permits, report.decisions) == (1, 3)
    platform.close()
    log = ledger.Ledger.open(tmp_path / "platform" / "ledger")
    record = log.read(permitted.index)
    ledger.verify_receipt(record, receipt, key.public_key)
    assert record["body"]["decision"] == permitted.decision.to_dict()
    assert ledger.verify(log_dir := tmp_path / "platform" / "ledger", public_key=key.public_key, pin=head).size == len(log)
    shutil.copytree(log_dir, tmp_path / "copy")
    [segment] = (tmp_path / "copy" / "segments").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    with pytest.raises(kaifang.IntegrityError) as caught:
        ledger.verify(tmp_path / "copy", public_key=key.public_key)
    assert refused(caught.value, kaifang.IntegrityError).where

    # the state is folded again from the log
    with kaifang.Platform.open(tmp_path / "platform", signer=key) as again:
        assert again.decide(ask("api"), at=AT).permit and again.policy.hash == policy.hash
        assert again.state_index == len(log) and again.public_key == key.public_key
    assert kaifang.audit(tmp_path / "platform", at=AT).verified["own_key"]


@pytest.fixture
def platform(policy, tmp_path):
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    with kaifang.Platform.init(tmp_path / "platform", policy=policy, origin="x.example", signer=key, at=AT) as platform:
        yield platform


def test_harmless_data_downloads_without_application(policy, platform):
    """Step 10."""
    open_dataset(platform, policy, "xa-figures", harmless(policy), "unconditional", ["download"], digest("figures"))
    request = {"v": 1, "dataset": "xa-figures", "action": "download", "via": "platform"}
    assert platform.admit(request, at=AT).permit


def test_what_is_not_legal_is_refused_and_not_recorded(platform, policy):
    before = platform.state_index
    for event in (
        {"by": BY_BODY, "event": "dataset_opened", "dataset": DATASET, "content": digest("x")},
        {"event": "dataset_opened", "dataset": DATASET, "content": digest("x")},
        {"by": BY_BODY, "event": "no_such_event"},
        {"by": BY_BODY, "event": "dataset_opened", "dataset": DATASET},
        {},
        [],
    ):
        with pytest.raises(kaifang.KaifangError) as caught:
            platform.event(event, at=AT)
        refused(caught.value, kaifang.ProcessError)
    with pytest.raises(kaifang.ProcessError):
        platform.complete(0, served=True, rows=1, bytes=1, at=AT)
    with pytest.raises(kaifang.ProcessError):
        platform.admit({"v": 1, "dataset": DATASET, "action": "take"}, at=AT)
    assert platform.state_index == before


def test_an_unknown_dataset_is_denied_and_the_denial_is_recorded(platform):
    before = platform.state_index
    admitted = platform.admit(ask("download"), at=AT)
    assert not admitted.permit and admitted.index == before
    assert any(denial["code"] == "not_listed" for denial in admitted.decision.denials)


def test_an_instant_has_a_time_and_a_zone(platform):
    for at in (dt.datetime(2026, 11, 23), dt.date(2026, 11, 23), "2026-11-23", "2026-11-23T10:00:00"):
        with pytest.raises(ValueError):
            platform.decide(ask("api"), at=at)
    for at in (None, 0):
        with pytest.raises(TypeError):
            platform.decide(ask("api"), at=at)


def test_a_complaint_makes_a_dated_duty(platform, policy):
    open_dataset(platform, policy, "xa-figures", harmless(policy), "unconditional", ["download"], digest("figures"))
    by = {"role": "public", "id": digest("somebody")}
    complaint = {"event": "complaint_received", "complaint": "c-1", "dataset": "xa-figures", "evidence": digest("letter")}
    complaint["by"] = by
    (duty,) = platform.event(complaint, at=AT).duties
    assert duty["code"] == "complaint_reply" and duty["cite"].startswith("A17") and duty["due"]["date"] == "2026-12-07"
    assert duty["id"] in [due["id"] for due in platform.duties(at=AT, holder=BODY["id"])]
    assert platform.duties(at=AT, holder="nobody") == []
    late = platform.audit(at=AT + dt.timedelta(days=30))
    assert [due["id"] for due in late.overdue] == [duty["id"]] and not late.clean


def test_facts_of_the_hosts_own_database_are_decided_without_state(policy):
    decision = kaifang.decide_facts(policy, {"out_of_scope": False, "action": "query", "listed": True}, at=AT)
    assert decision.permit and decision.state_index is None and decision.policy == policy.hash
    assert not kaifang.decide_facts(policy, {}, at=AT).permit


def test_a_closed_or_foreign_directory_is_refused(platform, policy, tmp_path):
    key = kaifang.Ed25519Key.load(tmp_path / "key.pem")
    for wrong in (
        lambda: kaifang.Platform.open(tmp_path / "absent"),
        lambda: kaifang.Platform.open(tmp_path / "platform", signer=key),
        lambda: kaifang.Platform.init(tmp_path, policy=policy, origin="x.example", signer=key, at=AT),
        lambda: kaifang.audit(tmp_path / "absent", at=AT),
    ):
        with pytest.raises(kaifang.KaifangError) as caught:
            wrong()
        refused(caught.value, type(caught.value))
    platform.close()
    with pytest.raises(ValueError, match="closed"):
        platform.decide(ask("api"), at=AT)
