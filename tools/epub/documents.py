"""The pages of the built site as the documents of an EPUB: what only a website can do is put in another form.

Folds stand open; answers and solutions stand at the end of their chapter, with links both ways; code that only draws a
figure is left out, as on paper; figures are those for a light page.
"""

import copy
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from tools.epub import formulas
from tools.paper.compose import (
    FIRST,
    ON_SCREEN_ONLY,
    answers_and_solutions,
    article,
    leave_answers_to_chapters,
    leave_out_drawing_code,
    new,
    table_of_contents,
    unfold,
)

SITE_ONLY = f"{ON_SCREEN_ONLY}, form, input, select, textarea, canvas, iframe, template, .fold-places"
KEPT = {"id", "class", "href", "src", "alt", "colspan", "rowspan", "scope", "start", "style", "type"}
KEPT_CLASSES = re.compile(
    r"whole|highlight|output|stderr|math.*|formula|mathml|eqno|admonition|admonition-title|exercise|unfolded-title|"
    r"solution-title|answer-key|choices|right|wrong|see|interview-\w+|info-line|claim|citation|caption-number|code-of-\w+"
)
CODE_COLOURS = {"k": "code-of-words", "c": "code-of-comments", "s": "code-of-values", "m": "code-of-values"}
PICTURES = "images"
DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)\s*\{(?:[^{}]|\{[^{}]*\})*\}")
VARIABLE = re.compile(r"var\(--[\w-]+,\s*([^()]+)\)")
NOTE = (
    "In this EPUB, folds stand open, answers and solutions stand at the end of each chapter, figures that can be "
    "touched on the site are tables, and code that does nothing but draw a figure is left to the notebooks. Of the "
    "package, only the names are listed. "
    "Formulas are set in STIX Two Math, which is under the SIL Open Font License 1.1."
)
DOCUMENT = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head>
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="book.css"/>
</head>
<body>
{body}
</body>
</html>
"""


class NoSuchPictureError(FileNotFoundError):
    """A page shows a picture that the site does not have."""


@dataclass
class Document:
    """A page of the EPUB: its file, its title, and the titles of its sections by the names of their places."""

    name: str
    title: str
    body: Tag
    part: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)

    @property
    def xhtml(self) -> str:
        """The file's content."""
        return DOCUMENT.format(
            title=BeautifulSoup("", "html.parser").new_string(self.title).output_ready("minimal"),
            body=self.body.decode(formatter="minimal"),
        )

    @property
    def has_mathml(self) -> bool:
        """The package has to say so."""
        return self.body.find("math") is not None


def documents(site: Path, drawn: formulas.Pictures) -> tuple[list[Document], dict[str, bytes]]:
    """All pages of the book in order, and the pictures that they show, by path inside the EPUB."""
    first = article(site, FIRST)
    places = [("", FIRST), *((part, path) for part, paths in table_of_contents(first) for path in paths)]
    bodies = {path: first if path == FIRST else article(site, path) for _, path in places}
    images: dict[str, bytes] = {}
    made = []
    for part, path in places:
        body = bodies[path]
        if path == FIRST:
            about(body)
        change(body, drawn)
        take_images(body, site, path, images)
        localise(body, path, set(bodies))
        heading = body.find("h1")
        made.append(Document(file_name(path), words(heading), body, part, sections(body)))
    mend_links({document.name: document.body for document in made})
    return made, images


def about(first: Tag) -> None:
    """Make the first page tell of the book: its contents are the EPUB's own."""
    for listing in first.select(".toctree-wrapper, .your-progress"):
        listing.extract()
    section = new("section", id="about-this-epub")
    section.extend([new("h2", "About this EPUB"), new("p", NOTE)])
    first.find("section").append(section)


