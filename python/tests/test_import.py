"""`import kaifang` is quick and pulls nothing heavy in."""

import subprocess
import sys
import time

HEAVY = ("pyarrow", "polars", "pandas", "numpy", "arro3", "duckdb")


def test_import_takes_less_than_100_ms():
    # The best of five, less what an empty interpreter takes: other work on the machine must not decide.
    def best(code):
        def once():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            return time.perf_counter() - start

        return min(once() for _ in range(5))

    assert best("import kaifang") - best("pass") < 0.1


def test_import_loads_no_table_library():
    code = f"import sys, kaifang; print([name for name in {HEAVY!r} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_version_is_the_packages():
    from importlib.metadata import version

    import kaifang

    assert kaifang.__version__ == version("kaifang")
