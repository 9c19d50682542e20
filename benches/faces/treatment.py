"""Masks and tokens of two million values, here and in the libraries that people would use else: run by `make bench-treatment`.

Millions of rows a second of one processor, in one run: the process's own processor time, the median of nine. The answers of
the peers are compared with ours first. A peer checks nothing of a value and proves nothing; the lines "with its proof" are
what a table costs here.
"""

import argparse
import hmac
import statistics
import subprocess
import sys
import tempfile
import time

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

RUNS = 9
BATCH = 65_536


def figure(work, column):
    """Batch by batch, each dropped before the next: as our own are measured."""
    batches = [column.slice(at, BATCH) for at in range(0, len(column), BATCH)]
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        for batch in batches:
            work(batch)
        taken.append(time.process_time() - start)
    return len(column) / statistics.median(taken) / 1e6


def sliced(column, start, stop, width):
    binary = column.cast(pa.binary())
    return pc.binary_replace_slice(binary, start, stop, b"*" * width).cast(pa.string())


def put_together(column, head, stars, tail):
    expression = pl.col("v").str.slice(0, head) + pl.lit("*" * stars) + pl.col("v").str.slice(tail)
    return pl.from_arrow(column).rename("v").to_frame().select(expression).to_series().to_arrow()


def tokens(column):
    key = hmac.new(b"k" * 32, digestmod="sha256")
    out = []
    for value in column.to_pylist():
        one = key.copy()
        one.update(value.encode())
        out.append(one.digest())
    return out


def peers(lxdh, sfzh):
    """Name of our work, name of the peer, what it does, and to how much (tokens in Python are slow)."""
    mobile, resident = "mask a mobile, 3 and 4 stay", "mask a resident id, 6 and 4 stay"
    return [
        (mobile, "pyarrow, bytes of a fixed length", lambda column: sliced(column, 3, 7, 4), lxdh),
        (mobile, "polars, slices put together", lambda column: put_together(column, 3, 4, 7), lxdh),
        (resident, "pyarrow, bytes of a fixed length", lambda column: sliced(column, 6, 14, 8), sfzh),
        (resident, "polars, slices put together", lambda column: put_together(column, 6, 8, 14), sfzh),
        ("token of a resident id, 32 bytes", "Python, hmac copied for each value", tokens, sfzh.slice(0, 100_000)),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rust", required=True)
    program = parser.parse_args().rust
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([program, folder], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = dict(line.split("\t") for line in lines)
        names = [name for name in ours if not name.endswith("with its proof")]
        table = pa.ipc.open_file(f"{folder}/in.arrow").read_all()
        lxdh, sfzh = (table[name].combine_chunks() for name in ("lxdh", "sfzh"))
        for name, figure_ in ours.items():
            print(f"{name:68} {float(figure_):9.2f}")
        for name, peer, work, column in peers(lxdh, sfzh):
            if "mask" in name:
                answer = work(column)
                expected = pa.ipc.open_file(f"{folder}/out-{names.index(name)}.arrow").read_all()["values"]
                if not pa.chunked_array([answer]).cast(pa.string()).equals(expected.cast(pa.string())):
                    sys.exit(f"{peer} answers differently: {name}")
            measured = figure(work, column)
            print(f"{name + ': ' + peer:68} {measured:9.2f}   ours is {float(ours[name]) / measured:.1f} times that")


if __name__ == "__main__":
    main()
