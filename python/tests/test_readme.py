"""The Python example of the README runs as it stands, and prints what its comment says."""

import runpy

from conftest import ROOT


def test_the_example(capsys):
    runpy.run_path(str(ROOT / "docs" / "examples" / "decide.py"))
    assert capsys.readouterr().out.startswith("False A22.2 ")
