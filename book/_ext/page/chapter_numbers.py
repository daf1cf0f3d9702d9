"""Chapters have the numbers of their files, and labs letters.

`exercises.ch16` checks "Exercise 16.1" of `16_….ipynb`, whatever chapters are missing before it; Sphinx would count the
pages, and call that exercise 13.1. Figures, equations and exercises take the page's number from here.
"""

import re
from collections.abc import Callable
from functools import wraps
from string import ascii_uppercase
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.util import logging

logger = logging.getLogger(__name__)
CHAPTER, LAB = re.compile(r"(?:^|/)(\d\d)_[^/]*$"), re.compile(r"(?:^|/)lab_[^/]*$")


def numbers(pages: list[str]) -> dict[str, int | str]:
    """Return the number of every page that has one: a chapter's as in its file's name, labs as letters in order."""
    labs = [page for page in pages if LAB.search(page)]
    chapters = {page: int(found[1]) for page in pages if (found := CHAPTER.search(page))}
    return {**chapters, **dict(zip(labs, ascii_uppercase, strict=False))}


def with_own_numbers(
    count: Callable[[Any, BuildEnvironment], list[str]],
) -> Callable[[Any, BuildEnvironment], list[str]]:
    """Return a way to count sections that puts each page's own number in place of the first."""

    @wraps(count)
    def assign_section_numbers(self: Any, env: BuildEnvironment) -> list[str]:
        if __name__ not in env.app.extensions:  # another book, built in the same process
            return count(self, env)
        before = env.toc_secnumbers
        count(self, env)
        own = numbers(list(env.toc_secnumbers))
        for page, counted in env.toc_secnumbers.items():
            if page in own:
                renumber(env, page, own[page])
            elif any(counted.values()):
                logger.warning("a numbered page wants a file name that begins with its number or lab_", location=page)
        return [page for page, mine in env.toc_secnumbers.items() if mine != before.get(page)]

    return assign_section_numbers


def renumber(env: BuildEnvironment, page: str, first: Any) -> None:
    """Put a number in the first place of a page's and of all its sections that have one."""
    counted = env.toc_secnumbers[page]
    env.toc_secnumbers[page] = {anchor: (first, *old[1:]) if old else old for anchor, old in counted.items()}
    for reference in env.tocs[page].findall(nodes.reference):
        if reference.get("secnumber"):
            reference["secnumber"] = [first, *reference["secnumber"][1:]]
    env.titles[page]["secnumber"] = [first]


def setup(app: Sphinx) -> dict[str, Any]:
    """Put our counting around that in use: sphinx_external_toc's where it is loaded, or Sphinx's own."""
    collector: Any = [TocTreeCollector, *TocTreeCollector.__subclasses__()][-1]
    if not hasattr(collector.assign_section_numbers, "__wrapped__"):
        collector.assign_section_numbers = with_own_numbers(collector.assign_section_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
