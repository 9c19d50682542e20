"""The open catalog (A19.2): entries are plain dicts.

>>> from kaifang import catalog
>>> problems = catalog.check({"v": 1, "id": "xa-resident", "name": "常住人口基本信息"})
>>> sorted(problem["field"] for problem in problems if problem["cite"] == "A19.2")
['access_ways', 'body', 'data_type', 'format', 'openness', 'update_frequency']
"""

from __future__ import annotations

from ._kaifang import check_entry as check
from ._kaifang import rest_on

__all__ = ["check", "rest_on"]
