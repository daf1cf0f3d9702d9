"""The site as a zip: the same each time, whole, and at home on any server and on none."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from test_links import broken_links, read
from test_pages import visit

from tools.site.serve import serving
from tools.site.take_along import NAME, PDF, ZIP

ROOT = Path(__file__).resolve().parent.parent.parent


def run(site: Path) -> bytes:
    """`make offline` for a site."""
    command = [sys.executable, "-m", "tools.site.pack_offline", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (site / ZIP).read_bytes()


@pytest.fixture(scope="module")
def copied(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("offline") / "html"
    return shutil.copytree(site, copy, ignore=shutil.ignore_patterns(PDF, ZIP))


@pytest.fixture(scope="module")
def unpacked(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked zip, two folders deep."""
    folder = tmp_path_factory.mktemp("anywhere") / "some" / "prefix"
    zipfile.ZipFile(io.BytesIO(run(copied))).extractall(folder)
    return folder / NAME


def test_the_same_site_gives_the_same_zip(copied: Path) -> None:
    first = run(copied)
    for path in copied.rglob("*"):
        os.utime(path, (1, 1))
    (copied / PDF).write_bytes(b"%PDF-1.7")
    assert run(copied) == first  # whatever else can be taken along
    (copied / PDF).unlink()


def test_it_has_every_page_and_no_second_copy_of_itself(unpacked: Path, pages: list[str]) -> None:
    inside = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*.html")}
    assert {page for page in inside if not page.startswith("_static")} == set(pages) - {"404.html"}
    assert not [path for path in unpacked.rglob("*") if path.name in (ZIP, PDF) or path.name.startswith(".")]


def test_its_links_resolve_and_offer_nothing_that_is_not_there(unpacked: Path, pages: list[str]) -> None:
    broken = broken_links(unpacked, {page: read(unpacked / page) for page in pages if page != "404.html"})
    assert not broken, "\n".join(broken)


def test_pages_work_under_another_address(browser: Any, unpacked: Path) -> None:
    """One of each kind: what they are made of is the same, and all links of all pages are looked at above."""
    problems = []
    with serving(unpacked.parent.parent) as address:
        for path in (
            "index.html",
            "search.html?q=gradient",
            "book/index.html",
            "book/02_raw_sequences_to_tensors.html",
        ):
            wrong, measures = visit(browser, f"{address}prefix/{NAME}/", path)
            problems += [f"{path}: {what}" for what in [*wrong, *measures["broken"]]]
            assert measures["headings"] == 1, path
    assert not problems, "\n".join(problems)


def test_pages_read_without_any_server(browser: Any, unpacked: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in sorted((unpacked / "book").glob("*.html")):
        page.goto(path.as_uri())
        seen = page.evaluate(
            """() => ({font: getComputedStyle(document.querySelector("h1")).fontFamily,
                broken: [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)})"""
        )
        assert "STIX Two Text" in seen["font"], path  # the style sheets came along
        assert not seen["broken"], path
    notes = page.locator(".from-file")
    assert notes.count() == 1
    assert f'python -m http.server --directory "{unpacked}"' in notes.inner_text()
    page.goto((unpacked / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.close()
    assert not [address for address in asked if not address.startswith(("file:", "data:"))]


def test_the_site_offers_it_with_its_size(copied: Path) -> None:
    whole = run(copied)
    [link] = BeautifulSoup((copied / "book/index.html").read_text("utf8"), "html.parser").select(
        f".take-along a[href$='{ZIP}']"
    )
    assert (copied / "book" / link["href"]).resolve() == copied / ZIP
    assert f"{len(whole) / 1e6:.1f} MB" in link.parent.get_text()
    assert "run python -m http.server in its folder" in link.parent.get_text()
