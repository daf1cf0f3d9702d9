"""A site that holds one chapter, for the check of it: the chapter is whole, other pages are there to be referred to.

Of every other page only its headings, labels, labelled equations, exercises and the names of its figures are staged, so
that links lead somewhere and numbers are those of the book. Glossary, notation, bibliography and ledger are whole.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml

from tools import build
from tools.places import BUILD, ROOT
from tools.site import jupyter_book

CHECKED = BUILD / "check"
WHOLE = {"glossary", "notation", "bibliography", "claims"}
FIGURE = ":::{{figure}} _static/logo.svg\n:name: {name}\n:alt: Stands for a figure of another page.\n\n{name}\n:::"
KEPT = re.compile(
    r"(?P<literal>^(?P<fence>`{3,})(?!\{).*?^(?P=fence) *$)"
    r"|(?P<label>^\([\w-]+\)= *$)"
    r"|(?P<heading>^#{1,3} [^\n]*$)"
    r"|(?P<equation>^\$\$.*?\$\$ *\([\w-]+\)|^\\begin\{(?P<kind>\w+\*?)\}.*?\\end\{(?P=kind)\})"
    r"|^[:`]{3,}\{figure-md\} *(?P<name>\S+)"
    r"|^[:`]{3,}\{(?:figure|table)\}[^\n]*\n(?::(?!name)[^\n]*\n)*:name: *(?P<option>\S+)"
    r"|^[:`]{3,}\{exercise\}(?P<exercise>[^\n]*\n:label: *\S+)",
    re.DOTALL | re.MULTILINE,
)


def kept(markdown: str) -> Iterator[str]:
    """The parts of a page's Markdown that other pages may refer to."""
    for found in KEPT.finditer(markdown):
        if name := found["name"] or found["option"]:
            yield FIGURE.format(name=name)
        elif found["exercise"]:
            yield f":::{{exercise}}{found['exercise']}\n\nAn exercise.\n:::"
        elif not found["literal"]:
            yield found[0]


def outline(path: Path) -> str:
    """A page as others see it, in Markdown."""
    if path.suffix != ".ipynb":
        return "\n\n".join(kept(path.read_text("utf8")))
    parts: list[str] = []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts += kept(cell.source)
        elif name := cell.metadata.get("mystnb", {}).get("figure", {}).get("name"):
            parts.append(FIGURE.format(name=name))
    return "\n\n".join(parts)


def as_staged(path: Path) -> bytes:
    """The content of a page that is not the one to be checked."""
    if path.stem in WHOLE:
        return path.read_bytes()
    text = outline(path)
    if path.suffix != ".ipynb":
        return text.encode()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cell = nbformat.v4.new_markdown_cell(text, id="outline")
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})).encode()


def stage(page: Path, source: Path) -> None:
    """Make `source` the book with one chapter."""
    wanted = {}
    for original in [ROOT / "_config.yml", ROOT / "_toc.yml", *build.files_below(ROOT / "book")]:
        is_page = original.parent == ROOT / "book" and original.suffix in (".ipynb", ".md")
        how = build.as_staged if original == page else as_staged if is_page else Path.read_bytes
        wanted[source / original.relative_to(ROOT)] = how(original)
    if page not in build.notebooks():
        wanted[source / "_toc.yml"] = with_page(wanted[source / "_toc.yml"], page)
    for target, data in wanted.items():
        build.replace_if_different(target, data)
    for stale in set(build.files_below(source)) - set(wanted):
        stale.unlink()


def with_page(toc: bytes, page: Path) -> bytes:
    """The table of contents with a page that it does not list yet, in a part of its own."""
    table = yaml.safe_load(toc)
    name = str(page.relative_to(ROOT).with_suffix(""))
    table["parts"].insert(-1, {"caption": "Not listed yet", "numbered": 1, "chapters": [{"file": name}]})
    return yaml.safe_dump(table, sort_keys=False).encode()


def warnings(log: str, page: Path) -> list[str]:
    """What Sphinx says against the page, or against no page in particular."""
    said = [line for line in log.splitlines() if re.search(r"WARNING:|ERROR:|CRITICAL:|Exception|^\w*Error:", line)]
    others = re.compile(r"/source/book/(?!_)([\w-]+)\.(?:ipynb|md)")
    return [line for line in said if not (found := others.search(line)) or found[1] == page.stem]


def forget_if_changed(folder: Path) -> None:
    """Begin anew when the extensions or the configuration are others than those that read the kept pages."""
    folders = sorted((ROOT / "book").glob("_*/"))
    machinery = build.tree_digest(ROOT / "_config.yml", ROOT / "_toc.yml", Path(__file__), *folders)
    kept = folder / "machinery"
    if not kept.exists() or kept.read_text("utf8") != machinery:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        kept.write_text(machinery, "utf8")


def build_page(page: Path, runtime: Path | None) -> tuple[Path, list[str]]:
    """Build the site of one page.

    Parameters
    ----------
    page : Path
        The notebook; its execution is kept in `_build/executed`.
    runtime : Path or None
        Folder of the Python that runs in the page, None to build without run buttons.

    Returns
    -------
    site : Path
        Folder of the site.
    warnings : list of str
        What Sphinx said.

    """
    folder = CHECKED / page.stem
    forget_if_changed(folder)
    stage(page, folder / "source")
    code, log = jupyter_book.run(folder / "source", folder, python_in_page=bool(runtime))
    (folder / "build.log").write_text(log, "utf8")
    found = warnings(log, page)
    if code and not found:
        found = log.splitlines()[-20:]
    return folder / "_build/html", found
