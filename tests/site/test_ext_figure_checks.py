"""A picture without words for those who cannot see it, or without caption and name, does not get into the book."""

import json
import re
from pathlib import Path

import pytest
from ext_book import Book, build, notebook

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1" width="2" height="1"><path d="M0 0"/></svg>'
COMPLETE = {"image": {"alt": "A line that rises"}, "figure": {"name": "fig-line", "caption": "It rises."}}


def book(folder: Path, text: str = "Text.", mystnb: object = None, html: str = "") -> Book:
    source = folder / "source"
    source.mkdir()
    (source / "x.svg").write_text(SVG)
    chapter = notebook(f"# Chapter\n\n{text}\n%%%\ncode\nplot()")
    data = {"text/html": html} if html else {"image/svg+xml": SVG}
    chapter["cells"][1]["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
    chapter["cells"][1]["metadata"] = {"mystnb": mystnb or COMPLETE}
    (source / "chapter.ipynb").write_text(json.dumps(chapter))
    return build(folder, {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n"}, ["figure_checks"])


def test_complete_figures_pass(tmp_path: Path) -> None:
    text = (
        "![A box in words](x.svg)\n\n:::{figure-md} fig-box\n![A box](x.svg)\n\nA box.\n:::\n\nSee {numref}`fig-line`."
    )
    built = book(tmp_path, text)
    assert not built.warnings
    assert 'alt="A line that rises"' in built.article("chapter")


@pytest.mark.parametrize("text", ["![](x.svg)", "![x.svg](x.svg)", "```{image} x.svg\n```", "![ ](x.svg)"])
def test_missing_alternative_text(text: str, tmp_path: Path) -> None:
    said = book(tmp_path, text).warnings
    assert re.search(r"chapter\.ipynb:\d+: WARNING: figure: .* has no alternative text", said)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [("image", "no alternative text"), ("caption", "has no caption"), ("name", "has no name")],
)
def test_a_cells_figure_must_be_complete(left_out: str, said: str, tmp_path: Path) -> None:
    mystnb = json.loads(json.dumps(COMPLETE))
    if left_out == "image":
        del mystnb["image"]
    else:
        del mystnb["figure"][left_out]
    built = book(tmp_path, mystnb=mystnb)
    assert re.search(r"chapter\.ipynb:\d+: WARNING: figure: .*" + said, built.warnings)
    assert built.warnings.count("WARNING") == 1


def test_a_picture_without_figure(tmp_path: Path) -> None:
    said = book(tmp_path, mystnb={"image": {"alt": "A line"}}).warnings
    assert "has no caption" in said
    assert "has no name" in said


def test_pictures_inside_html_outputs(tmp_path: Path) -> None:
    assert "no alternative text in <img src='a.png'>" in book(tmp_path, html="<p><img src='a.png'></p>").warnings


def test_described_pictures_inside_html_outputs_pass(tmp_path: Path) -> None:
    assert not book(tmp_path, html="<p><img src='a.png' alt='A cat'></p>").warnings
