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


RACE = ROOT / "benchmarks/char_model_race.py"


def test_a_reduced_race_writes_the_same_kind_of_file(tmp_path):
    out, saved = tmp_path / "race.json", json.loads(RACE.with_suffix(".json").read_text("utf8"))
    reduced = ["--hidden", "8", "--characters", "2000", "--seeds", "1", "--out", str(out)]
    subprocess.run([sys.executable, str(RACE), *reduced], check=True, cwd=ROOT)
    record = json.loads(out.read_text("utf8"))
    assert [path.name for path in tmp_path.iterdir()] == ["race.json"]
    assert record.keys() == saved.keys()
    assert record["settings"].keys() == saved["settings"].keys()
    for recipe, rows in record["results"].items():
        assert rows.keys() == saved["results"][recipe].keys()
        for rate, row in rows.items():
            assert row.keys() == saved["results"][recipe][rate].keys()
            assert all(4 < bits < 6.5 for bits in row["held_out"])  # from ln V on, with so few steps


def test_the_saved_race_is_that_of_the_settings_in_the_program():
    saved = json.loads(RACE.with_suffix(".json").read_text("utf8"))
    assigned = {
        node.targets[0].id: node.value
        for node in ast.parse(RACE.read_text("utf8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert saved["command"] == "python benchmarks/char_model_race.py"
    assert saved["settings"] == ast.literal_eval(assigned["SETTINGS"])
    rates = ast.literal_eval(assigned["RATES"])
    assert {recipe: [float(rate) for rate in rows] for recipe, rows in saved["results"].items()} == rates
    for rows in saved["results"].values():
        assert all(len(numbers) == saved["settings"]["seeds"] for row in rows.values() for numbers in row.values())


def test_both_recipes_have_their_best_rate_inside_the_rates_tried():
    for rows in json.loads(RACE.with_suffix(".json").read_text("utf8"))["results"].values():
        means = [np.mean(row["held_out"]) for row in rows.values()]
        assert 0 < np.argmin(means) < len(means) - 1


def test_ours_ends_lower_in_less_time_when_each_has_its_best_rate():
    saved = json.loads(RACE.with_suffix(".json").read_text("utf8"))["results"]
    his, ours = (
        min(saved[name].values(), key=lambda row: np.mean(row["held_out"])) for name in ("min_char_rnn", "our_recipe")
    )
    assert np.mean(ours["held_out"]) < np.mean(his["held_out"]) - 0.05
    for clock in ("wall_seconds", "cpu_seconds"):
        assert np.mean(ours[clock]) < np.mean(his[clock]) / 2
