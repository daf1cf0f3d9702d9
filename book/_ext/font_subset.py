"""Icon fonts cut down to the icons that the pages show.

The theme's Font Awesome is 300 KB of fonts and 40 KB of style rules for 2,000 icons, more than the rest of a page
together, and a page shows about 20. After the build, when it is known which, the fonts and the rules are cut to these.
Fonts are written as woff, not woff2: at a few kilobytes the difference is nothing, and woff2 needs one more package.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
STYLES = "_static/styles/pydata-sphinx-theme.css"
FONTS = "_static/vendor/fontawesome/webfonts"
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:{1,2}before,?)+)\{content:"(?:\\([0-9a-f]+)|[^"])"\}')
ICON_NAME = re.compile(r"fa-[\w-]+")
ICON_CODE = re.compile(r"\\([ef][0-9a-f]{3})\b")  # Font Awesome's part of Unicode's private area
FONT_SOURCES = re.compile(r'(url\([^)]*/fa-[\w-]+)\.woff2\) format\("woff2"\),url\([^)]*\.ttf\) format\("truetype"\)')


class Classes(HTMLParser):
    """Collects the classes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the classes of an element."""
        self.found.update((dict(attrs).get("class") or "").split())


def names_in_use(site: Path) -> set[str]:
    """Names of the icons on the pages and in the scripts that draw some."""
    classes = Classes()
    for page in site.rglob("*.html"):
        classes.feed(page.read_text("utf8"))
    scripts = [*site.glob("_static/*.*js"), *site.glob("_static/scripts/*.js")]
    return classes.found | {name for script in scripts for name in ICON_NAME.findall(script.read_text("utf8"))}


def cut_rules(css: str, names: set[str]) -> tuple[str, set[int]]:
    """Style rules without those of unused icons, and the code points of the icons that stay."""
    codes: set[int] = set()

    def keep(rule: re.Match[str]) -> str:
        if not names & set(ICON_NAME.findall(rule[1])):
            return ""
        codes.add(int(rule[2], 16) if rule[2] else ord(rule[0][-3]))
        return rule[0]

    return FONT_SOURCES.sub(r'\1.woff) format("woff")', ICON_RULE.sub(keep, css)), codes


def codes_in_styles(site: Path) -> Iterator[int]:
    """Code points that style sheets draw without an icon's name (arrows, marks of admonitions)."""
    for path in site.glob("_static/**/*.css"):
        yield from (int(code, 16) for code in ICON_CODE.findall(path.read_text("utf8")))


def cut_font(path: Path, codes: set[int]) -> None:
    """Write a woff with the glyphs of `codes` beside a font."""
    font = TTFont(path)
    options = subset.Options(drop_tables=[*subset.Options().drop_tables, "GSUB"])  # ligatures pull in glyphs
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font.flavor = "woff"
    font.save(path.with_suffix(".woff"))


def cut_icons(app: Sphinx, error: Exception | None) -> None:
    """Cut rules and fonts of the built site."""
    site = Path(app.outdir)
    styles = site / STYLES
    if error or app.builder.format != "html" or not styles.exists():
        return
    css, codes = cut_rules(styles.read_text("utf8"), names_in_use(site))
    styles.write_text(css, "utf8")
    codes |= set(codes_in_styles(site))
    for font in (site / FONTS).glob("*.ttf"):
        cut_font(font, codes)
        font.unlink()
        font.with_suffix(".woff2").unlink(missing_ok=True)
    LOGGER.info("icon fonts cut to %d icons", len(codes))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", cut_icons, priority=900)  # after everyone has written their files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
