"""Tests that share what they open run in one worker: pytest-xdist has been seen to ignore an option without a word."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = """import os, pytest

@pytest.mark.parametrize("number", range(8))
def test_one(number):
    with open("workers", "a") as seen:
        seen.write(f"{os.path.basename(__file__)} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def recipes() -> dict[str, str]:
    """The goals of the Makefile that hand out tests a file at a time, with the options that say so."""
    found = re.findall(r"^(\w+):.*##.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
    options = {goal: re.search(r"-n \d+ --dist loadfile(?: --no-loadscope-reorder)?", recipe) for goal, recipe in found}
    return {goal: option[0] for goal, option in options.items() if option}


def test_all_goals_whose_tests_share_something_are_looked_at() -> None:
    assert set(recipes()) == {"unit", "tools", "notebooks", "site"}


@pytest.mark.parametrize("options", sorted(set(recipes().values())))
def test_a_file_goes_to_one_worker(tmp_path: Path, options: str) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"test_{name}.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:nbval", "-p", "no:cacheprovider", *options.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    seen = (tmp_path / "workers").read_text().splitlines()
    assert len(seen) == 24
    assert len(set(seen)) == 3, "a file was divided between workers"
    assert len({line.split()[1] for line in seen}) > 1
