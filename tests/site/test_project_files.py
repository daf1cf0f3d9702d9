"""The files beside the book agree with one another and point to what exists."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = {"README.md": 120, "CONTRIBUTING.md": 150}


def test_citation_names_the_version_and_licence_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # required by the format
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    book = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    assert citation["title"] == citation["preferred-citation"]["title"] == book["title"]
    named = book["author"][0].upper() + book["author"][1:]  # there it stands in a line: "By the authors of this book"
    assert [author["name"] for author in citation["authors"]] == [named]


def test_licence_texts_are_whole():
    text = (ROOT / "LICENSE-TEXT").read_text("utf8")
    assert text.startswith("Attribution 4.0 International\n")
    assert re.findall(r"^Section (\d)", text, re.MULTILINE) == list("12345678")
    assert text.endswith("Creative Commons may be contacted at creativecommons.org.\n")
    code = (ROOT / "LICENSE").read_text("utf8")
    assert code.startswith("BSD 3-Clause License\n")
    assert re.findall(r"^(\d)\. ", code, re.MULTILINE) == ["1", "2", "3"]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_short_and_its_links_lead_somewhere(name):
    text = (ROOT / name).read_text("utf8")
    assert len(text.splitlines()) <= PAGES[name]
    targets = {target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target}
    mentioned = set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|yml|toml))`", text))
    assert targets
    assert {target for target in targets if not (ROOT / target).exists()} == set()
    assert {path for path in mentioned if "/" in path and "NN" not in path and not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_named_exists(name):
    goals = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE))
    text = (ROOT / name).read_text("utf8")
    named = {word for call in re.findall(r"`make ([^`]+)`", text) for word in call.split() if "=" not in word}
    assert named
    assert named <= goals
