"""The comparison of chapter 11: its program runs, its file is whole, and its runs can be done again."""

import copy
import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from kinds import kind_of

from rnn_utils import records

pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]
IDS = np.random.default_rng(0).integers(5, size=4000)  # a text of five characters


@pytest.fixture(scope="module")
def program():
    from experiments import compare

    return compare


@pytest.fixture(scope="module")
def saved() -> dict:
    record = records.load("compare")
    return {key: record[key] for key in ("settings", "versions", "command")} | record["results"]


@pytest.fixture
def reduced(program) -> dict:
    """Settings for a run of seconds: tiny networks, a few steps, short sequences."""
    settings = copy.deepcopy(program.SETTINGS)
    settings["seeds"] = [1, 2]
    for name, task in settings["tasks"].items():
        task |= {"steps": 4, "evaluations": 2, "rates": [0.002, 0.008], "hidden": {"RNN": 4, "LSTM": 2, "GRU": 3}}
        task |= {"batch": 8, "T": 10 if name != "shakespeare" else 4}
    settings["race"] |= {"T": 8, "steps": 5, "evaluations": 2, "seeds": [1]}
    return settings


def test_a_reduced_run_writes_the_same_kind_of_file_and_takes_up_what_it_finds(
    program, reduced, saved, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(program, "shakespeare_ids", lambda: (5, dict.fromkeys(("training", "validation", "test"), IDS)))
    out = tmp_path / "compare.json"
    program.main(["--tasks", "adding", "copy", "--out", str(out)], reduced)
    assert not out.exists()
    noted = capsys.readouterr().out.count("\n")
    program.main(["--out", str(out)], reduced)
    assert "adding 8 10 " not in capsys.readouterr().out  # done before, not done again
    assert [path.name for path in tmp_path.iterdir()] == ["compare.json"]
    record = json.loads(out.read_text("utf8"))
    assert noted == 2 * (3 * 4 + 3 * 2 + 2 * 2)
    assert record.keys() == records.load("compare").keys()
    record = record["results"]
    for name, contest in product(program.SETTINGS["tasks"], ("tuning", "parameters", "hidden")):
        assert kind_of(record[name][contest][0]) == kind_of(saved[name][contest][0])
    assert kind_of(record["race"][0]) == kind_of(saved["race"][0])
    assert record["order"]["tuning"][0]["valid"] == pytest.approx(math.log(4), abs=0.3)
    best = min((row for row in record["copy"]["tuning"] if row["kind"] == "GRU"), key=lambda row: row["valid"])
    assert {(row["rate"], row["start"]) for row in record["copy"]["parameters"] if row["kind"] == "GRU"} == {
        (best["rate"], best["start"])
    }


def test_the_saved_file_is_that_of_the_settings_in_the_program(program, saved):
    assert saved["settings"] == program.SETTINGS
    assert saved["command"] == "python -m experiments.compare"
    assert saved["versions"].keys() == {"python", "numpy", "torch"}
    assert (ROOT / "experiments/compare.json").stat().st_size < 60_000
    for name, task in program.SETTINGS["tasks"].items():
        assert len(saved[name]["tuning"]) == 3 * len(program.STARTS) * len(task["rates"])
        assert len(saved[name]["parameters"]) == 3 * len(program.SETTINGS["seeds"])
        assert len(saved[name]["hidden"]) == 2 * len(program.SETTINGS["seeds"])
        for kind in program.LAYERS:
            grid = [row for row in saved[name]["tuning"] if row["kind"] == kind]
            best = min(grid, key=lambda row: row["valid"])
            for contest in ("parameters", "hidden"):
                for row in (row for row in saved[name][contest] if row["kind"] == kind):
                    assert (row["rate"], row["start"]) == (best["rate"], best["start"])
                    assert row["seed"] in program.SETTINGS["seeds"]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_the_beginning_of_a_saved_run_can_be_done_again(program, saved, kind):
    settings = copy.deepcopy(program.SETTINGS)
    task = settings["tasks"]["shakespeare"]
    whole = task["steps"]
    task |= {"steps": whole // task["evaluations"], "evaluations": 1}
    first, other = (row for row in saved["shakespeare"]["parameters"] if row["kind"] == kind and row["seed"] < 3)
    model = program.build(program.TASKS["shakespeare"](task["T"]), kind, first["hidden"], first["start"], first["seed"])
    again = program.train("shakespeare", model, first["rate"], first["seed"], settings, whole)
    assert again["valid"] == pytest.approx(first["valid"][:1], rel=0.002)
    assert again["valid"] != pytest.approx(other["valid"][:1], rel=0.002)  # another seed's would not do


def test_sizes_are_the_ones_nearest_to_the_lstms_parameters(program):
    for name, given in program.SETTINGS["tasks"].items():
        task = program.TASKS[name](given["T"])

        def count(kind, hidden, task=task):
            return sum(p.size for p in program.build(task, kind, hidden, "plain", 0).params.values())

        wanted = count("LSTM", given["hidden"]["LSTM"])
        for kind in ("RNN", "GRU"):
            gaps = {size: abs(count(kind, given["hidden"][kind] + size) - wanted) for size in (-1, 0, 1)}
            assert min(gaps, key=gaps.get) == 0


def test_both_libraries_race_the_same_run(program):
    given = {"T": 8, "batch": 8, "hidden": 4, "rate": 0.01, "steps": 6, "evaluations": 3}
    for kind in program.LAYERS:
        ours, theirs = (program.race(kind, library, 0, given, 1.0) for library in ("rnn_utils", "torch"))
        assert ours["valid"] == pytest.approx(theirs["valid"], rel=1e-3)
        assert ours["test"] == pytest.approx(theirs["test"], rel=1e-3)


def test_the_gated_networks_of_the_race_add_at_a_hundred_steps_and_the_tanh_network_does_not(saved):
    for row in saved["race"]:
        if row["kind"] == "RNN":
            assert row["test"] == pytest.approx(1 / 6, rel=0.05)
        else:
            assert min(row["valid"]) < 1e-3
