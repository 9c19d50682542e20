"""Columns of facts to columns of answers: row for row what one case is answered, wherever the table comes from; and a
catalog under two policies."""

import os
import random

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from conftest import ROOT, refused

import kaifang

DAY = "2026-11-23"
SECTIONS = ("classification", "access")
ROWS = 300


def values_of(fact):
    return [False, True] if fact["domain"] == "bool" else fact["domain"]


def drawn(policy, section, seed=1):
    """Invented facts, each column with nulls; a third of the rows has every fact."""
    random.seed(seed)
    facts = policy.facts(section)
    rows = []
    for number in range(ROWS):
        unknown = random.sample(range(len(facts)), k=number % 3 * 2)
        rows.append(
            {
                fact["id"]: None if place in unknown else random.choice(values_of(fact))
                for place, fact in enumerate(facts)
            }
        )
    return rows


def arrow(policy, section, rows):
    """Booleans as Arrow has them, words as a dictionary."""
    columns = {}
    for fact in policy.facts(section):
        values = [row[fact["id"]] for row in rows]
        known = pa.bool_() if fact["domain"] == "bool" else pa.dictionary(pa.int8(), pa.string())
        columns[fact["id"]] = pa.array(values, known)
    return pa.table(columns)


def text(table):
    """Every fact as a column of text."""
    return pa.table({name: [cell(value) for value in table.column(name).to_pylist()] for name in table.column_names})


def cell(value):
    return str(value).lower() if isinstance(value, bool) else value


def joined(ids):
    return "|".join(ids) or None


def one_by_one(policy, section, rows):
    """The oracle: every row as a case of its own."""
    answers = []
    for row in rows:
        if section == "access":
            answer = policy.decide(row, at=DAY)
            denials = [denial["code"] for denial in answer.denials if denial["code"] != "unknown_facts"]
            answers.append(
                {
                    "permit": answer.permit,
                    "denials": joined(denials),
                    "open": joined(answer.open),
                    "duties": joined(duty["code"] for duty in answer.duties),
                    "notices": joined(notice["code"] for notice in answer.notices),
                }
            )
        else:
            answer = policy.classify(row, at=DAY)
            answers.append(
                {
                    "status": answer.status,
                    "permitted": joined(answer.permitted),
                    "default": answer.default,
                    "recommended": answer.recommended,
                    "possible": joined(answer.possible),
                    "requires": joined(step["code"] for step in answer.requires),
                    "grounds": joined(ground["id"] for ground in answer.grounds),
                    "open": joined(answer.open),
                    "notices": joined(notice["code"] for notice in answer.notices),
                }
            )
    return answers


@pytest.fixture(scope="module", params=SECTIONS)
def asked(request, policy):
    """A section, a table of facts, and the answer to each of its rows."""
    rows = drawn(policy, request.param)
    return request.param, arrow(policy, request.param, rows), one_by_one(policy, request.param, rows)


def categorical(table, kind):
    words = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    return pl.DataFrame(table).with_columns(kind(name, table) for name in words)


def enum(name, table):
    return pl.col(name).cast(pl.Enum(sorted(table.column(name).unify_dictionaries().chunk(0).dictionary.to_pylist())))


