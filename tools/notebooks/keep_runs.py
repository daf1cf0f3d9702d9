"""Keep what strict nbval ran: ``pytest -p tools.notebooks.keep_runs --nbval book``.

A chapter whose every cell wrote what is stored has just been executed as `make book` would execute it. It is kept where
the build looks for executions, with figures as the site wants them, so that `make test` executes each chapter once.
"""

import os
from collections.abc import Generator
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools import build
from tools.notebooks.execute import merge_streams, normalise, write
from tools.notebooks.kept import code
from tools.places import EXECUTED

depends: dict[Path, str] = {}  # on what, before the first cell of a chapter runs: somebody may be changing it
written: dict[Path, list[list[nbformat.NotebookNode]]] = {}  # by the cells that have passed
seconds: dict[Path, float] = {}


def pytest_configure() -> None:
    """Before any kernel starts: kernels take over the environment of this process."""
    os.environ["RNN_FIGURES"] = "svg"


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Do not compare pictures: nbval does not where they are PNG."""
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += ("image/svg+xml",)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what a chapter depends on."""
    if isinstance(item, IPyNbCell) and item.path not in depends:
        depends[item.path], written[item.path], seconds[item.path] = build.execution_key(item.path), [], 0.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what a cell wrote that passed; once all have, keep the chapter."""
    report = yield
    if isinstance(item, IPyNbCell) and call.when == "call":
        seconds[item.path] += call.duration
        if report.passed:
            written[item.path].append(item.test_outputs)
        if len(written[item.path]) == len(code(item.parent.nb)):
            keep(item.path)
    return report


def keep(page: Path) -> None:
    """Write a chapter with the outputs of this run, and what the run depended on."""
    notebook = nbformat.read(page, as_version=4)
    for number, (cell, outputs) in enumerate(zip(code(notebook), written[page]), 1):
        cell.outputs, cell.execution_count = merge_streams(outputs), number
        for output in cell.outputs:
            if "execution_count" in output:  # nbval lets the kernel not count
                output.execution_count = number
    normalise(notebook)
    notebook.metadata["execution"] = {"key": depends[page], "seconds": round(seconds[page], 1)}
    EXECUTED.mkdir(parents=True, exist_ok=True)
    write(notebook, EXECUTED / page.name)
