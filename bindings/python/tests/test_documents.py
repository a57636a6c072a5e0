"""The pages of docs/ do what they say: their Python and their command lines are run."""

from __future__ import annotations

import doctest
import re
import shlex

import pytest
from commands import run
from conftest import ROOT

import polyfind as pf

DOCS = ROOT / "docs"
PAGES = {
    "index.md": [],
    "tutorial.md": ["matplotlib", "pandas"],
    "coming/shapely.md": ["shapely"],
    "coming/geopandas.md": ["geopandas"],
    "coming/ckdtree.md": ["scipy"],
    "coming/rtree.md": ["rtree", "shapely"],
    "polars.md": ["polars"],
}

if not DOCS.is_dir():
    pytest.skip(f"{DOCS} is not here", allow_module_level=True)


def run_examples(page, needed):
    for module in needed:
        pytest.importorskip(module)
    path = str(DOCS / page)
    failed, tried = doctest.testfile(path, module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_examples(page, PAGES[page])


def test_every_page_with_examples_is_run():
    pages = {
        str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if ">>>" in page.read_text()
    }
    assert pages == set(PAGES)


def test_command_lines_run(tmp_path, monkeypatch, capfdbinary):
    for module in ("geopandas", "pyarrow"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    run_examples("tutorial.md", PAGES["tutorial.md"])
    lines = [
        line
        for page in ("tutorial.md", "command.md")
        for block in re.findall("```console\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(lines) > 8
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "polyfind"
        code, _, err = run(capfdbinary, *arguments)
        assert code == 0, (line, err)


def test_every_public_name_has_its_place():
    pages = "\n".join(page.read_text() for page in (DOCS / "api").glob("*.md"))
    told = re.findall(r"^\.\. auto\w+:: polyfind\.(\w+)$", pages, re.MULTILINE)
    assert sorted(told) == sorted(pf.__all__)
