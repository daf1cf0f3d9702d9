"""Repository, edit, issue, Binder, Colab and download buttons that follow the repository the book is built from.

Jupyter Book wants the repository's URL written into `_config.yml`, where every fork would have to edit it, and its
Colab link opens a notebook that cannot know where to install `rnn_utils` from. Here the URL is found at build time
(see `repository`), and each notebook is copied to `notebooks/` of the site with that URL stamped into its set-up cell;
Colab opens this copy, and the page's download buttons give it and the program that tools/site makes of it. When no
repository is known there are no buttons to edit or launch.
"""

import os
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from links.repository import HOST, Repository, find_repository

BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"
SITE_BRANCH = "gh-pages"  # where .github/workflows publishes the built site
PLACEHOLDER = "git+REPOSITORY_URL"  # as written in every notebook's set-up cell
NOTEBOOKS = "notebooks"  # folder of the site that holds the stamped copies


def book_root(app: Sphinx) -> Path:
    """The checkout: the build reads a staged copy of it, which is no git repository and holds re-executed notebooks."""
    return Path(os.environ.get("BOOK_ROOT") or app.srcdir)


def configure(app: Sphinx, config: Config) -> None:
    """Give the theme its repository options, or none at all."""
    try:
        found = find_repository(os.environ, book_root(app))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    config.repository = found
    if found is None:
        return
    app.tags.add("repository")  # for what a page says `{only}` where those buttons are
    launch = {"notebook_interface": "jupyterlab", "binderhub_url": BINDER}
    if found.url.startswith(f"https://{HOST}/"):  # Colab opens nothing from an organisation's own server
        app.tags.add("colab")
        launch["colab_url"] = COLAB
    config.html_theme_options |= {
        "repository_url": found.url,
        "repository_branch": found.branch,
        "repository_provider": "github",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": launch,
    }


def notebook_copy(app: Sphinx, docname: str) -> str | None:
    """Path inside the site of the stamped copy of page `docname`; None when the page is no notebook."""
    if docname not in app.env.found_docs or Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return None
    return f"{NOTEBOOKS}/{Path(docname).name}.ipynb"


def point_buttons_to_copy(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the page's download and Colab buttons give the stamped copy."""
    copy = notebook_copy(app, pagename)
    found: Repository | None = app.config.repository
    if copy is None:
        return
    for group in context.get("header_buttons", []):
        for place, button in enumerate(list(group.get("buttons", []))):
            if button.get("label") == "download-source-button":
                button["url"] = context["pathto"](copy, 1)
                program = button | {"label": "download-program", "text": ".py"}  # tools/site writes it
                program["url"] = context["pathto"](copy.removesuffix(".ipynb") + ".py", 1)
                group["buttons"].insert(place + 1, program)
            elif button.get("text") == "Colab" and found:
                button["url"] = f"{COLAB}/github/{found.slug}/blob/{SITE_BRANCH}/{copy}"


def write_notebook_copies(app: Sphinx, error: Exception | None) -> None:
    """Write every notebook to the site, from the checkout, with the repository stamped into its set-up cell."""
    if error or app.builder.format != "html":
        return
    found: Repository | None = app.config.repository
    folder = Path(app.outdir) / NOTEBOOKS
    for docname in sorted(app.env.found_docs):
        copy = notebook_copy(app, docname)
        if copy is None:
            continue
        staged = Path(app.env.doc2path(docname))
        committed = book_root(app) / staged.relative_to(app.srcdir)
        text = (committed if committed.exists() else staged).read_text("utf8")
        folder.mkdir(exist_ok=True)
        # Only URL characters are put in, so the JSON stays valid and the rest of the file stays as committed.
        (Path(app.outdir) / copy).write_text(text.replace(PLACEHOLDER, found.pip_url) if found else text, "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("repository", None, "html", types=(Repository,))
    app.connect("config-inited", configure)
    app.connect("html-page-context", point_buttons_to_copy, priority=600)  # after the theme has made its buttons
    app.connect("build-finished", write_notebook_copies)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
