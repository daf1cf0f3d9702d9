"""Pages, figures and style sheets are valid: the checker vnu finds nothing but what is allowed here, with reasons."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from tools.npm.install import NoNodeError, npm_folder
from tools.site.serve import serving

JAR = "vnu-jar/build/dist/vnu.jar"
JAVA = [
    "java",
    "-Xss8m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dnu.validator.servlet.allow-forbidden-hosts=true",
]
OPTIONS = ["--stdout", "--format", "json", "--exit-zero-always", "--also-check-svg", "--also-check-css"]
# What may stand, and why; everything else is mended in the book.
ALLOWED = {
    "Trailing slash on void elements": "Sphinx and docutils write them, for tools that read XML; they change nothing",
    "The “main” role is unnecessary": "the theme's layout says twice what <main> says; no harm",
    "Article lacks heading.*class=.bd-article": "it has the page's <h1>, one <section> deeper: Sphinx puts it there",
    "Consider using the “h1” element as a top-level": "the same <h1>; test_pages.py wants just one on every page",
    "Inline script violates .*application/ld.json": "linked data is no script, and not stopped: see test_policy.py",
    "CSS: “field-sizing”: Property": "younger than the checker; a box that does not know it keeps its height",
    "Document uses the Unicode Private Use Area": "the stroke of KaTeX's ≠, drawn for the eye; its MathML says ≠",
}


def missing(message: str) -> None:
    """Skip on a reader's machine, fail where tests are run for everyone."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"VALIDITY IS NOT TESTED: {message}")


@pytest.fixture(scope="module")
def vnu() -> list[str]:
    """The command, without what is to be checked."""
    if not shutil.which("java"):
        missing("install a Java runtime (apt-get install default-jre-headless)")
    try:
        return [*JAVA, "-jar", str(npm_folder() / JAR), *OPTIONS]
    except NoNodeError as error:
        missing(str(error))
    raise AssertionError  # one of the two has ended the test


def faults(vnu: list[str], places: list[str]) -> Iterator[str]:
    """What the checker says against pages, by address, and other files, by path, without what is allowed."""
    done = subprocess.run([*vnu, *places], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900)
    assert done.stdout, done.stderr
    for said in json.loads(done.stdout)["messages"]:
        fault = f"{said['message']} {said.get('extract', '').strip()!r}"
        if not any(re.match(allowed, fault) for allowed in ALLOWED):
            yield f"{said['url'].rpartition('/')[2]}:{said.get('lastLine', '')}: {fault[:300]}"


def test_pages_figures_and_own_sheets_are_valid(vnu: list[str], server: str, site: Path, pages: list[str]) -> None:
    figures = [*site.glob("_images/*.svg"), *site.glob("_static/*.svg")]
    sheets = list((ROOT / "book/_static").rglob("*.css"))
    assert len(figures) > 20
    assert len(sheets) > 5
    # The pages by their addresses: their policy speaks of the site's own, which a file has not.
    found = sorted(faults(vnu, [*(server + page for page in pages), *map(str, figures + sheets)]))
    assert not found, "\n".join(found)


PLANTED = {
    "page.html": (
        "<!DOCTYPE html><html lang='en'><title>x</title><p><ul><li id='a'></ul><i id='a'></i>",
        "Duplicate ID",
    ),
    "policy.html": (
        "<!DOCTYPE html><html lang='en'><meta http-equiv='Content-Security-Policy' content=\"default-src 'self'\">"
        "<title>x</title><p style='color: red'>x",
        "Content Security Policy",
    ),
    "picture.svg": ("<svg xmlns='http://www.w3.org/2000/svg'><rekt width='1' height='1'/></svg>", "rekt"),
    "sheet.css": ("p { colour: red }", "colour"),
}


@pytest.fixture(scope="module")
def planted(vnu: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("planted")
    for name, (text, _) in PLANTED.items():
        (folder / name).write_text(text, "utf8")
    with serving(folder) as address:
        return list(faults(vnu, [f"{address if name.endswith('html') else folder}/{name}" for name in PLANTED]))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_seen(planted: list[Any], name: str) -> None:
    assert [what for what in planted if what.startswith(name) and PLANTED[name][1] in what], planted
