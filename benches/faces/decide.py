"""One decision in Rust and in Python, on the same small platform. Run by `make bench-faces`.

The least of many short rounds each, in microseconds: the rest is what else the machine does.
"""

import argparse
import datetime as dt
import json
import pathlib
import subprocess
import sys
import tempfile
import timeit

import kaifang

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python" / "tests"))
from test_path import AT, USER, digest, harmless, open_dataset  # noqa: E402

INSTANT = "2026-11-23T02:00:00Z"
REQUEST = {"v": 1, "dataset": "xa-figures", "action": "download", "via": "platform", "user": USER, "purpose": "人口分布研究",
           "rows": 100}  # fmt: skip


def least(work):
    return min(timeit.repeat(work, number=400, repeat=250)) / 400 * 1e6


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rust", required=True)
    rust = options.parse_args().rust
    policy = kaifang.Policy.builtin("xian-2022-013")
    text = json.dumps(REQUEST, ensure_ascii=False)
    raw, moment = text.encode(), dt.datetime(2026, 11, 23, 2, tzinfo=dt.timezone.utc)
    denied = {**REQUEST, "dataset": "xa-unlisted"}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        key = kaifang.Ed25519Key.generate(folder / "key.pem")
        dir = folder / "platform"
        with kaifang.Platform.init(dir, policy=policy, origin="x.example", signer=key, at=AT) as platform:
            open_dataset(platform, policy, "xa-figures", harmless(policy), "unconditional", ["download"], digest("x"))
            decide = platform.decide
            assert decide(REQUEST, at=INSTANT).permit and decide(raw, at=moment) == decide(REQUEST, at=INSTANT)
            python = {
                "dict in, decision out": lambda: decide(REQUEST, at=INSTANT),
                "the same, its permit read": lambda: decide(REQUEST, at=INSTANT).permit,
                "the same, an instant as a datetime": lambda: decide(REQUEST, at=moment),
                "a denial, its headline read": lambda: decide(denied, at=INSTANT).headline,
                "dict in, dict out": lambda: decide(REQUEST, at=INSTANT).to_dict(),
                "str in, decision out": lambda: decide(text, at=INSTANT),
                "bytes in, decision out": lambda: decide(raw, at=INSTANT),
                "bytes in, bytes out": lambda: bytes(decide(raw, at=INSTANT)),
            }
            for name, work in python.items():
                print(f"| Python | {name} | {least(work):.2f} µs |")
        said = subprocess.run([rust, dir, folder / "key.pem", INSTANT, text], check=True, capture_output=True, text=True)
        for line in said.stdout.splitlines():
            name, figure = line.split("\t")
            print(f"| Rust | {name} | {figure} µs |")


if __name__ == "__main__":
    main()
