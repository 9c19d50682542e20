"""A policy answers; what it can't answer it says."""

import datetime as dt
import pickle

import pytest
from conftest import refused

import kaifang

DAY = "2026-11-23"
CHINA = dt.timezone(dt.timedelta(hours=8))

#: No danger, no third party: what an assessor answers about public statistics.
HARMLESS = {
    **dict.fromkeys(
        (
            "state_secret law_forbids endangers_national_security endangers_public_security "
            "endangers_economic_security endangers_social_stability trade_secret personal_privacy "
            "other_third_party_interest high_protection_need specific_terms_needed aggregation_may_reveal"
        ).split(),
        False,
    ),
    "data_grade": "general",
}
#: The same, but about people, and nothing relieves it.
PERSONAL = {
    **HARMLESS,
    "personal_privacy": True,
    "harm_ruled_out": False,
    "third_party_consents": False,
    "closure_harms_public": False,
    "desensitization": "none",
}


def test_personal_privacy_is_withheld(policy):
    answer = policy.classify(PERSONAL, at=DAY)
    assert (answer.status, answer.permitted, answer.default) == ("determined", ["withheld"], "withheld")
    assert any(ground["id"] == "third_party_harm" and ground["cite"].startswith("A18") for ground in answer.grounds)
    assert answer.reasons and all(reason["zh"] and reason["en"] for reason in answer.reasons)


def test_harmless_statistics_are_unconditional(policy):
    answer = policy.classify(HARMLESS, at=DAY)
    assert answer.permitted == ["unconditional"] and answer.open == []


def test_unknown_is_not_false(policy):
    answer = policy.classify({}, at=DAY)
    assert answer.status == "needs_assessment" and answer.default == "withheld" and answer.open
    assert not policy.decide({}, at=DAY).permit


def test_answers_are_documents(policy):
    answer = policy.classify(HARMLESS, at=DAY)
    copy = answer.to_dict()
    copy["permitted"].append("withheld")
    assert answer.permitted == ["unconditional"], "to_dict gives a copy"
    assert pickle.loads(pickle.dumps(answer)) == answer and hash(answer) == hash(policy.classify(HARMLESS, at=DAY))
    assert answer.to_json().startswith('{"default":"unconditional"')
    assert "unconditional" in repr(answer)
    with pytest.raises(AttributeError):
        answer.permitted = []
    with pytest.raises(AttributeError):
        answer.no_such_field


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-23",
        dt.date(2026, 11, 23),
        "2026-11-22T17:00:00Z",
        dt.datetime(2026, 11, 23, 1, 0, tzinfo=CHINA),
        dt.datetime(2026, 11, 22, 17, 0, tzinfo=dt.timezone.utc),
    ],
)
def test_a_date_is_a_date_in_xian(policy, at):
    assert policy.classify(HARMLESS, at=at) == policy.classify(HARMLESS, at="2026-11-23")


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (dt.datetime(2026, 11, 23, 1, 0), ValueError),
        ("2026-11-23T01:00:00", ValueError),
        ("23/11/2026", ValueError),
        ("", ValueError),
        (20261123, TypeError),
        (None, TypeError),
    ],
)
def test_a_date_without_meaning_is_refused(policy, at, error):
    with pytest.raises(error):
        policy.classify(HARMLESS, at=at)


@pytest.mark.parametrize(
    "facts",
    [
        {"no_such_fact": True},
        {"personal_privacy": "610102199003071234"},
        {"data_grade": "610102"},
        {"data_grade": 610102},
        ["610102"],
    ],
)
def test_wrong_facts_are_refused_without_their_values(policy, facts):
    for ask in (policy.classify, policy.decide):
        with pytest.raises(kaifang.FactError) as caught:
            ask(facts, at=DAY)
        assert "610102" not in str(refused(caught.value, kaifang.FactError))


@pytest.mark.parametrize("facts", [None, 7, "{}", object(), {1: True}, {"data_grade": float("nan")}, {"data_grade": 0.5}])
def test_what_is_no_document_is_refused(policy, facts):
    with pytest.raises((TypeError, kaifang.KaifangError)):
        policy.classify(facts, at=DAY)


def test_a_bottomless_document_is_refused(policy):
    bottomless = {}
    bottomless["personal_privacy"] = bottomless
    with pytest.raises(ValueError):
        policy.classify(bottomless, at=DAY)


