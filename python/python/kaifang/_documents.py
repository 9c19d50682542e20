"""Documents: what the core answers, as read-only objects over plain dicts. The core looks each up here by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ._document import Document, table
from ._kaifang import assessment_events, assessment_html, verify_applied
from ._policy_documents import (
    AccessAnswer,
    Analysis,
    CatalogDifference,
    Classification,
    Difference,
    Explanation,
    PolicyCheck,
    PolicyPage,
    Proofs,
)

if TYPE_CHECKING:
    from ._kaifang import Policy

__all__ = [
    "AccessAnswer",
    "Admitted",
    "Analysis",
    "Applied",
    "Assessment",
    "AuditReport",
    "CatalogDifference",
    "Checkpoint",
    "Classification",
    "Deadline",
    "Decision",
    "Difference",
    "Document",
    "Evidence",
    "Explanation",
    "Findings",
    "PolicyCheck",
    "PolicyPage",
    "Proofs",
    "Receipt",
    "Recorded",
    "RiskReport",
    "Verified",
]


class Deadline(Document):
    """A due date, and whether it may still move."""

    #: The last day, ``YYYY-MM-DD`` in Asia/Shanghai.
    date: str
    #: Some day on the way is not settled by an official schedule.
    provisional: bool
    #: The years whose schedules would settle it.
    missing_years: List[int]


class Findings(Document):
    """What the columns of a table hold: kinds, roles, evidence; no value."""

    rows: int
    #: The rows that were looked at.
    examined: int
    #: One entry a column: ``name``, ``type``, ``kind``, ``role``, ``confidence_ppm``, ``evidence``, ``warnings``, …
    columns: List[Dict[str, Any]]
    #: The columns that are direct identifiers.
    direct: List[str]
    #: The quasi-identifiers.
    quasi: List[str]
    #: The sensitive columns.
    sensitive: List[str]

    def _rows(self) -> List[List[Any]]:
        def words(remarks: List[Dict[str, Any]]) -> str:
            return "; ".join(remark["zh"] for remark in remarks)

        return [
            [
                column["name"],
                column["kind"] or "–",
                column["role"],
                f"{column['confidence_ppm'] / 10_000:.0f} %",
                column["nulls"],
                words(column["evidence"] + column["warnings"]),
            ]
            for column in self.columns
        ]

    def __repr__(self) -> str:
        lines = [("column", "kind", "role", "confidence", "nulls"), *(row[:5] for row in self._rows())]
        cells = [[str(cell) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*cells)]
        text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)
        return f"Findings: {self.rows} rows, {self.examined} examined\n{text}"

    def _repr_html_(self) -> str:
        return table(("column", "kind", "role", "confidence", "nulls", "evidence"), self._rows())


class Applied(Document):
    """The proof of a treatment: which plan did what to which columns, with counts and digests."""

    #: The digest of the plan.
    plan: str
    #: The dataset whose treatment it is.
    dataset: str
    #: How many rows there are in the output.
    rows: int
    #: What each rule about rows removed: ``do``, ``column``, ``rows``, ``unjudged``.
    removed: List[Dict[str, Any]]
    #: One entry a column: ``name``, ``transform``, ``kind``, ``rows``, ``nulls``, ``invalid``, ``changed``, …
    columns: List[Dict[str, Any]]
    #: The columns that are gone.
    dropped: List[str]
    #: Names and types before.
    schema_in: List[Dict[str, str]]
    #: Names and types after.
    schema_out: List[Dict[str, str]]
    #: Keyed digests of the columns before, where there was a key.
    input_digests: Optional[Dict[str, Any]]
    #: Digests of the columns after.
    output_digests: Dict[str, str]
    #: What the treatment amounts to: ``desensitization`` is ``none``, ``deidentified`` or ``anonymized``.
    outcome: Dict[str, Any]

    def verify(self, data: Any) -> None:
        """Raises where a table is not the output that this proof describes, and says what differs."""
        verify_applied(self.to_dict(), data)


class RiskReport(Document):
    """How easily a row is traced back to a person: counts and figures, no value."""

    #: The quasi-identifiers.
    quasi: List[str]
    #: The direct identifiers still in the table.
    direct: List[str]
    #: ``public``, ``controlled`` or ``enclave``.
    sharing: str
    rows: int
    #: How many equivalence classes.
    classes: int
    #: The smallest class; none for an empty table.
    k: Optional[int]
    #: The rows that stand alone.
    unique_rows: int
    #: Classes by ranges of size.
    histogram: List[Dict[str, Optional[int]]]
    #: The small sizes one by one.
    small: List[Dict[str, int]]
    #: Rb: ``numerator``, ``denominator``, ``ppm``.
    highest: Dict[str, int]
    #: Rc.
    average: Dict[str, int]
    #: Ra.
    over_threshold: Dict[str, int]
    #: τ.
    threshold: Dict[str, int]
    #: R.
    overall: Dict[str, int]
    #: What R must be below.
    acceptable_ppm: int
    #: 1, 2 or 3.
    level: int
    #: The diversity of the sensitive columns.
    sensitive: List[Dict[str, Any]]

    def _repr_html_(self) -> str:
        figures = ("highest", "average", "over_threshold", "overall")
        rows = [(name, f"{self._data[name]['ppm'] / 1e6:.6f}") for name in figures]
        return table(("figure", "value"), [("rows", self.rows), ("classes", self.classes), ("k", self.k), *rows])


class Evidence(Document):
    """The evidence of a treatment (A18.5). An assertion names its :meth:`digest`."""

    #: The digest of the plan.
    plan: str
    #: The proof of what was done.
    applied: Dict[str, Any]
    #: The risk of what came out.
    risk: Dict[str, Any]


class Assessment(Document):
    """Everything about one dataset: the table as it is, the table after treatment, the law's answer to each."""

    #: When it was made.
    at: str
    #: The legal date that the law was asked for.
    date: str
    #: ``id``, ``hash``, ``zh``, ``en``.
    policy: Dict[str, str]
    #: The catalog entry.
    entry: Dict[str, Any]
    #: What is missing or wrong in the entry.
    problems: List[Dict[str, str]]
    #: The table as it is: ``content``, ``findings``, ``proposals``, ``facts``, ``classification``, ``questions`` and
    #: ``risk``.
    raw: Dict[str, Any]
    #: The treated ``version`` (fields as ``raw``), its ``evidence`` and ``evidence_digest``; none without a plan.
    treated: Optional[Dict[str, Any]]
    #: By which ways each permitted class of the last version may be had.
    ways: List[Dict[str, Any]]

    def to_html(self) -> str:
        """The openness report: one HTML page that stands alone, without script or network."""
        return assessment_html(self._data)

    def events(
        self,
        policy: Policy,
        *,
        choose: str,
        assessor: str,
        approval: str,
        evidence: Optional[Dict[str, str]] = None,
    ) -> List[Dict[str, Any]]:
        """The acts of the entry's body that list, assess and open the last version, each for :meth:`Platform.event`.

        ``choose`` is the body's choice within the permitted set: ``unconditional``, ``conditional`` or ``withheld``;
        ``assessor`` is an office or a commitment, never a person's name; ``approval`` is the digest of the decision of
        the leader in charge (A9.3); ``evidence`` names, for each fact that makes the class laxer, the digest of what
        shows it (A18.5). Recording another class is refused.
        """
        return assessment_events(self._data, policy, choose, assessor, approval, evidence or {})

    def __repr__(self) -> str:
        treated = "" if self.treated is None else f", treated {self.treated['version']['classification']['permitted']}"
        return f"<Assessment {self.entry['id']}: raw {self.raw['classification']['permitted']}{treated}>"

    def _repr_html_(self) -> str:
        return self.to_html()


