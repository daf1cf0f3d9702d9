"""The longer run of chapter 07: its program runs, its file is whole, and the chapter shows its numbers."""

import ast
import json
import math
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "benchmarks/char_model.py"
REDUCED = ["--hidden", "16", "--window", "8", "--steps", "20", "--every", "10", "--characters", "5000"]


@pytest.fixture(scope="module")
def saved() -> dict:
    return json.loads(PROGRAM.with_suffix(".json").read_text("utf8"))


def test_a_reduced_run_writes_the_same_kind_of_file(tmp_path, saved):
    out = tmp_path / "curve.json"
    subprocess.run([sys.executable, str(PROGRAM), *REDUCED, "--out", str(out)], check=True, cwd=ROOT)
    record = json.loads(out.read_text("utf8"))
    assert [path.name for path in tmp_path.iterdir()] == ["curve.json"]
    assert record.keys() == saved.keys()
    assert record["settings"].keys() == saved["settings"].keys()
    assert record["settings"]["hidden"] == 16
    curve = record["curve"]
    assert curve.keys() == saved["curve"].keys()
    assert curve["step"] == [10, 20]
    assert len(curve["seconds"]) == 2
    assert 0 <= curve["seconds"][0] <= curve["seconds"][1] < 60
    assert curve["train"][0] == pytest.approx(math.log2(64), abs=0.15)  # ten steps from ln V
    assert curve["train"][1] < curve["train"][0]
    assert all(4 < bits < 6.2 for bits in curve["held_out"])


def test_the_saved_curve_is_that_of_the_settings_in_the_program(saved):
    (given,) = [
        node.value
        for node in ast.parse(PROGRAM.read_text("utf8")).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "SETTINGS"
    ]
    assert saved["settings"] == ast.literal_eval(given)
    assert saved["command"] == "python benchmarks/char_model.py"
    assert saved["versions"].keys() == {"python", "numpy"}
    assert saved["curve"]["step"] == list(range(1000, 20_001, 1000))
    assert min(saved["curve"]["held_out"]) < 2.45


def test_the_chapter_shows_the_saved_curve(saved):
    chapter = nbformat.read(ROOT / "book/07_training_a_character_model.ipynb", as_version=4)
    (source,) = [cell.source for cell in chapter.cells if "saved_held_out = (" in cell.source]
    assigned = {node.targets[0].id: node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)}
    for name, column in {"saved_learned": "train", "saved_held_out": "held_out"}.items():
        shown = [float(number) for number in ast.literal_eval(assigned[name]).split()]
        np.testing.assert_allclose(shown, saved["curve"][column], atol=0.0051)
