"""What can be counted about the book's tests: the numbers on the page *How this book is tested*.

The build asks for them each time and stages them as `measures.json` beside the pages, so none of them is typed, and the
page is written anew when one of them changes. What a run of the tests has recorded (`make test` leaves its reports in
`_build/recorded`) is told as far as it is there.
"""

import ast
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import numpy as np

from rnn_utils import GRU, LSTM, RNN, Embedding, Linear, exercises
from rnn_utils.exercises.feedback import Exercise
from rnn_utils.gradcheck import gradcheck_layer

NOT_COMPARED = "nbval-ignore-output"
DRAWING = re.compile(r"^[:`]{3,}\{figure(?:-md)?\}", re.MULTILINE)
KINDS = ("unit", "tools", "notebooks", "site")
REPORTS = {
    "unit": "the code",
    "tools": "the commands",
    "structure": "the chapters' parts",
    "notebooks": "outputs",
    "site": "the pages",
}


def measure(root: Path, executed: list[Path], recorded: Path) -> dict[str, Any]:
    """Count everything.

    Parameters
    ----------
    root : Path
        Folder of the project.
    executed : list of Path
        The chapters as they were executed, in order; their metadata may say how long that took.
    recorded : Path
        Folder with the reports of the last test run; it need not exist.

    Returns
    -------
    measures : dict
        Numbers by name; "chapters", "gradients" and "recorded" hold rows of tables.

    """
    chapters = [chapter(path) for path in executed]
    checks = [check for name in exercises.chapters() for check in checks_of(getattr(exercises, name))]
    tests = {kind: sum(map(test_functions, sorted((root / "tests" / kind).glob("*.py")))) for kind in KINDS}
    return {
        **{f"{kind}-tests": count for kind, count in tests.items()},
        "tests": sum(tests.values()),
        "rules": sum(decorated(path, "rule") for path in sorted((root / "tests/notebooks").glob("*.py"))),
        "planted-faults": entries(root / "tests/unit/test_mutations.py", "FAULTS"),
        "exercises": len(checks),
        "mistakes": sum(len(check.mistakes) for check in checks),
        **{name: sum(row[name] for row in chapters) for name in ("cells", "compared", "figures")},
        "seconds": round(sum(row["seconds"] for row in chapters)),
        "chapters": chapters,
        "gradients": list(gradients()),
        "recorded": list(reports(recorded)),
        "coverage": coverage(recorded),
    }


def chapter(path: Path) -> dict[str, Any]:
    """Count one executed chapter: its cells, those whose text output is compared, its figures, its seconds."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    printing = [cell for cell in code if any(shows_text(output) for output in cell.outputs)]
    drawn = sum(len(DRAWING.findall(cell.source)) for cell in notebook.cells if cell.cell_type == "markdown")
    return {
        "page": path.stem,
        "cells": len(code),
        "printing": len(printing),
        "compared": sum(NOT_COMPARED not in cell.metadata.get("tags", []) for cell in printing),
        "figures": drawn + sum("figure" in cell.metadata.get("mystnb", {}) for cell in code),
        "seconds": notebook.metadata.get("execution", {}).get("seconds", 0),
    }


def shows_text(output: Any) -> bool:
    """Is the output text?"""
    return output.output_type == "stream" or ("text/plain" in output.get("data", {}) and len(output.data) == 1)


def parsed(path: Path) -> ast.Module:
    """A file of Python, empty when it is not there."""
    return ast.parse(path.read_text("utf8") if path.exists() else "")


def test_functions(path: Path) -> int:
    """Number of test functions in a file."""
    found = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef))
    return sum(function.name.startswith("test_") for function in found)


def decorated(path: Path, name: str) -> int:
    """Number of functions in a file with the decorator `name`."""
    found = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef))
    return sum(isinstance(mark, ast.Name) and mark.id == name for function in found for mark in function.decorator_list)


def entries(path: Path, name: str) -> int:
    """Number of entries of the dictionary `name` in a file, where it is made and where it grows."""
    total = 0
    for node in ast.walk(parsed(path)):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            value = getattr(node, "value", None)
            total += len(value.keys) if isinstance(value, ast.Dict) else 0
    return total


def checks_of(module: Any) -> Iterator[Exercise]:
    """The exercises of a chapter's module."""
    yield from (value for value in vars(module).values() if isinstance(value, Exercise))


def gradients() -> Iterator[dict[str, Any]]:
    """Check every layer's gradients against finite differences, and tell the largest relative error of any entry."""
    steps, batch, size, hidden = 5, 3, 2, 4
    rng = np.random.default_rng(0)
    x, ids = rng.standard_normal((steps, batch, size)), rng.integers(0, 7, (steps, batch))
    state = rng.standard_normal((2, batch, hidden))
    for kind, inputs in ((RNN, (state[0],)), (LSTM, (tuple(state),)), (GRU, (state[0],)), (Linear, ())):
        layer = kind(size, hidden, rng=rng, dtype=np.float64)
        yield worst(layer, gradcheck_layer(layer, x.copy(), *inputs, rng=rng))
    table = Embedding(7, hidden, rng=rng, dtype=np.float64)
    yield worst(table, gradcheck_layer(table, ids, rng=rng))


def worst(layer: Any, report: dict[str, Any]) -> dict[str, Any]:
    """A row of the table: a layer, how many arrays were checked, and the power of ten above the largest error."""
    largest = max(found.error for found in report.values())
    above = math.floor(math.log10(max(largest, 1e-16))) + 1
    return {"layer": type(layer).__name__, "arrays": len(report), "below": above}


def reports(folder: Path) -> Iterator[dict[str, Any]]:
    """What each recorded run says: how many tests, how many of them failed, how many were left out."""
    for name, about in REPORTS.items():
        path = folder / f"{name}.xml"
        if path.exists():
            suite = ElementTree.parse(path).getroot().find("testsuite")
            told = suite.attrib if suite is not None else {}
            counts = {key: int(told.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            counts["failures"] += counts.pop("errors")
            yield {"command": f"make {name}", "about": about, **counts}


def coverage(folder: Path) -> float | None:
    """Share of the package's lines that the unit tests reach, in percent, None when no run has recorded it."""
    path = folder / "coverage.json"
    return round(json.loads(path.read_text("utf8"))["totals"]["percent_covered"], 1) if path.exists() else None
