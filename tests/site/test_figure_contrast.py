"""Text and lines inside figures stand out from what is behind them, on a light page and on a dark one.

axe-core does not look into pictures. Here each vector figure is opened on its own, in both themes; what is behind a
text is what the browser paints when the texts are hidden, on the colour of the book's pages.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from conftest import ONE_PAGE
from matplotlib.figure import Figure
from PIL import Image

from rnn_utils.plotting import DARK, LIGHT, style, themed
from tools.site.serve import serving

PAPER = {"light": LIGHT["paper"], "dark": DARK["paper"]}
TEXT, LINE = 4.5, 3.0  # least contrast, WCAG 2.2, 1.4.3 and 1.4.11
SHARE = 0.7  # of what is behind a text: a line of the grid may cross it
# Matplotlib draws a text as outlines, in a group of its own with the words in a comment; the drawings have <text>.
# Axes with their ticks and grid are no data; a shape without outline is a ground, not a line.
READ = """() => {
    const shade = (element, property) => {
        const style = getComputedStyle(element), colour = style[property];
        if (colour === "none" || colour.startsWith("url")) return null;
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        let alpha = a * style[property + "Opacity"];
        for (let at = element; at; at = at.parentElement) alpha *= getComputedStyle(at).opacity;
        return [r, g, b, alpha];
    };
    const all = (selector, from = document) => [...from.querySelectorAll(selector)].filter((e) => !e.closest("defs"));
    const texts = [], lines = [];
    for (const text of all('text, g[id^="text_"]')) {
        const part = text.matches("text") ? text : text.querySelector("use, path:not(defs path)");
        if (!part) continue;
        const said = [...text.childNodes].find((node) => node.nodeType === 8)?.data ?? text.textContent;
        const { x, y, width, height } = text.getBoundingClientRect();
        texts.push({ name: said.trim(), colour: shade(part, "fill"), box: [x, y, x + width, y + height] });
        text.style.visibility = "hidden";
    }
    const plotted = all('g[id^="line2d_"], g[id^="LineCollection"]').filter((e) => !e.closest('[id*=".axis"]'));
    const drawn = document.querySelector('g[id="figure_1"]') ? [] : all("path, line, polyline, circle, rect");
    for (const line of [...plotted.flatMap((group) => all("path, use", group)), ...drawn]) {
        const colour = shade(line, "stroke") ?? (drawn.length ? null : shade(line, "fill"));
        const name = line.closest("g[id]")?.id ?? line.className.baseVal;
        if (colour) lines.push({ name, colour });
    }
    return { texts, lines };
}"""
SHOWN = """() => {
    const { right, bottom } = document.documentElement.getBoundingClientRect();
    return { x: 0, y: 0, width: Math.min(right, innerWidth), height: Math.min(bottom, innerHeight) };
}"""


def luminance(colours: np.ndarray) -> np.ndarray:
    """Relative luminance of colours, shape (…, 3), 0 to 255."""
    linear = np.where(colours <= 10.3, colours / 255 / 12.92, ((colours / 255 + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(colour: list[float], ground: np.ndarray) -> np.ndarray:
    """Contrast of a colour with its opacity, on grounds of shape (…, 3)."""
    painted = colour[3] * np.array(colour[:3]) + (1 - colour[3]) * ground
    one, other = luminance(painted), luminance(ground)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def pale(page: Any, address: str) -> Iterator[str]:
    """What does not stand out in one figure, in either theme."""
    page.goto(address)
    for scheme in PAPER:
        page.emulate_media(color_scheme=scheme)
        read = page.evaluate(READ)
        ground = behind(page, scheme)
        for text in read["texts"]:
            left, top, right, bottom = (round(edge) for edge in text["box"])
            part = ground[max(top, 0) : bottom, max(left, 0) : right]
            if part.size and (reached := np.quantile(contrast(text["colour"], part), 1 - SHARE)) < TEXT:
                yield f"{scheme}: text {text['name']!r} {reached:.1f}"
        for name, colour in {(line["name"], tuple(line["colour"])) for line in read["lines"]}:
            if (reached := contrast(colour, paper(scheme))) < LINE:
                yield f"{scheme}: line {name!r} {reached:.1f} {colour}"


def paper(scheme: str) -> np.ndarray:
    """Colour of the book's pages, shape (3,)."""
    return np.array([int(PAPER[scheme][i : i + 2], 16) for i in (1, 3, 5)], float)


def behind(page: Any, scheme: str) -> np.ndarray:
    """What an open figure shows without its texts, on paper, shape (height, width, 3)."""
    shown = page.evaluate(SHOWN)
    painted = np.array(Image.open(io.BytesIO(page.screenshot(omit_background=True, clip=shown))).convert("RGBA"), float)
    alpha = painted[..., 3:] / 255
    return alpha * painted[..., :3] + (1 - alpha) * paper(scheme)


def test_text_and_lines_of_figures_stand_out(browser: Any, server: str, site: Path) -> None:
    page = browser.new_context(viewport={"width": 1000, "height": 900}).new_page()
    figures = sorted(site.glob("_images/*.svg"))
    assert ONE_PAGE or len(figures) > 20
    found = [f"{path.name}: {what}" for path in figures for what in pale(page, f"{server}_images/{path.name}")]
    page.context.close()
    assert not found, "\n".join(found)


def plotted(*texts: str, line: str) -> str:
    """A figure in the book's style with some texts, and a line."""
    with mpl.rc_context({**style(), "figure.facecolor": "none", "axes.facecolor": "none"}):
        figure = Figure(figsize=(4, 2))
        axes = figure.add_subplot()
        for place, colour in enumerate(texts):
            axes.text(place, 0.5, f"text {place}", color=colour)
        axes.plot([0, 1], [1, 0], color=line)
        written = io.StringIO()
        figure.savefig(written, format="svg")
    return themed(written.getvalue())


DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" width="300" height="90"><style>.on{fill:#1f2933}.box{fill:#d7dce2}
@media(prefers-color-scheme:dark){.on{fill:#e4e8ed}}.faint{stroke:#5f6b7a;opacity:.3}</style>
<rect class="box" width="150" height="60"/><text class="on" x="20" y="40">on a box</text>
<path class="faint" d="M0 80H200"/></svg>"""
FAULTS = {
    "plot.svg": (plotted("#bbbbbb", "#333333", line="#dddddd"), "light: text 'text 0'", "light: line 'line2d"),
    "dark.svg": (
        plotted(LIGHT["ink"], "#333333", line="#101010"),
        "dark: text 'text 1'",
        "dark: line 'line2d",
    ),
    "drawn.svg": (DRAWN, "dark: text 'on a box'", "light: line 'faint'"),
}


FINE = ("light: text 'text 1'", "light: text 'on a box'", "light: text '0", "dark: text '0")


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_pale_is_seen_and_nothing_else(browser: Any, tmp_path: Path, name: str) -> None:
    text, *wanted = FAULTS[name]
    (tmp_path / name).write_text(text, "utf8")
    page = browser.new_page()
    with serving(tmp_path) as address:
        found = list(pale(page, address + name))
    page.close()
    assert all(any(one.startswith(what) for one in found) for what in wanted), found
    assert not [one for one in found if one.startswith(FINE)], found
