"""Which browser prints, tests and measures the book."""

from pathlib import Path

import pytest

from tools import chromium


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "COMMANDS", [name for name in chromium.COMMANDS if "/" not in name])
    return tmp_path


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch(mode=0o755)


def test_the_one_without_windows_comes_first_but_not_where_readers_are_measured(programs: Path) -> None:
    put(programs, "chromium-headless-shell", "google-chrome")
    assert Path(chromium.find()).name == "chromium-headless-shell"
    assert Path(chromium.find(like_a_reader=True)).name == "google-chrome"
    (programs / "google-chrome").unlink()
    assert Path(chromium.find(like_a_reader=True)).name == "chromium-headless-shell"


def test_a_named_one_is_taken_and_none_is_said(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(chromium.NoChromiumError, match="no Chromium, Chrome or Edge was found"):
        chromium.find()
    put(programs, "chromium", "mine")
    monkeypatch.setenv("CHROMIUM", "mine")
    assert Path(chromium.find()).name == "mine"
    monkeypatch.setenv("CHROMIUM", "gone")
    with pytest.raises(chromium.NoChromiumError, match="CHROMIUM=gone is no program"):
        chromium.find()
