#!/usr/bin/env python3
"""Imports in core go down the floors only, the data wing knows no law, and the law wing knows no table.

Reads `crate::room` paths from every source file of core but the tests. Exits 1 with every import that goes up or across.
"""

import pathlib
import re
import sys

FOUNDATION = {"terms", "canon", "error", "crypto", "calendar"}
# room -> the rooms it may import
MAY = {
    "error": None,  # holds any room's error, by definition
    "terms": {"error"},
    "canon": {"error", "terms"},
    "crypto": {"error", "terms", "canon"},
    "calendar": {"error", "terms", "canon"},
    "kinds": FOUNDATION,
    "table": FOUNDATION,
    "detect": FOUNDATION | {"kinds", "table"},
    "desensitize": FOUNDATION | {"kinds", "table", "detect"},  # `detect`: the spans of free text
    "risk": FOUNDATION | {"kinds", "table", "detect", "desensitize"},
    "policy": FOUNDATION,
    "ledger": FOUNDATION,
    "catalog": FOUNDATION | {"policy", "ledger"},
    "process": FOUNDATION | {"policy", "ledger", "catalog"},
    "gate": FOUNDATION | {"policy", "ledger", "catalog", "process"},
    "audit": FOUNDATION | {"policy", "ledger", "catalog", "process", "gate"},
    "assess": FOUNDATION
    | {"kinds", "table", "detect", "desensitize", "risk"}
    | {"policy", "ledger", "catalog", "process", "gate", "audit"},
}
MAY["report"] = MAY["assess"] | {"assess"}

# Leaves of the law wing that know tables: nothing else of their room does.
LEAVES = {
    ("policy", "columns"): {"table"},
    ("ledger", "export.rs"): {"table"},
    ("catalog", "sheets.rs"): {"table"},
}


def is_test(path):
    """A test may look at its room from above."""
    return path.stem == "tests" or path.stem.startswith("tests_")


def main():
    source = pathlib.Path(__file__).resolve().parent.parent / "core" / "src"
    findings = []
    for path in sorted(source.rglob("*.rs")):
        relative = path.relative_to(source)
        if is_test(path):
            continue
        room = relative.parts[0].removesuffix(".rs")
        if room in ("lib", "macros", "testing"):
            continue
        if room not in MAY:
            findings.append(f"{relative}: the room {room} stands on no floor; add it to {pathlib.Path(__file__).name}")
            continue
        may = MAY[room]
        if may is None:
            continue
        may = may | LEAVES.get(relative.parts[:2], set())
        # Error conversions name `crate::Error`, which is a type and not a room.
        text = "\n".join(line.split("//")[0] for line in path.read_text(encoding="utf-8").splitlines())
        if re.search(r"\bcrate::\{", text):
            findings.append(f"{relative}: write one `use crate::room` a line, so that its floor can be read")
        for match in re.finditer(r"\bcrate::(\w+)", text):
            other = match.group(1)
            if other in MAY and other != room and other not in may:
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{relative}:{line}: {room} may not import {other}")
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"floors: {len(findings)} findings")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
