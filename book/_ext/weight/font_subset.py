"""Fonts cut down to what the pages show: the icons, and the characters of the formulas.

The theme's Font Awesome is 300 KB of fonts for 2,000 icons, of which a page shows about 20; KaTeX's fonts are another
90 KB on a page that draws a few dozen characters with them. That is more than everything else together. After the
build, when it is known what is shown, the fonts are cut to it. Fonts are written as
woff, not woff2: at a few kilobytes the difference is nothing, and woff2 needs one more package.
"""

import re
from collections.abc import Iterator
from html import unescape
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
STYLES = "_static/styles/pydata-sphinx-theme.css"
ICON_FONTS = "_static/vendor/fontawesome/webfonts"
FORMULA_FONTS = "_static/katex/fonts"
ICON_CODE = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")  # Font Awesome's part of Unicode's private area
FORMULA = re.compile(r'<span class="katex-html"[^>]*>')
SPAN, TAG = re.compile(r"</?span\b"), re.compile(r"<[^>]*>")
FONT_SOURCES = re.compile(r'(url\([^)]*/fa-[\w-]+)\.woff2\) format\("woff2"\),url\([^)]*\.ttf\) format\("truetype"\)')


def characters(page: str) -> set[str]:
    """The characters that KaTeX has set on a page: the text of its formulas' spans."""
    shown: set[str] = set()
    for start in FORMULA.finditer(page):
        depth, after = 1, start.end()
        for tag in SPAN.finditer(page, after):
            depth += -1 if tag[0].startswith("</") else 1
            if depth == 0:
                shown.update(unescape(TAG.sub("", page[after : tag.start()])))
                break
    return shown


def codes_in_styles(site: Path) -> Iterator[int]:
    """Code points of the icons that the style sheets draw: style_subset has left those that a page can use."""
    for path in site.glob("_static/**/*.css"):
        for code, character in ICON_CODE.findall(path.read_text("utf8")):
            yield int(code, 16) if code else ord(character)


def cut_font(path: Path, codes: set[int]) -> None:
    """Write a font as woff with the glyphs of `codes` alone, beside or over it."""
    font = TTFont(path, recalcTimestamp=False)  # two builds, the same bytes
    # Ligatures (GSUB) pull in glyphs; hints are instructions for screens of another time, and a third of the file.
    options = subset.Options(hinting=False, drop_tables=[*subset.Options().drop_tables, "GSUB"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.flavor = "woff"
    font.save(path.with_suffix(".woff"))


def cut_fonts(app: Sphinx, error: Exception | None) -> None:
    """Cut the fonts and the icon rules of the built site."""
    site = Path(app.outdir)
    if error or app.builder.format != "html":
        return
    shown = set().union(*(characters(page.read_text("utf8")) for page in site.rglob("*.html")))
    for font in (site / FORMULA_FONTS).glob("*.woff"):
        cut_font(font, set(map(ord, shown)))
    styles = site / STYLES
    if not styles.exists():
        return
    styles.write_text(FONT_SOURCES.sub(r'\1.woff) format("woff")', styles.read_text("utf8")), "utf8")
    codes = set(codes_in_styles(site))
    for font in (site / ICON_FONTS).glob("*.ttf"):
        cut_font(font, codes)
        font.unlink()
        font.with_suffix(".woff2").unlink(missing_ok=True)
    LOGGER.info("fonts cut to %d icons and %d characters of formulas", len(codes), len(shown))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    getLogger("fontTools").setLevel(ERROR)  # it warns of the date written in each of KaTeX's fonts
    app.connect("build-finished", cut_fonts, priority=900)  # after everyone has written their files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
