"""Style sheets cut down to the rules that some page can use.

The theme brings all of Bootstrap, two thousand icons and a design system: 300 KB of rules, most of them for things that
this book does not have, and a browser paints nothing before it has read them. After the build, when it is known
what the pages are made of, a rule stays if every class and identifier it asks for is on some page or named in some
script; a custom property, if something that stays can ask for it. The book's own sheets are small and stay as written.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import Node

SHEETS = (
    "basic.css",
    "pygments.css",
    "styles/*.css",
    "copybutton.css",
    "exercise.css",
    "mystnb.*.css",
    "katex/katex.min.css",
)
# Parsing the pages would take a quarter of a build; this finds the same, and at worst a name that no element has.
ATTRIBUTE = re.compile(r"""\s(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
WORD = re.compile(r"[\w-]+")
DEFINED = re.compile(r"(--[\w-]+)\s*:([^;{}]*)")
ASKED = re.compile(r"--[\w-]+")
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


def properties_in_use(site: Path) -> set[str]:
    """The custom properties that some rule, page or script asks for, and those that their values ask for in turn."""
    sheets = "".join(sheet.read_text("utf8") for sheet in site.glob("_static/**/*.css"))
    others = (path.read_text("utf8") for pattern in ("**/*.html", "_static/**/*.*js") for path in site.glob(pattern))
    values: dict[str, set[str]] = {}
    for name, value in DEFINED.findall(sheets):
        values.setdefault(name, set()).update(ASKED.findall(value))
    asked = [*ASKED.findall(DEFINED.sub("", sheets)), *(name for text in others for name in ASKED.findall(text))]
    found: set[str] = set()
    while asked:
        name = asked.pop()
        if name not in found:
            found.add(name)
            asked += values.get(name, ())
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


def declarations(content: list[Node], properties: set[str] | None) -> str:
    """What a rule declares as text; of the custom properties those that something asks for, or all."""
    if properties is None:
        return tinycss2.serialize(content)
    declared = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    unused = [one for one in declared if one.type == "declaration" and one.name.startswith("--")]
    unused = [one for one in unused if one.name not in properties]
    return tinycss2.serialize([one for one in declared if one not in unused] if unused else content)


def cut(rules: list[Node], names: set[str], properties: set[str] | None = None) -> str:
    """The rules as text, without selectors that ask for a name that is not in use."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            usable = [one for one in selectors(rule.prelude) if names.issuperset(wanted(one))]
            if usable:
                heads = ",".join(tinycss2.serialize(one).strip() for one in usable)
                kept.append(f"{heads}{{{declarations(rule.content, properties)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content is not None:
            inside = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            inner = cut(inside, names, properties)
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
    names, properties = names_in_use(site), None
    sheets = {path for pattern in SHEETS for path in site.glob(f"_static/{pattern}")}
    for _ in range(2):  # which properties are asked for is known once the rules are cut
        for sheet in sheets:
            rules = tinycss2.parse_stylesheet(sheet.read_text("utf8"), skip_comments=True, skip_whitespace=True)
            sheet.write_text(cut(rules, names, properties), "utf8")
        properties = properties_in_use(site)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", cut_sheets, priority=850)  # before font_subset asks which icons are left
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
