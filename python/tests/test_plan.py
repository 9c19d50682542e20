"""Treatment: what the plan says happens, what it can't say is refused, and the proof counts it all."""

import os

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CHECKED_IDS, refused

import kaifang

PLAN = """
v = 1
dataset = "xa-resident"
[columns]
xm   = { do = "mask", kind = "person_name" }
sfzh = { do = "token", kind = "resident_id", key = "k1" }
lxdh = { do = "mask", keep_prefix = 3, keep_suffix = 4 }
csrq = { do = "generalize", to = "year" }
bz   = { do = "drop" }
je   = { do = "keep" }
"""
ROWS = {
    "xm": ["张三", None, "欧阳小明"],
    "sfzh": [*CHECKED_IDS[:2], "not an id"],
    "lxdh": ["13900001111", "1", None],
    "csrq": ["1990-03-07", "19851231", "someday"],
    "bz": ["a", "b", "c"],
    "je": [1, 2, None],
}


@pytest.fixture
def plan():
    return kaifang.Plan.parse(PLAN)


def test_every_column_gets_what_the_plan_says(plan, keyring):
    table, applied = plan.apply(pa.table(ROWS), keys=keyring)
    out = table.to_pyarrow().to_pydict()
    assert list(out) == ["xm", "sfzh", "lxdh", "csrq", "je"] == table.column_names
    assert out["lxdh"] == ["139****1111", "[redacted]", None] and out["je"] == [1, 2, None]
    assert out["csrq"][0] == "1990" and out["csrq"][2] == "[redacted]"
    assert out["sfzh"][0].startswith("k1.") and out["sfzh"][2] == "[redacted]" and out["xm"][1] is None
    counts = {column["name"]: (column["nulls"], column["invalid"]) for column in applied.columns}
    assert counts == {"xm": (1, 0), "sfzh": (0, 1), "lxdh": (1, 1), "csrq": (0, 1), "bz": (0, 0), "je": (1, 0)}
    assert applied.rows == 3 and applied.dropped == ["bz"] and applied.plan == plan.hash
    assert applied.outcome["desensitization"] == "deidentified"
    shown = repr(table) + repr(applied) + str(applied.to_dict())
    assert not any(str(value) in shown for value in ROWS["sfzh"] + ROWS["lxdh"][:1])


def test_the_answer_goes_to_every_library(plan, keyring):
    table, _ = plan.apply(pl.DataFrame(ROWS), keys=keyring)
    assert len(table) == table.num_rows == 3 and table.num_columns == 5
    assert pl.DataFrame(table).equals(table.to_polars()) and pa.table(table).equals(table.to_pyarrow())
    assert table.to_pandas()["lxdh"].iloc[0] == "139****1111"
    assert pa.schema(table).names == table.column_names
    again, applied = kaifang.Plan.from_dict(
        {"v": 1, "dataset": "again", "columns": {name: {"do": "keep"} for name in table.column_names}}
    ).apply(table)
    assert again.to_pyarrow() == table.to_pyarrow()


def test_batches_of_any_size_and_type_give_the_same_values(plan, keyring):
    whole, proof = plan.apply(pa.table(ROWS), keys=keyring)
    pieces, same = plan.apply(iter(pa.table(ROWS).to_batches(max_chunksize=1)), keys=keyring)
    assert whole.to_pyarrow() == pieces.to_pyarrow() and proof == same
    categorical = pl.DataFrame(ROWS).with_columns(pl.col("xm", "sfzh").cast(pl.Categorical))
    assert plan.apply(categorical, keys=keyring)[0].to_polars().equals(whole.to_polars())