FORMS = {
    "pyarrow table": lambda table: table,
    "pyarrow batches": lambda table: iter(table.to_batches(max_chunksize=71)),
    "pyarrow reader": lambda table: pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=71)),
    "pyarrow sliced": lambda table: pa.concat_tables([table, table]).unify_dictionaries().slice(ROWS),
    "pyarrow text": text,
    "pyarrow int32 keys": lambda table: table.cast(
        pa.schema(
            [
                pa.field(field.name, pa.dictionary(pa.int32(), pa.string()))
                if pa.types.is_dictionary(field.type)
                else field
                for field in table.schema
            ]
        )
    ),
    "polars text": lambda table: pl.DataFrame(text(table)),
    "polars categorical": lambda table: categorical(table, lambda name, _: pl.col(name).cast(pl.Categorical)),
    "polars enum": lambda table: categorical(table, enum),
    "pandas": lambda table: table.to_pandas(),
    "pandas text": lambda table: pd.DataFrame(text(table).to_pydict()),
    "columns in another order": lambda table: table.select(table.column_names[::-1]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_row_is_answered_as_a_case_of_its_own(policy, asked, form):
    section, table, expected = asked
    answers = policy.eval(FORMS[form](table), section=section, at=DAY)
    assert answers.num_rows == ROWS and answers.column_names == list(expected[0])
    assert answers.to_pyarrow().to_pylist() == expected


def test_the_cases_are_of_every_kind(asked):
    section, _, expected = asked
    # What is compared above is worth comparing.
    if section == "access":
        assert {answer["permit"] for answer in expected} >= {False} and len({a["denials"] for a in expected}) > 20
    else:
        assert {answer["status"] for answer in expected} == {"determined", "needs_assessment", "out_of_scope"}
    assert any(answer["open"] for answer in expected)


def test_answers_go_to_every_library(policy, asked):
    section, table, expected = asked
    answers = policy.eval(table, section=section, at=DAY)
    assert answers.to_polars().to_dicts() == expected
    frame = answers.to_pandas().astype(object)
    assert frame.where(frame.notna(), None).to_dict("records") == expected


@pytest.mark.parametrize("name", ["facts.csv", "facts.parquet", "facts.arrow"])
def test_files_are_answered_into_files(policy, asked, tmp_path, name):
    section, table, expected = asked
    write = {
        "csv": pa.csv.write_csv,
        "parquet": pa.parquet.write_table,
        "arrow": lambda table, path: pa.feather.write_feather(table, path, compression="uncompressed"),
    }[name.rsplit(".", 1)[1]]
    write(text(table) if name.endswith("csv") else table, tmp_path / name)
    assert policy.eval(tmp_path / name, section=section, at=DAY).to_pyarrow().to_pylist() == expected

    for out, read in (("out.parquet", pa.parquet.read_table), ("out.arrow", pa.feather.read_table)):
        rows = policy.eval_file(os.fspath(tmp_path / name), tmp_path / out, section=section, at=DAY)
        assert rows == ROWS and read(tmp_path / out).to_pylist() == expected
    assert policy.eval_file(tmp_path / name, tmp_path / "out.csv", section=section, at=DAY) == ROWS
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(expected[0])
    assert lines[1:] == [",".join(cell(value) or "" for value in answer.values()) for answer in expected]


def test_wanted_columns_come_in_their_order(policy, asked):
    section, table, expected = asked
    wanted = ["open", "permit"] if section == "access" else ["grounds", "default"]
    answers = policy.eval(table, section=section, at=DAY, columns=wanted)
    assert answers.column_names == wanted
    assert answers.to_pyarrow().to_pylist() == [{name: answer[name] for name in wanted} for answer in expected]
    for wrong in (["no_such_column"], [wanted[0], wanted[0]]):
        with pytest.raises(kaifang.FactError) as caught:
            policy.eval(table, section=section, at=DAY, columns=wrong)
        refused(caught.value, kaifang.FactError, "KF-FACT-07")
    with pytest.raises(TypeError):
        policy.eval(table, section=section, at=DAY, columns="default")


def test_a_fact_without_a_column_is_unknown(policy):
    table = pa.table({"personal_privacy": [True, False, None]})
    answers = policy.eval(table, section="classification", at=DAY).to_pyarrow().to_pylist()
    assert answers == one_by_one(policy, "classification", [{"personal_privacy": know} for know in (True, False, None)])
    assert {answer["default"] for answer in answers} == {"withheld"}
    assert not any(policy.eval(pa.table({"listed": [True, None]}), section="access", at=DAY).to_polars()["permit"])


def test_interpretations_reach_the_columns(policy):
    rows = [{**row, "desensitization": "deidentified"} for row in drawn(policy, "classification", seed=2)]
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    table = arrow(policy, "classification", rows)
    answers = [each.eval(table, section="classification", at=DAY).to_pyarrow().to_pylist() for each in (policy, other)]
    assert answers[0] != answers[1] == one_by_one(other, "classification", rows)


def test_no_row_is_no_answer(policy):
    table = pa.table({"listed": pa.array([], pa.bool_())})
    answers = policy.eval(table, section="access", at=DAY)
    assert len(answers) == 0 and answers.column_names == ["permit", "denials", "open", "duties", "notices"]


SECRET = "610102199003071234"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pa.table({"no_such_fact": [True]}), "KF-FACT-01"),
        (pa.table({"listed": [True]}), "KF-FACT-01"),
        (pa.table({"data_grade": ["general", SECRET]}), "KF-FACT-05"),
        (pa.table({"data_grade": pa.array(["general", SECRET]).dictionary_encode()}), "KF-FACT-05"),
        (pl.DataFrame({"data_grade": ["general", SECRET]}, schema={"data_grade": pl.Categorical}), "KF-FACT-05"),
        (pa.table({"personal_privacy": ["true", SECRET]}), "KF-FACT-05"),
        (pa.table({"personal_privacy": [1, int(SECRET)]}), "KF-FACT-06"),
        (pa.table({"data_grade": [True, False]}), "KF-FACT-06"),
        (pd.DataFrame({"data_grade": [int(SECRET)]}), "KF-FACT-06"),
    ],
)
def test_wrong_facts_are_refused_without_their_values(policy, table, code, tmp_path):
    for ask in (
        lambda: policy.eval(table, section="classification", at=DAY),
        lambda: policy.eval_file(table, tmp_path / "out.csv", section="classification", at=DAY),
    ):
        with pytest.raises(kaifang.FactError) as caught:
            ask()
        error = refused(caught.value, kaifang.FactError, code)
        assert SECRET not in f"{error!r} {error.where}"
        assert code != "KF-FACT-05" or "row 2" in error.where
    assert os.listdir(tmp_path) == []


