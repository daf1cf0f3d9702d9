"""What makes pages light and closed: one cut style sheet, sized pictures, short figures, nothing inline."""

import gzip
import io
import json
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import tinycss2
from ext_book import Book, build, notebook, write_page
from matplotlib.figure import Figure
from weight.picture_sizes import natural_size
from weight.style_subset import cut, names_in_use, properties_in_use
from weight.svg_precision import COARSER, lighter

from rnn_utils.plotting import style

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt" viewBox="0 0 72 36">
 <metadata>Matplotlib v3, long</metadata>
 <path d="M 1.234567 2.5 L -0.000012 33.999999"/><g transform="translate(1.23456 2) scale(0.015625)"/>
 <text>1.234567</text></svg>"""
FRAME = [
    "sphinx_book_theme",
    "weight.self_contained",
    "runtime.content_policy",
    "weight.picture_sizes",
    "weight.svg_precision",
    "weight.style_subset",
]
PAGE = "# Book\n\n![A line that rises, drawn small.](line.svg)\n\n![Another line that rises, drawn small.](line.svg)\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("book")
    write_page(folder / "source", "line.svg", SVG)
    extensions = [*FRAME, "weight.font_subset", "weight.one_sheet", "page.katex_math"]
    return build(folder, {"index.md": PAGE}, extensions, "sphinx_book_theme", html_css_files=["book.css"])


def test_every_picture_has_its_size_and_all_but_the_first_wait(book: Book) -> None:
    first, second = re.findall(r"<img [^>]*line[^>]*>", book.article())
    assert 'width="96" height="48"' in first
    assert "lazy" not in first
    assert 'loading="lazy"' in second


@pytest.mark.parametrize(("given", "size"), [("", (72, 36)), ('width="144"', (144, 72)), ('height="18pt"', (48, 24))])
def test_a_drawing_without_both_sizes_gets_them_from_its_view_box(
    tmp_path: Path, given: str, size: tuple[int, int]
) -> None:
    drawing = tmp_path / "drawing.svg"
    drawing.write_text(SVG.replace('width="72pt" height="36pt"', given).replace("<path", '<rect width="5"/><path'))
    assert natural_size(drawing) == size


def test_figures_lose_what_nobody_sees(book: Book) -> None:
    svg = (book.output / "_images/line.svg").read_text("utf8")
    assert '<path d="M 1.23 2.5 L -0 34"/>' in svg
    assert 'transform="translate(1.23 2) scale(0.015625)"' in svg, "a factor is no coordinate"
    assert "<text>1.234567</text>" in svg
    assert "metadata" not in svg
    assert lighter(svg) == svg


def drawn(path: str) -> np.ndarray:
    """Points of an outline, of absolute or of relative commands, shape (points, 2)."""
    points, start = [np.zeros(2)], np.zeros(2)
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        new = np.array(re.findall(r"-?[\d.]+", numbers), float).reshape(-1, 2)
        size = 2 if command in "Qq" else 1  # points that are seen from the same one
        for k in range(0, len(new) if command.islower() else 0, size):
            new[k : k + size] += new[k - 1] if k else points[-1]
        start = new[-1] if command in "Mm" else start
        points += list(new) if len(new) else [start]
    return np.array(points)


def test_letters_keep_their_shape_in_about_half_the_bytes() -> None:
    plot = io.StringIO()
    with mpl.rc_context(style()):
        figure = Figure()
        figure.text(0.1, 0.5, "Gradient, R&g $W_{hh}$")
        figure.savefig(plot, format="svg")
    letter = re.compile(r'<path id="[^"]*" d="([^"]*)" transform="scale\(([\d.]+)\)"')
    before, after = letter.findall(plot.getvalue()), letter.findall(lighter(plot.getvalue()))
    assert len(before) == len(after) > 10
    for (fine, small), (coarse, large) in zip(before, after, strict=True):
        assert float(large) == COARSER * float(small)
        np.testing.assert_allclose(drawn(coarse) * COARSER, drawn(fine), atol=COARSER / 2)
    assert sum(len(path) for path, _ in after) < 0.55 * sum(len(path) for path, _ in before)


def test_one_sheet_in_the_order_of_all(book: Book) -> None:
    page = book.page()
    assert len(re.findall(r'<link rel="stylesheet"(?! href="_static/no-script)', page)) == 1
    sheet = (book.output / "_static/site.css").read_text("utf8")
    assert sheet.index("pst-color-primary") < sheet.index("--book-serif"), "the book's own come after the theme's"
    for address in re.findall(r"""url\(["']?(?!data:|#)([^)"']+)""", sheet):
        assert (book.output / "_static" / address).is_file(), address
    assert "/*" not in sheet
    assert len(gzip.compress(sheet.encode())) < 40 * 1024, "the theme's alone are 60 KB uncut"


def test_rules_that_no_page_can_use_are_cut() -> None:
    css = (
        "a{x:1}.on,.off b{x:2}#here:hover{x:3}.off{x:4}.on:not(.off)::before{x:5}"
        "@media print{.off{x:6}.on>a{x:7}}@media screen{.off{x:8}}@font-face{font-family:F}"
    )
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    assert cut(rules, {"on", "here"}) == (
        "a{x:1}.on{x:2}#here:hover{x:3}.on:not(.off)::before{x:5}@media print{.on>a{x:7}}@font-face{font-family:F}"
    )


def test_properties_that_nothing_asks_for_are_cut(tmp_path: Path) -> None:
    css = ":root{--on:1;--off:url('a;b');--deep:2;--by:var(--deep);--seen:3;--set:4;color:red}p{x:var(--on) var(--by)}"
    write_page(tmp_path, "_static/styles/a.css", css)
    write_page(tmp_path, "a.html", "<p style='x: var(--seen)'>four</p>")
    write_page(tmp_path, "_static/b.js", "style.setProperty('--set', 5)")
    found = properties_in_use(tmp_path)
    assert found >= {"--on", "--deep", "--by", "--seen", "--set"}
    assert "--off" not in found
    rules = tinycss2.parse_stylesheet(css)
    wanted = ":root{--on:1;--deep:2;--by:var(--deep);--seen:3;--set:4;color:red;}p{x:var(--on) var(--by)}"
    assert cut(rules, set(), found) == wanted


def test_names_come_from_pages_and_scripts(tmp_path: Path) -> None:
    write_page(tmp_path, "a.html", "<p class='one two' id=three>four</p>")
    write_page(tmp_path, "_static/deep/b.js", "element.classList.add('five-six')")
    found = names_in_use(tmp_path)
    assert {"one", "two", "three", "five-six"} <= found
    assert "four" not in found


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p style='color: red'>x</p>", 'style="color: red"'),
        ("<script>alert(1)</script>", "an inline script"),
        ("<style>p {}</style>", "a style element"),
        ("<button onclick='f()'>x</button>", 'onclick="f()"'),
        ("<script type='module' src='../_static/x.js'></script>", None),
        ("<script type='application/json'>{}</script>", None),
        ('<tr style="text-align: right;"><th>a</th></tr>', None),
    ],
)
def test_what_the_policy_forbids_is_a_warning(tmp_path: Path, html: str, said: str | None) -> None:
    chapter = notebook("# Chapter\n%%%\ncode\nx")
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": html}}
    chapter["cells"][1]["outputs"] = [output]
    (tmp_path / "source").mkdir()
    (tmp_path / "source/index.ipynb").write_text(json.dumps(chapter))
    built = build(tmp_path, {}, ["runtime.content_policy"])
    if said:
        assert f"the page's policy forbids {said}" in built.warnings
    else:
        assert not built.warnings
        assert "text-align" not in built.article()
