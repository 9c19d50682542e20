"""A table may come from anywhere; the answer is the same."""

import os
import threading
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from conftest import CHECKED_IDS, refused

import kaifang

ROWS = {
    "sfzh": CHECKED_IDS,
    "lxdh": [f"1390000{n:04}" for n in range(len(CHECKED_IDS))],
    "xb": ["男", "女"] * (len(CHECKED_IDS) // 2),
    "je": list(range(len(CHECKED_IDS))),
}
TABLE = pa.table(ROWS)


def batches():
    yield from TABLE.to_batches(max_chunksize=7)


def frames():
    for start in range(0, len(CHECKED_IDS), 7):
        yield pl.DataFrame(ROWS)[start : start + 7]


FORMS = {
    "pyarrow table": lambda: TABLE,
    "pyarrow reader": lambda: pa.RecordBatchReader.from_batches(TABLE.schema, batches()),
    "pyarrow batch": lambda: TABLE.to_batches()[0],
    "pyarrow dictionary": lambda: TABLE.set_column(2, "xb", TABLE.column("xb").dictionary_encode()),
    "pyarrow sliced": lambda: pa.concat_tables([TABLE, TABLE]).slice(len(CHECKED_IDS)),
    "polars": lambda: pl.DataFrame(ROWS),
    "polars categorical": lambda: pl.DataFrame(ROWS).with_columns(pl.col("xb").cast(pl.Categorical)),
    "polars enum": lambda: pl.DataFrame(ROWS).with_columns(pl.col("xb").cast(pl.Enum(["男", "女"]))),
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas categorical": lambda: pd.DataFrame(ROWS).astype({"xb": "category"}),
    "list of batches": lambda: list(batches()),
    "iterator of batches": batches,
    "iterator of frames": frames,
}


@pytest.fixture(scope="module")
def expected():
    return kinds(kaifang.scan(TABLE))


def kinds(findings):
    return {column["name"]: (column["kind"], column["role"]) for column in findings.columns}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_is_the_same_table(form, expected):
    findings = kaifang.scan(FORMS[form]())
    assert findings.rows == len(CHECKED_IDS) and kinds(findings) == expected
    assert expected["sfzh"] == ("resident_id", "direct") and expected["lxdh"] == ("mobile", "direct")


def test_files_are_read_by_their_content(tmp_path, expected):
    pa.csv.write_csv(TABLE, tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes((tmp_path / "a.csv").read_bytes().decode().encode("gb18030"))
    pa.parquet.write_table(TABLE, tmp_path / "c.parquet")
    pa.feather.write_feather(TABLE, tmp_path / "d.arrow", compression="uncompressed")
    for path in sorted(tmp_path.iterdir()):
        assert kinds(kaifang.scan(path)) == expected, path.name
        assert kaifang.scan(os.fspath(path)).rows == len(CHECKED_IDS)


def test_content_has_one_digest_whatever_holds_it(tmp_path):
    digest = kaifang.content_digest(TABLE)
    assert digest.startswith("sha256:") and len(digest) == 71
    pa.parquet.write_table(TABLE, tmp_path / "t.parquet")
    for same in (pl.DataFrame(ROWS), pd.DataFrame(ROWS), batches(), tmp_path / "t.parquet", FORMS["polars categorical"]()):
        assert kaifang.content_digest(same) == digest
    for other in (TABLE.slice(1), TABLE.select(["lxdh", "sfzh", "xb", "je"]), TABLE.rename_columns(["a", "b", "c", "d"])):
        assert kaifang.content_digest(other) != digest


def test_findings_hold_no_value():
    findings = kaifang.scan(TABLE)
    shown = "".join([repr(findings), findings._repr_html_(), str(findings.to_dict())])
    assert not any(value in shown for value in CHECKED_IDS) and "sfzh" in findings._repr_html_()


@pytest.mark.parametrize(
    "data", [None, 7, object(), [], {}, [1, 2], pa.array(["a"]), pl.Series(["a"]), pd.Series(["a"]), iter([TABLE, 3])]
)
def test_what_is_no_table_is_refused(data):
    with pytest.raises(TypeError):
        kaifang.scan(data)


def test_a_later_batch_with_other_columns_is_refused():
    with pytest.raises(kaifang.TableError) as caught:
        kaifang.scan(iter([TABLE, TABLE.drop_columns("sfzh")]))
    refused(caught.value, kaifang.TableError)


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(kaifang.TableError) as caught:
        kaifang.scan(pa.table([pa.array(["1"]), pa.array(["2"])], names=["a", "a"]))
    refused(caught.value, kaifang.TableError)


def test_text_that_is_not_utf8_is_refused():
    # Built around pyarrow's own checks, as a faulty producer would.
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    with pytest.raises(kaifang.TableError) as caught:
        kaifang.scan(pa.table({"xm": broken}))
    refused(caught.value, kaifang.TableError)


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()])
def test_dictionary_keys_out_of_range_are_refused(kind):
    for wrong in [1, 5] + [-1] * pa.types.is_signed_integer(kind):
        keys = pa.array([0, None, wrong, 0], kind)
        broken = pa.DictionaryArray.from_arrays(keys, pa.array(["a"]), safe=False)
        for table in (pa.table({"xm": broken}), pa.table({"xm": broken[1:3]})):
            with pytest.raises(kaifang.TableError) as caught:
                kaifang.scan(table)
            refused(caught.value, kaifang.TableError)
        # What no row reads may be anything.
        assert kaifang.scan(pa.table({"xm": broken[:2]})).rows == 2


