"""Nested columns by their paths, and transforms that see a whole column first, of any Arrow object."""

import collections
import hashlib

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import refused

import kaifang

NESTED = """
v = 1
dataset = "d"
[columns]
"contact.xm"       = { do = "mask", kind = "person_name" }
"contact.phones[]" = { do = "mask", kind = "mobile" }
"orders[].je"      = { do = "keep" }
"orders[].note"    = { do = "drop" }
"""
ROWS = [
    {"contact": {"xm": "欧阳娜娜", "phones": ["13900001111", "12"]}, "orders": [{"je": 1, "note": "a"}, {"je": None, "note": "b"}]},
    {"contact": None, "orders": []},
    {"contact": {"xm": None, "phones": None}, "orders": None},
    {"contact": {"xm": "张三", "phones": []}, "orders": [None, {"je": 2, "note": None}]},
]
TREATED = [
    {"contact": {"xm": "欧阳**", "phones": ["139****1111", "[redacted]"]}, "orders": [{"je": 1}, {"je": None}]},
    {"contact": None, "orders": []},
    {"contact": {"xm": None, "phones": None}, "orders": None},
    {"contact": {"xm": "张*", "phones": []}, "orders": [None, {"je": 2}]},
]


def test_every_part_is_treated_by_its_own_entry():
    plan = kaifang.Plan.parse(NESTED)
    for data in (pa.Table.from_pylist(ROWS), pl.from_dicts(ROWS)):
        table, applied = plan.apply(data)
        assert table.to_pyarrow().to_pylist() == TREATED
        counts = {column["name"]: (column["rows"], column["nulls"], column["invalid"]) for column in applied.columns}
        assert counts == {
            "contact.xm": (4, 2, 0),
            "contact.phones[]": (2, 0, 1),
            "orders[].je": (4, 2, 0),
            "orders[].note": (4, 2, 0),
        }
        assert applied.dropped == ["orders[].note"]
        applied.verify(table)
        other = pa.Table.from_pylist([*TREATED[:3], {**TREATED[3], "orders": [{"je": 2}, None]}])
        with pytest.raises(kaifang.KaifangError) as caught:
            applied.verify(other)
        assert caught.value.code == "KF-PLAN-17"


def digest(what, cells):
    """The digest of a column, from its definition."""
    out = hashlib.sha256(f"kaifang/{what}/v1\0".encode())
    for cell in cells:
        logical = None if cell is None else str(cell).encode()
        length = 0 if logical is None else len(logical) + 1
        while length >= 128:
            out.update(bytes([length % 128 + 128]))
            length //= 128
        out.update(bytes([length]) + (logical or b""))
    return f"sha256:{out.hexdigest()}"


def test_each_part_has_the_digest_of_its_cells():
    _, applied = kaifang.Plan.parse(NESTED).apply(pa.Table.from_pylist(ROWS))
    contacts = [row["contact"] for row in TREATED]
    phones = [contact and contact["phones"] for contact in contacts]
    orders = [row["orders"] for row in TREATED]
    items = [item for items in orders if items for item in items]
    length = lambda items: None if items is None else len(items)  # noqa: E731
    assert applied.output_digests == {
        "contact": digest("struct", [contact and "true" for contact in contacts]),
        "contact.xm": digest("column", [contact and contact["xm"] for contact in contacts]),
        "contact.phones": digest("list", map(length, phones)),
        "contact.phones[]": digest("column", [phone for each in phones if each for phone in each]),
        "orders": digest("list", map(length, orders)),
        "orders[]": digest("struct", [item and "true" for item in items]),
        "orders[].je": digest("column", [item and item["je"] for item in items]),
    }


def test_a_part_that_the_plan_does_not_name_is_refused():
    with pytest.raises(kaifang.PlanError) as caught:
        kaifang.Plan.parse(NESTED.replace('"contact.xm"', "# ")).apply(pa.Table.from_pylist(ROWS))
    refused(caught.value, kaifang.PlanError, "KF-PLAN-10")


def test_a_file_of_nested_columns_holds_nothing_that_was_treated(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "in.parquet")
    plan = kaifang.Plan.parse(NESTED)
    applied = plan.apply_file(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == TREATED
    applied.verify(tmp_path / "out.parquet")
    written = (tmp_path / "out.parquet").read_bytes()
    assert not any(value.encode() in written for value in ("欧阳娜娜", "张三", "13900001111"))


def test_values_change_rows_under_a_key(keyring):
    plan = kaifang.Plan.parse('v = 1\ndataset = "d"\n[columns]\nc = { do = "shuffle", key = "k1" }\nn = { do = "keep" }')
    cells = [f"{n}" if n % 4 else None for n in range(400)]
    rows = {"c": cells, "n": list(range(400))}
    table, applied = plan.apply(pa.table(rows), keys=keyring)
    out = table.to_pyarrow().to_pydict()
    assert collections.Counter(out["c"]) == collections.Counter(cells) and out["n"] == rows["n"]
    assert [cell is None for cell in out["c"]] == [cell is None for cell in cells]
    assert applied.columns[0]["changed"] == sum(a != b for a, b in zip(out["c"], cells, strict=True)) > 250
    again, _ = plan.apply(pl.DataFrame(rows).lazy().collect(), keys=keyring)
    assert again.to_pyarrow().to_pydict() == out
    few, applied = plan.apply(pa.table({"c": ["a", "b"], "n": [1, 2]}), keys=keyring)
    assert few.to_pyarrow()["c"].to_pylist() == ["[redacted]"] * 2 and applied.columns[0]["invalid"] == 2


@pytest.mark.parametrize("bins", [2, 4, 10])
def test_quantiles_hold_about_as_many_values_each(bins):
    """Polars' own quantile, the higher of two values, is where a bin begins."""
    plan = kaifang.Plan.parse(f'v = 1\ndataset = "d"\n[columns]\nc = {{ do = "generalize", quantiles = {bins} }}')
    values = [(n * 7919) % 1009 for n in range(1000)]
    table, _ = plan.apply(pa.table({"c": values}))
    counts = collections.Counter(table.to_pyarrow()["c"].to_pylist())
    assert len(counts) == bins and all(abs(count - 1000 / bins) <= 1 for count in counts.values())
    begins = sorted(int(name[1:].split(",")[0]) for name in counts if name.startswith("["))
    ordered = sorted(values)
    assert begins == [ordered[k * 1000 // bins] for k in range(1, bins)]
