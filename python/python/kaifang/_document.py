"""What every document is: a read-only object over a plain dict; and the table by which a notebook shows one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Dict, Iterable, List, Mapping

from ._kaifang import canonical_json, document_digest


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

    def digest(self) -> str:
        """``sha256:…`` of the canonical JSON: what other documents and records name this one by."""
        return document_digest(self._data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            # The dict leaves out what is none, and lists of nothing.
            return self._data[name] if name in self._data else self._absent(name)
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None

    def _absent(self, name: str) -> Any:
        for cls in type(self).__mro__:
            declared = getattr(cls, "__annotations__", {})
            if name in declared:
                return [] if str(declared[name]).startswith("List[") else None
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


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """An HTML table of text; nothing in a cell is read as HTML."""
    from html import escape

    def line(cells: Iterable[Any], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(header, 'th')}</thead><tbody>{body}</tbody></table>"