def test_a_null_key_may_be_anything():
    nulls = pa.py_buffer(b"\x05")
    keys = pa.Array.from_buffers(pa.int8(), 3, [nulls, pa.py_buffer(b"\0\x7f\0")])
    assert kaifang.scan(pa.table({"xm": pa.DictionaryArray.from_arrays(keys, pa.array(["a"]))})).rows == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ragged.csv", b"a,b\n1,2\n3\n"),
        ("undecodable.csv", b"xm,a\n\xff\xff\xff,1\n"),
        ("empty.csv", b""),
        ("truncated.parquet", b"PAR1\0\0\0\0PAR1"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for path in (tmp_path / name, tmp_path / "absent.csv"):
        with pytest.raises(kaifang.TableError) as caught:
            kaifang.scan(path)
        refused(caught.value, kaifang.TableError)


def test_an_exception_of_the_callers_iterator_arrives_as_it_is():
    def broken():
        yield TABLE
        raise LookupError("the database went away")

    with pytest.raises(LookupError, match="the database went away"):
        kaifang.scan(broken(), all=True)


def test_progress_is_told_and_stops_the_job():
    told = []
    kaifang.scan(batches(), all=True, progress=lambda stage, done, total: told.append((stage, done)))
    assert told and told[-1][1] == len(CHECKED_IDS)

    class Enough(Exception):
        pass

    def stop(stage, done, total):
        raise Enough

    with pytest.raises(Enough):
        kaifang.scan(batches(), all=True, progress=stop)


def test_other_threads_run_while_a_job_works():
    big = pa.concat_tables([TABLE] * 500)
    ticks, stop = 0, threading.Event()

    def job():
        kaifang.scan(big, all=True)
        stop.set()

    thread = threading.Thread(target=job)
    thread.start()
    while not stop.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 3


def test_the_sheet_of_a_workbook_is_a_table(tmp_path):
    keep = {"v": 1, "dataset": "d", "columns": {name: {"do": "keep"} for name in ROWS}}
    book = tmp_path / "book.xlsx"
    applied = kaifang.Plan.from_dict(keep).apply_file(TABLE, book)
    sheet = kaifang.Sheet(book, "Sheet1")
    assert repr(sheet) == f'<kaifang.Sheet "Sheet1" of "{book}">'
    assert kaifang.scan(sheet).to_dict()["columns"] == kaifang.scan(book).to_dict()["columns"]
    applied.verify(sheet)
    with pytest.raises(kaifang.TableError) as raised:
        kaifang.scan(kaifang.Sheet(str(book), "人口"))
    assert raised.value.code == "KF-TABLE-27"
    (tmp_path / "people.csv").write_text("xm\n张三\n", encoding="utf-8")
    with pytest.raises(kaifang.TableError) as raised:
        kaifang.scan(kaifang.Sheet(tmp_path / "people.csv", "Sheet1"))
    assert raised.value.code == "KF-TABLE-23"
