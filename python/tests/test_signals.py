"""Ctrl-C reaches a long job, and a table larger than the memory that is allowed passes through."""

import subprocess
import sys
import textwrap

import pytest


def run(code, *arguments, seconds=120):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True, timeout=seconds
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_a_job():
    # Without it the job never ends: the batches have no end.
    code = """
        import itertools, os, signal, threading
        import pyarrow as pa
        import kaifang
        batch = pa.table({"a": ["x"] * 1000}).to_batches()[0]
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            kaifang.scan(itertools.repeat(batch), all=True)
        except KeyboardInterrupt:
            print("stopped")
    """
    done = run(code)
    assert done.stdout.strip() == "stopped", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory in kilobytes")
def test_a_table_larger_than_its_memory_passes(tmp_path):
    code = """
        import resource, sys
        import pyarrow as pa
        import kaifang
        BATCHES, BYTES = 300, 1 << 20
        def batches():
            for number in range(BATCHES):
                yield pa.table({"a": [bytes([97 + number % 26]).decode() * 1024] * (BYTES // 1024)})
        plan = kaifang.Plan.from_dict({"v": 1, "dataset": "d", "columns": {"a": {"do": "mask", "keep_prefix": 1}}})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        applied = plan.apply_file(batches(), sys.argv[1])
        assert applied.rows == BATCHES * BYTES // 1024
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    done = run(code, str(tmp_path / "out.parquet"))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100, f"{done.stdout.strip()} MiB for a table of 300 MiB"
