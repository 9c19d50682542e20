"""Documents in and out: a dict, its JSON text and a document say the same; an answer is made into objects as it is read."""

import collections
import copy
import datetime as dt
import json
import pickle
import sys
import threading

import pytest
from conftest import refused
from test_path import AT, USER, digest, harmless, open_dataset

import kaifang

REQUEST = {"v": 1, "dataset": "xa-figures", "action": "download", "via": "platform", "user": USER, "rows": 10}
UNLISTED = {**REQUEST, "dataset": "xa-unlisted"}
FACTS = {"out_of_scope": False, "action": "query", "listed": True, "identified": None}
#: A value that no error may show.
SECRET = "610102199003070012"


@pytest.fixture(scope="module")
def platform(policy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    key = kaifang.Ed25519Key.generate(folder / "key.pem")
    with kaifang.Platform.init(folder / "platform", policy=policy, origin="x.example", signer=key, at=AT) as platform:
        open_dataset(platform, policy, "xa-figures", harmless(policy), "unconditional", ["download"], digest("figures"))
        yield platform


class Text(str):
    """A str that is not exactly one."""


def forms(document):
    """The same document in every form that is taken."""
    text = json.dumps(document, ensure_ascii=False)
    return {
        "str": text,
        "indented": json.dumps(document, indent=2),
        "bytes": text.encode(),
        "subclass": collections.OrderedDict(document),
        "mapping": collections.ChainMap(document),
        "words": {Text(key): Text(value) if isinstance(value, str) else value for key, value in document.items()},
        "document": kaifang.Document(document),
    }


@pytest.mark.parametrize("request_", [REQUEST, UNLISTED, {**REQUEST, "fields": ["a", "b"], "purpose": "人口分布研究"}])
def test_every_form_of_a_request_has_one_answer(platform, request_):
    plain = platform.decide(request_, at=AT)
    for form, request in forms(request_).items():
        decision = platform.decide(request, at=AT)
        assert (decision, decision.to_json()) == (plain, plain.to_json()), form
    assert platform.decide({**request_, "fields": tuple(request_.get("fields", ()))}, at=AT) == plain
    assert platform.decide({**request_, "content": None}, at=AT) == plain, "null is left out"


def test_every_form_of_facts_has_one_answer(policy):
    plain = kaifang.decide_facts(policy, FACTS, at=AT)
    assert plain.permit is True
    for form, facts in forms(FACTS).items():
        assert kaifang.decide_facts(policy, facts, at=AT).to_json() == plain.to_json(), form


def test_text_is_admitted_and_an_act_may_be_text(platform):
    admitted = platform.admit(json.dumps(REQUEST).encode(), at=AT)
    assert admitted.permit and admitted.decision.request == platform.decide(REQUEST, at=AT).request
    suspended = {"by": {"role": "opening_body", "id": "11610100013300000X"}, "event": "dataset_suspended"}
    with pytest.raises(kaifang.KaifangError) as caught:
        platform.event(json.dumps({**suspended, "dataset": SECRET, "ground": "risk"}), at=AT)
    assert SECRET not in str(caught.value)


WRONG = {
    "a field that it does not have": {**REQUEST, SECRET: 1},
    "a word that it does not know": {**REQUEST, "action": SECRET},
    "a number where a word is due": {**REQUEST, "via": 610102199003070012},
    "a version that is not ours": {**REQUEST, "v": 2},
    "a fraction": {**REQUEST, "rows": 1.5},
    "more than 2^53 - 1": {**REQUEST, "rows": 2**53},
    "less than none": {**REQUEST, "rows": -1},
    "yes for a number": {**REQUEST, "rows": True},
    "a person's number": {**REQUEST, "user": SECRET},
    "no dataset": {key: value for key, value in REQUEST.items() if key != "dataset"},
    "a list": [SECRET],
}


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_request_is_refused_alike_in_every_form(platform, why):
    said = set()
    for request in (WRONG[why], json.dumps(WRONG[why]), json.dumps(WRONG[why]).encode()):
        with pytest.raises(kaifang.KaifangError) as caught:
            platform.decide(request, at=AT)
        assert SECRET not in str(refused(caught.value, kaifang.ProcessError))
        said.add(str(caught.value))
    assert len(said) == 1, said


@pytest.mark.parametrize(
    "request_, error",
    [
        (SECRET.encode() + b"\xff", kaifang.KaifangError),
        (json.dumps({**REQUEST, "dataset": SECRET}).encode()[:-3] + b"\xff", kaifang.KaifangError),
        ('{"dataset": "' + SECRET + "\ud800", ValueError),
        ({**REQUEST, "dataset": SECRET + "\ud800"}, ValueError),
        (json.dumps(REQUEST)[:-1] + ', "v": 1}', kaifang.ProcessError),
        ("", kaifang.ProcessError),
        (b"", kaifang.ProcessError),
        (None, kaifang.ProcessError),
        (7, kaifang.ProcessError),
        (bytearray(b"{}"), TypeError),
        ({**REQUEST, 1: 2}, TypeError),
        ({**REQUEST, "fields": {"a"}}, TypeError),
        ({**REQUEST, "rows": 2**70}, OverflowError),
    ],
)
def test_what_is_no_document_is_refused_without_its_values(platform, request_, error):
    with pytest.raises(error) as caught:
        platform.decide(request_, at=AT)
    assert SECRET not in str(caught.value)


def test_a_request_nested_too_deep_is_refused(platform):
    deep = []
    for _ in range(100):
        deep = [deep]
    for request in ({**REQUEST, "fields": deep}, json.dumps({**REQUEST, "fields": deep})):
        with pytest.raises((ValueError, kaifang.KaifangError)):
            platform.decide(request, at=AT)


def test_an_instant_in_every_form_is_one(platform):
    plain = platform.decide(REQUEST, at="2026-11-23T02:00:00Z")
    utc = dt.timezone.utc
    for at in (AT, AT.astimezone(utc), "2026-11-23T10:00:00+08:00", dt.datetime(2026, 11, 23, 2, tzinfo=utc)):
        assert platform.decide(REQUEST, at=at).to_json() == plain.to_json()
    for wrong in (dt.datetime(2026, 11, 23, 2), dt.date(2026, 11, 23)):
        with pytest.raises(ValueError):
            platform.decide(REQUEST, at=wrong)
    with pytest.raises(TypeError):
        platform.decide(REQUEST, at=7)


def test_a_field_read_alone_is_the_field_of_the_whole(platform):
    for request in (REQUEST, UNLISTED):
        whole = platform.decide(request, at=AT).to_dict()
        for name, value in whole.items():
            assert getattr(platform.decide(request, at=AT), name) == value, name
        assert json.loads(platform.decide(request, at=AT).to_json()) == whole
        assert bytes(platform.decide(request, at=AT)) == platform.decide(request, at=AT).to_json().encode()
        assert dict(platform.decide(request, at=AT)._data) == whole


def test_what_the_document_leaves_out_is_none_or_empty(platform, policy):
    decision = kaifang.decide_facts(policy, FACTS, at=AT)
    assert decision.state_index is None and decision.application is None and decision.rows is None
    assert kaifang.Decision({"permit": True}).denials == [] and kaifang.Decision({}).permit is None
    assert kaifang.Recorded({"index": 1}).duties == []
    for read in (platform.decide(REQUEST, at=AT), kaifang.Decision({"permit": True})):
        with pytest.raises(AttributeError):
            read.nonsense
        with pytest.raises(AttributeError):
            read.permit = True
        assert "permit" in dir(read)


def test_the_headline_is_the_first_denial(platform):
    denied = platform.decide(UNLISTED, at=AT)
    assert denied.headline == denied.to_dict()["denials"][0]
    assert platform.decide(REQUEST, at=AT).headline is None


def test_a_list_that_was_handed_out_is_the_document_s(platform):
    """What somebody writes into a list is in the whole, in its JSON and in its digest: there are never two contents."""
    decision = platform.decide(UNLISTED, at=AT)
    before = (decision.to_json(), decision.digest())
    denials = decision.denials
    assert decision.denials is denials
    denials.clear()
    assert decision.to_dict()["denials"] == [] and decision._data["denials"] is denials and decision.denials is denials
    assert json.loads(decision.to_json())["denials"] == [] and (decision.to_json(), decision.digest()) != before

    copied = platform.decide(UNLISTED, at=AT).to_dict()
    copied["denials"].clear()
    again = platform.decide(UNLISTED, at=AT)
    again.to_dict()["denials"].clear()
    assert again.denials and (again.to_json(), again.digest()) == before


def test_documents_are_compared_hashed_copied_and_pickled(platform):
    decision = platform.decide(REQUEST, at=AT)
    same, other = kaifang.Decision(decision.to_dict()), platform.decide(UNLISTED, at=AT)
    assert decision == same and hash(decision) == hash(same) and decision != other
    assert decision != kaifang.Document(decision.to_dict()), "another class"
    for copied in (copy.copy(decision), copy.deepcopy(decision), pickle.loads(pickle.dumps(decision))):
        assert type(copied) is kaifang.Decision and copied == decision and copied.to_json() == decision.to_json()
    assert repr(platform.decide(REQUEST, at=AT)).startswith("Decision(permit=True, ")
    with pytest.raises(TypeError):
        kaifang.Decision()
    with pytest.raises(TypeError):
        kaifang.Decision(7)


def test_a_class_of_one_s_own_has_its_fields():
    class Note(kaifang.Document):
        text: str
        words: "List[str]"  # noqa: F821
        _hidden: int

        @property
        def first(self):
            return self.words[0]

    note = Note({"text": "开放", "words": ["a"]})
    assert (note.text, note.words, note.first, note.to_dict()["text"]) == ("开放", ["a"], "a", "开放")
    assert Note({}).text is None and Note({}).words == []


def test_a_document_is_let_go():
    """A decision and what it was asked with are freed: nothing is kept for it."""

    def blocks():
        return sys.getallocatedblocks()

    policy = kaifang.Policy.builtin("xian-2022-013")

    def ask():
        decision = kaifang.decide_facts(policy, FACTS, at=AT)
        return decision.permit, decision.duties, decision.to_dict(), decision.headline

    for _ in range(100):
        ask()
    before = blocks()
    for _ in range(1000):
        ask()
    assert blocks() - before < 500


def test_threads_decide_while_another_writes(platform):
    """Who decides keeps the interpreter, and who writes does not wait for it for ever: neither stops the other."""
    plain, stop, failed = platform.decide(REQUEST, at=AT), threading.Event(), []

    def decide():
        while not stop.is_set():
            decision = platform.decide(REQUEST, at=AT)
            if not decision.permit or decision.request != plain.request:
                failed.append(decision)

    threads = [threading.Thread(target=decide, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    admitted = [platform.admit(REQUEST, at=AT) for _ in range(50)]
    for each in admitted:
        platform.complete(each.index, served=True, rows=1, bytes=1, at=AT)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert not failed and all(each.permit for each in admitted)
    assert platform.decide(REQUEST, at=AT).state_index > plain.state_index


def test_one_document_is_read_by_many_threads(platform):
    for _ in range(50):
        decision, read = platform.decide(UNLISTED, at=AT), []
        threads = [threading.Thread(target=lambda: read.append((decision.denials, decision.permit))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(denials is read[0][0] and permit is False for denials, permit in read)


def test_closing_while_others_decide(policy, tmp_path):
    """A platform that is closed is let go once, by whoever had it last; the others are told."""
    key = kaifang.Ed25519Key.generate(tmp_path / "key.pem")
    platform = kaifang.Platform.init(tmp_path / "platform", policy=policy, origin="x.example", signer=key, at=AT)
    begun, told = threading.Barrier(5), []

    def decide():
        begun.wait()
        try:
            while True:
                platform.decide(UNLISTED, at=AT)
        except ValueError as error:
            told.append(str(error))

    threads = [threading.Thread(target=decide, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    platform.close()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert told == ["the platform is closed"] * 4
