"""One decision of a platform from a request in JSON: in Rust, through the C library, in Python. Run by `make bench-gate`.

Each has its own copy of one platform, open for writing, and they take turns of some milliseconds on one core; the answers
are compared first. Of each the quickest turn counts: whatever else the machine does only adds to it. Where it is never
quiet, the median of the differences between one's turn and Rust's just before says more.
"""

import argparse
import datetime
import json
import operator
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import kaifang

ROUNDS = 300
# As in the Rust program.
TIMES = 10
AT = "2026-11-23T02:00:00Z"
TO_JSON = "Python, JSON to JSON"


class Program:
    """One of the programs, which does a round whenever it is told to."""

    def __init__(self, program, folder, *mode):
        self.answers = folder / "answers"
        command = [program, *mode, str(folder), str(self.answers)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [float(figure) for figure in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit(f"{self.process.args[0]} failed")


def copy_of(folder, name):
    """A platform has one writer, so each gets its own."""
    return pathlib.Path(shutil.copytree(folder / "made", folder / name))


def python(folder):
    """The calls by their names, each with what it is called with."""
    signer = kaifang.Ed25519Key.load(folder / "key.pem")
    platform = kaifang.Platform.open(folder / "platform", signer=signer)
    texts = (folder / "requests").read_text().splitlines()
    dicts = [json.loads(text) for text in texts]
    instant = datetime.datetime.fromisoformat(AT.replace("Z", "+00:00"))

    def to_json(request, *, at):
        return bytes(platform.decide(request, at=at))

    return {
        TO_JSON: (to_json, [text.encode() for text in texts], AT),
        "Python, dict to Decision": (platform.decide, dicts, AT),
        "the same at a datetime": (platform.decide, dicts, instant),
        "Python, JSON to Decision, the reading of it in the bound": (platform.decide, texts, AT),
    }


def each(decide, requests, at):
    total = TIMES * len(requests)
    start = time.perf_counter_ns()
    for _ in range(TIMES):
        for request in requests:
            decide(request, at=at)
    return (time.perf_counter_ns() - start) / total


def document(answer):
    """What was answered, as JSON gives it."""
    return json.loads(answer) if isinstance(answer, bytes) else answer.to_dict()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rust", required=True, help="the example `gate`")
    arguments.add_argument("--c", required=True, help="the program of gate.c")
    arguments = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "made").mkdir()
        subprocess.run([arguments.rust, "make", str(folder / "made")], check=True)
        rust = Program(arguments.rust, copy_of(folder, "rust"), "run")
        c = Program(arguments.c, copy_of(folder, "c"))
        calls = python(copy_of(folder, "python"))
        # After a round of each, all that they answer is written.
        times = {"rust": [rust.round()], "c": [c.round()]} | {name: [[each(*call)]] for name, call in calls.items()}
        said = rust.answers.read_bytes()
        if not said or c.answers.read_bytes() != said:
            sys.exit("the answers of Rust and C differ")
        said = [json.loads(line) for line in said.splitlines()]
        if not all(decision["permit"] for decision in said):
            sys.exit("a request is denied")
        for name, (decide, requests, at) in calls.items():
            if [document(decide(request, at=at)) for request in requests] != said:
                sys.exit(f"{name}: the answers differ")
        for _ in range(ROUNDS):
            times["rust"].append(rust.round())
            times["c"].append(c.round())
            for name, call in calls.items():
                times[name].append([each(*call)])
        rust.close()
        c.close()
    whole, alone, reads, decision = zip(*times.pop("rust"))
    print(f"| one decision, {ROUNDS} rounds by turns | quickest, ns | more than Rust: quickest, by turns | bound |")
    print("|---|--:|--:|---|")
    print(f"| Rust, JSON to JSON | {min(whole):.0f} | | ≤ 5000 ns |")

    def row(name, own, bound="", rust=whole):
        by_turns = statistics.median(map(operator.sub, own, rust))
        print(f"| {name} | {min(own):.0f} | {min(own) - min(rust):+.0f}, {by_turns:+.0f} | {bound} |")

    row("the same on the state alone, without the platform", alone)
    row("the same where the platform only reads, and looks at the log", reads)
    row("C, JSON to JSON", *zip(*times.pop("c")), "≤ 150 ns more")
    row(TO_JSON, *zip(*times.pop(TO_JSON)), "≤ 1000 ns more")
    print(f"| Rust, a request to a decision | {min(decision):.0f} | | |")
    for name, rounds in times.items():
        row(name, *zip(*rounds), "≤ 1000 ns more", decision)


main()
