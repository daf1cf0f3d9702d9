"""How to cite the book: the directive ``{cite-this}``.

`CITATION.cff` is what repositories read, and a second copy of its words in a page would go its own way. The page's
reference and its BibTeX entry are made from that file; the address is the site's or the repository's, and left out when
neither is known.
"""

import os
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)


class CiteThis(SphinxDirective):
    """The book as a reference in words and as a BibTeX entry."""

    def run(self) -> list[nodes.Node]:
        """Make both from CITATION.cff."""
        path = Path(os.environ.get("BOOK_ROOT") or self.env.srcdir) / "CITATION.cff"
        if not path.exists():
            LOGGER.warning("cite-this: there is no CITATION.cff", location=self.get_location())
            return []
        self.env.note_dependency(str(path))
        cited = yaml.safe_load(path.read_text("utf8"))
        cited |= cited.get("preferred-citation", {})
        address = find_address(self.config)
        return [reference(cited, address), nodes.literal_block("", bibtex(cited, address), language="bibtex")]


def find_address(config: Any) -> str | None:
    """Where readers find the book: the site, else the repository, else nowhere."""
    repository = getattr(config, "repository", None)
    return getattr(config, "site_address", None) or (repository.url if repository else None)


def name(author: dict[str, str]) -> str:
    """An author's name: of a person, or of a group."""
    return author.get("name") or f"{author['given-names']} {author['family-names']}"


def reference(cited: dict[str, Any], address: str | None) -> nodes.paragraph:
    """The reference in words."""
    authors = [name(author) for author in cited["authors"]]
    words = nodes.paragraph("", f"{', '.join(authors)} ({cited['year']}). ", classes=["cite-this"])
    words += [nodes.emphasis("", cited["title"]), nodes.Text(f", version {cited['version']}.")]
    if address:
        words += [nodes.Text(" "), nodes.reference("", address, refuri=address)]
    return words


def bibtex(cited: dict[str, Any], address: str | None) -> str:
    """The BibTeX entry. A group's name stands in braces, or BibTeX would look for a family name in it."""
    authors = [f"{{{name(author)}}}" if "name" in author else name(author) for author in cited["authors"]]
    fields = {
        "title": f"{{{cited['title']}}}",
        "author": " and ".join(authors),
        "year": str(cited["year"]),
        "note": f"Version {cited['version']}",
        **({"url": address} if address else {}),
    }
    lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@book{{rnn-book,\n{lines}\n}}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("cite-this", CiteThis)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
