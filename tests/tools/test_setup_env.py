"""Setting up: which Python is taken, what is said where none serves, and an environment that belongs to its folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import environment, setup_env
from tools.environment import Environment, wanted_state
from tools.setup_env import SERVED, choose, interpreters, unsupported

ROOT = Path(__file__).resolve().parent.parent.parent
FOUND = {(3, 14): ["python3.14"], (3, 12): ["py", "-3.12"]}


def test_a_python_that_is_served_is_taken_without_a_word():
    for version in SERVED:
        assert choose(version, True, dict) == ([], "")


@pytest.mark.parametrize(
    ("own", "complete", "reason"),
    [
        ((3, 8), True, "Python 3.8 is too old: the locked packages serve Python 3.11 to 3.14"),
        ((3, 10), True, "Python 3.10 is too old"),
        ((3, 15), True, "Python 3.15 is too new: the locked packages serve Python 3.11 to 3.14"),
        ((3, 12), False, "this Python 3.12 cannot make environments (Debian, Ubuntu: apt-get install python3-venv)"),
    ],
)
def test_else_the_newest_that_is_served_is_taken_or_the_reader_told(own, complete, reason):
    command, sentence = choose(own, complete, lambda: FOUND)
    assert command == ["python3.14"]
    assert sentence.startswith(reason)
    assert sentence.endswith("; taking python3.14")
    command, sentence = choose(own, complete, dict)
    assert command is None
    assert sentence.startswith(reason)
    assert "make book PYTHON=" in sentence


@pytest.mark.parametrize(
    ("system", "machine", "c_library", "words"),
    [
        ("Linux", "x86_64", "glibc", ""),
        ("Linux", "aarch64", "glibc", ""),
        ("Darwin", "arm64", "", ""),
        ("Windows", "AMD64", "", ""),
        ("Linux", "x86_64", "", "without glibc"),
        ("Linux", "riscv64", "glibc", "Linux on riscv64"),
        ("Darwin", "x86_64", "", "torch 2.13 has no build for a Mac with an Intel processor"),
        ("Windows", "ARM64", "", "Windows on arm64"),
        ("FreeBSD", "amd64", "", "FreeBSD on amd64"),
        ("", "", "", "this system on this processor"),
    ],
)
def test_a_system_without_wheels_is_named(system, machine, c_library, words):
    said = unsupported(system, machine, c_library)
    assert bool(said) == bool(words)
    assert words in said


def test_torch_that_macs_with_intel_miss_is_the_locked_one():
    assert (ROOT / "requirements/torch.txt").read_text("utf8").startswith("torch==2.13.")


def old_pythons():
    folder = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = {path.parent.parent.name: path for path in folder.glob("3.*/bin/python")}
    return [path for name, path in sorted(found.items()) if (3, 6) <= tuple(map(int, name.split(".")[:2])) < SERVED[0]]


def test_every_old_python_of_this_machine_says_one_sentence_and_installs_nothing(tmp_path):
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python from 3.6 to 3.10 on this machine")
    (tmp_path / "tools").mkdir()
    for name in ("setup_env.py", "environment.py"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools")
    for python in pythons:
        done = subprocess.run(
            [python, "tools/setup_env.py", "book"],
            cwd=tmp_path,
            env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stdout == ""
        [sentence] = done.stderr.splitlines()
        assert "is too old: the locked packages serve Python 3.11 to 3.14, and none was found here" in sentence
        assert os.listdir(tmp_path) == ["tools"]


def test_the_pythons_that_are_found_are_what_they_say():
    for version, command in interpreters().items():
        asked = [*command, "-c", "import sys; print(*sys.version_info[:2])"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert tuple(map(int, said.split())) == version


def test_which_says_what_would_be_taken():
    command = [sys.executable, "tools/setup_env.py", "which"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, sys.executable)


def test_the_served_pythons_are_those_of_the_workflow_and_the_readme():
    names = [setup_env.dotted(version) for version in SERVED]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf8"))
    assert workflow["jobs"]["package"]["strategy"]["matrix"]["python"] == names
    for page in ("README.md", "CONTRIBUTING.md"):
        assert f"Python {names[0]} to {names[-1]}" in (ROOT / page).read_text("utf8")


# The environment -----------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with an environment in which everything was "installed"."""
    folder = tmp_path / "checkout"
    (folder / "requirements").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements/torch.txt", "requirements/book.txt"):
        shutil.copy(ROOT / name, folder / name)
    monkeypatch.setattr(environment, "install", lambda *_: None)
    create = environment.venv.create
    monkeypatch.setattr(environment.venv, "create", lambda folder, with_pip, clear: create(folder, clear=clear))
    set_up(folder, monkeypatch)
    return folder


