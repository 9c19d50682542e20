"""A year of the platform against the table written by hand from the articles: `tests/scenarios/year.json`.

What a step is, the README beside it says. Every step whose answer is not the table's is reported, all at once, with its
number, its article and reason and both answers.
"""

import datetime as dt
import hashlib
import json
import shutil

import pytest
from conftest import ROOT, refused

import kaifang
from kaifang import ledger

TABLE = ROOT / "tests" / "scenarios" / "year.json"
KINDS = {"act", "assess", "admit", "decide", "complete", "report_use", "duties", "audit"}


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def resolve(value):
    """Each `$digest:TEXT` is the SHA-256 of the text."""
    if isinstance(value, str) and value.startswith("$digest:"):
        return digest(value[len("$digest:") :])
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if isinstance(value, dict):
        return {name: resolve(item) for name, item in value.items()}
    return value


def instant(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def in_order(documents):
    """A list whose order means nothing."""
    return sorted(documents, key=lambda document: json.dumps(document, sort_keys=True))


def kind_of(step):
    """Exactly one; a list of duties is what an act makes or does."""
    (kind,) = (kind for kind in KINDS & step.keys() if not isinstance(step[kind], list))
    return kind


def expected(step):
    """What the table says about a step."""
    kind = kind_of(step)
    if kind in ("admit", "decide"):
        return {name: step[name] for name in ("permit", "denials", "rows") if name in step}
    if kind == "duties":
        return in_order(step["expect"])
    if kind == "audit":
        return in_order(step["findings"])
    answer = {"refused": step.get("refused", False)}
    if kind in ("act", "assess") and "duties" in step:
        answer["duties"] = in_order(step["duties"])
    return answer


def in_words(duty):
    """A duty in the words of the table."""
    due = duty.get("due") or {}
    return {
        "code": duty["code"],
        "holder": duty["holder"],
        "subject": duty["subject"],
        "due": due.get("date"),
        "provisional": due.get("provisional", False),
        "status": duty["status"],
    }


def owed(platform, holder, at):
    """The duties that are not done."""
    duties = platform.duties(at=at, holder=holder)
    return in_order(in_words(duty) for duty in duties if duty["status"] != "done")


def calendar(step):
    """The official schedules, and those that the step loads besides."""
    days = kaifang.Calendar.builtin()
    for year in step.get("years", []):
        days = days.with_year(json.dumps(year))
    return days


class Year:
    """A platform that lives through the year."""

    def __init__(self, table, policy, folder):
        self.dir = folder / "platform"
        self.key = kaifang.Ed25519Key.generate(folder / "key.pem")
        self.platform = kaifang.Platform.init(
            self.dir, policy=policy, origin=table["origin"], signer=self.key, at=instant(table["start"])
        )
        self.harmless, self.evidence = table["harmless"], table["evidence"]
        self.records = {}

    def answer(self, step):
        """What the platform answers to a step, in the words of the table."""
        at, kind = instant(step["at"]), kind_of(step)
        try:
            return getattr(self, kind)(step, at)
        except kaifang.KaifangError as error:
            refused(error, type(error))
            if "permit" in step or kind in ("duties", "audit"):
                return {"error": error.code}
            answer = {"refused": True if step.get("refused") is True else error.code}
            return {**answer, "duties": []} if isinstance(step.get("duties"), list) else answer

    def act(self, step, at, act=None):
        recorded = self.platform.event(act or step["act"], at=at)
        answer = {"refused": False}
        if "duties" in step:
            answer["duties"] = in_order(in_words(duty) for duty in recorded.to_dict().get("duties", []))
        return answer

    def assess(self, step, at):
        """An assertion about each fact that is known; the platform states facts and classification."""
        assess = step["assess"]
        assert assess["facts"].keys() <= self.harmless.keys()
        facts = {**self.harmless, **assess["facts"]}
        named = assess.get("evidence", {})
        assertions = [
            {
                "v": 1,
                "fact": fact,
                "value": value,
                "by": assess["assessor"],
                "at": step["at"],
                "evidence": named.get(fact, self.evidence),
            }
            for fact, value in facts.items()
            if value is not None
        ]
        parts = ("by", "dataset", "content", "chosen", "assessor", "approval")
        act = {part: assess[part] for part in parts if assess[part] is not None}
        act.update(event="dataset_assessed", assertions=assertions, evidence=list(named.values()))
        return self.act(step, at, act)

    def admit(self, step, at):
        admitted = self.platform.admit(step["admit"], at=at).to_dict()
        if "as" in step and admitted.get("index") is not None:
            self.records[step["as"]] = admitted["index"]
        return self.decided(step, admitted["decision"])

    def decide(self, step, at):
        return self.decided(step, self.platform.decide(step["decide"], at=at).to_dict())

    @staticmethod
    def decided(step, decision):
        denials = [denial["code"] for denial in decision.get("denials", [])]
        answer = {"permit": decision["permit"], "denials": denials}
        if "rows" in step:
            answer["rows"] = decision.get("rows")
        return answer

    def complete(self, step, at):
        if step["complete"] not in self.records:
            return {"error": "the request has no record"}
        self.platform.complete(self.records[step["complete"]], **step["outcome"], at=at)
        return {"refused": False}

    def report_use(self, step, at):
        report = dict(step["report_use"])
        report["intent"] = self.records.get(report["intent"])
        self.platform.report_use({name: part for name, part in report.items() if part is not None}, at=at)
        return {"refused": False}

    def duties(self, step, at):
        if "years" not in step:
            return owed(self.platform, step["duties"]["for"], at)
        with kaifang.Platform.open(self.dir, calendar=calendar(step)) as reader:
            return owed(reader, step["duties"]["for"], at)

    def audit(self, step, at):
        report = self.platform.audit(at=at, pin=self.platform.checkpoint(), calendar=calendar(step)).to_dict()
        findings = report.get("findings", [])
        assert report["clean"] == (not findings)
        return in_order({"code": finding["code"], "subject": finding["subject"]} for finding in findings)

    def differences(self, steps):
        """Every step whose answer is not the table's."""
        found = []
        for number, step in enumerate(steps, 1):
            wanted, got = expected(step), self.answer(step)
            if wanted != got:
                why = "{cite}: {zh} {en}".format(**step["why"])
                found.append(f"step {number}, {step['at']}, {why}\n  table  {wanted}\n  answer {got}")
        return found


@pytest.fixture(scope="module")
def table():
    return resolve(json.loads(TABLE.read_text(encoding="utf-8")))


def test_a_year_goes_as_the_articles_say(table, policy, tmp_path):
    steps, year = table["steps"], Year(table, policy, tmp_path)
    assert len(steps) >= 400
    differences = year.differences(steps)
    assert not differences, f"{len(differences)} of {len(steps)} steps differ:\n\n" + "\n\n".join(differences)

    # The state is the fold of the log: opened again, the same is owed.
    end, head = instant(steps[-1]["at"]), year.platform.checkpoint()
    before = owed(year.platform, None, end)
    year.platform.close()
    with kaifang.Platform.open(year.dir) as again:
        assert owed(again, None, end) == before

    one_bit_is_found(year, tmp_path / "damaged", head)
    swapped_decisions_are_found(year, table, tmp_path / "swapped", head, end)


def one_bit_is_found(year, copy, head):
    """A31.1: nothing that was altered is relied on."""
    shutil.copytree(year.dir, copy)
    segment = min((copy / "ledger" / "segments").iterdir())
    whole = segment.read_bytes()
    for quarter in (1, 2, 3):
        damaged = bytearray(whole)
        damaged[len(whole) // 4 * quarter] ^= 1
        segment.write_bytes(damaged)
        with pytest.raises(kaifang.IntegrityError) as caught:
            kaifang.audit(copy, at=instant("2026-12-31T03:00:00Z"), public_key=year.key.public_key, pin=head)
        refused(caught.value, kaifang.IntegrityError)


def swapped_decisions_are_found(year, table, copy, head, end):
    """A16: who holds the key can write the log anew with a permit's decision and a denial's swapped.

    The head that was kept elsewhere does not agree; without it, each decision made again is another.
    """
    with ledger.Ledger.open(year.dir / "ledger") as log:
        records = log.records(0, len(log))
    kinds = [record["body"]["kind"] for record in records]
    permit, denial = kinds.index("intent"), kinds.index("denial")
    bodies = records[permit]["body"], records[denial]["body"]
    bodies[0]["decision"], bodies[1]["decision"] = bodies[1]["decision"], bodies[0]["decision"]

    shutil.copytree(year.dir, copy)
    shutil.rmtree(copy / "ledger")
    with ledger.Ledger.create(copy / "ledger", origin=table["origin"], signer=year.key) as log:
        log.append_batch(records)
        log.checkpoint()
    if (year.dir / "ledger" / "blobs").is_dir():
        shutil.copytree(year.dir / "ledger" / "blobs", copy / "ledger" / "blobs", dirs_exist_ok=True)

    with pytest.raises(kaifang.IntegrityError):
        kaifang.audit(copy, at=end, public_key=year.key.public_key, pin=head)
    report = kaifang.audit(copy, at=end, public_key=year.key.public_key).to_dict()
    differ = {finding["index"] for finding in report["findings"] if finding["code"] == "decision_differs"}
    assert {permit, denial} <= differ


def test_a_wrong_row_of_the_table_is_reported(table, policy, tmp_path):
    steps = json.loads(json.dumps(table["steps"][:40]))
    denied = next(n for n, step in enumerate(steps) if step.get("permit") is False)
    steps[denied]["denials"] = []
    owed = next(n for n, step in enumerate(steps) if step.get("expect"))
    steps[owed]["expect"][0]["due"] = "2026-02-30"
    wrong = next(n for n, step in enumerate(steps) if isinstance(step.get("refused"), str))
    steps[wrong]["refused"] = "KF-PROCESS-00"
    differences = Year(table, policy, tmp_path).differences(steps)
    places = [int(difference.split()[1].rstrip(",")) - 1 for difference in differences]
    assert places == sorted((denied, owed, wrong)), "\n\n".join(differences)
