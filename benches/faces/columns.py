"""Ten million rows of facts to columns of answers: in Rust, through the C ABI, in Python. Run by `make bench-faces`.

The C functions are called by ctypes, the streams handed over by the Arrow C Data Interface; what is timed is the whole
way from a table in memory to the answers in memory, all on one core. The answers are compared first.
"""

import argparse
import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import kaifang
import numpy
import pyarrow

ROWS = 10_000_000
BATCH = 1 << 16
RUNS = 15
AT = "2024-06-03"
POLICY = "xian-2022-013"
WANTED = [("class alone, as a number", ["class"]), ("class alone", ["default"]), ("class and grounds", ["default", "grounds"])]


def facts(policy):
    """A table with a column a fact, mostly at the mildest value."""
    random = numpy.random.default_rng(5)
    columns = {}
    for fact in policy.facts("classification"):
        values = fact["domain"] if isinstance(fact["domain"], list) else [False, True]
        places = numpy.where(random.integers(4, size=ROWS) == 0, random.integers(len(values), size=ROWS), 0)
        if values == [False, True]:
            columns[fact["id"]] = pyarrow.array(places == 1)
        else:
            columns[fact["id"]] = pyarrow.DictionaryArray.from_arrays(pyarrow.array(places, pyarrow.uint8()), values)
    return pyarrow.Table.from_batches(pyarrow.table(columns).combine_chunks().to_batches(max_chunksize=BATCH))


class C:
    """The C ABI, as a C program would call it."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.policy = ctypes.c_void_p()
        self.check(self.library.kf_policy_builtin, POLICY.encode(), ctypes.c_size_t(len(POLICY)), ctypes.byref(self.policy))

    @staticmethod
    def check(function, *arguments):
        error = ctypes.c_void_p()
        if function(*arguments, ctypes.byref(error)) != 0:
            raise RuntimeError(function.__name__)

    def eval(self, table, columns):
        # An ArrowArrayStream is four functions and one pointer.
        given, answers = (ctypes.c_void_p * 5)(), (ctypes.c_void_p * 5)()
        table.to_reader()._export_to_c(ctypes.addressof(given))
        handle = ctypes.c_void_p()
        self.check(self.library.kf_table_from_stream, ctypes.byref(given), ctypes.byref(handle))
        texts = []
        for text in ("classification", AT, "|".join(columns)):
            texts += [text.encode(), ctypes.c_size_t(len(text))]
        self.check(self.library.kf_policy_eval, self.policy, *texts, handle, ctypes.byref(answers))
        return pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(answers)).read_all()


def median(work):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rust", required=True, help="the example `columns`")
    arguments.add_argument("--library", required=True, help="the C library")
    arguments = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    policy = kaifang.Policy.builtin(POLICY)
    table = facts(policy)
    in_c = C(arguments.library)
    python = lambda columns: policy.eval(table, section="classification", at=AT, columns=columns)
    print(f"{ROWS:,} rows, batches of {BATCH:,}, one core, median of {RUNS}, in milliseconds\n")
    print(f"{'':28}{'Rust':>8}{'C':>8}{'Python':>8}{'C/Rust':>9}{'Python/Rust':>13}")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "facts.arrow"
        with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        for name, columns in WANTED:
            answers = pathlib.Path(folder) / "answers.arrow"
            command = [arguments.rust, str(path), ",".join(columns), str(RUNS), str(answers)]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            said = [pyarrow.table(python(columns)), in_c.eval(table, columns), pyarrow.ipc.open_file(answers).read_all()]
            # A dictionary may hold its texts in another order: they are compared as text.
            text = lambda table: table.cast(pyarrow.schema([(name, pyarrow.string()) for name in columns]))
            if any(text(other) != text(said[0]) for other in said):
                sys.exit(f"{name}: the answers differ")
            answers.unlink()
            rust = statistics.median(map(float, lines))
            c, py = median(lambda: in_c.eval(table, columns)), median(lambda: python(columns))
            print(f"{name:28}{rust:8.1f}{c:8.1f}{py:8.1f}{c / rust:9.2f}{py / rust:13.2f}")


main()
