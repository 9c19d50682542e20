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
