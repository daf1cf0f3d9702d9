"""Vector figures written with the precision that an eye has.

Matplotlib writes coordinates with six digits after the point, and a description of itself into every file. Two digits
are less than a hundredth of a millimetre; the others are an eighth of what the book's figures weigh, compressed, and
14 KiB of the chapter that shows the most.

Letters are outlines on a grid of 6,400 units to the em, each point at its full distance from the origin. On a grid of
640, each point seen from the one before, they look the same and weigh about half.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.S)
PLACES = re.compile(r'\b(?:d|x|y|transform)="[^"]*"')  # attributes that hold coordinates
LONG = re.compile(r"-?\d+\.\d{3,}")
SCALED = "scale("  # glyphs are drawn in large units and scaled down: that factor keeps its digits

LETTER = re.compile(r'( d=")([^"]*)(" transform="scale\()0\.015625(\)")')
COARSER = 10
STEP = re.compile(r"([MLQCz])([^MLQCz]*)")


def shorter(attribute: re.Match[str]) -> str:
    """An attribute with two digits after each point."""
    text, scale, factor = attribute[0].partition(SCALED)
    return LONG.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), text) + scale + factor


def outline(path: str) -> str:
    """A letter's outline on the coarser grid, each point from the one before; no error adds up."""
    written, at, start, last = [], (0, 0), (0, 0), ""
    for command, numbers in STEP.findall(path):
        values = [round(float(number) / COARSER) for number in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        steps = " ".join(f"{x - at[0]} {y - at[1]}" for x, y in points)
        written.append((" " if command == last else command.lower()) + steps)  # a command holds until the next
        last = command
        at = points[-1] if points else start
        start = at if command == "M" else start
    return "".join(written).replace(" -", "-")


def lighter(svg: str) -> str:
    """A figure without what cannot be seen."""
    svg = LETTER.sub(lambda found: f"{found[1]}{outline(found[2])}{found[3]}{COARSER / 64}{found[4]}", svg)
    return PLACES.sub(shorter, METADATA.sub("", svg))


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Rewrite Matplotlib's figures of the built site."""
    if error or app.builder.format != "html":
        return
    for figure in Path(app.outdir, "_images").glob("*.svg"):
        svg = figure.read_text("utf8")
        if "matplotlib" in svg.lower():
            figure.write_text(lighter(svg), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
