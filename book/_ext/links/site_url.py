"""The site's own address: canonical links, sitemap, social metadata and the 404 page, or none of them.

All of these need an absolute URL, and each extension that writes one invents something when it is missing (a sitemap
of relative paths, `og:url` without a host). The address is therefore found in one place, SITE_URL or the convention of
GitHub Pages, and what depends on it is switched on only when it is known.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

NOT_FOUND = """<h1>Page not found</h1>
<p>No page of the book has this address. It may have moved:
<a href="{prefix}search.html">search the book</a> or <a href="{prefix}index.html">start at the beginning</a>.</p>"""


def find_site_url(environ: Mapping[str, str]) -> str | None:
    """The address of the built site, with a trailing slash; None when it is not known.

    Raises
    ------
    ValueError
        If SITE_URL is set and is no http(s) address.
    """
    if given := environ.get("SITE_URL"):
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"SITE_URL is {given!r}: wanted http(s)://HOST/PATH/")
        return given.rstrip("/") + "/"
    on_github = environ.get("GITHUB_SERVER_URL", "https://github.com") == "https://github.com"
    owner, _, name = environ.get("GITHUB_REPOSITORY", "").partition("/")
    if not (on_github and owner and name):
        return None
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def configure(app: Sphinx, config: Config) -> None:
    """Hand the address to Sphinx and to the extensions that need it."""
    if config.site_address:
        config.html_baseurl = config.site_address
        config.ogp_site_url = config.site_address
        config.ogp_site_name = config.html_title
        config.ogp_social_cards = {"enable": False}  # pictures drawn per page: megabytes for no reader
    # A 404 page is served for any path, so its links must be absolute.
    prefix = config.notfound_urls_prefix = urlsplit(config.site_address or "/").path
    config.notfound_context = {"title": "Page not found", "body": NOT_FOUND.format(prefix=prefix)}


def write_sitemap(app: Sphinx, error: Exception | None) -> None:
    """List the book's pages for search engines (sphinx-sitemap starts a second process for this)."""
    if error or app.builder.format != "html" or not app.config.site_address:
        return
    root = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for docname in sorted(app.env.found_docs):
        page = ElementTree.SubElement(root, "url")
        ElementTree.SubElement(page, "loc").text = app.config.site_address + app.builder.get_target_uri(docname)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(Path(app.outdir) / "sitemap.xml", encoding="utf-8", xml_declaration=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    try:
        address = find_site_url(os.environ)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    app.add_config_value("site_address", address, "html", types=(str,))
    app.setup_extension("notfound.extension")
    if address:
        app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", configure, priority=400)  # before the 404 extension checks its prefix
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
