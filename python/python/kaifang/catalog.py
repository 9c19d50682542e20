"""The open catalog (A19.2): entries are plain dicts, and a catalog is compiled of them.

>>> from kaifang import catalog
>>> problems = catalog.check({"v": 1, "id": "xa-resident", "name": "常住人口基本信息"})
>>> sorted(problem["field"] for problem in problems if problem["cite"] == "A19.2")
['access_ways', 'body', 'data_type', 'format', 'openness', 'update_frequency']

>>> city = catalog.Catalog.from_dict({"v": 1, "id": "xa", "level": "municipal", "entries": [
...     {"v": 1, "id": "parks", "openness": "unconditional", "update_frequency": "monthly", "updated": "2026-09-30"}]})
>>> [problem["problem"]["zh"] for problem in city.check(at="2026-11-23") if problem["problem"]["cite"] == "A23"]
['更新频率为每月,应于 2026-10-30 前更新']
"""

from __future__ import annotations

import json
from pathlib import Path as _Path
from typing import Any, Dict, List, Mapping, Optional

from ._document import Document, table
from ._kaifang import (
    catalog_template,
    check_catalog,
    export_catalog,
    legislation_of,
    load_catalog_sheet,
    merge_catalogs,
    parse_catalog,
    read_catalog,
    read_catalog_sheet,
    rest_on,
)
from ._kaifang import check_entry as check
from ._kaifang import responsibility_list as _responsibility_list
from ._types import LegalDate, Path

__all__ = ["Catalog", "Filled", "Merged", "ResponsibilityList", "check", "read_sheet", "rest_on", "template"]


class Catalog(Document):
    """A catalog: its entries, and who compiled them."""

    #: Its id.
    id: str
    #: What it is called.
    name: Optional[str]
    #: The authority that compiles it: ``id``, ``name``.
    authority: Optional[Dict[str, str]]
    #: ``municipal``, whose catalog holds its districts' entries too, or ``district``.
    level: str
    #: The district's code.
    district: Optional[str]
    #: The day on which it was compiled.
    compiled: Optional[str]
    #: Its entries.
    entries: List[Dict[str, Any]]

    @staticmethod
    def from_dict(document: Mapping[str, Any]) -> Catalog:
        """A catalog from a dict; a field that it does not have is refused."""
        return Catalog(read_catalog(document))

    @staticmethod
    def load(path: Path) -> Catalog:
        """A catalog of a file: JSON, or a sheet (CSV, XLSX) in which every cell can be read."""
        if _Path(path).suffix.lower() in (".csv", ".xlsx"):
            return Catalog(load_catalog_sheet(path))
        return Catalog(parse_catalog(_Path(path).read_text(encoding="utf-8")))

    def check(self, *, at: LegalDate, reassess_months: int = 12) -> List[Dict[str, Any]]:
        """Everything that is wrong on a day: ``entry``, ``others``, ``problem`` each; none is good."""
        return check_catalog(self._data, at=at, reassess_months=reassess_months)

    def merge(self, *submitted: Catalog) -> Merged:
        """This catalog with those that were submitted merged into it; what is in dispute is left out and shown."""
        return Merged(merge_catalogs([self._data, *(catalog._data for catalog in submitted)]))

    def responsibility_list(self, *, at: LegalDate, reassess_months: int = 12) -> ResponsibilityList:
        """What each opening body answers for, and by when (A20)."""
        return ResponsibilityList(_responsibility_list(self._data, at=at, reassess_months=reassess_months))

    def to_dcat(
        self, *, base: Optional[str] = None, policy: str = "xian-2022-013", legislation: Optional[str] = None
    ) -> Dict[str, Any]:
        """DCAT-AP 3 as JSON-LD.

        ``base`` stands before an id in the IRI of a dataset's page; the instrument of ``policy`` is cited by its number
        and title, and by the IRI ``legislation`` where it has one.
        """
        cited = {**legislation_of(policy), **({} if legislation is None else {"iri": legislation})}
        publication = {"legislation": cited, **({} if base is None else {"base": base})}
        document: Dict[str, Any] = json.loads(export_catalog(self._data, "dcat", publication))
        return document

    def to_frictionless(self) -> Dict[str, Any]:
        """A Frictionless data package, version 2, of what is opened unconditionally by download."""
        package: Dict[str, Any] = json.loads(export_catalog(self._data, "frictionless"))
        return package

    def to_xlsx(self, path: Path) -> None:
        """Writes a workbook with Chinese headings; no cell becomes a formula."""
        _Path(path).write_bytes(export_catalog(self._data, "xlsx"))

    def to_csv(self, path: Path) -> None:
        """Writes CSV with Chinese headings, UTF-8 with a byte order mark."""
        _Path(path).write_bytes(export_catalog(self._data, "csv"))

    def __repr__(self) -> str:
        return f"<Catalog {self.id}: {len(self.entries)} entries>"


class Merged(Document):
    """Catalogs merged, and what is in dispute."""

    #: ``kind``, ``cite``, ``kept``, ``fields``, ``zh``, ``en``, ``sides`` (``catalog``, ``source``, ``entry``) each.
    conflicts: List[Dict[str, Any]]

    @property
    def catalog(self) -> Catalog:
        """The authority's catalog, with every entry that is not in dispute."""
        return Catalog(self._data["catalog"])

    def __repr__(self) -> str:
        return f"<Merged {self.catalog.id}: {len(self.catalog.entries)} entries, {len(self.conflicts)} conflicts>"


class Filled(Document):
    """A catalog as it stood in a sheet, and every cell that can't be read."""

    #: ``row``, ``column``, ``zh``, ``en`` each.
    problems: List[Dict[str, Any]]

    @property
    def catalog(self) -> Catalog:
        """The catalog, with the entries of every row that could be read."""
        return Catalog(self._data["catalog"])


class ResponsibilityList(Document):
    """The responsibility list: what each opening body answers for, and by when."""

    #: The id of the catalog that it was made from.
    catalog: str
    #: The day that it was made for.
    on: str
    #: ``body``, ``responsible``, ``entries``, ``updates_overdue``, ``reassessments_due`` each.
    bodies: List[Dict[str, Any]]

    def _repr_html_(self) -> str:
        def due(entry: Dict[str, Any], day: str, late: str) -> str:
            return f"{entry.get(day, '')}{' 逾期 due' if entry[late] else ''}"

        rows = [
            (
                body.get("body", {}).get("name", "–"),
                entry.get("name", entry["id"]),
                entry.get("openness", "–"),
                due(entry, "next_update", "update_overdue"),
                due(entry, "reassess_by", "reassessment_due"),
                ", ".join(problem["field"] for problem in entry.get("problems", [])),
            )
            for body in self.bodies
            for entry in body["entries"]
        ]
        return table(("主体 body", "数据 dataset", "属性 openness", "更新 update", "评估 assess", "问题 problems"), rows)

    def __repr__(self) -> str:
        return f"<ResponsibilityList {self.catalog} on {self.on}: {len(self.bodies)} bodies>"


def read_sheet(path: Path) -> Filled:
    """A filled sheet (CSV in UTF-8 or GB18030, XLSX); every cell that can't be read is named by row and heading."""
    return Filled(read_catalog_sheet(path))


def template(path: Path) -> None:
    """Writes the Excel template that officials fill in: Chinese headings, drop-downs, notes."""
    _Path(path).write_bytes(catalog_template())
