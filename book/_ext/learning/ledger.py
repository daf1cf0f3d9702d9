"""The ledger of claims: ``{claims}`` makes a page of `claims.yml`, which lies beside it.

Each row is a headline claim of a chapter with the strongest rival that ran, seeds, budget, what would refute it, and
where the evidence is: ``fig-…``, ``record:name`` of an experiment, or a label in the chapter. `problems` says what is
wrong with the rows; for the page each of these is a warning.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from links.repository import Repository
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
FILE = "claims.yml"
PARTS = {
    "rival": "Strongest rival that ran",
    "seeds": "Seeds",
    "budget": "Budget",
    "refuted_by": "What would refute it",
    "evidence": "Evidence",
}
KEYS = {"id", "chapter", "claim", *PARTS}
RECORD = "record:"
Row = dict[str, Any]


class claim_link(nodes.Inline, nodes.TextElement):
    """A link to a chapter, at its answer; without content it reads the chapter's title."""


def rows_of(text: str) -> list[Any]:
    """The rows of a ledger.

    Raises
    ------
    ValueError
        When the text is no YAML, or no list.

    """
    try:
        rows = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{FILE} is no YAML: {' '.join(str(error).split())}") from None
    if rows is not None and not isinstance(rows, list):
        raise ValueError(f"{FILE} holds a {type(rows).__name__}, wanted a list of claims")
    return rows or []


def problems(rows: list[Any]) -> Iterator[str]:
    """What is wrong with the rows themselves, in words."""
    counted = Counter(str(row.get("id")) for row in rows if isinstance(row, dict))
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            yield f"claim {number} is {row!r}, wanted the keys {', '.join(sorted(KEYS))}"
            continue
        name = f"claim {row.get('id', number)!r}"
        if missing := sorted(key for key in KEYS if not str(row.get(key) or "").strip()):
            yield f"{name} lacks {', '.join(missing)}"
        if unknown := sorted(set(row) - KEYS):
            yield f"{name} has unknown keys: {', '.join(unknown)}"
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", str(row.get("id", ""))):
            yield f"{name}: an id has small letters, digits and single hyphens"
    for name, count in counted.items():
        if count > 1:
            yield f"claim {name!r} stands there {count} times"


class Claims(SphinxDirective):
    """The place of the ledger."""

    def run(self) -> list[nodes.Node]:
        """Make it, a group for each chapter."""
        path = Path(self.env.doc2path(self.env.docname)).with_name(FILE)
        self.env.note_dependency(str(path))
        try:
            rows = rows_of(path.read_text("utf8"))
        except (OSError, ValueError) as error:
            self.warn(str(error))
            return []
        for problem in problems(rows):
            self.warn(problem)
        rows = [row for row in rows if isinstance(row, dict) and row.get("claim") and row.get("chapter")]
        if not rows:
            return [nodes.paragraph("", "No claim is in the ledger yet.")]
        made: list[nodes.Node] = []
        folder = str(Path(self.env.docname).parent)
        for chapter in dict.fromkeys(row["chapter"] for row in rows):
            page = f"{folder}/{chapter}".removeprefix("./")
            if page not in self.env.found_docs:
                self.warn(f"there is no chapter {chapter!r}")
                continue
            made.append(nodes.rubric("", "", claim_link("", page=page), classes=["claims-of"]))
            made += [self.entry(row, page) for row in rows if row["chapter"] == chapter]
        return made

    def entry(self, row: Row, page: str) -> nodes.Node:
        """A claim and what stands behind it."""
        sentence = claim_link("", "", *without_links(self.inline(str(row["claim"]))), page=page)
        details = nodes.definition_list(classes=["claim-details"])
        for key, title in PARTS.items():
            given = row.get(key) or ""
            if key == "evidence":
                content = self.evidence(given if isinstance(given, list) else [given])
            else:
                content = self.inline(str(given))
            definition = nodes.definition("", nodes.paragraph("", "", *content))
            details += nodes.definition_list_item("", nodes.term("", title), definition)
        name = nodes.make_id(f"claim-{row.get('id')}")
        return nodes.container("", nodes.paragraph("", "", sentence, classes=["claim"]), details, ids=[name])

    def inline(self, text: str) -> list[nodes.Node]:
        """A piece of MyST as it stands in a line."""
        content, messages = self.parse_inline(text, lineno=self.lineno)
        return [*content, *messages]

    def evidence(self, given: list[Any]) -> list[nodes.Node]:
        """Links to figures, records and places, with commas between them."""
        made: list[nodes.Node] = []
        for one in map(str, given):
            made += [nodes.Text(", ")] if made else []
            if one.startswith(RECORD):
                made.append(self.record(one.removeprefix(RECORD).strip()))
            elif one.startswith("fig-"):
                made += self.inline(f"{{numref}}`{one}`")
            elif one.startswith("eq-"):
                made += self.inline(f"{{eq}}`{one}`")
            elif one:
                made += self.inline(f"{{ref}}`where it is shown <{one}>`")
        return made

    def record(self, name: str) -> nodes.Node:
        """An experiment: a link to its program where the repository is known."""
        root, path = Path(os.environ.get("BOOK_ROOT") or self.env.srcdir), f"experiments/{name}.py"
        if not (root / path).with_suffix(".json").exists():
            self.warn(f"there is no record experiments/{name}.json")
        found: Repository | None = getattr(self.config, "repository", None)
        text = nodes.literal("", path)
        if found is None:
            return text
        return nodes.reference("", "", text, refuri=f"{found.url}/blob/{found.branch}/{path}")

    def warn(self, message: str) -> None:
        """Warn at the place of the directive."""
        LOGGER.warning("ledger: %s", message, location=self.get_location(), type="ledger")


def without_links(content: list[nodes.Node]) -> list[nodes.Node]:
    """Inline content with the text of links in their place: a link cannot stand inside another."""
    plain: list[nodes.Node] = []
    for node in content:
        is_link = isinstance(node, nodes.reference) or node.tagname == "pending_xref"
        plain += [nodes.Text(node.astext())] if is_link else [node]
    return plain


def lead_to_answers(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the links into such that lead to the answer of their chapter."""
    for link in list(doctree.findall(claim_link)):
        title = [child.deepcopy() for child in app.env.titles[link["page"]].children]
        address = app.builder.get_relative_uri(docname, link["page"])
        link.replace_self(
            nodes.reference("", "", *(link.children or title), internal=True, refuri=f"{address}#the-answer")
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(claim_link)
    app.add_directive("claims", Claims)
    app.connect("doctree-resolved", lead_to_answers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
