"""Pages that can be cited and shared: what readers, reference managers, search engines and previews look for.

All of it is made from `CITATION.cff`, which repositories read too. ``{cite-this}`` writes the book as a reference in
words and as a BibTeX entry; reference managers read `citation_*` meta elements, search engines a block of JSON-LD
(data, which a browser does not execute and the pages' policy does not concern). Addresses are the site's, else the
repository's, and left out when neither is known.
"""

import json
import os
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from markupsafe import Markup, escape
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
PICTURE = "_static/card.png"  # 1200 by 630 pixels, what the previews of shared links want


def citation_file(source: str | Path) -> Path:
    """Where `CITATION.cff` is: in the checkout, or where the pages are."""
    return Path(os.environ.get("BOOK_ROOT") or source) / "CITATION.cff"


def cited_work(source: str | Path) -> dict[str, Any] | None:
    """What `CITATION.cff` says of the book; None where there is no such file."""
    path = citation_file(source)
    if not path.exists():
        return None
    cited = yaml.safe_load(path.read_text("utf8"))
    return cited | cited.get("preferred-citation", {})


class CiteThis(SphinxDirective):
    """The book as a reference in words and as a BibTeX entry."""

    def run(self) -> list[nodes.Node]:
        """Make both from CITATION.cff."""
        cited = cited_work(self.env.srcdir)
        if cited is None:
            LOGGER.warning("cite-this: there is no CITATION.cff", location=self.get_location())
            return []
        self.env.note_dependency(str(citation_file(self.env.srcdir)))
        repository = getattr(self.config, "repository", None)
        address = getattr(self.config, "site_address", None) or (repository.url if repository else None)
        return [reference(cited, address), nodes.literal_block("", bibtex(cited, address), language="bibtex")]


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


def linked_data(cited: dict[str, Any], title: str, url: str | None, is_book: bool) -> dict[str, Any]:
    """A page as schema.org describes it: the book itself, or a chapter of it."""
    authors = [
        {"@type": "Person" if "family-names" in one else "Organization", "name": name(one)} for one in cited["authors"]
    ]
    book = {"@type": "Book", "name": cited["title"], "author": authors, "datePublished": str(cited["year"])}
    page = book if is_book else {"@type": "Chapter", "name": title, "author": authors, "isPartOf": book}
    return {"@context": "https://schema.org", "inLanguage": "en", **page, **({"url": url} if url else {})}


def add_metadata(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write both into the head of every page of the book."""
    cited = cited_work(app.srcdir)
    if doctree is None or cited is None:
        return
    address = getattr(app.config, "site_address", None)
    url = address + app.builder.get_target_uri(pagename) if address else None
    title = Markup(context["title"]).striptags()
    is_book = pagename == app.config.root_doc
    fields = [("citation_title", cited["title"] if is_book else title)]
    fields += [("citation_author", name(author)) for author in cited["authors"]]
    fields += [("citation_publication_date", cited["year"])]
    fields += [] if is_book else [("citation_inbook_title", cited["title"])]
    fields += [("citation_public_url", url)] if url else []
    data = json.dumps(linked_data(cited, title, url, is_book), ensure_ascii=False).replace("<", "\\u003c")
    written = [f'<meta name="{field}" content="{escape(value)}" />' for field, value in fields]
    written.append(f'<script type="application/ld+json">{data}</script>')
    context["metatags"] = "\n    ".join([context.get("metatags", ""), *written])


def configure(app: Sphinx, config: Config) -> None:
    """Name the picture of a shared link: it needs the site's address."""
    if address := getattr(config, "site_address", None):
        config.ogp_image = address + PICTURE
        config.ogp_image_alt = "The title of the book, and the states of a recurrent network that reads it."
        config.ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image" />']


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("cite-this", CiteThis)
    app.connect("config-inited", configure, priority=450)  # after site_url has found the address
    app.connect("html-page-context", add_metadata, priority=450)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