class Checkpoint(Document):
    """The signed head of a log. ``note`` is the authority; the other fields repeat it."""

    origin: str
    size: int
    #: ``sha256:…``
    root: str
    #: The signed note (c2sp.org/tlog-checkpoint).
    note: str


class Receipt(Document):
    """The proof that a record is in a log under a signed head."""

    index: int
    #: Hashes in base64, from the leaf's sibling up.
    proof: List[str]
    checkpoint: Dict[str, Any]


class Verified(Document):
    """What the verification of a ledger found."""

    #: The name of the log.
    origin: str
    #: Hash and signature: ``intl`` or ``gm``.
    profile: str
    #: The key that signs.
    public_key: str
    #: The keys before it, each of which signed the change to the next; the first of them first.
    earlier_keys: List[str]
    #: No key was given: the directory vouched for itself.
    own_key: bool
    #: How many records are committed.
    size: int
    #: The root of the tree of them.
    root: str
    #: How many records the signed head covers.
    signed_size: int
    #: The root of those.
    signed_root: str
    #: The newest key by which that head verifies.
    signed_by: str
    #: The size of the pinned head, where one was given.
    pinned_size: Optional[int]
    segments: int
    #: How many writes; records that came together share one.
    commits: int
    #: Of the segments.
    bytes: int
    #: What a writer was in the middle of writing, and was passed over.
    bytes_in_flight: int
    #: How many records carry a time (``at``) before one of a record before them.
    backward_times: int
    #: The index of the first of them.
    first_backward_time: Optional[int]
    #: How many blobs are there; each is what its name says.
    blobs: int
    #: Their bytes.
    blob_bytes: int
    #: How often a record names a blob that is not there: it was erased.
    blobs_gone: int
    #: Which, the first thousand.
    gone: List[str]


