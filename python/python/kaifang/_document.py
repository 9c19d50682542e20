"""What every document is: a read-only object over a plain dict; and the table by which a notebook shows one."""

from __future__ import annotations

from typing import Any, Iterable, List

from ._kaifang import _Document


class Document(_Document):
    """A document of the core. Its fields are attributes; :meth:`to_dict` gives the whole.

    What the core answered stays as it is: each field becomes an object once it is asked for.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        # A field that no class declares; those that are declared have a descriptor of the base class's.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._data[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} is read-only")

    def __dir__(self) -> List[str]:
        return sorted({*object.__dir__(self), *self._data})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Document) and self._data == other._data

    def __hash__(self) -> int:
        return hash(self.to_json())

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
