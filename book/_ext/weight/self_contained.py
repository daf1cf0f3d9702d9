"""Pages that ask nobody but the site, and only for what they use.

Sphinx, Jupyter Book and the theme together load scripts that block the page, two inline scripts that nothing reads, all
of Bootstrap for two menus, and 1.4 MB of icons drawn a second time. What a template writes is put right in
`book/_templates`; this file does the rest, where pages get their script list, and warns about any style sheet or
script of another host.

`_config.yml` names all extensions itself, because Jupyter Book's own list has sphinx_thebe (scripts from another host,
twice) and sphinx_comments.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
# Copied by the theme and asked for by no page.
UNUSED = (
    *("_static/scripts/fontawesome.js", "_static/scripts/bootstrap.js", "_static/styles/theme.css"),
    "_static/scripts/pydata-sphinx-theme.js",
    *("_static/**/*.map", "_static/**/*.js.LICENSE.txt", "_static/locales/**/*.*o", "_static/*webpack-macros.html"),
)
HEAD = Path(__file__).resolve().parents[2] / "_head"  # read before the page is painted, so no module
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1" />'  # docutils'; the theme has its own


def configure(app: Sphinx, config: Config) -> None:
    """Pages read in light colours where JavaScript is off; `colours.js` chooses where it is on."""
    config.html_context["default_mode"] = "light"
    config.html_static_path = [*config.html_static_path, str(HEAD)]


def tidy_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Defer every script, name each once, and leave out the inline ones.

    The inline scripts set two options for the theme's version menu and its search-as-you-type, which the book does not
    use. They are also the reason why `documentation_options.js` could not be deferred.
    """
    for asset in [*context["script_files"], *context["css_files"]]:
        if "://" in str(asset.filename or ""):
            LOGGER.warning("%s asks another host for %s", pagename, asset.filename)
    context["metatags"] = context.get("metatags", "").replace(VIEWPORT, "")
    files = {script.filename: script for script in context["script_files"] if script.filename}
    context["script_files"] = [
        script if script.attributes.get("type") == "module" else _deferred(script) for script in files.values()
    ]


def _deferred(script: Any) -> Any:
    """The same script with the attribute `defer`; Sphinx's script objects cannot be changed."""
    return type(script)(script.filename, priority=script.priority, **{**script.attributes, "defer": "defer"})


def remove_unused(app: Sphinx, error: Exception | None) -> None:
    """Remove the files that no page asks for: five megabytes."""
    if error or app.builder.format != "html":
        return
    for pattern in UNUSED:
        for path in Path(app.outdir).glob(pattern):
            path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("comments_config", {}, "html")  # Jupyter Book sets it although sphinx_comments is not loaded
    app.add_css_file("theme-fixes.css")
    app.add_js_file("page-buttons.js")
    for script in ("scroll-stops.js", "contents-marker.js"):
        app.add_js_file(script, type="module")
    app.connect("config-inited", configure)
    app.connect("html-page-context", tidy_scripts, priority=900)  # after everyone has added theirs
    app.connect("build-finished", remove_unused)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
