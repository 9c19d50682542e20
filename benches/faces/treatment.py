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


def figure(work, rows):
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        answer = work()
        taken.append(time.process_time() - start)
        del answer
    return rows / statistics.median(taken) / 1e6


def sliced(column, start, stop, width):
    binary = column.cast(pa.binary())
    return pc.binary_replace_slice(binary, start, stop, b"*" * width).cast(pa.string())


def peers(lxdh, sfzh):
    """Name of our work, name of the peer, what it does, and how much of it (tokens in Python are slow)."""
    phones, ids = pl.from_arrow(lxdh).rename("v"), pl.from_arrow(sfzh).rename("v")
    plain = sfzh.slice(0, 100_000).to_pylist()
    key = hmac.new(b"k" * 32, digestmod="sha256")

    def masked(frame, head, stars, tail):
        expression = pl.col("v").str.slice(0, head) + pl.lit("*" * stars) + pl.col("v").str.slice(tail)
        return frame.to_frame().select(expression).to_series().to_arrow()

    def tokens():
        out = []
        for value in plain:
            one = key.copy()
            one.update(value.encode())
            out.append(one.digest())
        return out

    rows = len(lxdh)
    mobile, resident = "mask a mobile, 3 and 4 stay", "mask a resident id, 6 and 4 stay"
    return [
        (mobile, "pyarrow, bytes of a fixed length", lambda: sliced(lxdh, 3, 7, 4), rows),
        (mobile, "polars, slices put together", lambda: masked(phones, 3, 4, 7), rows),
        (resident, "pyarrow, bytes of a fixed length", lambda: sliced(sfzh, 6, 14, 8), rows),
        (resident, "polars, slices put together", lambda: masked(ids, 6, 8, 14), rows),
        ("token of a resident id, 32 bytes", "Python, hmac copied for each value", tokens, len(plain)),
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
        for name, peer, work, rows in peers(lxdh, sfzh):
            answer = work()
            if "mask" in name:
                expected = pa.ipc.open_file(f"{folder}/out-{names.index(name)}.arrow").read_all()["values"]
                if not pa.chunked_array([answer]).cast(pa.string()).equals(expected.cast(pa.string())):
                    sys.exit(f"{peer} answers differently: {name}")
            measured = figure(work, rows)
            print(f"{name + ': ' + peer:68} {measured:9.2f}   ours is {float(ours[name]) / measured:.1f} times that")


if __name__ == "__main__":
    main()
