"""Markdown as HTML for a card: formulas between `\\(` and `\\)`, which Anki sets with the MathJax that it has."""

from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


@cache
def reader() -> MarkdownIt:
    """CommonMark with tables, formulas and the quotation marks of print."""
    made = MarkdownIt("commonmark", {"typographer": True}).enable(["table", "smartquotes"]).use(dollarmath_plugin)
    for name, opened, closed in (("math_inline", r"\(", r"\)"), ("math_block", r"\[", r"\]")):
        made.add_render_rule(name, formula(opened, closed))
    return made


def formula(opened: str, closed: str) -> Callable[..., str]:
    """What writes a formula for MathJax."""

    def written(_: Any, tokens: list[Any], place: int, *more: Any) -> str:
        return f"{opened}{escape(tokens[place].content.strip(), quote=False)}{closed}"

    return written


def as_html(markdown: str) -> str:
    """Write Markdown as HTML; a single paragraph comes without its tags, so that it fits into a line."""
    html: str = reader().render(markdown.strip()).strip()
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return inner if html == f"<p>{inner}</p>" and "<p>" not in inner else html
