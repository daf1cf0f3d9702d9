"""A plan of so many weeks, for the teacher's page: ``{weeks} 12`` shares the chapters out by the time that they take.

The chapters stay in order, and the longest week is as short as it can be. Options: ``:unfolded:`` counts and sets the
folds too, ``:exercises: 2`` sets that many of each chapter (all, without it), ``:labs:`` puts each lab after the last
chapter that it needs.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from page.chapter_numbers import CHAPTER, LAB
from sphinx.application import Sphinx

from learning.teaching import Teaching, lines, table, with_commas
from tools.notebooks.objectives import Taught

HEADS = ("Week", "Read", "Minutes", "Set")
Chapter = tuple[str, Taught, tuple[int, int]]


def shared_out(minutes: Sequence[int], weeks: int) -> list[int]:
    """How many of some chapters each week gets: none is empty, and the longest week is as short as it can be.

    Raises
    ------
    ValueError
        When there are fewer chapters than weeks, or no week.
    """
    if not 1 <= weeks <= len(minutes):
        raise ValueError(f"weeks is {weeks}, wanted a number from 1 to {len(minutes)}, the number of chapters")

    @cache
    def best(first: int, left: int) -> tuple[int, int, tuple[int, ...]]:
        """The longest of the weeks that are left, the sum of squares, and what each of them gets."""
        if left == 1:
            total = sum(minutes[first:])
            return total, total**2, (len(minutes) - first,)
        options = []
        for count in range(1, len(minutes) - first - left + 2):
            total = sum(minutes[first : first + count])
            longest, squares, rest = best(first + count, left - 1)
            options.append((max(total, longest), squares + total**2, (count, *rest)))
        return min(options)

    return list(best(0, weeks)[2])


def in_order(found: Sequence[Chapter], labs: bool) -> Iterator[Chapter]:
    """The chapters in order, each lab after the last chapter that it needs, or without labs."""
    waiting = [one for one in found if LAB.search(one[0])] if labs else []
    for one in found:
        number = CHAPTER.search(one[0])
        if not number:
            continue
        yield one
        ready = [lab for lab in waiting if max(lab[1].needed, default=0) <= int(number[1])]
        yield from ready
        waiting = [lab for lab in waiting if lab not in ready]
    yield from waiting


class Weeks(Teaching):
    """A table with a row for each week."""

    required_arguments = 1
    option_spec: ClassVar = {
        "unfolded": directives.flag,
        "labs": directives.flag,
        "exercises": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        """Make it."""
        chapters = list(in_order(list(self.chapters()), "labs" in self.options))
        which = 1 if "unfolded" in self.options else 0
        try:
            shares = shared_out([minutes[which] for _, _, minutes in chapters], int(self.arguments[0]))
        except ValueError as error:
            raise self.error(f"weeks: {error}") from None
        rows, left = [], iter(chapters)
        for week, count in enumerate(shares, 1):
            mine = [next(left) for _ in range(count)]
            read = lines([self.link(told.title, page, "numbered") for page, told, _ in mine])
            tasks = [(page, task) for page, told, _ in mine for task in told.tasks[: self.options.get("exercises")]]
            exercises = with_commas([self.link("", page, "exercise", task.label) for page, task in tasks])
            minutes = sum(one[2][which] for one in mine)
            rows.append([[nodes.Text(str(week))], read, [nodes.Text(str(minutes))], exercises])
        return [table(HEADS, rows, (8, 44, 12, 36))]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.setup_extension("learning.teaching")
    app.add_directive("weeks", Weeks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