def set_up(folder, monkeypatch):
    """What `make book` does first, without the packages."""
    monkeypatch.setattr(environment, "ROOT", folder)
    environment.main("book")


def test_nothing_is_done_a_second_time(checkout, monkeypatch, capsys):
    assert Environment(checkout).matches("book")
    capsys.readouterr()
    set_up(checkout, monkeypatch)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("act", [shutil.move, shutil.copytree])
def test_a_checkout_that_was_moved_or_copied_gets_its_own_environment(checkout, monkeypatch, capsys, act):
    there = checkout.with_name("there ö")
    if act is shutil.copytree:
        shutil.copytree(checkout, there, symlinks=True)
    else:
        shutil.move(checkout, there)
    stale = there / ".venv/stale"
    stale.touch()
    assert not Environment(there).matches("book")
    capsys.readouterr()
    set_up(there, monkeypatch)
    said = capsys.readouterr().out
    assert ".venv is made again: this folder was moved or copied" in said
    assert not stale.exists()
    assert str(there) in (there / ".venv/bin/activate").read_text("utf8")
    assert Environment(there).matches("book")


def test_a_link_to_the_environment_of_another_folder_is_replaced_and_the_other_left_alone(
    checkout, monkeypatch, capsys
):
    other = checkout.with_name("other")
    shutil.copytree(checkout, other, ignore=shutil.ignore_patterns(".venv"))
    (other / ".venv").symlink_to(checkout / ".venv")
    before = sorted(os.listdir(checkout / ".venv"))
    set_up(other, monkeypatch)
    assert "a link to the environment of another folder" in capsys.readouterr().out
    assert not (other / ".venv").is_symlink()
    assert sorted(os.listdir(checkout / ".venv")) == before


def test_changed_requirements_are_installed_into_what_is_there(checkout, monkeypatch, capsys):
    kept = checkout / ".venv/kept"
    kept.touch()
    with (checkout / "requirements/book.txt").open("a") as file:
        file.write("one-more==1.0\n")
    assert not Environment(checkout).matches("book")
    set_up(checkout, monkeypatch)
    assert "made again" not in capsys.readouterr().out
    assert kept.exists()


def test_another_python_makes_it_again(checkout, monkeypatch, capsys):
    config = checkout / ".venv/pyvenv.cfg"
    config.write_text(config.read_text("utf8").replace("version = 3.", "version = 3.0"), "utf8")
    (checkout / ".venv/.installed-book").write_text("of another Python")
    set_up(checkout, monkeypatch)
    assert "it was made by Python 3.0" in capsys.readouterr().out


def test_an_environment_whose_python_has_gone_is_made_again(checkout, monkeypatch, capsys):
    Environment(checkout).python.unlink()
    assert not Environment(checkout).matches("book")
    set_up(checkout, monkeypatch)
    assert "it is not complete" in capsys.readouterr().out
    assert Environment(checkout).python.exists()


def test_the_state_names_the_folder(tmp_path):
    assert wanted_state(ROOT, "book").splitlines()[1] == str(ROOT)
