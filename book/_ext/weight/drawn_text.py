"""Words of the drawings in `book/figures` as outlines, in the face of the plots and near enough of the pages.

A picture cannot use its page's fonts, so `<text>` would be set in whatever sans serif a reader's system has. The
sources keep their `<text>`, to be edited; the built site gets outlines from Matplotlib's STIXGeneral, enlarged so that
small letters are as high as those of the sans serif for which the drawings were laid out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
X_HEIGHT = 0.52  # of an em, in the sans serifs that systems have
GRID = 500  # finer than a screen shows at the size of a label
NOTHING = "\u200b"  # written where a line must go back up after an index
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
FACES = {"": "", "b": "Bol", "i": "Italic", "bi": "BolIta"}
Sheet = list[tuple[str, dict[str, str]]]  # classes, and what their rules say; what counts more comes later


@dataclass(frozen=True)
class Style:
    """How a run of letters is set: size in the drawing's units, weight, slope, and what its `x` is the place of."""

    size: float = 16.0
    bold: bool = False
    italic: bool = False
    anchor: str = "start"

    @property
    def face(self) -> str:
        """Which of the four faces."""
        return "b" * self.bold + "i" * self.italic


@cache
def font(face: str) -> TTFont:
    """One of the four faces that every Matplotlib brings along."""
    return TTFont(Path(mpl.get_data_path(), f"fonts/ttf/STIXGeneral{FACES[face]}.ttf"))


def glyph(face: str, letter: str) -> str:
    """The name of a letter's outline in a face."""
    name = font(face).getBestCmap().get(ord(letter))
    if name is None:
        raise ExtensionError(f"the face of the figures has no {letter!r}: write it otherwise in book/figures")
    return name


class Outline(BasePen):
    """Writes an outline as a path on a grid of `GRID` units to the em, each point from the one before."""

    def __init__(self, glyphs: Any, scale: float) -> None:
        super().__init__(glyphs)
        self.path, self.scale, self.at, self.start = "", scale, (0, 0), (0, 0)

    def write(self, command: str, *points: tuple[float, float]) -> None:
        """Add a command with the points it leads through."""
        steps = [(round(x * self.scale), round(y * self.scale)) for x, y in points]
        numbers = " ".join(f"{x - self.at[0]} {y - self.at[1]}" for x, y in steps)
        self.path += (command + numbers).replace(" -", "-")
        self.at = steps[-1]

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self.write("m", pt)
        self.start = self.at

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self.write("l", pt)

    def _qCurveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float]) -> None:
        self.write("q", pt1, pt2)

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:
        self.write("c", pt1, pt2, pt3)

    def _closePath(self) -> None:
        self.path += "z"
        self.at = self.start


def outline(face: str, name: str) -> str:
    """The path of an outline on the grid, y upwards."""
    glyphs = font(face).getGlyphSet()
    pen = Outline(glyphs, GRID / font(face)["head"].unitsPerEm)
    glyphs[name].draw(pen)
    return pen.path


def rules(svg: ElementTree.Element) -> Sheet:
    """What the drawing's own sheet says of classes, on a light page: `.name` first, then `text.name`."""
    sheet = "".join(one.text or "" for one in svg.iter(f"{{{SVG}}}style")).partition("@media")[0]
    found = []
    for selectors, body in RULE.findall(sheet):
        given = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
        found += [(*selector.strip().partition(".")[::2], given) for selector in selectors.split(",")]
    return [(name, given) for _, name, given in sorted(found, key=lambda rule: bool(rule[0]))]


def styled(element: ElementTree.Element, style: Style, sheet: Sheet) -> Style:
    """The style inside an element."""
    given: dict[str, str] = {}
    classes = element.get("class", "").split()
    for name, rule in sheet:
        given |= rule if name in classes else {}
    given |= {name: element.get(name, "") for name in ("font-size", "text-anchor") if element.get(name)}
    if "font-size" in given:
        style = replace(style, size=float(given["font-size"].removesuffix("px")))
    if "font-weight" in given:
        style = replace(style, bold=int(given["font-weight"]) >= 600)
    italic = style.italic or given.get("font-style") == "italic"
    return replace(style, italic=italic, anchor=given.get("text-anchor", style.anchor))


