"""Numbers that the build has counted: the role ``{measured}`` and the directive ``{measured-table}``.

A number that is typed into a page about tests is wrong by the next test. These come from `measures.json`, which the
build writes beside the pages (tools/reports/measures.py says what is counted and how).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

LOGGER = logging.getLogger(__name__)
Row = list[str | nodes.Node]


def measures(env: BuildEnvironment) -> dict[str, Any]:
    """What was counted; the page that asks is read again when it changes."""
    path = Path(env.srcdir) / "measures.json"
    env.note_dependency(str(path))
    return json.loads(path.read_text("utf8")) if path.exists() else {}


class Measured(SphinxRole):
    """One number by its name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Write it with a thin space between thousands, or warn."""
        value = measures(self.env).get(self.text)
        if not isinstance(value, (int, float)):
            LOGGER.warning("measured: nothing is counted as %r", self.text, location=self.get_location())
            return [nodes.inline("", "?")], []
        return [nodes.inline("", f"{value:,}".replace(",", "\u202f"), classes=["measured"])], []


class MeasuredTable(SphinxDirective):
    """A table by its name; what a test run has not recorded is said instead."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make it."""
        counted = measures(self.env)
        make = {"chapters": chapters, "gradients": gradients, "recorded": recorded}.get(self.arguments[0])
        if make is None or not counted:
            LOGGER.warning("measured: no table %r", self.arguments[0], location=self.get_location())
            return []
        return make(counted)


def chapters(counted: dict[str, Any]) -> list[nodes.Node]:
    """The chapters, a row each, and their sum."""
    head: Row = ["chapter", "code cells", "that print", "compared", "figures", "seconds"]
    rows: list[Row] = []
    for row in counted["chapters"]:
        options = {"reftype": "doc", "refdomain": "std", "refexplicit": False, "refwarn": True}
        link = addnodes.pending_xref("", nodes.inline("", ""), reftarget=f"/book/{row['page']}", **options)
        seconds = f"{row['seconds']:.0f}" if row["seconds"] else "–"
        rows.append([link, *(str(row[name]) for name in ("cells", "printing", "compared", "figures")), seconds])
    sums = [sum(row[name] for row in counted["chapters"]) for name in ("cells", "printing", "compared", "figures")]
    return [table(head, [*rows, ["together", *map(str, sums), str(counted["seconds"])]])]


def gradients(counted: dict[str, Any]) -> list[nodes.Node]:
    """The layers, a row each."""
    head: Row = ["layer", "arrays checked", "largest relative error"]
    rows = [[nodes.literal("", row["layer"]), str(row["arrays"]), power(row["below"])] for row in counted["gradients"]]
    return [table(head, rows)]


def power(exponent: int) -> nodes.inline:
    """A bound that is a power of ten."""
    return nodes.inline("", "below 10", nodes.superscript("", f"−{-exponent}" if exponent < 0 else str(exponent)))


def recorded(counted: dict[str, Any]) -> list[nodes.Node]:
    """What the last test run on the building machine has left, a row for each of its parts."""
    if not counted["recorded"]:
        return [nodes.paragraph("", "No test run was recorded on the machine that built this copy.")]
    head: Row = ["command", "tests", "passed", "failed", "left out"]
    rows: list[Row] = []
    for row in counted["recorded"]:
        passed = row["tests"] - row["failures"] - row["skipped"]
        rows.append(
            [nodes.literal("", row["command"]), *map(str, (row["tests"], passed, row["failures"], row["skipped"]))]
        )
    made: list[nodes.Node] = [table(head, rows)]
    if counted["coverage"] is not None:
        words = f"The unit tests reach {counted['coverage']} % of the lines of rnn_utils."
        made.append(nodes.paragraph("", words))
    return made


def table(head: Row, rows: list[Row]) -> nodes.table:
    """A table whose columns after the first are numbers."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", nodes.row("", *entries(head)))
    group += nodes.tbody("", *(nodes.row("", *entries(row)) for row in rows))
    return nodes.table("", group, classes=["measured-table"])


def entries(row: Row) -> Iterator[nodes.entry]:
    """The cells of a row."""
    for content in row:
        yield nodes.entry("", nodes.paragraph("", "", nodes.Text(content) if isinstance(content, str) else content))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_role("measured", Measured())
    app.add_directive("measured-table", MeasuredTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