class Decision(Document):
    """Whether a request is permitted, by which policy, on which state, and why."""

    permit: bool
    #: Why not, in article order, the headline first; empty exactly when permitted.
    denials: List[Dict[str, str]]
    #: The unknown facts on which the denials depend.
    open: List[str]
    #: What the permit carries.
    duties: List[Dict[str, str]]
    #: What the reader must be told about the policy itself.
    notices: List[Dict[str, str]]
    #: The digest of the policy that was asked.
    policy: str
    #: How many records the state had seen; none where a host's own facts were decided.
    state_index: Optional[int]
    #: How many records of each log of uses it had seen; none where no quota was counted over several.
    uses_seen: Optional[Dict[str, int]]
    #: The approved application that a permit runs under.
    application: Optional[str]
    #: The most rows that may go out; none: as many as are asked.
    rows: Optional[int]
    at: str
    #: The digest of the request, or of the host's facts.
    request: str

    @property
    def headline(self) -> Optional[Dict[str, str]]:
        """The first denial in article order; none of a permit."""
        denials = self.denials
        return denials[0] if denials else None


class Admitted(Document):
    """A decision that was recorded before it was answered. Only a permit may be served."""

    #: The index of its record.
    index: int

    @property
    def decision(self) -> Decision:
        """The decision."""
        return Decision(self._data["decision"])

    @property
    def permit(self) -> bool:
        """Whether the request is permitted."""
        permit: bool = self._data["decision"]["permit"]
        return permit


class Recorded(Document):
    """Something was recorded."""

    #: The index of its record.
    index: int
    #: The duties that it creates or does.
    duties: List[Dict[str, Any]]


class AuditReport(Document):
    """Is all of it true? Every recorded decision decided anew."""

    at: str
    #: What the verification of the log found.
    verified: Dict[str, Any]
    events: int
    decisions: int
    permits: int
    results: int
    use_reports: int
    #: Each difference, open intent and breach, with its article.
    findings: List[Dict[str, Any]]
    #: Each duty that is overdue.
    overdue: List[Dict[str, Any]]
    #: Nothing was found.
    clean: bool
