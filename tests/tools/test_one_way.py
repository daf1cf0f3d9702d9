"""What is done in one place only: files are replaced by one writer, and no program runs without a limit."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import build

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("rnn_utils", "tools", "experiments", "benchmarks", "book/_ext")
STARTS = {"run", "call", "check_call", "check_output"}
LINKS = {"tools/build.py"}  # moves the link to the site, which is no file
WAITS = {"tools/setup_env.py"}  # for environment.py, whose steps have limits


def calls(module: str) -> Iterator[tuple[str, str, ast.Call]]:
    """File, function and call, for every call of a function of `module` in the code."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf8"))):
            function = node.func if isinstance(node, ast.Call) else None
            if isinstance(function, ast.Attribute) and ast.unparse(function.value) == module:
                yield path.relative_to(ROOT).as_posix(), function.attr, node


def test_files_are_replaced_by_one_writer() -> None:
    replacing = {file for file, function, _ in calls("os") if function in ("replace", "rename")}
    assert replacing == {"rnn_utils/atomic.py"} | LINKS


def test_every_program_has_a_limit() -> None:
    started = [(file, call) for file, function, call in calls("subprocess") if function in STARTS]
    assert started
    without = {file for file, call in started if "timeout" not in {word.arg for word in call.keywords}}
    assert without <= WAITS
    opened = {file for file, function, _ in calls("subprocess") if function == "Popen"}
    assert opened <= {"tools/processes.py"} | WAITS


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `_build` with a site that has been built and is not published."""
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "WORK", tmp_path / "work")
    monkeypatch.setattr(build, "SITE", tmp_path / "html")
    return tmp_path


def new_site(folder: Path, text: str) -> None:
    made = folder / "work/_build/html"
    made.mkdir(parents=True)
    (made / "index.html").write_text(text)


@pytest.mark.parametrize("links", [True, False], ids=["with links", "without links"])
def test_a_site_takes_the_place_of_the_last_one(built: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:  # as on Windows, for most people

        def refuse(*_arguments: object, **_options: object) -> None:
            raise OSError("a required privilege is not held by the client")

        monkeypatch.setattr(Path, "symlink_to", refuse)
    for text, key in (("first", "a" * 64), ("second", "b" * 64), ("third", "c" * 64)):
        new_site(built, text)
        build.publish(key)
        assert (built / "html/index.html").read_text() == text
        assert (built / "html/.site-key").read_text() == key
    assert (built / "html").is_symlink() == links
    kept = {path.name for path in built.iterdir()} - {"work", "html"}
    assert kept == ({f"html-{'c' * 12}"} if links else set())
