"""Documents: what the core answers, as read-only objects over plain dicts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Dict, List, Mapping, Optional

from ._kaifang import canonical_json


class Document:
    """A document of the core. Its fields are attributes; :meth:`to_dict` gives the whole."""

    __slots__ = ("_data",)
    _data: Dict[str, Any]

    def __init__(self, data: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_data", dict(data))

    def to_dict(self) -> Dict[str, Any]:
        """The document as plain dicts and lists, a copy."""
        return deepcopy(self._data)

    def to_json(self) -> str:
        """The canonical JSON text: the bytes that are hashed and signed."""
        return canonical_json(self._data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            # The dict leaves out what is none.
            return self._data[name] if name in self._data else self._absent(name)
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None

    def _absent(self, name: str) -> Any:
        for cls in type(self).__mro__:
            if name in getattr(cls, "__annotations__", {}):
                return None
        raise KeyError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} is read-only")

    def __dir__(self) -> List[str]:
        return sorted({*object.__dir__(self), *self._data})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Document) and self._data == other._data

    def __hash__(self) -> int:
        return hash(canonical_json(self._data))

    def __reduce__(self) -> Any:
        return type(self), (self._data,)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self._data.items() if key != "v")
        return f"{type(self).__name__}({shown})"


class Deadline(Document):
    """A due date, and whether it may still move."""

    #: The last day, ``YYYY-MM-DD`` in Asia/Shanghai.
    date: str
    #: Some day on the way is not settled by an official schedule.
    provisional: bool
    #: The years whose schedules would settle it.
    missing_years: List[int]


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


class Applied(Document):
    """The proof of a treatment: which plan did what to which columns, with counts and digests."""

    #: The digest of the plan.
    plan: str
    #: The dataset whose treatment it is.
    dataset: str
    #: How many rows were treated.
    rows: int
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
