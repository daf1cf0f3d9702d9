"""A record is read through the package, from a checkout and from a wheel that is installed somewhere else."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rnn_utils import records

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("experiments/[a-z]*.json"), *ROOT.glob("benchmarks/[a-z]*.json")])


def test_every_record_of_the_checkout_is_found():
    assert FILES
    assert records.found() == {path.stem: path for path in FILES}
    for path in FILES:
        assert records.load(path.stem) == json.loads(path.read_text("utf8"))


def test_no_two_records_have_one_name():
    assert len({path.stem for path in FILES}) == len(FILES)


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(FileNotFoundError) as told:
        records.load("nothing")
    for part in ("'nothing'", str(ROOT / "experiments"), str(records.HERE / "recorded"), FILES[0].stem):
        assert part in str(told.value)


def test_a_wheel_carries_the_records(tmp_path):
    tree = tmp_path / "tree"  # a copy: building leaves folders behind
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("rnn_utils", "experiments", "benchmarks"):
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, tree / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(tree)], check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "installed")
    assert {name for name in names if name.endswith(".json")} == {f"rnn_utils/recorded/{path.name}" for path in FILES}
    assert not [name for name in names if not name.startswith(("rnn_utils/", "rnn_utils-"))]
    name = FILES[0].stem
    asked = f"from rnn_utils import records; print(records.__file__, records.load({name!r}) == {{}}, records.found())"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / "installed/rnn_utils") in done.stdout
    assert str(tmp_path / "installed/rnn_utils/recorded" / FILES[0].name) in done.stdout
    assert "False" in done.stdout
