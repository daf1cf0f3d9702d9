"""A picture without words for those who cannot see it does not get into the book."""

import json
import re
from pathlib import Path

import pytest
from ext_book import Book, build, notebook

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1" width="2" height="1"><path d="M0 0"/></svg>'
COMPLETE = {"image": {"alt": "A line that rises"}, "figure": {"name": "fig-line", "caption": "It rises."}}


def book(folder: Path, text: str = "Text.", mystnb: object = COMPLETE) -> Book:
    source = folder / "source"
    source.mkdir()
    (source / "x.svg").write_text(SVG)
    chapter = notebook(f"# Chapter\n\n{text}\n%%%\ncode\nplot()")
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": SVG}}
    chapter["cells"][1] |= {"outputs": [output], "metadata": {"mystnb": mystnb}}
    (source / "chapter.ipynb").write_text(json.dumps(chapter))
    return build(folder, {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n"}, ["page.figure_checks"])


def test_described_pictures_pass(tmp_path: Path) -> None:
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


def test_a_figure_that_a_cell_draws_needs_it_too(tmp_path: Path) -> None:
    said = book(tmp_path, mystnb={"figure": COMPLETE["figure"]}).warnings
    assert re.search(r"chapter\.ipynb:\d+: WARNING: figure: .* has no alternative text", said)
