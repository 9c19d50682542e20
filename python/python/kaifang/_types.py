"""What the functions take, for type checkers."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any, Callable, Iterable, Mapping, Optional, Protocol, Tuple, Union

from ._kaifang import Sheet


class ArrowStream(Protocol):
    """A table by the Arrow PyCapsule interface: pyarrow, polars, pandas, DuckDB, …"""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class ArrowArray(Protocol):
    """One batch by the Arrow PyCapsule interface."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


class ArrowSchema(Protocol):
    """The columns of a table, without rows."""

    def __arrow_c_schema__(self) -> Any: ...


#: A path.
Path = Union[str, "os.PathLike[str]"]
#: A table: Arrow, a path (CSV, Excel, Parquet, Arrow IPC), a sheet of an Excel workbook, or batches one after another.
Data = Union[ArrowStream, ArrowArray, Path, Sheet, Iterable[Union[ArrowStream, ArrowArray]]]
#: A legal date: a date, an aware datetime (its date in Asia/Shanghai), or either as ISO text.
LegalDate = Union[date, datetime, str]
#: An instant: an aware datetime, or RFC 3339 text with an offset.
Instant = Union[datetime, str]
#: Fact → value; None is unknown.
Facts = Mapping[str, Union[bool, str, None]]
#: Called as ``progress(stage, done, total, bytes)``, or without the last where it takes three: rows that are done, rows
#: in all where that is known, and bytes of the result that are written (0 where none are). An exception stops the job.
Progress = Union[Callable[[str, int, Optional[int], int], object], Callable[[str, int, Optional[int]], object]]
#: Arrow's capsules of one batch.
Capsules = Tuple[Any, Any]
