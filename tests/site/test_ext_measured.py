"""Numbers that the build counts: what is counted, and how a page tells it."""

import json
from pathlib import Path

import nbformat
from ext_book import build

from tools.reports import measures

CODE = nbformat.v4.new_code_cell
COUNTED = {
    "tests": 12345,
    "coverage": 97.5,
    "chapters": [{"page": "one", "cells": 9, "printing": 5, "compared": 4, "figures": 2, "seconds": 3.4}],
    "seconds": 3,
    "gradients": [{"layer": "LSTM", "arrays": 7, "below": -9}],
    "recorded": [{"command": "make unit", "about": "the code", "tests": 10, "failures": 1, "skipped": 2}],
}
PAGE = "# Tests\n\n{measured}`tests`\n\n" + "".join(
    f"```{{measured-table}} {name}\n```\n\n" for name in ("chapters", "gradients", "recorded")
)
PAGES = {
    "index.md": "# Book\n\n```{toctree}\nbook/one\ntests\n```\n",
    "book/one.md": "# Chapter one\n",
    "tests.md": PAGE,
}


def test_a_page_tells_what_is_counted_and_follows_a_new_count(tmp_path: Path) -> None:
    book = build(tmp_path, PAGES | {"measures.json": json.dumps(COUNTED)}, ["measured"])
    page = book.article("tests")
    assert book.warnings == ""
    assert "12\u202f345" in page
    assert 'href="book/one.html"' in page
    assert "Chapter one" in page
    assert "below 10<sup>−9</sup>" in page
    assert [cell in page for cell in ("<p>7</p>", "97.5 %", ">unit</span>")] == [True] * 3
    (book.source / "measures.json").write_text(json.dumps(COUNTED | {"tests": 12346}))
    assert "12\u202f346" in book.rebuild().article("tests")


def test_what_is_not_counted_is_a_warning(tmp_path: Path) -> None:
    page = "# Tests\n\n{measured}`sheep`\n\n```{measured-table} goats\n```\n"
    book = build(tmp_path, {"index.md": page, "measures.json": json.dumps(COUNTED)}, ["measured"])
    assert "nothing is counted as 'sheep'" in book.warnings
    assert "no table 'goats'" in book.warnings


def test_a_chapter_is_counted_by_what_it_shows(tmp_path: Path) -> None:
    text = [nbformat.v4.new_output("stream", text="1\n")]
    picture = [nbformat.v4.new_output("display_data", data={"image/png": "", "text/plain": "<Figure>"})]
    cells = [
        CODE("a", outputs=text),
        CODE("b", outputs=text, metadata={"tags": ["nbval-ignore-output"]}),
        CODE("c", outputs=picture, metadata={"mystnb": {"figure": {"name": "fig"}}}),
        CODE("d"),
        nbformat.v4.new_markdown_cell("e\n\n:::{figure-md} fig-e\n![A line.](e.svg)\n\nA line.\n:::"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"execution": {"seconds": 2.5}})
    nbformat.write(notebook, tmp_path / "one.ipynb")
    counted = {"page": "one", "cells": 4, "printing": 2, "compared": 1, "figures": 2, "seconds": 2.5}
    assert measures.chapter(tmp_path / "one.ipynb") == counted


def test_sources_are_counted_by_their_syntax(tmp_path: Path) -> None:
    source = tmp_path / "test_it.py"
    source.write_text(
        "FAULTS = {1: 'def test_no(): ...'}\nFAULTS |= {2: 2, 3: 3}\nclass A:\n    def test_a(self): ...\n"
    )
    assert measures.test_functions(source) == 1
    assert measures.entries(source, "FAULTS") == 3
    assert measures.test_functions(tmp_path / "nowhere.py") == 0


def test_gradient_errors_are_measured_not_remembered() -> None:
    rows = {row["layer"]: row for row in measures.gradients()}
    assert rows.keys() == {"RNN", "LSTM", "GRU", "Linear", "Embedding"}
    assert rows["LSTM"]["arrays"] == 7  # two weights, two biases, the input, two states
    assert all(-16 < row["below"] <= -6 for row in rows.values())


def test_a_recorded_run_is_read_and_a_missing_one_is_none(tmp_path: Path) -> None:
    assert list(measures.reports(tmp_path)) == []
    assert measures.coverage(tmp_path) is None
    suite = '<testsuites><testsuite tests="10" failures="1" errors="1" skipped="2"/></testsuites>'
    (tmp_path / "unit.xml").write_text(suite)
    (tmp_path / "coverage.json").write_text('{"totals": {"percent_covered": 96.54}}')
    counts = {"tests": 10, "failures": 2, "skipped": 2}
    assert list(measures.reports(tmp_path)) == [{"command": "make unit", "about": "the code", **counts}]
    assert measures.coverage(tmp_path) == 96.5