def test_interpretations_change_the_hash(policy):
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    assert other.interpretation("deidentified_may_be_unconditional") == "yes" and other.hash != policy.hash
    assert policy.interpretation("no_such_switch") is None
    for name, option in (("no_such_switch", "yes"), ("deidentified_may_be_unconditional", "perhaps")):
        with pytest.raises(kaifang.PolicyError) as caught:
            policy.with_interpretation(name, option)
        refused(caught.value, kaifang.PolicyError)


def test_questions_are_bilingual(policy):
    for section in ("classification", "access"):
        questions = policy.facts(section)
        assert questions and all(fact["question"]["zh"] and fact["question"]["en"] for fact in questions)
    with pytest.raises(ValueError):
        policy.facts("treatment")


def test_a_policy_is_never_half_loaded(tmp_path):
    for load in (
        lambda: kaifang.Policy.builtin("nowhere-2000-001"),
        lambda: kaifang.Policy.parse("v = 1"),
        lambda: kaifang.Policy.parse("not toml ["),
        lambda: kaifang.Policy.load(tmp_path / "absent.toml"),
    ):
        with pytest.raises(kaifang.PolicyError) as caught:
            load()
        refused(caught.value, kaifang.PolicyError)
    assert list(kaifang.Policy.BUILTIN) == ["xian-2022-013"]


def test_an_explanation_holds_by_itself(policy):
    facts = {"action": "download", "openness": "conditional", "out_of_scope": False, "listed": True, "identified": True}
    why = policy.explain(facts, at=DAY, section="access")
    assert (why.section, why.smallest) == ("access", True)
    assert why.sufficient == {"action": "download", "openness": "conditional", "out_of_scope": False}
    # A change is a change of what is known, and it does what it says.
    (permit,) = why.counterfactuals
    assert permit["target"] == "permit" and permit["changes"]
    for change in permit["changes"]:
        assert policy.decide({**facts, **{fact["fact"]: fact["to"] for fact in change}}, at=DAY).permit
    assert "conditional" in why._repr_html_() and pickle.loads(pickle.dumps(why)) == why


def test_every_class_that_is_not_permitted_is_explained(policy):
    why = policy.explain(PERSONAL, at=DAY)
    assert why.section == "classification" and why.sufficient and why.open == []
    assert {other["target"] for other in why.counterfactuals} == {"conditional", "unconditional"}
    assert why.possible == [{"status": "determined", "permitted": ["withheld"]}]
    assert policy.classify(why.sufficient, at=DAY).permitted == ["withheld"]
    open_question = policy.explain({}, at=DAY)
    assert open_question.sufficient == {} and open_question.open == policy.classify({}, at=DAY).open


@pytest.mark.parametrize("facts", [{"no_such_fact": True}, {"data_grade": "610102"}, ["610102"]])
def test_what_is_no_fact_is_not_explained(policy, facts):
    with pytest.raises(kaifang.FactError) as caught:
        policy.explain(facts, at=DAY)
    assert "610102" not in str(refused(caught.value, kaifang.FactError))
    with pytest.raises(ValueError):
        policy.explain({}, at=DAY, section="treatment")
    with pytest.raises(kaifang.PolicyError) as caught:
        policy.explain({}, at="1999-01-01")
    refused(caught.value, kaifang.PolicyError, "KF-POLICY-19")


def test_a_policy_is_a_page_to_be_read(policy):
    page = policy.page()
    assert (page.policy, page.hash, page.title) == (policy.id, policy.hash, policy.title)
    assert page.from_ == page.to_dict()["from"] == "2023-01-01" and page.until is None
    rules = [rule for article in page.articles for rule in article["rules"]]
    (rule,) = [rule for rule in rules if rule["id"] == "conditional_no_download"]
    assert rule["cite"] == "A22.2" and rule["when"]["written"] == "conditional_access and action = download"
    provisions = [provision for article in page.articles for provision in article["provisions"]]
    coverage = policy.check().coverage
    assert sorted(known["id"] for known in provisions) == sorted(known["id"] for known in coverage)
    assert page.coverage["provisions"] == len(coverage) and page.coverage["uncovered"] == []
    analysis = policy.analyse()
    for table, space in ((page.classification, analysis.classification), (page.access, analysis.access)):
        assert table["points"] == space["points"] and table["rows"]
        assert sum(int(row["points"]) for row in table["rows"]) == int(space["points"])
    assert repr(page).startswith("<PolicyPage xian-2022-013: ") and f"{len(rules)} rules" in repr(page)
    assert "A22.2" in page._repr_html_() and rule["when"]["words"]["zh"] in page._repr_html_()
    assert pickle.loads(pickle.dumps(page)) == page