def test_rows_are_counted_over_all_batches(policy):
    batches = [pa.table({"data_grade": ["general"] * 100}), pa.table({"data_grade": [None, "hidden"]})]
    with pytest.raises(kaifang.FactError) as caught:
        policy.eval(iter(batches), section="classification", at=DAY)
    assert "row 102" in refused(caught.value, kaifang.FactError, "KF-FACT-05").where


def test_what_is_no_question_is_refused(policy):
    table = pa.table({"listed": [True]})
    with pytest.raises(ValueError):
        policy.eval(table, section="treatment", at=DAY)
    with pytest.raises(kaifang.PolicyError) as caught:
        policy.eval(table, section="access", at="1999-01-01")
    refused(caught.value, kaifang.PolicyError, "KF-POLICY-19")
    for nothing in (7, None, pa.array([True])):
        with pytest.raises(TypeError):
            policy.eval(nothing, section="access", at=DAY)
    with pytest.raises(TypeError):
        policy.eval(table, "access", DAY)


def test_progress_is_told_and_may_stop(policy, tmp_path):
    table, told = pa.table({"listed": [True] * 100}), []
    policy.eval(
        table.to_batches(max_chunksize=40), section="access", at=DAY, progress=lambda *update: told.append(update)
    )
    assert [update[:2] for update in told] == [("eval", 40), ("eval", 80), ("eval", 100)]

    def stop(stage, done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError):
        policy.eval(table, section="access", at=DAY, progress=stop)
    with pytest.raises(LookupError):
        policy.eval_file(table, tmp_path / "out.csv", section="access", at=DAY, progress=stop)
    assert os.listdir(tmp_path) == []


def test_a_table_is_not_answered_onto_itself(policy, tmp_path):
    table = tmp_path / "facts.parquet"
    pa.parquet.write_table(pa.table({"listed": [True]}), table)
    before = table.read_bytes()
    with pytest.raises(kaifang.TableError) as caught:
        policy.eval_file(table, tmp_path / "." / "facts.parquet", section="access", at=DAY)
    refused(caught.value, kaifang.TableError, "KF-TABLE-25")
    assert table.read_bytes() == before and os.listdir(tmp_path) == ["facts.parquet"]


@pytest.fixture(scope="module")
def second_city():
    return kaifang.Policy.load(ROOT / "core" / "tests" / "data" / "second-city.toml")


def changes_one_by_one(policy, other, rows):
    """The oracle: every dataset is classified by itself, by each policy, from the facts that it knows."""

    def outcome(policy, row):
        asked = {fact["id"] for fact in policy.facts()}
        answer = policy.classify({fact: value for fact, value in row.items() if fact in asked}, at=DAY)
        return joined(answer.permitted) or answer.status

    found = {}
    for number, row in enumerate(rows, 1):
        before, after = outcome(policy, row), outcome(other, row)
        if before != after:
            found.setdefault((before, after), []).append(number)
    return [
        {"from": before, "to": after, "rows": len(numbers), "first": numbers[0]}
        for (before, after), numbers in sorted(found.items())
    ]


