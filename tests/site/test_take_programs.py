"""What lies beside the notebooks: each chapter as a program, and the notebook without solutions for a class."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ext_book import notebook
from test_take_notebooks import CHAPTER, NAMES, RAW, ROOT, texts

from tools.notebooks.percent import as_program
from tools.notebooks.plain import as_plain
from tools.notebooks.without_solutions import OpenSolutionError, without_solutions

FIRST = "01_sequence_data"
NOT_DONE, DONE = "○", "✓"


@pytest.fixture(scope="module")
def to_hand_out(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "loop.svg").write_text("<svg/>")
    return as_plain(without_solutions(notebook(CHAPTER)), NAMES, folder)


def test_exercises_hints_and_questions_stay_and_their_answers_go(to_hand_out: dict[str, Any]) -> None:
    text = "\n\n".join(texts(to_hand_out))
    assert "### Exercise 1: Count\n\nCount.\n\n<details>\n<summary>Hint</summary>\n\nThink.\n\n</details>" in text
    assert "**1.** What is shared,\n  and why?\n\n- **A.** Nothing\n- **B.** The weights\n" in text
    assert "### Why?" in text
    assert texts(to_hand_out, "code")[1:] == []  # the first sets up, the second was the solution
    for gone in ("Solution", "Answer", "Look again", "right", "Because"):
        assert gone not in text, gone
    assert "The main line goes on" in text


def test_a_solution_without_an_end_is_refused() -> None:
    cut = CHAPTER.partition(":::{solution-end}")[0]
    with pytest.raises(OpenSolutionError, match="does not end"):
        without_solutions(notebook(cut))


def test_text_around_a_solution_in_one_cell_stays() -> None:
    inside = ":::{solution-start} ex\n:class: dropdown\n:::\nNow you see.\n\n:::{solution-end}\n:::"
    [cell] = without_solutions(notebook(f"Before.\n\n{inside}\n\nAfter."))["cells"]
    assert cell["source"].split() == ["Before.", "After."]


def solution_parts(chapter: dict[str, Any]) -> tuple[set[str], list[str]]:
    """Lines of a chapter's solutions, reasons and answers, in words, and the code cells of its solutions."""
    lines, code, inside = set(), [], ""
    for cell in chapter["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            code += [source] if inside == "solution-start" else []
            continue
        for line in source.splitlines():
            if line.startswith(":::"):
                inside = line[4:].partition("}")[0] if line[3:] else inside if inside == "solution-start" else ""
            reason = inside == "check-yourself" and line.startswith("     ")
            if line.strip() and (reason or inside in ("solution-start", "interview")) and line[0] != ":":
                lines.add(line.strip())
    return lines, code


def test_nothing_of_a_solution_is_left_in_any_chapter(site: Path) -> None:
    given = sorted((site / "notebooks/without_solutions").glob("*.ipynb"))
    assert {path.name for path in given} == {path.name for path in (site / "notebooks").glob("*.ipynb")}
    lines_seen, exercises = 0, 0
    for path in given:
        handed_out, book = (json.loads(place.read_text("utf8")) for place in (path, ROOT / "book" / path.name))
        nbformat.validate(handed_out)
        text, code = "\n".join(texts(handed_out)), texts(handed_out, "code")
        lines, solved = solution_parts(book)
        lines_seen += len(lines)
        exercises += len(solved)
        assert not [line for line in lines if len(line) > 30 and line in text], path.name
        assert not set(solved) & set(code), path.name
        assert not RAW.findall(text), path.name
        said = "".join(text for cell in handed_out["cells"] for text in printed(cell))
        asked = text.count("### Exercise ")
        assert (said.count(NOT_DONE), said.count(DONE)) == (asked, 0), path.name
    assert lines_seen > 400
    assert exercises > 50


def printed(cell: dict[str, Any]) -> list[str]:
    """What a cell has printed."""
    return ["".join(output.get("text", "")) for output in cell.get("outputs", [])]


def test_no_cell_that_stays_needs_a_name_that_only_a_solution_makes(site: Path) -> None:
    """Or the notebook would stop with a NameError, and the checks after it would say nothing."""
    for path in sorted((site / "notebooks/without_solutions").glob("*.ipynb")):
        kept = [ast.parse(code) for code in texts(json.loads(path.read_text("utf8")), "code")]
        whole = [
            ast.parse(code) for code in texts(json.loads((site / "notebooks" / path.name).read_text("utf8")), "code")
        ]
        lost = made(whole) - made(kept)
        needed = {node.id for tree in kept for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not needed & lost, (path.name, needed & lost)


def made(trees: list[ast.Module]) -> set[str]:
    """Names that cells define, import, assign or take."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = {
        (name.asname or name.name).split(".")[0]
        for node in nodes
        if hasattr(node, "names")
        for name in node.names
        if isinstance(name, ast.alias)
    }
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return named | bound | imported | arguments


def run(program: Path) -> str:
    """Run a program as a reader does; what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    command = [sys.executable, program.name]
    done = subprocess.run(command, cwd=program.parent, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_runs_and_prints_what_the_page_shows(site: Path, tmp_path: Path) -> None:
    (tmp_path / f"{FIRST}.py").write_text((site / f"notebooks/{FIRST}.py").read_text("utf8"), "utf8")
    said = run(tmp_path / f"{FIRST}.py").splitlines()
    book = json.loads((ROOT / f"book/{FIRST}.ipynb").read_text("utf8"))
    shown = [line for cell in book["cells"] if steady(cell) for text in printed(cell) for line in text.splitlines()]
    assert len(shown) > 20
    assert not [line for line in shown if line not in said]


def steady(cell: dict[str, Any]) -> bool:
    """Does a cell print the same on every machine?"""
    return "nbval-ignore-output" not in cell["metadata"].get("tags", [])


def test_without_solutions_the_checks_say_that_nothing_is_done_yet(site: Path, tmp_path: Path) -> None:
    handed_out = json.loads((site / f"notebooks/without_solutions/{FIRST}.ipynb").read_text("utf8"))
    program = tmp_path / f"{FIRST}.py"
    program.write_text(as_program(handed_out, FIRST), "utf8")
    said = run(program)
    assert said.count(NOT_DONE) == "\n".join(texts(handed_out)).count("### Exercise ") > 2
    assert DONE not in said


def test_programs_hold_the_code_and_the_words_of_the_notebooks(site: Path) -> None:
    programs = sorted((site / "notebooks").glob("*.py"))
    assert len(programs) > 10
    for path in programs:
        written, taken = path.read_text("utf8"), json.loads(path.with_suffix(".ipynb").read_text("utf8"))
        cells = written.split("\n\n# %%")
        assert len(cells) == len(taken["cells"]) + 1, path.name
        compile(written, path.name, "exec")
        assert "attachment:" not in written and "get_ipython" not in written, path.name
        code = [cell.removeprefix("\n") for cell in cells[1:] if not cell.startswith(" [markdown]")]
        assert [text.strip() for text in code][1:] == [text.strip() for text in texts(taken, "code")[1:]], path.name


def test_without_the_package_a_program_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "loop.svg").write_text("<svg/>")
    made_from = CHAPTER.replace("REPOSITORY_URL", "https://example.org/a/b@main")
    program = as_program(as_plain(without_solutions(notebook(made_from)), NAMES, tmp_path), "chapter")
    with pytest.raises(ModuleNotFoundError, match=r"pip install .*example\.org/a/b"):
        exec(program.replace('find_spec("rnn_utils")', 'find_spec("no_such_package")'), {})