def test_an_empty_table_keeps_its_columns(plan, keyring):
    table, applied = plan.apply(pa.table(ROWS).slice(0, 0), keys=keyring)
    assert table.num_rows == 0 and applied.rows == 0 and "sfzh" in table.column_names


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.arrow"])
def test_from_file_to_file(plan, keyring, tmp_path, name):
    pq.write_table(pa.table(ROWS), tmp_path / "in.parquet")
    told = []
    applied = plan.apply_file(
        tmp_path / "in.parquet",
        tmp_path / name,
        keys=keyring,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    assert applied.rows == 3 and told[-1][:2] == ("apply", 3)
    _, proof = plan.apply(tmp_path / "in.parquet", keys=keyring)
    assert proof == applied
    keep = kaifang.Plan.from_dict(
        {"v": 1, "dataset": "d", "columns": dict.fromkeys(("xm", "sfzh", "lxdh", "csrq", "je"), {"do": "keep"})}
    )
    table, _ = keep.apply(tmp_path / name)
    assert table.to_pyarrow().column("lxdh").to_pylist() == ["139****1111", "[redacted]", None]


def test_a_stream_larger_than_a_batch_goes_to_a_file(plan, keyring, tmp_path):
    chunk = pa.table(ROWS).to_batches()[0]
    applied = plan.apply_file((chunk for _ in range(1000)), tmp_path / "out.parquet", keys=keyring)
    assert applied.rows == 3000 == pq.read_metadata(tmp_path / "out.parquet").num_rows


def test_progress_tells_the_bytes_that_are_written_to_whoever_takes_them(tmp_path):
    chunk = pa.table({"je": [str(number) * 20 for number in range(20_000)]}).to_batches()[0]
    keep = kaifang.Plan.from_dict({"v": 1, "dataset": "d", "columns": {"je": {"do": "keep"}}})

    class Bar:
        def __init__(self):
            self.told = []

        def __call__(self, stage, done, total, written):
            self.told.append((stage, done, total, written))

    bar, few, all_of_it = Bar(), [], []
    treat = lambda progress: keep.apply_file([chunk] * 5, tmp_path / "out.csv", progress=progress)
    treat(bar)
    size = (tmp_path / "out.csv").stat().st_size
    assert [(stage, done, total) for stage, done, total, _ in bar.told] == [
        ("apply", 20_000 * n, None) for n in range(1, 6)
    ]
    written = [told[3] for told in bar.told]
    # What is left in the buffer comes at the end.
    assert written == sorted(written) and size / 6 < written[0] and size - 65_536 < written[-1] <= size
    treat(lambda *told: all_of_it.append(told))
    treat(lambda stage, done, total: few.append((stage, done, total)))
    assert all_of_it == bar.told and few == [told[:3] for told in bar.told]
    # Where nothing is written, as of a table in memory.
    keep.apply(chunk, progress=lambda *told: all_of_it.append(told))
    assert all_of_it[-1] == ("apply", 20_000, None, 0) or all_of_it[-1] == ("apply", 20_000, 20_000, 0)
    for wrong in (7, lambda: None):
        with pytest.raises(TypeError):
            treat(wrong)


def test_progress_tells_of_the_first_reading_too(keyring):
    shuffle = kaifang.Plan.from_dict({"v": 1, "dataset": "d", "columns": {"je": {"do": "shuffle", "key": "k1"}}})
    table, told = pa.table({"je": list(range(1000))}), []
    shuffle.apply(table, keys=keyring, progress=lambda stage, done, total: told.append((stage, done)))
    assert told == [("gather", 1000), ("apply", 1000)]

    def stop(stage, done, total):
        raise LookupError(stage)

    with pytest.raises(LookupError, match="gather"):
        shuffle.apply(table, keys=keyring, progress=stop)


def test_nothing_is_left_where_anything_failed(plan, keyring, tmp_path):
    def broken():
        yield pa.table(ROWS)
        raise LookupError("gone")

    with pytest.raises(LookupError):
        plan.apply_file(broken(), tmp_path / "out.csv", keys=keyring)

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan.apply_file(pa.table(ROWS), tmp_path / "out.csv", keys=keyring, progress=stop)
    assert os.listdir(tmp_path) == []


def test_a_table_is_not_treated_onto_itself(plan, keyring, tmp_path):
    table = tmp_path / "in.parquet"
    pq.write_table(pa.table(ROWS), table)
    before = table.read_bytes()
    with pytest.raises(kaifang.TableError) as caught:
        plan.apply_file(table, tmp_path / "." / "in.parquet", keys=keyring)
    refused(caught.value, kaifang.TableError, "KF-TABLE-25")
    assert table.read_bytes() == before


def test_an_unnamed_column_is_refused(plan, keyring):
    more = pa.table({**ROWS, "sfzh2": ["x", "y", "z"]})
    for wrong in (
        lambda: plan.apply(more, keys=keyring),
        lambda: plan.apply(pa.table(ROWS).drop_columns("xm"), keys=keyring),
        lambda: plan.apply_file(more, "never", keys=keyring),
    ):
        with pytest.raises(kaifang.PlanError) as caught:
            wrong()
        refused(caught.value, kaifang.PlanError)
    problems = plan.check(more.schema)
    assert [problem["where"] for problem in problems] == ["columns.sfzh2"] and problems[0]["zh"]
    assert plan.check(more) == problems and plan.check(pa.table(ROWS)) == []
    with pytest.raises(TypeError):
        plan.check(7)


def test_a_missing_key_is_refused(plan):
    other = kaifang.Keyring.from_bytes({"k2": b"0123456789abcdef"})
    for keys in (None, other):
        with pytest.raises(kaifang.KeyringError) as caught:
            plan.apply(pa.table(ROWS), keys=keys)
        refused(caught.value, kaifang.KeyringError)
    with pytest.raises(TypeError):
        plan.apply(pa.table(ROWS), keys={"k1": b"0123456789abcdef"})


@pytest.mark.parametrize(
    "text", ["", "v = 2", "not toml [", PLAN.replace('"mask"', '"hash"'), PLAN.replace("keep_prefix = 3", "keep = 3")]
)
def test_a_wrong_plan_is_refused(text, tmp_path):
    (tmp_path / "plan.toml").write_text(text)
    for wrong in (
        lambda: kaifang.Plan.parse(text),
        lambda: kaifang.Plan.load(tmp_path / "plan.toml"),
        lambda: kaifang.Plan.load(tmp_path / "absent.toml"),
        lambda: kaifang.Plan.from_dict({"v": 1}),
        lambda: kaifang.Plan.from_dict([]),
    ):
        with pytest.raises(kaifang.PlanError) as caught:
            wrong()
        refused(caught.value, kaifang.PlanError)


def test_a_plan_is_the_same_in_toml_and_as_a_dict(plan, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    assert kaifang.Plan.from_dict(plan.to_dict()).hash == kaifang.Plan.load(tmp_path / "plan.toml").hash == plan.hash
    assert plan.dataset == "xa-resident" and plan.keys == ["k1"] and "xa-resident" in repr(plan)


def test_a_hierarchy_file_is_read_beside_the_plan_and_covered_by_its_hash(tmp_path):
    text = 'v = 1\ndataset = "d"\n[columns]\njb = { do = "generalize", level = 1, %s }'
    (tmp_path / "plan.toml").write_text(text % 'hierarchy_file = "jb.csv"')
    (tmp_path / "jb.csv").write_text("哮喘;呼吸系统疾病;疾病\n骨折;损伤;疾病\n", "utf-8")
    plan = kaifang.Plan.load(tmp_path / "plan.toml")
    written = 'hierarchy = { "哮喘" = ["呼吸系统疾病", "疾病"], "骨折" = ["损伤", "疾病"] }'
    assert plan.hash == kaifang.Plan.parse(text % written).hash
    table, _ = plan.apply(pa.table({"jb": ["骨折", "哮喘", "感冒"]}))
    assert pa.table(table).column("jb").to_pylist() == ["损伤", "呼吸系统疾病", "[redacted]"]
    with pytest.raises(kaifang.PlanError, match="hierarchy_file") as caught:
        kaifang.Plan.parse(text % 'hierarchy_file = "jb.csv"')
    assert caught.value.code == "KF-PLAN-50"
    (tmp_path / "jb.csv").write_text("哮喘;疾病\n\n骨折;疾病\n", "utf-8")
    with pytest.raises(kaifang.PlanError) as caught:
        kaifang.Plan.load(tmp_path / "plan.toml")
    assert caught.value.code == "KF-PLAN-52" and caught.value.where.endswith("line 2")


def test_a_plan_is_proposed_with_reasons_and_shown_on_invented_values():
    people = {"xm": ["张三", "李四"], "sfzh": CHECKED_IDS[:2], "je": [1, 2]}
    plan, reasons = kaifang.Plan.suggest(pa.table(people), sharing="public", dataset="people", key="k7")
    assert {reason["column"]: reason["do"] for reason in reasons} == {"xm": "redact", "sfzh": "token", "je": "keep"}
    assert all(reason["zh"] and reason["en"] for reason in reasons) and plan.keys == ["k7"]
    preview = {column["name"]: column for column in plan.preview()["columns"]}
    shown = [value["after"] for value in preview["sfzh"]["values"]]
    assert shown[0].startswith("k7.") and shown[-1] == "[redacted]"
    assert not any(value in str(preview) for value in people["sfzh"])
    with pytest.raises(ValueError, match="controlled"):
        kaifang.Plan.suggest(pa.table(people), sharing="everybody", dataset="people")


def test_tokens_are_rotated_without_the_values(plan, keyring):
    table, _ = plan.apply(pa.table({name: cells[:2] for name, cells in ROWS.items()}), keys=keyring)
    both = kaifang.Keyring.from_bytes({"k1": b"k" * 32, "k2": b"another secret of 32 bytes......"})
    rotation = kaifang.Plan.rotate(
        table, dataset="xa-resident", columns={"sfzh": "resident_id"}, old="k1", new="k2"
    )
    rotated, applied = rotation.apply(table, keys=both)
    old, new = table.to_pyarrow()["sfzh"].to_pylist(), rotated.to_pyarrow()["sfzh"].to_pylist()
    assert all(token.startswith("k2.") for token in new) and len(set(new)) == len(set(old)) == 2
    assert rotated.to_pyarrow().drop_columns("sfzh").equals(table.to_pyarrow().drop_columns("sfzh"))
    with pytest.raises(kaifang.PlanError) as caught:
        rotation.apply(pa.table({**table.to_pyarrow().to_pydict(), "sfzh": ["x", "y"]}), keys=both)
    refused(caught.value, kaifang.PlanError)


@pytest.mark.parametrize(("form", "width"), [("bytes16", 16), ("bytes32", 32)])
def test_tokens_of_bytes_are_rotated_to_as_many(form, width):
    both = kaifang.Keyring.from_bytes({"k1": b"k" * 32, "k2": b"another secret of 32 bytes......"})
    entry = {"do": "token", "kind": "resident_id", "key": "k1", "form": form}
    plan = kaifang.Plan.from_dict({"v": 1, "dataset": "d", "columns": {"sfzh": entry}})
    ids = [*CHECKED_IDS[:2], None, CHECKED_IDS[0]]
    old = plan.apply(pa.table({"sfzh": ids}), keys=both)[0].to_pyarrow()
    named = dict(dataset="d", columns={"sfzh": "resident_id"}, old="k1", new="k2")
    loose = old.cast(pa.schema([("sfzh", pa.binary())]))
    rotated = []
    for table, asked in ((old, None), (old, form), (loose, form)):
        rotation = kaifang.Plan.rotate(table, **named, form=asked)
        new, applied = rotation.apply(table, keys=both)
        assert new.to_pyarrow().schema.field("sfzh").type == pa.binary(width)
        assert applied.columns[0]["changed"] == 3 and applied.columns[0]["nulls"] == 1
        rotated.append(new.to_pyarrow()["sfzh"].to_pylist())
    first, second, missing, again = rotated[0]
    assert rotated[0] == rotated[1] == rotated[2] and missing is None
    assert first == again != second and first != old["sfzh"][0].as_py() and len(first) == width
    # Another width is no token; that the bytes are tokens of k1 nothing tells.
    wrong = pa.table({"sfzh": pa.array([old["sfzh"][0].as_py(), b"\0" * (width - 1)], pa.binary())})
    with pytest.raises(kaifang.PlanError) as caught:
        kaifang.Plan.rotate(wrong, **named, form=form).apply(wrong, keys=both)
    assert refused(caught.value, kaifang.PlanError, "KF-PLAN-14").where == "columns.sfzh, row 2"
    for asked in ("text", "bytes32" if width == 16 else "bytes16"):
        with pytest.raises(kaifang.PlanError) as caught:
            kaifang.Plan.rotate(old, **named, form=asked).apply(old, keys=both)
        refused(caught.value, kaifang.PlanError, "KF-PLAN-13")
    with pytest.raises(ValueError, match="bytes16"):
        kaifang.Plan.rotate(old, **named, form="bytes")


def test_a_proof_tells_its_output_from_every_other_table(plan, keyring, tmp_path):
    table, applied = plan.apply(pa.table(ROWS), keys=keyring)
    applied.verify(table)
    pq.write_table(table.to_pyarrow(), tmp_path / "out.parquet")
    applied.verify(tmp_path / "out.parquet")
    counted = kaifang.Applied({**applied.to_dict(), "rows": 4})
    for proof, other in ((applied, pa.table(ROWS)), (applied, table.to_pyarrow().slice(1)), (counted, table)):
        with pytest.raises(kaifang.IntegrityError) as caught:
            proof.verify(other)
        refused(caught.value, kaifang.IntegrityError, "KF-PLAN-17")


def test_rows_are_removed_by_the_plan_and_counted():
    plan = kaifang.Plan.from_dict(
        {
            "v": 1,
            "dataset": "d",
            "rows": [{"do": "suppress", "column": "age", "above": 90}],
            "columns": {"age": {"do": "generalize", "width": 10}},
        }
    )
    table, applied = plan.apply(pa.table({"age": [17, 95, 60, None]}))
    assert table.to_pyarrow()["age"].to_pylist() == ["[10,20)", "[60,70)"]
    assert applied.rows == 2 and applied.removed == [{"do": "suppress", "column": "age", "rows": 2, "unjudged": 1}]
