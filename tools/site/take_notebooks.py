"""The notebooks that the site gives away: each chapter in plain Markdown, with the numbers that the pages show.

`book/_ext/links/repo_links.py` has written the chapters into the folder `notebooks` of the site, as they are in the
book and with the repository in their set-up cells. They are put into plain form here, once the pages are there to be
asked; beside each one lie the same chapter as a program and, in the folder `without_solutions`, the one to hand out.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file

from tools.notebooks.main_line import HEADING
from tools.notebooks.percent import as_program
from tools.notebooks.plain import Names, UnknownDirectiveError, as_plain
from tools.notebooks.without_solutions import OpenSolutionError, without_solutions

FOLDER, TO_HAND_OUT = "notebooks", "without_solutions"
EQUATION = re.compile(r'id="equation-([\w-]+)".*?class="eqno">\(([A-Z\d.]+)\)', re.DOTALL)
FIGURE = re.compile(r'<figure[^>]*\bid="([\w-]+)".*?class="caption-number">[^<]*?([A-Z]?[.\d]*\d)', re.DOTALL)
EXERCISE = re.compile(r"^:::\{exercise\} *(.*?) *\n:label: *([\w-]+)", re.MULTILINE)
LABELLED = re.compile(r"^\(([\w-]+)\)= *\n+#+ +(?:Deeper: *)?(.+?) *$", re.MULTILINE)


def put(site: Path, book: Path) -> None:
    """Put the notebooks of a built site into plain form.

    Parameters
    ----------
    site : Path
        The built site.
    book : Path
        The folder with the chapters, their pictures and the bibliography.

    Raises
    ------
    UnknownDirectiveError
        When a chapter uses a directive that has no plain form.
    OpenSolutionError
        When a solution has no end.

    """
    found = {path: json.loads(path.read_text("utf8")) for path in sorted((site / FOLDER).glob("*.ipynb"))}
    names = what_references_say(site, book)
    (site / FOLDER / TO_HAND_OUT).mkdir(parents=True, exist_ok=True)
    for path, notebook in found.items():
        try:
            plain = as_plain(notebook, names, book)
            to_hand_out = as_plain(without_solutions(notebook), names, book)
        except (UnknownDirectiveError, OpenSolutionError) as error:
            raise type(error)(f"{path.name}: {error}") from None
        path.write_text(as_json(plain), "utf8")
        path.with_suffix(".py").write_text(as_program(plain, path.stem), "utf8")
        (path.parent / TO_HAND_OUT / path.name).write_text(as_json(to_hand_out), "utf8")


def as_json(notebook: dict[str, Any]) -> str:
    """A notebook as its file has it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def what_references_say(site: Path, book: Path) -> Names:
    """Numbers from the built pages, titles and sources from the book's own files."""
    return Names(numbers(site / "book"), titles(book), sources(book / "references.bib"))


def numbers(pages: Path) -> dict[str, str]:
    """The numbers of figures and equations on the built pages."""
    told: dict[str, str] = {}
    for page in sorted(pages.glob("*.html")):
        text = page.read_text("utf8")
        told |= dict(EQUATION.findall(text)) | dict(FIGURE.findall(text))
    return told


def titles(book: Path) -> dict[str, str]:
    """The titles of pages by file name, and of headings and exercises that have a label."""
    told: dict[str, str] = {}
    for path in [*sorted(book.glob("*.ipynb")), *sorted(book.glob("*.md"))]:
        text = "\n\n".join(markdown(path))
        heading = next(filter(None, map(HEADING.match, text.splitlines())), None)
        told |= {path.stem: heading[2]} if heading else {}
        told |= dict(LABELLED.findall(text)) | {label: title for title, label in EXERCISE.findall(text)}
    return told


def markdown(path: Path) -> Iterator[str]:
    """The Markdown of a page, cell by cell."""
    text = path.read_text("utf8")
    if path.suffix == ".md":
        yield text
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def sources(bibliography: Path) -> dict[str, tuple[str, str, str]]:
    """Authors, year and the entry in words of every source, by key."""
    return {key: described(entry) for key, entry in parse_file(str(bibliography)).entries.items()}


def described(entry: Entry) -> tuple[str, str, str]:
    """Authors, year and the entry in words."""
    people: list[Any] = entry.persons.get("author") or entry.persons.get("editor") or []
    last = [bare(" ".join([*one.prelast_names, *one.last_names])) for one in people]
    authors = last[0] if len(last) == 1 else " and ".join(last) if len(last) == 2 else f"{last[0]} et al."
    said = {name: bare(words) for name, words in entry.fields.items()}
    where = next((said[name] for name in ("journal", "booktitle", "publisher", "school") if name in said), "")
    at = said.get("url") or (f"https://doi.org/{said['doi']}" if "doi" in said else "")
    parts = [f"{', '.join(last)} ({said['year']})", f"*{said['title']}*", where, f"<{at}>" if at else ""]
    return authors, said["year"], ". ".join(filter(None, parts)) + "."


def bare(text: str) -> str:
    """A field of BibTeX without the braces that protect capitals."""
    return re.sub(r"[{}]", "", text).replace("--", "–")
