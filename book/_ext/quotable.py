"""Pages that can be quoted and shared: what reference managers, search engines and previews look for.

Reference managers read `citation_*` meta elements, search engines a block of JSON-LD (data, which a browser does not
execute and the pages' policy does not concern); both are made from `CITATION.cff`, as is the page's own way to cite
(`cite_this`). The picture of a shared link is drawn by the book's own code: the states of an RNN that reads its title.
"""

import json
import os
from pathlib import Path
from typing import Any

import yaml
from cite_this import name
from docutils import nodes
from markupsafe import Markup, escape
from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = "_static/card.png"


def cited_work(app: Sphinx) -> dict[str, Any] | None:
    """What `CITATION.cff` says of the book; None where there is no such file."""
    path = Path(os.environ.get("BOOK_ROOT") or app.srcdir) / "CITATION.cff"
    if not path.exists():
        return None
    cited = yaml.safe_load(path.read_text("utf8"))
    return cited | cited.get("preferred-citation", {})


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
    cited = cited_work(app)
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


def draw_picture(path: Path, title: str) -> None:
    """The states of an untrained RNN, character by character, under the title that it reads (1200 by 630 pixels)."""
    import numpy as np
    from matplotlib.figure import Figure

    rng = np.random.default_rng(0)
    H = 24
    codes = np.frombuffer(title.encode("ascii", "replace"), np.uint8)
    W_ih, W_hh = rng.normal(size=(128, H)), rng.normal(size=(H, H)) / np.sqrt(H)
    h, states = np.zeros(H), []
    for code in codes % 128:
        h = np.tanh(W_ih[code] + W_hh @ h)
        states.append(h)
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#14181e")
    figure.text(0.07, 0.8, title, color="#e4e8ed", fontsize=44, fontweight="bold", family="DejaVu Sans")
    figure.text(0.07, 0.7, "An executable book: every cell runs in the page", color="#a3adba", fontsize=22)
    axes = figure.add_axes((0.07, 0.1, 0.86, 0.5))
    axes.imshow(np.array(states).T, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_axis_off()
    figure.savefig(path, metadata={"Software": None})


def write_picture(app: Sphinx, error: Exception | None) -> None:
    """Draw the picture where the site's address is known: nobody else can ask for it."""
    if not error and app.builder.name == "html" and getattr(app.config, "site_address", None):
        draw_picture(Path(app.outdir, PICTURE), app.config.html_title)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", configure, priority=450)  # after site_url has found the address
    app.connect("html-page-context", add_metadata, priority=450)
    app.connect("build-finished", write_picture)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
