"""Style sheets cut down to the rules that some page can use.

The theme brings all of Bootstrap, two thousand icons and a design system: 300 KB of rules, most of them for things that
this book does not have, and a browser paints nothing before it has read them. After the build, when it is known
what the pages are made of, a rule stays if every class and identifier it asks for is on some page or named in some
script. The book's own sheets are small and stay as written.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import Node

SHEETS = ("basic.css", "styles/*.css", "copybutton.css", "exercise.css", "mystnb.*.css", "katex/katex.min.css")
# Parsing the pages would take a quarter of a build; this finds the same, and at worst a name that no element has.
ATTRIBUTE = re.compile(r"""\s(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
WORD = re.compile(r"[\w-]+")
NESTED = ("media", "supports", "layer", "container")


def names_in_use(site: Path) -> set[str]:
    """All classes and identifiers of the pages, and every word of the scripts, which may set one of them."""
    found: set[str] = set()
    for page in site.rglob("*.html"):
        values = {"".join(value) for value in ATTRIBUTE.findall(page.read_text("utf8"))}
        found.update(name for value in values for name in unescape(value).split())
    for script in site.glob("_static/**/*.*js"):
        found.update(WORD.findall(script.read_text("utf8")))
    return found


def selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    """The selectors of a rule: what stands between the commas."""
    one: list[Node] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield one
            one = []
        else:
            one.append(token)
    yield one


def wanted(selector: list[Node]) -> Iterator[str]:
    """Classes and identifiers that an element must have; those inside :not(), :is() and the like are not looked at."""
    for before, token in zip([None, *selector], selector):
        after_dot = before is not None and before.type == "literal" and before.value == "."
        if token.type == "hash" or (token.type == "ident" and after_dot):
            yield token.value


def cut(rules: list[Node], names: set[str]) -> str:
    """The rules as text, without selectors that ask for a name that is not in use."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            usable = [one for one in selectors(rule.prelude) if names.issuperset(wanted(one))]
            if usable:
                heads = ",".join(tinycss2.serialize(one).strip() for one in usable)
                kept.append(f"{heads}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content is not None:
            inner = cut(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), names)
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        else:
            kept.append(rule.serialize())
    return "".join(kept)


def cut_sheets(app: Sphinx, error: Exception | None) -> None:
    """Cut the sheets of the built site."""
    site = Path(app.outdir)
    if error or app.builder.format != "html":
        return
    names = names_in_use(site)
    for sheet in {path for pattern in SHEETS for path in site.glob(f"_static/{pattern}")}:
        rules = tinycss2.parse_stylesheet(sheet.read_text("utf8"), skip_comments=True, skip_whitespace=True)
        sheet.write_text(cut(rules, names), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", cut_sheets, priority=850)  # before font_subset asks which icons are left
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
