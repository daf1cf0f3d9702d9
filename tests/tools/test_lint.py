"""`make lint` finds a wrong type, and mistakes in JavaScript and CSS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.npm import lint
from tools.npm.install import NoNodeError, npm_folder

ROOT = Path(__file__).resolve().parent.parent.parent


def types(path: Path) -> subprocess.CompletedProcess[str]:
    settings = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / "_build/mypy")]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *settings, str(path)], cwd=ROOT, capture_output=True, text=True
    )


def test_a_wrong_type_is_found(tmp_path: Path) -> None:
    module = tmp_path / "planted.py"
    module.write_text("from rnn_utils.metrics import perplexity\n\nlabel: int = perplexity.__name__\n")
    found = types(module)
    assert found.returncode == 1
    assert 'expression has type "str", variable has type "int"' in found.stdout


def test_a_function_without_types_is_found(tmp_path: Path) -> None:
    module = tmp_path / "planted.py"
    module.write_text("def double(x):\n    return 2 * x\n")
    assert "Function is missing a type annotation" in types(module).stdout


@pytest.fixture
def biome() -> None:
    try:
        npm_folder()
    except NoNodeError as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("a.js", "const unused = 1;\n", "noUnusedVariables"),
        ("a.js", "if (document.title == 1) document.title = missing;\n", "noDoubleEquals"),
        ("a.js", "let once = 1;\ndocument.title = once;\n", "useConst"),
        ("a.css", "a { colour: red }\n", "noUnknownProperty"),
        ("a.css", "a { color: red; color: blue }\n", "noDuplicateProperties"),
        ("a.css", "a { width: 3pxx }\n", "noUnknownUnit"),
    ],
)
def test_a_mistake_in_a_script_or_a_sheet_is_found(
    name: str, text: str, rule: str, tmp_path: Path, biome: None, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = tmp_path / name
    planted.write_text(text)
    assert lint.main([planted]) == 1
    assert rule in capsys.readouterr().out


def test_without_npm_lint_says_so_and_goes_on_unless_on_a_test_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    assert lint.main([]) == 0
    assert "JavaScript and CSS were not looked at: npm is not installed" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert "npm is not installed" in str(lint.main([]))


def test_every_script_and_sheet_of_the_site_is_looked_at() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in lint.files()}
    assert {"book/_static/book.css", "book/_static/run/run.js", "tools/paper/paper.css"} <= names
    assert not [name for name in names if "_vendor" in name]
