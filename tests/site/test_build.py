"""`make book` and `make refresh` on a copy of the book with one small notebook: incremental, atomic, and strict."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from small_book import Book, project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book that was built once."""
    folder = project(tmp_path_factory.mktemp("book") / "project")
    code, output = Book(folder).run()
    assert code == 0, output
    return folder


@pytest.fixture
def book(built: Path, tmp_path: Path) -> Book:
    """A fresh copy of the small, built book."""
    shutil.copytree(built, tmp_path / "project", symlinks=True)
    return Book(tmp_path / "project")


def test_a_second_run_has_nothing_to_do(book: Book) -> None:
    before = os.readlink(book.site)
    code, output = book.run()
    assert (code, os.readlink(book.site)) == (0, before)
    assert "nothing has changed" in output
    assert "executing" not in output


def test_the_page_has_a_themed_vector_figure_and_the_number(book: Book) -> None:
    assert ">42\n<" in book.page() or "42" in book.page()
    drawn = [svg.read_text("utf8") for svg in (book.site / "_images").glob("*.svg")]
    assert any("prefers-color-scheme:dark" in svg and "var(--blue" in svg for svg in drawn)


def test_the_page_runs_its_cells_only_where_python_for_it_can_be_had(book: Book) -> None:
    assert "can-run" in book.page()
    assert (book.site / "_static/run/pyodide/pyodide.asm.wasm").exists()
    shutil.rmtree(book.folder / "_build/pyodide")
    nowhere = {"https_proxy": "http://127.0.0.1:9", "PIP_NO_INDEX": "1", "npm_config_offline": "true"}
    code, output = book.run(PYODIDE_MIRROR=str(book.folder), **nowhere)
    assert code == 0, output
    assert "no run buttons" in output
    assert "can-run" not in book.page()
    assert not (book.site / "_static/run/pyodide").exists()
    code, output = book.run()
    assert code == 0, output
    assert "can-run" in book.page(), "with the mirror back, the buttons are back"


def test_a_change_of_style_is_noticed_without_executing(book: Book) -> None:
    style = book.folder / "book/_static/book.css"
    style.write_text(style.read_text("utf8") + "\n.planted { color: red }\n", "utf8")
    code, output = book.run()
    assert code == 0, output
    assert "executing" not in output
    assert ".planted" in (book.site / "_static/book.css").read_text("utf8")


def another_sentence(notebook: nbformat.NotebookNode) -> None:
    notebook.cells[0].source = notebook.cells[0].source.replace("Mass and energy", "Energy and mass")
    notebook.cells[0].source += "\n\n:::{div} info-line\nReading time 77 minutes · on paper\n:::\n"
    notebook.cells[2].metadata["mystnb"]["figure"]["caption"] = "A rising line."
    for cell in notebook.cells[1:]:
        cell.outputs, cell.execution_count = [], None


def test_a_changed_sentence_executes_nothing_and_stands_on_the_page(book: Book) -> None:
    before = (book.folder / "_build/executed/small.ipynb").read_bytes()
    book.change(another_sentence)
    code, output = book.run()
    assert code == 0, output
    assert "executing" not in output
    for new in ("Energy and mass", "A rising line.", "Reading time 1 minute · on paper"):
        assert new in book.page()
    assert ">42\n<" in book.page(), "with the outputs that were kept"
    assert "Mass and energy" not in book.page()
    assert (book.folder / "_build/executed/small.ipynb").read_bytes() == before


def test_a_change_of_the_package_executes_again(book: Book) -> None:
    with (book.folder / "rnn_utils/metrics.py").open("a", encoding="utf8") as file:
        file.write("\n# changed\n")
    code, output = book.run()
    assert code == 0, output
    assert "executing 1 of 1" in output


def fail_in_second_cell(notebook: nbformat.NotebookNode) -> None:
    notebook.cells[2].source = "ratio = 1\nratio / 0"


def raw_tex(notebook: nbformat.NotebookNode) -> None:
    notebook.cells[0].source += "\n\n$$\n\\frac{1{2}\n$$\n"


def dead_link(notebook: nbformat.NotebookNode) -> None:
    notebook.cells[0].source += "\n\nSee [the other page](no_such_page.ipynb).\n"


def no_alternative_text(notebook: nbformat.NotebookNode) -> None:
    notebook.cells[2].metadata = {}