def clean(words: str) -> str:
    """Words as they are shown."""
    return re.sub(r"\s+", " ", words).replace(NOTHING, "")


def runs(element: ElementTree.Element, style: Style, y: float, sheet: Sheet) -> Iterator[tuple[str, Style, float]]:
    """Pieces of a text with their styles, and how far each is below the line."""
    style = styled(element, style, sheet)
    if element.text:
        yield clean(element.text), style, y
    for child in element:
        y += float(child.get("dy", 0))
        yield from runs(child, style, y, sheet)
        if child.tail:
            yield clean(child.tail), style, y


def group(text: ElementTree.Element, sheet: Sheet, used: dict[tuple[str, str], int], number: int) -> Any:
    """The outlines of one text, with its words in a comment; `used` numbers the letters."""
    pieces = list(runs(text, Style(), 0, sheet))
    said = "".join(words for words, _, _ in pieces)
    lead, width, found = len(said) - len(said.lstrip()), 0.0, []
    for at, (words, style, below) in enumerate(pieces):
        words = words[lead:] if at == 0 else words
        words = words.rstrip() if at == len(pieces) - 1 else words
        face = font(style.face)
        to_grid = GRID / face["head"].unitsPerEm
        scale = style.size * X_HEIGHT / (face["OS/2"].sxHeight * to_grid)
        run = element("g", transform=f"translate({width:.2f} {below:g}) scale({scale:.5f} -{scale:.5f})")
        along = 0
        for letter in words:
            name = glyph(style.face, letter)
            if letter != " ":
                place = used.setdefault((style.face, name), len(used))
                run.append(element("use", {f"{{{XLINK}}}href": f"#letter{place}"}, x=str(along)))
            along += round(face["hmtx"][name][0] * to_grid)
        width += along * scale
        found.append(run)
    left = float(text.get("x", 0)) - width * {"start": 0, "middle": 0.5, "end": 1}[styled(text, Style(), sheet).anchor]
    whole = element("g", id=f"text_{number}", transform=f"translate({left:.2f} {text.get('y', '0')})")
    if text.get("class"):
        whole.set("class", text.get("class", ""))
    whole.append(ElementTree.Comment(said.strip().replace("-", "\u2010")))  # two hyphens would end it
    whole.extend(found)
    whole.tail = text.tail
    return whole


def element(tag: str, given: dict[str, str] | None = None, **more: str) -> ElementTree.Element:
    """An element of a drawing."""
    return ElementTree.Element(f"{{{SVG}}}{tag}", {**(given or {}), **more})


def outlined(svg: str) -> str:
    """A drawing whose words are outlines."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(svg)
    sheet, number = rules(root), 0
    used: dict[tuple[str, str], int] = {}
    for parent in list(root.iter()):
        for place, text in enumerate(list(parent)):
            if text.tag == f"{{{SVG}}}text":
                number += 1
                parent[place] = group(text, sheet, used, number)
    letters = ElementTree.SubElement(root, f"{{{SVG}}}defs")
    for (face, name), place in used.items():
        letters.append(element("path", id=f"letter{place}", d=outline(face, name)))
    root.attrib.pop("font-family", None)
    return ElementTree.tostring(root, encoding="unicode")


def draw(app: Sphinx, error: Exception | None) -> None:
    """Rewrite the drawings of the built site."""
    if error or app.builder.format != "html":
        return
    for figure in Path(app.outdir, "_images").glob("*.svg"):
        svg = figure.read_text("utf8")
        if "<text" in svg:
            figure.write_text(outlined(svg), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
