"""The Parquet file of `benches/examples/parquet.rs` through polars, streaming, beside ours: run by `make bench-treatment`.

`parquet.py INPUT OURS` masks the mobile numbers as we do and the names in a simpler way (a letter and one star), replaces
the ids by a hash (polars has no HMAC), writes Zstandard as we do, and prints processor seconds and the peak of memory. What
both treat alike, and what both keep, is compared with OURS before that is printed. Polars proves nothing of what it did.
"""

import argparse
import os
import resource
import tempfile
import time

import polars as pl


def treat(source, target):
    (
        pl.scan_parquet(source)
        .with_columns(
            xm=pl.col("xm").str.slice(0, 1) + pl.lit("*"),
            sfzh=pl.col("sfzh").hash(seed=1),
            lxdh=pl.col("lxdh").str.slice(0, 3) + pl.lit("****") + pl.col("lxdh").str.slice(7),
        )
        .sink_parquet(target, compression="zstd", engine="streaming")
    )


def compare(theirs, ours):
    theirs, ours = pl.scan_parquet(theirs), pl.scan_parquet(ours)
    for name in theirs.collect_schema().names():
        if name not in ("xm", "sfzh"):
            columns = [table.select(name).collect().to_series() for table in (theirs, ours)]
            assert columns[0].equals(columns[1].cast(columns[0].dtype), null_equal=True), name


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("input")
    parser.add_argument("ours")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "polars.parquet")
        start, wall = time.process_time(), time.perf_counter()
        treat(arguments.input, target)
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        compare(target, arguments.ours)
        megabytes = os.path.getsize(target) // 1_000_000
    print(f"polars, streaming: {megabytes} MB: {seconds:.2f} CPU-s, {wall:.2f} s, {peak} MiB at most")


main()