def test_the_page_is_of_the_readings_in_force(policy):
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    for each, read in ((policy, "no"), (other, "yes")):
        (reading,) = [
            reading
            for reading in each.page().interpretations
            if reading["interpretation"]["id"] == "deidentified_may_be_unconditional"
        ]
        assert reading["in_force"] == read
        html = each.page_html()
        assert html.startswith("<!DOCTYPE html>") and "西规〔2022〕013" in html and "<script" not in html
        assert [known.hash in html for known in (policy, other)] == [each is policy, each is other]
    with pytest.raises(TypeError):
        policy.page_html("zh")


def test_every_provision_is_covered(policy):
    check = policy.check()
    assert check.ok and check.text is None and (check.policy, check.hash) == (policy.id, policy.hash)
    assert {"A2", "A18.5"} <= {provision["id"] for provision in check.coverage}
    assert all(provision["rules"] or provision["no_rule"] for provision in check.coverage)
    assert "A18.5" in check._repr_html_() and repr(check).startswith("<PolicyCheck xian-2022-013: ok=True")


def test_another_text_is_not_the_law(policy):
    check = policy.check("第一条　另一份文件。\n第九百条　末条。\n")
    assert not check.ok and not check.text["ok"] and check.text["same"] == 0
    assert (check.text["differs"], check.text["extra"]) == (1, 1) and check.text["missing"] > 20
    states = {paragraph["id"]: paragraph["state"] for paragraph in check.text["paragraphs"]}
    assert (states["A1"], states["A2"], states["A900"]) == ("differs", "missing", "extra")
    assert "A900" in check._repr_html_() and "another text" in repr(check)
    for text in ("", "no article", "第一条" * 400_000):
        with pytest.raises(kaifang.PolicyError) as caught:
            policy.check(text)
        refused(caught.value, kaifang.PolicyError)
    with pytest.raises(TypeError):
        policy.check(b"")


def test_the_policy_is_what_it_says_of_itself(policy):
    proofs = policy.prove()
    assert proofs.holds and len(proofs.proofs) > 5 and all(proof["holds"] for proof in proofs.proofs)
    assert all(proof["zh"] and proof["en"] and int(proof["points"]) > 0 for proof in proofs.proofs)
    assert repr(proofs).endswith("all hold>") and proofs.proofs[0]["id"] in proofs._repr_html_()


def test_what_does_not_hold_has_a_counterexample(policy):
    with_reading = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    failed = [proof for proof in with_reading.prove().proofs if not proof["holds"]]
    for proof in failed:
        assert proof["counterexample"]["facts"]
        assert proof["id"] in repr(with_reading.prove())


def test_the_whole_space_is_analysed(policy):
    analysis = policy.analyse()
    space = analysis.classification
    assert space["points"] == "2359296" and space["complete"] and space["conflict_free"]
    assert sum(int(answer["points"]) for answer in space["answers"]) == int(space["points"])
    assert {fact["fact"] for fact in space["influence"]} <= {fact["id"] for fact in policy.facts()}
    assert "2359296 points" in repr(analysis) and "deidentified_may_be_unconditional" in analysis._repr_html_()


def test_readings_differ_by_what_they_say(policy):
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    difference = policy.diff(other)
    assert not difference.equal and difference.from_["hash"] == policy.hash and difference.to["hash"] == other.hash
    assert difference.to_dict()["from"] == difference.from_
    changes = difference.classification["changes"]
    assert changes and sum(int(change["points"]) for change in changes) == int(difference.classification["changed"])
    assert "desensitization = deidentified" in difference._repr_html_()
    same = policy.diff(policy)
    assert same.equal and repr(same) == "<Difference xian-2022-013 → xian-2022-013: equal>"
    with pytest.raises(TypeError):
        policy.diff("xian-2022-013")
