"""kaifang (开放): what government data may be opened, to whom, by which way, after which treatment — and the proof.

>>> import kaifang
>>> policy = kaifang.Policy.builtin("xian-2022-013")
>>> answer = policy.classify({"personal_privacy": True}, at="2026-11-23")
>>> answer.default, answer.status
('withheld', 'needs_assessment')
"""

from __future__ import annotations

from . import catalog, ledger
from ._documents import (
    AccessAnswer,
    Admitted,
    Applied,
    Assessment,
    AuditReport,
    Classification,
    Deadline,
    Decision,
    Document,
    Evidence,
    Findings,
    Recorded,
    RiskReport,
)
from ._errors import (
    CatalogError,
    FactError,
    IntegrityError,
    KaifangError,
    KeyringError,
    LedgerError,
    PlanError,
    PolicyError,
    ProcessError,
    RiskError,
    TableError,
)
from ._kaifang import (
    Calendar,
    Ed25519Key,
    Keyring,
    Plan,
    Platform,
    Policy,
    Table,
    __version__,
    assess,
    audit,
    content_digest,
    decide_facts,
    evidence,
    risk,
    scan,
)

__all__ = [
    "AccessAnswer",
    "Admitted",
    "Applied",
    "Assessment",
    "AuditReport",
    "Calendar",
    "CatalogError",
    "Classification",
    "Deadline",
    "Decision",
    "Document",
    "Ed25519Key",
    "Evidence",
    "FactError",
    "Findings",
    "IntegrityError",
    "KaifangError",
    "Keyring",
    "KeyringError",
    "LedgerError",
    "Plan",
    "PlanError",
    "Platform",
    "Policy",
    "PolicyError",
    "ProcessError",
    "Recorded",
    "RiskError",
    "RiskReport",
    "Table",
    "TableError",
    "__version__",
    "assess",
    "audit",
    "catalog",
    "content_digest",
    "decide_facts",
    "evidence",
    "ledger",
    "risk",
    "scan",
]
