"""The exceptions, one family a room of the core."""

from __future__ import annotations

from typing import Optional


class KaifangError(Exception):
    """What every error says about itself. Never holds a value of the data.

    >>> import kaifang
    >>> try:
    ...     kaifang.Policy.builtin("nowhere-2000-001")
    ... except kaifang.KaifangError as error:
    ...     print(type(error).__name__, error.code.startswith("KF-POLICY-"))
    PolicyError True
    """

    #: The stable code, ``KF-<ROOM>-<NUMBER>``.
    code: str
    #: The Chinese text.
    zh: str
    #: The English text.
    en: str
    #: Where in the input (a column, a row, a field, a byte), where that is known.
    where: Optional[str]

    def __init__(self, code: str, zh: str, en: str, where: Optional[str] = None) -> None:
        # All four go to `Exception`, so that the error survives pickling (multiprocessing, Spark).
        super().__init__(code, zh, en, where)
        self.code = code
        self.zh = zh
        self.en = en
        self.where = where

    def __str__(self) -> str:
        place = f" [{self.where}]" if self.where else ""
        return f"{self.code}{place}: {self.en} / {self.zh}"


class PolicyError(KaifangError):
    """A policy that can't be loaded."""


class FactError(KaifangError):
    """A fact that the policy does not know, or a value outside its domain."""


class TableError(KaifangError):
    """A table that can't be read or written."""


class PlanError(KaifangError):
    """A plan that can't be applied."""


class KeyringError(KaifangError):
    """A key that is missing, malformed or not protected."""


class RiskError(KaifangError):
    """A risk question that can't be answered."""


class CatalogError(KaifangError):
    """A catalog entry."""


class ProcessError(KaifangError):
    """An illegal move of a state machine, or a request that can't be read."""


class LedgerError(KaifangError):
    """A ledger that can't be opened or written."""


class IntegrityError(KaifangError):
    """Bytes that are not what was signed, or a table that is not what was proved."""