FAULTS = {
    fail_in_second_cell: ["small.ipynb, code cell 2 of 2 failed", "ratio / 0", "ZeroDivisionError: division by zero"],
    raw_tex: ["WARNING", "small.ipynb", "frac"],
    dead_link: ["WARNING", "small.ipynb", "no_such_page"],
    no_alternative_text: ["WARNING", "small.ipynb", "alternative text"],
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_stops_the_build_and_keeps_the_last_good_site(book: Book, fault: Callable) -> None:
    before = book.page()
    book.change(fault)
    code, output = book.run()
    assert code != 0
    assert not [words for words in FAULTS[fault] if words not in output], output
    assert book.page() == before


def test_jupyter_book_is_ended_when_it_takes_too_long(book: Book) -> None:
    runs_it = book.folder / "tools/site/jupyter_book.py"
    text = runs_it.read_text("utf8")
    assert "MINUTES = 20 " in text
    runs_it.write_text(text.replace("MINUTES = 20 ", "MINUTES = 0.01 "), "utf8")
    before = book.page()
    book.change(dead_link)
    code, output = book.run()
    assert code == 1
    assert "was still running after 0.01 minutes and was ended. Its last words:" in output
    assert book.page() == before


def test_a_changed_number_fails_strict_nbval(book: Book) -> None:
    assert book.run("refresh")[0] == 0
    nbval = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tools.notebooks.kernel_pipes",
        "--nbval",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        str(book.notebook),
    ]
    assert subprocess.run(nbval, capture_output=True, cwd=book.folder).returncode == 0
    stored = book.notebook.read_text("utf8")
    assert '"42\\n"' in stored
    book.notebook.write_text(stored.replace('"42\\n"', '"43\\n"'), "utf8")
    failed = subprocess.run(nbval, capture_output=True, text=True, cwd=book.folder)
    assert failed.returncode == 1
    assert "43" in failed.stdout


def test_what_strict_nbval_ran_is_not_executed_again(book: Book) -> None:
    assert book.run("refresh")[0] == 0
    kept = book.folder / "_build/executed/small.ipynb"
    built = json.loads(kept.read_text("utf8"))
    kept.unlink()
    plugins = ["-p", "tools.notebooks.kernel_pipes", "-p", "tools.notebooks.keep_runs", "-p", "no:cacheprovider"]
    nbval = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, *plugins, "--nbval", str(book.notebook)]
    stored = book.notebook.read_text("utf8")
    book.notebook.write_text(stored.replace('"42\\n"', '"43\\n"'), "utf8")
    assert subprocess.run(nbval, capture_output=True, cwd=book.folder).returncode == 1
    assert not kept.exists(), "a chapter that wrote something else was kept"
    book.notebook.write_text(stored, "utf8")
    assert subprocess.run(nbval, capture_output=True, cwd=book.folder).returncode == 0
    ran = json.loads(kept.read_text("utf8"))
    for notebook in (built, ran):
        del notebook["metadata"]["execution"]["seconds"]
    assert ran == built
    code, output = book.run()
    assert code == 0, output
    assert "executing" not in output


def test_refresh_normalises_and_leaves_a_failing_notebook_alone(book: Book) -> None:
    book.change(lambda notebook: notebook.metadata.update(widgets={}, toc=1))
    assert book.run("refresh")[0] == 0
    refreshed = json.loads(book.notebook.read_text("utf8"))
    assert set(refreshed["metadata"]) == {"kernelspec", "language_info"}
    assert [cell["execution_count"] for cell in refreshed["cells"] if cell["cell_type"] == "code"] == [1, 2]
    book.change(fail_in_second_cell)
    before = book.notebook.read_bytes()
    code, output = book.run("refresh")
    assert (code, book.notebook.read_bytes()) == (1, before)
    assert "code cell 2 of 2" in output


@pytest.mark.parametrize("command", ["build", "refresh"])
def test_a_kill_at_any_moment_loses_nothing(book: Book, command: str) -> None:
    """Killed at four moments spread over its run; then it runs through."""
    book.change(lambda notebook: notebook.cells[1].update(source=notebook.cells[1].source.replace("6 * 7", "6 * 8")))
    notebook, page = book.notebook.read_bytes(), book.page()
    moments = random.Random(0)
    for count in range(4):
        process = book.start(command)
        time.sleep(0.3 + 1.2 * count + moments.random())
        finished = process.poll() is not None
        with contextlib.suppress(ProcessLookupError):  # it may have finished on a quick machine
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if finished:
            break
        if command == "build":
            assert book.notebook.read_bytes() == notebook
        nbformat.validate(nbformat.read(book.notebook, as_version=4))
        assert "A small page" in book.page()
        assert book.page() == page or "48" in book.page()
    code, output = book.run(command)
    assert code == 0, output
    assert "48" in (book.page() if command == "build" else book.notebook.read_text("utf8"))
