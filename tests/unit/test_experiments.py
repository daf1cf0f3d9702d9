"""Every experiment has its record, its settings and a part that can be run again; and an altered record is noticed."""

import copy
import inspect
import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from experiments import saving
from rnn_utils import records

ROOT = Path(__file__).parents[2]
# Lines that only a whole experiment reaches are not tested; and it is a sixth faster when nobody counts its lines.
pytestmark = pytest.mark.no_cover
NAMES = [path.stem for path in sorted((ROOT / "experiments").glob("[a-z]*.py")) if path.stem != "saving"]
LONGEST = 8  # seconds of processor time for a part: five on a quiet machine


def altered(value):
    """A copy of a record's results with every number another one."""
    if isinstance(value, dict):
        return {key: altered(each) for key, each in value.items()}
    if isinstance(value, list):
        return [altered(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value + 1 if isinstance(value, int) else 2 * value + 0.5


def numbers_alone(value):
    """Is a result made of numbers and texts alone?"""
    if isinstance(value, dict):
        return all(map(numbers_alone, value.values()))
    if isinstance(value, list | tuple):
        return all(map(numbers_alone, value))
    return value is None or isinstance(value, int | float | str | np.ndarray | np.generic)


@pytest.fixture(scope="module")
def results():
    """What functions of experiments have returned, by their arguments."""
    return {}


@pytest.fixture
def part(name, results, monkeypatch):
    """An experiment whose `check_part` computes once what follows from the settings alone: two tests ask for it."""
    module = import_module(f"experiments.{name}")

    def once(function):
        def called(*args, **kwargs):
            try:
                key = json.dumps([name, function.__name__, args, kwargs], sort_keys=True)
            except TypeError:  # arrays, generators, networks
                return function(*args, **kwargs)
            if key not in results:
                result = function(*args, **kwargs)
                if not numbers_alone(result):  # a network may be trained further
                    return result
                results[key] = result
            return copy.deepcopy(results[key])

        return called

    for called in module.check_part.__code__.co_names:
        function = getattr(module, called, None)
        own = inspect.isfunction(function) and function.__module__ == module.__name__
        if own and not inspect.isgeneratorfunction(function):
            monkeypatch.setattr(module, called, once(function))
    return module


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_what_it_should_be(name):
    module, record = import_module(f"experiments.{name}"), records.load(name)
    assert len(module.__doc__) > 40
    assert json.loads(json.dumps(module.SETTINGS)) == record["settings"]
    inspect.signature(module.run).bind(**module.SETTINGS)
    assert {"settings", "results", "seconds"} <= set(record)
    assert record.get("command", f"python -m experiments.{name}") == f"python -m experiments.{name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_the_record_can_be_run_again(name, part):
    began = time.process_time()
    part.check_part(records.load(name))
    assert time.process_time() - began < LONGEST


@pytest.mark.parametrize("name", NAMES)
def test_an_altered_record_is_noticed(name, part):
    record = records.load(name)
    with pytest.raises(AssertionError):
        part.check_part(record | {"results": altered(record["results"])})


def test_every_record_has_its_program():
    assert {path.stem for path in (ROOT / "experiments").glob("[a-z]*.json")} == set(NAMES)


# Saving -------------------------------------------------------------------------------------------------------------

PROGRAM = """from experiments import saving

SETTINGS = {"seeds": [1, 2], "steps": 3}


def run(seeds: list[int], steps: int) -> dict:
    return {"sum": sum(seeds) * steps}


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
"""


def start(folder, *arguments):
    program = folder / "small.py"
    program.write_text(PROGRAM, "utf8")
    command = [sys.executable, str(program), *arguments]
    return subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)


def test_a_full_run_is_saved_beside_its_program(tmp_path):
    assert start(tmp_path).returncode == 0
    record = json.loads((tmp_path / "small.json").read_text("utf8"))
    assert record["settings"] == {"seeds": [1, 2], "steps": 3}
    assert record["results"] == {"sum": 9}
    assert record["command"] == "python -m experiments.small"
    assert 0 <= record["seconds"] < 10
    assert {path.name for path in tmp_path.iterdir()} == {"small.py", "small.json"}


def test_other_settings_are_saved_elsewhere_or_refused(tmp_path):
    refused = start(tmp_path, "--settings", '{"steps": 5}')
    assert refused.returncode == 2
    assert "asks for --out" in refused.stderr
    assert "['step']" in start(tmp_path, "--settings", '{"step": 5}', "--out", "x.json").stderr
    out = tmp_path / "other.json"
    assert start(tmp_path, "--settings", '{"steps": 5}', "--out", str(out)).returncode == 0
    assert json.loads(out.read_text("utf8"))["results"] == {"sum": 15}
    assert not (tmp_path / "small.json").exists()


def test_a_record_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "record.json"
    saving.write(target, {"results": [[1, 2.5], ["[3, 4]"], {"a": []}], "x": {"y": None}})
    assert json.loads(target.read_text("utf8")) == {"results": [[1, 2.5], ["[3, 4]"], {"a": []}], "x": {"y": None}}
    assert "[1, 2.5]" in target.read_text("utf8"), "numbers share a line"
    saving.write(target, {"results": 1})
    with pytest.raises(ValueError, match="JSON"):
        saving.write(target, {"results": float("nan")})
    assert json.loads(target.read_text("utf8")) == {"results": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]
