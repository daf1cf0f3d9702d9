"""Build tiny books in a temporary folder with the local extensions, and collect what Sphinx warned of."""

import io
import json
import re
import sys
import warnings
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parent.parent.parent
EXTENSIONS = ROOT / "book/_ext"
sys.path.insert(0, str(EXTENSIONS))
SYNTAX = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "html_image", "substitution", "tasklist"]


@dataclass
class Book:
    """A built book: its folder and the warnings, without colours."""

    source: Path
    output: Path
    warnings: str
    config: dict[str, Any]

    def page(self, name: str = "index") -> str:
        """The HTML of a page."""
        return (self.output / f"{name}.html").read_text("utf8")

    def article(self, name: str = "index") -> str:
        """What the page itself says, without the theme's frame."""
        return re.split(r"</article>\s*(?:<footer|$)|<div class=\"sphinxsidebar\"", self.page(name))[0]

    def rebuild(self, **changed: str) -> "Book":
        """Change pages and build again, incrementally."""
        for name, text in changed.items():
            write_page(self.source, f"{name}.md", text)
        return run(self.source, self.config)


def write_page(folder: Path, name: str, text: str) -> None:
    """Write a page; a page named `.ipynb` becomes a notebook with one Markdown cell per `%%%`-separated part."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".ipynb":
        text = json.dumps(notebook(text), indent=1)
    path.write_text(text, "utf8")


def notebook(text: str) -> dict[str, Any]:
    """A notebook whose parts, separated by `%%%`, are Markdown cells, or code cells where they begin with `code`."""
    cells = []
    for number, part in enumerate(text.split("\n%%%\n")):
        cell: dict[str, Any] = {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": part}
        if part.startswith("code\n"):
            cell |= {"cell_type": "code", "source": part[5:], "execution_count": number, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def build(folder: Path, pages: dict[str, str], extensions: list[str], theme: str = "basic", **config: Any) -> Book:
    """Build pages (`{"index.md": "# Title"}`) with local and other extensions."""
    source = folder / "source"
    for name, text in pages.items():
        write_page(source, name, text)
    settings = {
        "extensions": ["myst_nb", *extensions],
        "html_theme": theme,
        "html_title": "A book",
        "html_static_path": [str(ROOT / "book/_static")],
        "templates_path": [str(ROOT / "book/_templates")] if theme != "basic" else [],
        "myst_enable_extensions": SYNTAX,
        "nb_execution_mode": "off",
        "nitpicky": True,
        "numfig": True,
        "language": "en",
        **config,
    }
    return run(source, settings)


def run(source: Path, config: dict[str, Any]) -> Book:
    """Build with Sphinx in this process."""
    output, said = source.parent / "html", io.StringIO()
    with warnings.catch_warnings(), patch_docutils(), docutils_namespace():
        warnings.simplefilter("ignore")
        folders = source, None, output, source.parent / "doctrees"
        app = Sphinx(*folders, "html", deepcopy(config), status=None, warning=said)
        app.build()
    return Book(source, output, re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()), config)
