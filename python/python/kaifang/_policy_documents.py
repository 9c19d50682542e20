"""What a policy answers, and what is known about the policy itself."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union

from ._document import Document, table


class Classification(Document):
    """Which classes a dataset may be put in, and why."""

    #: ``determined``, ``needs_assessment`` or ``out_of_scope``.
    status: str
    #: The classes that the body may choose from, the strictest first.
    permitted: List[str]
    #: The strictest permitted class.
    default: Optional[str]
    #: What the policy recommends within the permitted set.
    recommended: Optional[str]
    #: The classes permitted in some completion of the unknown facts.
    possible: List[str]
    #: The steps to take before opening.
    requires: List[Dict[str, str]]
    #: The live grounds: ``id``, ``cite``, ``relieved_by``.
    grounds: List[Dict[str, Optional[str]]]
    #: The facts whose answers settle it.
    open: List[str]
    #: Why.
    reasons: List[Dict[str, str]]
    #: What the reader must be told about the policy itself.
    notices: List[Dict[str, str]]


class AccessAnswer(Document):
    """Whether an access is permitted, and why not."""

    #: True only when every completion of the unknown facts permits.
    permit: bool
    #: The denials in article order, the headline first.
    denials: List[Dict[str, str]]
    #: The unknown facts on which the denials depend.
    open: List[str]
    #: What the permit carries.
    duties: List[Dict[str, str]]
    #: What the reader must be told about the policy itself.
    notices: List[Dict[str, str]]


class Explanation(Document):
    """Why an answer is what it is, and what would make it another."""

    #: ``classification`` or ``access``.
    section: str
    #: A smallest set of the known facts that gives the same answer by itself: fact → value.
    sufficient: Dict[str, Union[bool, str]]
    #: No smaller set does.
    smallest: bool
    #: For each other answer its smallest changes: ``target``, ``changes``, ``count``, ``smallest``.
    counterfactuals: List[Dict[str, Any]]
    #: Every answer that the unknown facts leave possible.
    possible: List[Dict[str, Any]]
    #: The facts whose answers settle it.
    open: List[str]

    def _repr_html_(self) -> str:
        def changed(change: List[Dict[str, Any]]) -> str:
            return ", ".join(f"{fact['fact']}: {_word(fact['from'])} → {_word(fact['to'])}" for fact in change)

        known = ", ".join(f"{fact} = {_word(value)}" for fact, value in self.sufficient.items())
        rows = [("sufficient", known or "–"), ("open", ", ".join(self.open) or "–")]
        for other in self.counterfactuals:
            rows += [(other["target"], changed(change)) for change in other["changes"]] or [(other["target"], "–")]
        return table(("answer", "facts"), rows)


class PolicyPage(Document):
    """A policy under its readings in force, to be read: the rules by article, then what they decide as tables."""

    #: The policy's id.
    policy: str
    #: The digest of its content and of the interpretations in force.
    hash: str
    #: The instrument's title: ``zh``, ``en``.
    title: Dict[str, str]
    #: Who issued it: ``zh``, ``en``.
    issuer: Dict[str, str]
    #: Its number.
    document_number: str
    #: The last date on which it is in force; none while it is open.
    until: Optional[str]
    #: The date from which its force needs confirming.
    confirm_after: Optional[str]
    #: What is said from that date on.
    confirm: Optional[Dict[str, str]]
    #: What it calls the classes.
    labels: Dict[str, Dict[str, str]]
    #: The open places of the text: ``interpretation`` with its question and options, ``in_force``.
    interpretations: List[Dict[str, Any]]
    #: Every article: ``id``, ``provisions``, ``rules``.
    articles: List[Dict[str, Any]]
    #: The conditions that others name; as every rule ``kind``, ``section``, ``id``, ``cite``, ``text``, ``when`` and
    #: ``effect``.
    definitions: List[Dict[str, Any]]
    #: Which classes are permitted when: ``facts``, ``points`` (digits), ``rows``.
    classification: Dict[str, Any]
    #: The same of accesses.
    access: Dict[str, Any]
    #: The rules that deny an access, the headline first.
    denials: List[Dict[str, Any]]
    #: The rules that say what a permitted access carries.
    duties: List[Dict[str, Any]]
    #: The dated duties: ``rule``, ``when``, ``in_force``.
    deadlines: List[Dict[str, Any]]
    #: How much of the instrument is written down: ``provisions``, ``ruled``, ``reasoned``, ``uncovered``.
    coverage: Dict[str, Any]

    @property
    def from_(self) -> str:
        """The first date on which it is in force. (``from`` in the document, a keyword of Python's.)"""
        date: str = self._data["from"]
        return date

    def __repr__(self) -> str:
        rules = sum(len(article["rules"]) for article in self.articles)
        return f"<PolicyPage {self.policy}: {self.title['zh']}, {len(self.articles)} articles, {rules} rules>"

    def _repr_html_(self) -> str:
        def said(rule: Dict[str, Any], language: str) -> str:
            when = (rule["when"] or {}).get("words")
            parts = [part[language] for part in (rule["text"], when, rule["effect"]) if part and part[language]]
            return " · ".join(parts)

        rules = [rule for article in self.articles for rule in article["rules"]]
        rows = [(rule["cite"], rule["kind"], rule["id"], said(rule, "zh"), said(rule, "en")) for rule in rules]
        return table(("article", "kind", "rule", "中文", "English"), rows)


class PolicyCheck(Document):
    """A policy beside the instrument that it writes down: its coverage, and a copy of the text if one was given."""

    #: The policy's id.
    policy: str
    #: The digest of its content and of the interpretations in force.
    hash: str
    #: Every provision is covered, and the copy, if there is one, is the text meant.
    ok: bool
    #: Every provision: ``id``, ``gloss``, ``rules``, ``no_rule``.
    coverage: List[Dict[str, Any]]
    #: How the copy compares: ``ok``, ``same``, ``differs``, ``missing``, ``extra``, ``paragraphs``, ``marks``.
    text: Optional[Dict[str, Any]]

    def __repr__(self) -> str:
        text = "no text" if self.text is None else "the text meant" if self.text["ok"] else "another text"
        return f"<PolicyCheck {self.policy}: ok={self.ok}, {len(self.coverage)} provisions, {text}>"

    def _repr_html_(self) -> str:
        found = {paragraph["id"]: paragraph["state"] for paragraph in (self.text or {}).get("paragraphs", ())}
        known = {provision["id"] for provision in self.coverage}
        rows = [
            (
                provision["id"],
                provision["gloss"]["zh"],
                ", ".join(rule["id"] for rule in provision["rules"]) or (provision["no_rule"] or {}).get("zh", "–"),
                found.get(provision["id"], "–"),
            )
            for provision in self.coverage
        ]
        rows += [(place, "–", "–", state) for place, state in found.items() if place not in known]
        return table(("provision", "gloss", "rules", "text"), rows)


class Proofs(Document):
    """What was proved of a policy over all of its space, and what does not hold."""

    #: The policy's id.
    policy: str
    #: The digest of its content and of the interpretations in force.
    hash: str
    #: Every statement holds.
    holds: bool
    #: Each statement: ``id``, ``cite``, ``section``, ``zh``, ``en``, ``every_reading``, ``holds``, ``points`` (digits),
    #: ``counterexample``.
    proofs: List[Dict[str, Any]]

    def __repr__(self) -> str:
        failed = ", ".join(proof["id"] for proof in self.proofs if not proof["holds"])
        return f"<Proofs {self.policy}: of {len(self.proofs)} statements {failed + ' fail' if failed else 'all hold'}>"

    def _repr_html_(self) -> str:
        fields = ("id", "cite", "zh", "en", "points")
        rows = [[*(proof[field] for field in fields), _word(proof["holds"])] for proof in self.proofs]
        return table(("statement", "article", "中文", "English", "points", "holds"), rows)


class Analysis(Document):
    """What the rules, facts and readings of a policy do over its whole space. Numbers of points are digits."""

    #: The policy's id.
    policy: str
    #: The digest of its content and of the interpretations in force.
    hash: str
    #: ``points``, ``complete``, ``conflict_free``, ``answers``, ``dead``, ``shadowed``, ``redundant``, ``influence``,
    #: ``readings``.
    classification: Dict[str, Any]
    #: The same of accesses.
    access: Dict[str, Any]

    def _sections(self) -> List[Tuple[str, Dict[str, Any]]]:
        return [("classification", self.classification), ("access", self.access)]

    def __repr__(self) -> str:
        points = ", ".join(f"{name} {section['points']} points" for name, section in self._sections())
        return f"<Analysis {self.policy}: {points}>"

    def _repr_html_(self) -> str:
        rows = []
        for name, section in self._sections():
            rows += [(name, fact, _word(section[fact])) for fact in ("points", "complete", "conflict_free")]
            rows += [(name, _answer(answer["answer"]), answer["points"]) for answer in section["answers"]]
            rows += [(name, f"dead: {dead['rule']['id']}", dead["rule"]["cite"]) for dead in section["dead"]]
            rows += [(name, f"shadowed: {rule['rule']['id']}", rule["rule"]["cite"]) for rule in section["shadowed"]]
            rows += [(name, f"redundant: {fact}", "") for fact in section["redundant"]]
            rows += [
                (name, f"{reading['interpretation']}: {reading['from']} → {reading['to']}", reading["points"])
                for reading in section["readings"]
            ]
        return table(("section", "what", "figure"), rows)


class Difference(Document):
    """What changes from one policy, or one reading, to another. Numbers of points are digits."""

    #: The policy that answers then: ``policy``, ``hash``.
    to: Dict[str, str]
    #: Every point has the same permitted classes, and the same permit or denial; the rest is not compared.
    equal: bool
    #: ``points``, ``changed``, ``only_from``, ``only_to``, ``changes``.
    classification: Dict[str, Any]
    #: The same of accesses.
    access: Dict[str, Any]

    @property
    def from_(self) -> Dict[str, str]:
        """The policy that answers first: ``policy``, ``hash``. (``from`` in the document, a keyword of Python's.)"""
        side: Dict[str, str] = self._data["from"]
        return side

    def __repr__(self) -> str:
        changed = f"{self.classification['changed']} classifications and {self.access['changed']} accesses change"
        return f"<Difference {self.from_['policy']} → {self.to['policy']}: {'equal' if self.equal else changed}>"

    def _repr_html_(self) -> str:
        rows = []
        for name, section in (("classification", self.classification), ("access", self.access)):
            for change in section["changes"]:
                pair = f"{_answer(change['from'])} → {_answer(change['to'])}"
                rows.append((name, pair, "", change["points"]))
                rows += [(name, pair, _region(cube), cube["points"]) for cube in change["cubes"]]
        return table(("section", "answers", "where", "points"), rows)


class CatalogDifference(Document):
    """What a change of policy does to the datasets of a catalog."""

    #: The second policy: its id (``policy``) and its ``hash``.
    to: Dict[str, str]
    #: The legal date that both were asked for.
    at: str
    #: How many datasets the catalog has.
    rows: int
    #: How many of them have another outcome.
    changed: int
    #: The changes: ``from`` and ``to`` (permitted classes joined by ``|``, or a status that permits none), ``rows`` and
    #: the ``first`` of them, counted from 1.
    changes: List[Dict[str, Any]]

    @property
    def from_(self) -> Dict[str, str]:
        """The first policy, as ``to``. (``from`` in the document, a keyword of Python's.)"""
        side: Dict[str, str] = self._data["from"]
        return side

    def __repr__(self) -> str:
        return f"<CatalogDifference: {self.changed} of {self.rows} datasets change>"

    def _repr_html_(self) -> str:
        fields = ("from", "to", "rows", "first")
        return table(fields, ([change[field] for field in fields] for change in self.changes))


def _word(value: Any) -> str:
    """A fact's value as documents write it; unknown is a dash."""
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _answer(answer: Any) -> str:
    """An answer of an analysis: a word, or the permitted classes."""
    return answer if isinstance(answer, str) else "|".join(answer["permitted"])


def _region(cube: Dict[str, Any]) -> str:
    limits = (f"{limit['fact']} = {'|'.join(map(_word, limit['values']))}" for limit in cube["where"])
    return ", ".join(limits)
