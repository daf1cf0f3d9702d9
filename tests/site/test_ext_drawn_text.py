"""Words of drawings as outlines: in their places, in the face of the plots, and none left as text."""

from typing import Any
from xml.etree import ElementTree

import pytest
from ext_book import ROOT
from sphinx.errors import ExtensionError
from weight import drawn_text

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100" width="300"><style>
.i{font-style:italic}.m{fill:#102030;font-size:16px;font-weight:600;text-anchor:middle}text.y{font-weight:400}
.e{text-anchor:end}@media(prefers-color-scheme:dark){.m{fill:#fff;font-size:90px}}</style>
<text class="m" x="150" y="20">in the middle</text><text class="e" x="290" y="40">ends - here --</text>
<text class="y m" x="150" y="60"><tspan class="i">h</tspan><tspan font-size="12" dy="4"><tspan class="i">t</tspan>−1
</tspan><tspan dy="-4">up</tspan></text><text x="10" y="80">xxx</text></svg>"""
BOXES = """() => [...document.querySelectorAll('g[id^="text_"]')].map((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect(), runs = [...text.querySelectorAll("g")];
    return { left, right, high: bottom - top, fill: getComputedStyle(text.querySelector("use")).fill,
        bottoms: runs.map((run) => run.getBoundingClientRect().bottom) };
})"""


@pytest.fixture(scope="module")
def boxes(browser: Any) -> list[dict[str, Any]]:
    """Where the outlines of the drawing are painted."""
    page = browser.new_page()
    page.set_content(f"<body style='margin:0'>{drawn_text.outlined(DRAWING)}</body>")
    found = page.evaluate(BOXES)
    page.close()
    return found


def test_words_stand_where_they_stood_and_as_high(boxes: list[dict[str, Any]]) -> None:
    middle, end, _, plain = boxes
    assert (middle["left"] + middle["right"]) / 2 == pytest.approx(150, abs=1)
    assert 70 < middle["right"] - middle["left"] < 120
    assert middle["fill"] == "rgb(16, 32, 48)"
    assert end["right"] == pytest.approx(290, abs=1.5)
    assert plain["left"] == pytest.approx(10, abs=1)
    assert plain["high"] == pytest.approx(0.52 * 16, abs=0.5), "small letters of the size for which it was laid out"


def test_an_index_stands_lower_and_what_follows_does_not(boxes: list[dict[str, Any]]) -> None:
    letter, index, *_, after = boxes[2]["bottoms"]
    assert index == pytest.approx(letter + 4, abs=0.6)
    assert after > letter, "the p of `up` hangs below the line, by less than an index would"
    assert after < letter + 5


def test_weight_and_slope_come_from_the_drawing_s_sheet() -> None:
    root = ElementTree.fromstring(DRAWING)
    sheet = drawn_text.rules(root)
    one, _, three, _ = root.iter(f"{{{drawn_text.SVG}}}text")
    faces = [
        [style.face for _, style, _ in drawn_text.runs(text, drawn_text.Style(), 0, sheet)] for text in (one, three)
    ]
    assert faces == [["b"], ["i", "i", "", ""]]


def test_a_letter_that_the_face_lacks_is_named() -> None:
    with pytest.raises(ExtensionError, match="no '₁'"):
        drawn_text.outlined(DRAWING.replace("xxx", "x₁"))


def test_the_words_stay_in_comments_for_who_reads_the_file() -> None:
    assert "<!--in the middle-->" in drawn_text.outlined(DRAWING)


@pytest.mark.parametrize("path", sorted((ROOT / "book/figures").glob("*.svg")), ids=lambda path: path.stem)
def test_every_drawing_of_the_book_is_well_formed_and_has_no_text_left(path: Any) -> None:
    root = ElementTree.fromstring(drawn_text.outlined(path.read_text("utf8")))
    tags = [one.tag.rpartition("}")[2] for one in root.iter() if isinstance(one.tag, str)]
    assert "text" not in tags
    assert "use" in tags


def test_the_site_has_them(site: Any) -> None:
    assert [path.name for path in site.glob("_images/*.svg") if "<text" in path.read_text("utf8")] == []
