"""Formulas that every e-reader shows: MathML where it is known, a picture of the formula elsewhere.

KaTeX has written the MathML of each formula for screen readers; here it is what is shown, in a typeface that comes
along. The pictures are drawn from it. Which of the two a reader sees is decided by `book.css`, without a script.
"""

import hashlib
import io
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree

from bs4 import Tag
from fontTools import subset
from fontTools.ttLib import TTFont
from ziafont.config import config
from ziamath.zmath import Math

FOLDER, FONT = "formulas", "fonts/formulas.woff"
SIZE = 24  # points to the em, of the pictures
VIEW = re.compile(r'viewBox="\S+ (\S+) \S+ (\S+)"')
# Letters of formulas, which an e-reader takes instead of a letter in <mi>: italic and bold, Latin and Greek.
MATHEMATICAL = [*range(0x1D400, 0x1D4A0), *range(0x1D6A8, 0x1D7CC), 0x210E]


class NoPictureError(ValueError):
    """A formula cannot be drawn; the message has its TeX."""


@dataclass(frozen=True)
class Picture:
    """A drawn formula: its file, and how it sits in a line, in em."""

    name: str
    svg: str
    height: float
    depth: float


@dataclass
class Pictures:
    """The pictures of all formulas, each drawn once."""

    drawn: dict[str, Picture] = field(default_factory=dict)

    def of(self, mathml: str, tex: str) -> Picture:
        """The picture of a formula.

        Raises
        ------
        NoPictureError
            When it cannot be drawn.

        """
        if mathml not in self.drawn:
            self.drawn[mathml] = draw(mathml, tex)
        return self.drawn[mathml]

    def files(self) -> dict[str, bytes]:
        """All pictures by path inside the EPUB."""
        return {f"{FOLDER}/{picture.name}": picture.svg.encode() for picture in self.drawn.values()}


@cache
def draw(mathml: str, tex: str) -> Picture:
    """Draw a formula; the same formula gives the same file."""
    config.svg2 = False  # e-readers that need pictures are old ones
    config.precision = 2
    said = logging.getLogger()
    before, said.level = said.level, logging.ERROR  # it warns of signs that its typeface lacks italics for
    try:
        svg = Math(ElementTree.fromstring(mathml), size=SIZE).svg()  # given a text, it would lose parts of some
    except Exception as error:
        raise NoPictureError(f"the formula {tex} cannot be drawn: {error}") from error
    finally:
        said.level = before
    if "<path" not in svg:
        raise NoPictureError(f"the formula {tex} cannot be drawn: its picture is empty")
    top, height = map(float, VIEW.search(svg).groups())  # type: ignore[union-attr]
    name = f"{hashlib.sha256(svg.encode()).hexdigest()[:16]}.svg"
    return Picture(name, svg, round(height / SIZE, 2), round((height + top) / SIZE, 2))


def place(body: Tag, pictures: Pictures) -> None:
    """Put MathML and picture in the place of every formula that KaTeX has set."""
    for formula in body.select(".katex"):
        tex = " ".join(formula.select_one("annotation").get_text().split())
        math = formula.select_one("math").extract()
        display = formula.find_parent(class_="katex-display")
        math.semantics.annotation.extract()
        math.semantics.unwrap()
        align_columns(math)
        picture = pictures.of(str(math), tex)
        math["alttext"] = tex
        shown = Tag(name="span", attrs={"class": "mathml"})
        shown.append(math)
        style = f"height: {picture.height}em; vertical-align: {-picture.depth:.2f}em"
        attributes = {"class": "formula", "src": f"{FOLDER}/{picture.name}", "alt": tex, "style": style}
        whole = Tag(name="span", attrs={"class": "math-display" if display else "math-inline"})
        whole.extend([shown, Tag(name="img", attrs=attributes)])
        (display or formula).replace_with(whole)


def align_columns(math: Tag) -> None:
    """Say in a style, too, how the columns of a table are aligned: browsers have given up the attribute."""
    for table in math.select("mtable[columnalign]"):
        sides, close = table["columnalign"].split(), "0em" in table.get("columnspacing", "")
        for row in table.find_all("mtr", recursive=False):
            for cell, side in zip(row.find_all("mtd", recursive=False), sides, strict=False):
                cell["style"] = f"text-align: {side}{'; padding-left: 0; padding-right: 0' if close else ''}"


def font(formulas: Iterable[str]) -> bytes:
    """The typeface of the pictures, cut to what the formulas need, with the sizes of its brackets and roots."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    with (files("ziamath") / "fonts/STIXTwoMath-Regular.ttf").open("rb") as whole:
        face = TTFont(whole, recalcTimestamp=False)
        options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes={*map(ord, set("".join(formulas))), *MATHEMATICAL})
        cutter.subset(face)
        face.flavor = "woff"
        cut = io.BytesIO()
        face.save(cut)
    return cut.getvalue()
