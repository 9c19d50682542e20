"""A plan in Spark: a table cut into partitions and batches of any size has the same values as in one piece."""

import base64
import datetime
import inspect
import json
import os
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from treat import sizes, treat

import kaifang

# Nothing here goes through pandas.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")

BOOK = pathlib.Path(__file__).resolve().parents[2] / "docs" / "src"
ROWS = 12_000
BAD = "61010219900307 no id"
# Every transform that looks at one row alone but `encrypt`, whose nonces are random.
PLAN = """
v = 1
dataset = "xa-spark"
rows = [
  { do = "suppress", column = "income", above = 19000 },
  { do = "sample", column = "number", key = "k1", keep_ppm = 800000 },
]
[columns]
number  = { do = "keep" }
name    = { do = "mask", kind = "person_name" }
id      = { do = "fpe", kind = "resident_id", key = "k1", keep = ["province"], regions = "2022-10-31.1" }
person  = { do = "token", kind = "resident_id", key = "k1" }
subject = { do = "token", kind = "resident_id", key = "k1", mac = "hmac_sm3" }
mobile  = { do = "mask", keep_prefix = 3, keep_suffix = 4 }
born    = { do = "generalize", to = "quarter" }
age     = { do = "generalize", to = "age", at = "2026-11-01", width = 5 }
amount  = { do = "round", width = 5 }
income  = { do = "top_bottom", lowest = 100, highest = 9000 }
visit   = { do = "date_shift", key = "k1", subject = "subject", days = 30 }
visits  = { do = "noise", key = "k1", row_key = "number", distribution = "laplace", scale = 3 }
remark  = { do = "text", key = "k2" }
secret  = { do = "redact" }
empty   = { do = "null" }
gone    = { do = "drop" }
"phones[]"      = { do = "token", kind = "mobile", key = "k1", domain = "phones" }
"contact.email" = { do = "mask", kind = "email" }
"""


def invented() -> pa.Table:
    draw = random.Random(2026)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

    def resident(day):
        body = f"61010{draw.choice('234')}{day:%Y%m%d}{draw.randrange(1000):03}"
        return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights)) % 11]

    days = [datetime.date(1940, 1, 1) + datetime.timedelta(draw.randrange(25_000)) for _ in range(ROWS)]
    ids = [resident(day) for day in days]
    mobiles = [f"139{draw.randrange(10**8):08}" for _ in range(ROWS)]

    def some(values):
        return [None if draw.random() < 0.05 else value for value in values]

    return pa.table(
        {
            "number": pa.array(range(ROWS), pa.int64()),
            "name": some(draw.choice("张王李赵欧") + draw.choice("三四五六七") for _ in range(ROWS)),
            "id": some(ids),
            "person": some([id if draw.random() < 0.9 else BAD for id in ids]),
            "subject": ids,
            "mobile": some(mobiles),
            "born": some(days),
            "age": some(days),
            "amount": some(draw.randrange(100_000) for _ in range(ROWS)),
            "income": pa.array(some(draw.randrange(20_000) for _ in range(ROWS)), pa.int32()),
            "visit": some(datetime.date(2026, 1, 1) + datetime.timedelta(draw.randrange(300)) for _ in range(ROWS)),
            "visits": some(draw.randrange(50) for _ in range(ROWS)),
            "remark": some(f"联系人：张三，电话{mobile}" for mobile in mobiles),
            "secret": some("x" for _ in range(ROWS)),
            "empty": some("x" for _ in range(ROWS)),
            "gone": some("x" for _ in range(ROWS)),
            "phones": some(mobiles[at : at + at % 3] for at in range(ROWS)),
            "contact": some({"email": f"user{at}@example.com"} for at in range(ROWS)),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    secrets = {"k1": bytes(range(32)), "k2": bytes(range(32, 64))}
    keys = [{"id": id, "kind": "token", "secret": base64.b64encode(secret).decode()} for id, secret in secrets.items()]
    (folder / "keys.json").touch(0o600)
    (folder / "keys.json").write_text(json.dumps({"v": 1, "keys": keys}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def session(folder):
    # Spark's workers are processes of their own: they see what this one's environment says when the session starts.
    os.environ |= {
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(pathlib.Path(__file__).parent),
        "KAIFANG_PLAN": str(folder / "plan.toml"),
        "KAIFANG_KEYS": str(folder / "keys.json"),
    }
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def table():
    return invented()


@pytest.fixture(scope="module")
def whole(folder, table):
    treated, applied = kaifang.Plan.load(folder / "plan.toml").apply(table, keys=kaifang.Keyring.load(folder / "keys.json"))
    assert ROWS / 2 < len(treated) < ROWS and {"id", "person"} <= set(treated.column_names)
    assert next(column["invalid"] for column in applied.columns if column["name"] == "person") > 100
    return treated.to_pyarrow()


# Spark takes some milliseconds for a batch, so small ones have few rows.
@pytest.mark.parametrize(("partitions", "batch", "rows"), [(1, 10_000, ROWS), (7, 1000, ROWS), (2, 7, 700), (40, 1, 200)])
def test_partitions_and_batches_of_any_size_give_the_values_of_one_piece(session, table, whole, partitions, batch, rows):
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(batch))
    frame = session.createDataFrame(table.slice(0, rows)).repartition(partitions)
    cut = frame.mapInArrow(sizes, "rows long").toArrow().to_pydict()
    assert max(cut["rows"]) == batch and sum(cut["rows"]) == rows and frame.rdd.getNumPartitions() == partitions
    treated = frame.mapInArrow(treat, from_arrow_schema(whole.schema)).toArrow()
    got = treated.sort_by("number").to_pydict()
    expected = whole.filter(pc.less(whole["number"], rows)).to_pydict()
    assert list(got) == list(expected) and len(got["number"]) > rows / 2
    for column, values in expected.items():
        assert got[column] == values, column


def test_empty_partitions_are_no_trouble(session, table, whole):
    session.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    frame = session.createDataFrame(table.slice(0, 10)).repartition(40)
    treated = frame.mapInArrow(treat, from_arrow_schema(whole.schema)).toArrow()
    few = [number for number in whole.column("number").to_pylist() if number < 10]
    assert few and treated.sort_by("number").column("number").to_pylist() == few


def test_a_value_that_fails_the_treatment_fails_the_job_and_is_not_shown(session, folder, table, whole):
    session.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    path = folder / "plan.toml"
    path.write_text(PLAN + '[on_invalid]\ndefault = "error"\n', encoding="utf-8")
    frame = session.createDataFrame(table)
    try:
        with pytest.raises((PySparkException, Py4JJavaError)) as failed:
            frame.mapInArrow(treat, from_arrow_schema(whole.schema)).toArrow()
    finally:
        path.write_text(PLAN, encoding="utf-8")
    assert "KF-PLAN-" in str(failed.value) and "person" in str(failed.value)
    assert BAD not in str(failed.value)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_book_shows_what_ran_here(language):
    assert inspect.getsource(treat) in (BOOK / language / "plan.md").read_text(encoding="utf-8")
