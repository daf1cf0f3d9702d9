"""A link beside each section's heading to an issue that is begun: its title names the section, its body the place.

Readers tell of a mistake where they meet it, if that takes one click. Where no repository is known there is no link.
"""

import re
from html import escape
from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from page.chapter_numbers import numbers
from sphinx.application import Sphinx
from sphinx.config import Config

from links.quotable import cited_work
from links.repository import Repository

HEADING = re.compile(r'(<h[2-6]\b.*?<a class="headerlink" href="#([^"]+)".*?</a>)(?=\s*</h[2-6]>)')
WORDS = "Suggest a change to this section"
BODY = "{place}\nEdition {edition}\n\n"


def address(found: Repository, title: str, body: str) -> str:
    """Where the issue is written."""
    return f"{found.url}/issues/new?{urlencode({'title': title, 'body': body})}"


def add_links(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put a link after each heading's own."""
    found: Repository | None = getattr(app.config, "repository", None)
    if found is None or doctree is None:
        return
    titles = {name: part[0].astext() for part in doctree.findall(nodes.section) for name in part["ids"]}
    number = numbers(list(app.env.toc_secnumbers)).get(pagename)
    kind = "Chapter" if isinstance(number, int) else "Lab"
    chapter = f"{kind} {number}" if number else app.env.titles[pagename].astext()
    edition = (cited_work(app.srcdir) or {}).get("version", "")
    page = (getattr(app.config, "site_address", None) or "") + app.builder.get_target_uri(pagename)

    def with_link(heading: re.Match[str]) -> str:
        title = f"{chapter}: {titles.get(heading[2], heading[2])}"
        issue = address(found, title, BODY.format(place=f"{page}#{heading[2]}", edition=edition))
        link = f'<a class="headerlink suggest" href="{escape(issue)}" title="{WORDS}"></a>'
        return heading[1] + link

    context["body"] = HEADING.sub(with_link, context["body"])


def configure(app: Sphinx, config: Config) -> None:
    """Add the sheet that draws the link, where there are links."""
    if getattr(config, "repository", None):
        app.add_css_file("suggest.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", configure, priority=600)  # after repo_links has looked for the repository
    app.connect("html-page-context", add_links, priority=450)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