def datasets(policy):
    """Invented facts, and about persons without any other danger, in every state of treatment."""
    harmless = {fact["id"]: values_of(fact)[0] for fact in policy.facts()}
    treated = [
        {**harmless, "personal_privacy": True, "desensitization": word} for word in ("none", "deidentified", "anonymized")
    ]
    return drawn(policy, "classification", seed=3) + treated * 5


def agrees(difference, expected, rows):
    assert difference.changes == expected and difference.rows == len(rows)
    assert difference.changed == sum(change["rows"] for change in expected) > 0


def test_a_catalog_changes_as_its_datasets_do(policy, tmp_path):
    rows = datasets(policy)
    table = arrow(policy, "classification", rows)
    other = policy.with_interpretation("deidentified_may_be_unconditional", "yes")
    expected = changes_one_by_one(policy, other, rows)
    pa.csv.write_csv(text(table), tmp_path / "catalog.csv")
    for data in (table, table.to_batches(max_chunksize=71), pl.DataFrame(text(table)), tmp_path / "catalog.csv"):
        difference = policy.diff_catalog(other, data, at=DAY)
        agrees(difference, expected, rows)
    assert f"{difference.changed} of {len(rows)} datasets" in repr(difference)
    sides = (difference.from_, difference.to, difference.at)
    assert sides == (*({"policy": one.id, "hash": one.hash} for one in (policy, other)), str(DAY))
    assert "withheld|conditional|unconditional" in difference._repr_html_()
    same = policy.diff_catalog(policy, table, at=DAY)
    assert (same.rows, same.changed, same.changes) == (len(rows), 0, [])


def test_a_policy_does_not_know_what_only_the_other_asks(policy, second_city):
    halves = [drawn(each, "classification", seed=4) for each in (policy, second_city)]
    table, added = (arrow(each, "classification", half) for each, half in zip((policy, second_city), halves))
    for field in added.schema:
        table = table.append_column(field, added.column(field.name))
    rows = [{**first, **second} for first, second in zip(*halves)]
    for one, other in ((policy, second_city), (second_city, policy)):
        agrees(one.diff_catalog(other, table, at=DAY), changes_one_by_one(one, other, rows), rows)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pa.table({"weather": [True]}), "KF-FACT-01"),
        (pa.table({"listed": [True]}), "KF-FACT-01"),
        (pa.table({"data_grade": ["general", SECRET]}), "KF-FACT-05"),
        (pa.table({"personal_privacy": [1, int(SECRET)]}), "KF-FACT-06"),
    ],
)
def test_a_wrong_catalog_is_refused_without_its_values(policy, second_city, table, code):
    with pytest.raises(kaifang.FactError) as caught:
        policy.diff_catalog(second_city, table, at=DAY)
    error = refused(caught.value, kaifang.FactError, code)
    assert SECRET not in f"{error!r} {error.where}"


def test_what_is_no_comparison_is_refused(policy, tmp_path):
    table = pa.table({"state_secret": [True]})
    with pytest.raises(kaifang.PolicyError) as caught:
        policy.diff_catalog(policy, table, at="1999-01-01")
    refused(caught.value, kaifang.PolicyError, "KF-POLICY-19")
    with pytest.raises(kaifang.TableError) as caught:
        policy.diff_catalog(policy, tmp_path / "absent.csv", at=DAY)
    refused(caught.value, kaifang.TableError)
    for other, data in (("xian-2022-013", table), (policy, 7), (policy, None)):
        with pytest.raises(TypeError):
            policy.diff_catalog(other, data, at=DAY)
    with pytest.raises(TypeError):
        policy.diff_catalog(policy, table, DAY)


def test_a_comparison_tells_its_progress_and_may_be_stopped(policy):
    table, told = pa.table({"state_secret": [True] * 100}), []
    policy.diff_catalog(
        policy, table.to_batches(max_chunksize=40), at=DAY, progress=lambda *update: told.append(update)
    )
    assert [update[:2] for update in told] == [("diff", 40), ("diff", 80), ("diff", 100)]

    def stop(stage, done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError):
        policy.diff_catalog(policy, table, at=DAY, progress=stop)
