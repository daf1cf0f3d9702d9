"""What makes a chapter execute again, and what does not."""

import json

import nbformat
import pytest

from rnn_utils import records
from tools.notebooks import kept


def notebook():
    cells = [
        nbformat.v4.new_markdown_cell("# Title", id="a"),
        nbformat.v4.new_code_cell("x = 1", id="b"),
        nbformat.v4.new_markdown_cell("Text.", id="c"),
        nbformat.v4.new_code_cell('record = records.load("small")\nprint(x)', id="d"),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "small.json").write_text("{}", "utf8")
    (tmp_path / "other.json").write_text("{}", "utf8")
    monkeypatch.setattr(records, "FOLDERS", (tmp_path,))
    return tmp_path


def tag(cells):
    cells[1].metadata["tags"] = ["raises-exception"]


NOTHING = {
    "a sentence": lambda cells: cells[2].update(source="Other text."),
    "a cell of text": lambda cells: cells.insert(0, nbformat.v4.new_markdown_cell("More.", id="e")),
    "a caption": lambda cells: cells[1].metadata.update(mystnb={"figure": {"caption": "New."}}),
    "how it is shown": lambda cells: cells[1].metadata.update(tags=["hide-input"]),
    "stored outputs": lambda cells: cells[1].update(outputs=[nbformat.v4.new_output("stream", text="1")]),
}
AGAIN = {
    "code": lambda cells: cells[1].update(source="x = 2"),
    "its order": lambda cells: cells.reverse(),
    "a cell of code": lambda cells: cells.append(nbformat.v4.new_code_cell("pass", id="f")),
    "how it is executed": tag,
}


@pytest.mark.parametrize("what", NOTHING)
def test_executes_nothing(what):
    changed = notebook()
    NOTHING[what](changed.cells)
    assert kept.key(changed, "shared") == kept.key(notebook(), "shared")


@pytest.mark.parametrize("what", AGAIN)
def test_executes_again(what):
    changed = notebook()
    AGAIN[what](changed.cells)
    assert kept.key(changed, "shared") != kept.key(notebook(), "shared")


def test_a_record_that_is_read_counts_and_another_does_not(folder):
    before = kept.key(notebook(), "shared")
    (folder / "other.json").write_text('{"a": 1}', "utf8")
    assert kept.key(notebook(), "shared") == before
    (folder / "small.json").write_text('{"a": 1}', "utf8")
    assert kept.key(notebook(), "shared") != before


def test_what_all_chapters_share_counts():
    assert kept.key(notebook(), "other") != kept.key(notebook(), "shared")


def test_outputs_of_other_code_are_refused(tmp_path):
    old = notebook()
    old.cells[1].source = "x = 2"
    nbformat.write(notebook(), tmp_path / "now.ipynb")
    nbformat.write(old, tmp_path / "old.ipynb")
    with pytest.raises(ValueError, match="other code"):
        kept.present(tmp_path / "now.ipynb", tmp_path / "old.ipynb")


def test_present_text_meets_kept_outputs(tmp_path):
    old, now = notebook(), notebook()
    old.metadata["execution"] = {"key": "k", "seconds": 1.5}
    old.cells[3].outputs, old.cells[3].execution_count = [nbformat.v4.new_output("stream", text="1\n")], 2
    now.cells[2].source = "New text."
    nbformat.write(now, tmp_path / "now.ipynb")
    nbformat.write(old, tmp_path / "old.ipynb")
    made = kept.present(tmp_path / "now.ipynb", tmp_path / "old.ipynb")
    assert [cell.source for cell in made.cells] == [cell.source for cell in now.cells]
    assert made.cells[3].outputs == old.cells[3].outputs
    assert made.cells[3].execution_count == 2
    assert json.loads(json.dumps(made.metadata["execution"])) == {"key": "k", "seconds": 1.5}