def change(body: Tag, drawn: formulas.Pictures) -> None:
    """Put a page in the form that an e-reader has."""
    for site_only in body.select(SITE_ONLY):
        site_only.extract()
    leave_out_drawing_code(body)
    formulas.place(body, drawn)
    key = answers_and_solutions(body, pointer)
    leave_answers_to_chapters(body)
    for fold in body.select("details.deeper"):
        fold.summary.name = "h3"
        fold.h3["class"] = ["unfolded"]
    for fold in body.select("details.deeper > h3"):
        fold.parent.name = "section"
    unfold(body)
    colour_code(body)
    if key:
        unfold(key)
        colour_code(key)
        body.find("section").append(key)
    for unseen in body.select(".visually-hidden"):  # said for the site's buttons and menus
        unseen.extract()
    for element in body.find_all(True):
        strip(element)
    body.name = "main"


def pointer(words: str) -> Tag:
    """A line that leads to the answers."""
    line = new("p", f"{words} ", class_="see")
    line.extend([new("a", "at the end of the chapter", href="#answers-and-solutions"), "."])
    return line


def colour_code(body: Tag) -> None:
    """Keep of the colours of code what an e-reader can show, and put the code into `<code>`."""
    for block in body.select("pre"):
        for token in block.select("span"):
            kind = CODE_COLOURS.get(token.get("class", [""])[0][:1]) if token.get("class") else None
            if kind:
                token["class"] = [kind]
            else:
                token.unwrap()
        code = new("code")
        code.extend(list(block.contents))
        block.append(code)


def strip(element: Tag) -> None:
    """Leave to an element what an e-reader uses."""
    if element.name == "math" or element.find_parent("math"):
        return
    kept = {name: value for name, value in element.attrs.items() if name in KEPT}
    if "class" in kept:
        named = kept["class"].split() if isinstance(kept["class"], str) else kept["class"]
        kept["class"] = [name for name in named if KEPT_CLASSES.fullmatch(name)]
    element.attrs = {name: value for name, value in kept.items() if value != []}


def take_images(body: Tag, site: Path, path: str, images: dict[str, bytes]) -> None:
    """Take the pictures of a page along.

    Raises
    ------
    NoSuchPictureError
        If the site lacks one.

    """
    for picture in body.select("img:not(.formula)"):
        local = site / posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(picture["src"])))
        if not local.exists():
            raise NoSuchPictureError(f"{path} shows {picture['src']}, which is not in the site")
        name = f"{PICTURES}/{local.name}"
        data = local.read_bytes()
        images[name] = light(data.decode()).encode() if local.suffix == ".svg" else data
        picture["src"] = name
        picture["alt"] = picture.get("alt", "")


def light(svg: str) -> str:
    """A figure for a light page, without variables, which older e-readers do not know."""
    return VARIABLE.sub(r"\1", DARK.sub("", svg))


def localise(body: Tag, path: str, inside: set[str]) -> None:
    """Let links between pages lead to documents; what is on the site alone has no link."""
    for link in body.select("a[href]"):
        address = urlsplit(link["href"])
        if address.scheme in ("http", "https", "mailto"):
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), address.path)) if address.path else path
        if target in inside:
            fragment = f"#{unquote(address.fragment)}" if address.fragment else ""
            link["href"] = (file_name(target) if address.path or not fragment else "") + fragment
        else:
            link.unwrap()


def file_name(path: str) -> str:
    """Name of the document of a page."""
    return f"{'about' if path == FIRST else Path(path).stem}.xhtml"


def mend_links(bodies: dict[str, Tag]) -> None:
    """Unwrap links to places that have been left out."""
    places = {name: {place["id"] for place in body.find_all(id=True)} for name, body in bodies.items()}
    for name, body in bodies.items():
        for link in body.select("a[href]"):
            target, mark, fragment = link["href"].partition("#")
            if not urlsplit(target).scheme and mark and fragment not in places[target or name]:
                link["href"] = target
            if not link["href"]:
                link.unwrap()


def sections(body: Tag) -> list[tuple[str, str]]:
    """The sections of a document, for the contents: place and title."""
    found = []
    for heading in body.select("h2"):
        section = heading.find_parent("section")
        if section is not None and section.get("id") and section.find("h2") is heading:
            found.append((section["id"], words(heading)))
    return found


def words(heading: Tag) -> str:
    """A heading as it reads, a formula as its TeX."""
    plain = copy.copy(heading)
    for formula in plain.select(".math-inline"):
        formula.replace_with(formula.img["alt"])
    return " ".join(plain.get_text().split())
