"""Every example in a docstring of the package runs."""

import doctest
import importlib
import pkgutil

import pytest
from conftest import ROOT

import kaifang

MODULES = ["kaifang", *(f"kaifang.{module.name}" for module in pkgutil.iter_modules(kaifang.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS, extraglobs={"kaifang": kaifang})
    assert failed == 0


def test_the_package_page_runs():
    page = (ROOT / "python" / "README.md").read_text(encoding="utf-8")
    blocks = [block.split("```", 1)[0] for block in page.split("```python\n")[1:]]
    assert blocks
    for block in blocks:
        exec(block, {})
