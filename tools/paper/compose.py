"""The whole book as one HTML document for paper: title page, contents, chapters, back matter.

It is put together from the pages of the built site, so it says what they say: nothing is built twice. What only a
screen can do is put in a form that paper has. Answers and solutions, folded away on the site, stand at the end of their
chapter; a formula's TeX becomes its description; code that only draws a figure is left out; links between pages lead to
places in the document.
"""

import copy
import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

from tools.places import ROOT

STYLE = Path(__file__).with_name("paper.css")
FACE = ROOT / "book/_vendor/stix-two-text/static/face"
FIRST = "book/index.html"
STYLE_SHEETS = ("_static/pygments.css", "_static/katex/*.css")  # colours of code, and where a formula's signs go
LINES = 45  # of code and output that a page holds for certain
SHORTEST = 4  # lines of code that may stand alone on a page
ON_SCREEN_ONLY = (
    "script, style, link, noscript, button, .unfold-all, .run-bar, .take-along, .to-take, .diagnoses, "
    "#the-map, #ways-to-read, .live-line, .line-caption, .start, .shown-figure, "
    "ul.package details > :not(summary)"  # fifty pages, which are looked up on the site or by `help`
)
ON_PAPER = (
    "On paper, answers and solutions stand at the end of each chapter, figures that can be touched on the site are "
    "tables, and code that does nothing but draw a figure is left to the notebooks. Of the package, only the names "
    "are listed."
)
UNKNOWN_PAGE = "000"  # as wide as a page number: knowing it moves nothing


def compose(site: Path) -> str:
    """Make the document.

    Parameters
    ----------
    site : Path
        Folder of the built site.

    Returns
    -------
    html : str
        A complete document with absolute addresses of local files; `with_page_numbers` fills in the page numbers.

    """
    first = article(site, FIRST)
    parts = list(table_of_contents(first))
    books = {FIRST: front_matter(first)}
    for _, chapters in parts:
        for path in chapters:
            books[path] = chapter(article(site, path))
    for path, body in books.items():
        localise(body, path, site, set(books))
    title, listing = title_page(first, site), contents(parts, books)
    document = BeautifulSoup("<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'></head></html>", "html.parser")
    document.head.append(new("title", first.h1.get_text()))
    for sheet in [*(found for name in STYLE_SHEETS for found in sorted(site.glob(name))), STYLE]:
        document.head.append(new("link", rel="stylesheet", href=sheet.resolve().as_uri()))
    document.head.append(new("style", "\n".join([*fonts(), *running_heads(books)])))
    body = new("body")
    document.html.append(body)
    body.extend([title, listing, *books.values()])
    for reference in body.select("a.page-of"):
        reference.string = f"⟦{reference['href'].removeprefix('#')}⟧"
    return str(document)


def with_page_numbers(document: str, pages: dict[str, int]) -> str:
    """Fill in the page numbers that are known by identifier; the others read 000."""
    return re.sub("⟦(.+?)⟧", lambda place: str(pages.get(place[1], UNKNOWN_PAGE)), document)


def headings(document: str) -> Iterator[str]:
    """The headings of a composed document as they read; parsing all of it again would take fifteen seconds."""
    for heading in re.finditer(r"<h([1-6])\b.*?</h\1>", document, re.DOTALL):
        yield " ".join(BeautifulSoup(heading[0], "html.parser").get_text().split())


def new(name: str, text: str = "", **attributes: str) -> Tag:
    """A new element; `class_` and other names that Python reserves end in an underscore."""
    tag = Tag(name=name, attrs={key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    if text:
        tag.string = text
    return tag


def article(site: Path, path: str) -> Tag:
    """What a page itself says, without the frame."""
    page = BeautifulSoup((site / path).read_text("utf8"), "html.parser")
    body = page.select_one("article.bd-article").extract()
    for link in body.select("a.headerlink"):
        link.extract()
    return body


def table_of_contents(first: Tag) -> Iterator[tuple[str, list[str]]]:
    """The parts of the book with the paths of their pages, as the first page lists them."""
    for part in first.select(".toctree-wrapper"):
        links = part.select("a[href]")
        yield part.select_one(".caption").get_text(), [posixpath.join("book", link["href"]) for link in links]


def identity(path: str, fragment: str = "") -> str:
    """Identifier in the document of a page, or of a place on it.

    It becomes a name in the PDF, which may not be longer than 127 bytes.
    """
    if len(fragment) > 60:
        fragment = f"{fragment[:40]}-{hashlib.sha256(fragment.encode()).hexdigest()[:12]}"
    return "--".join(filter(None, [f"page-{Path(path).stem}", fragment]))


# The front -----------------------------------------------------------------------------------------------------------


def title_page(first: Tag, site: Path) -> Tag:
    """The title page, from what the first page says of the book."""
    page = new("header", class_="title-page")
    page.append(new("img", class_="logo", alt="", src=(site / "_static/logo.svg").resolve().as_uri()))
    page.append(new("h1", first.h1.get_text()))
    page.append(copy.copy(first.select_one("h1 + p")))
    if names := authors(first):
        page.extend([new("p", names, class_="authors"), copy.copy(first.select_one(".cite-this"))])
    today = datetime.now(UTC)
    page.append(new("p", f"Printed on {today.day} {today:%B %Y}.", class_="printed-on"))
    return page


def authors(first: Tag) -> str:
    """The authors, as the first page cites the book: what stands there before the year."""
    cited = first.select_one(".cite-this")
    return re.split(r" \(\d{4}\)", cited.get_text())[0] if cited else ""


def front_matter(first: Tag) -> Tag:
    """The first page without its title and its way about the site."""
    about = copy.copy(first)
    about.h1.string = "About this book"
    about.select_one("h1 + p").extract()
    about = chapter(about)
    note = new("p")
    note.append(ON_PAPER)
    about.select("section section")[-1].insert_before(note)
    return about


def contents(parts: list[tuple[str, list[str]]], books: dict[str, Tag]) -> Tag:
    """The contents: chapters, and those of their sections that no other chapter has, with page numbers."""
    usual = Counter(h2.get_text() for body in books.values() for h2 in body.select("h2"))
    listing = new("nav", class_="contents", id="contents")
    listing.append(new("h1", "Contents"))
    for caption, chapters in [("", [FIRST]), *parts]:
        if caption:
            listing.append(new("p", caption, class_="part"))
        entries = new("ul")
        listing.append(entries)
        for path in chapters:
            heading = books[path].h1
            entries.append(entry(heading, identity(path), "chapter"))
            numbered = heading.select_one(".section-number")
            for h2 in books[path].select("h2") if numbered else ():
                if usual[h2.get_text()] == 1:
                    entries.append(entry(h2, h2.find_parent("section")["id"], "section"))
    return listing


def entry(heading: Tag, target: str, kind: str) -> Tag:
    """A line of the contents: a heading's words and its page."""
    line, link = new("li", class_=kind), new("a", href=f"#{target}")
    link.extend(copy.copy(heading).contents)
    for label in link.select("[id]"):
        del label["id"]
    line.extend([link, new("span", class_="leader"), new("a", class_="page-of", href=f"#{target}")])
    return line


def fonts() -> Iterator[str]:
    """The site's text face and, for what it lacks, faces from the environment: the same everywhere."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts/ttf"
    for family, weight, style, file in (
        *(("Paper Serif", 400, "normal", "STIXGeneral"), ("Paper Serif", 400, "italic", "STIXGeneralItalic")),
        *(("Paper Serif", 700, "normal", "STIXGeneralBol"), ("Paper Serif", 700, "italic", "STIXGeneralBolIta")),
        *(("Paper Mono", 400, "normal", "DejaVuSansMono"), ("Paper Mono", 700, "normal", "DejaVuSansMono-Bold")),
        *(("Paper Sans", 400, "normal", "DejaVuSans"), ("Paper Sans", 700, "normal", "DejaVuSans-Bold")),
    ):
        address = (folder / f"{file}.ttf").as_uri()
        described = f'font-family: "{family}"; font-weight: {weight}; font-style: {style}'
        yield f'@font-face {{ {described}; src: url("{address}") }}'
    for file, weight, style in (("regular", 400, "normal"), ("italic", 400, "italic"), ("semibold", 700, "normal")):
        described = f'font-family: "STIX Two Text"; font-weight: {weight}; font-style: {style}'
        yield f'@font-face {{ {described}; src: url("{(FACE / file).as_uri()}.woff2") }}'


def running_heads(books: dict[str, Tag]) -> Iterator[str]:
    """Every page of a chapter carries the chapter's title."""
    for number, body in enumerate(books.values()):
        words = body.h1.get_text().replace("\\", "").replace('"', "'")
        yield f'@page part-{number} {{ @top-right {{ content: "{words}" }} }}'
        yield f"#{body['id']} {{ page: part-{number} }}"


# A chapter -----------------------------------------------------------------------------------------------------------


def chapter(body: Tag) -> Tag:
    """Put a page in the form that paper has."""
    for screen_only in body.select(ON_SCREEN_ONLY):
        screen_only.extract()
    leave_out_drawing_code(body)
    describe_formulas(body)
    key = answers_and_solutions(body, see)
    leave_answers_to_chapters(body)
    unfold(body)
    for cell in body.select("div.cell"):
        if cell.get_text().count("\n") > LINES:  # what is printed may stand on the page after the code
            cell["class"].append("tall")
    for block in body.select("pre"):
        block.extend(code_parts(list(block.contents)))
    if key:
        body.select_one("section").append(key)
    return body


def leave_answers_to_chapters(body: Tag) -> None:
    """On the page that collects the cards for interviews, keep the questions: the answers stand in the chapters."""
    for source in body.select(".interview-source"):
        card = source.find_parent(class_="interview-card")
        for fold in card.select("details"):
            fold.extract()
        card["class"] = ["interview-question-only"]


def code_parts(contents: list[PageElement]) -> list[Tag]:
    """Put the contents of a block into `<code>`, or the PDF does not know it for code.

    A long block comes in parts, which may stand on two pages: cut at blank lines before lines without indentation.
    """
    parts, length = [new("code")], 0
    for piece in contents:
        words = piece.get_text()
        if isinstance(piece, NavigableString) and words.endswith("\n\n") and length >= SHORTEST:
            parts[-1].append(piece.extract())
            parts.append(new("code"))
            length = 0
        else:
            length += words.count("\n")
            parts[-1].append(piece.extract())
    if len(parts) > 1 and length < SHORTEST:
        parts[-2].extend(list(parts.pop().contents))
    return parts


def leave_out_drawing_code(body: Tag) -> None:
    """Leave out code that the site folds away, where a figure is all that it makes."""
    for fold in body.select("div.cell details.hide.above-input"):
        if fold.find_parent(class_="cell").select("figure"):
            fold.extract()


def describe_formulas(body: Tag) -> None:
    """Give every formula its TeX as the description of a picture, which is what a tagged PDF knows."""
    for formula in body.select(".katex"):
        tex = formula.select_one("annotation").get_text().strip()
        formula.select_one(".katex-mathml").extract()
        formula["role"], formula["aria-label"] = "img", f"Formula: {tex}"
        del formula.select_one(".katex-html")["aria-hidden"]


def unfold(body: Tag) -> None:
    """Turn what is folded into plain blocks that begin with their title."""
    for fold in body.select("details"):
        title = fold.find("summary", recursive=False)
        if "hide" in fold.get("class", []):
            title.extract()
        else:
            title.name, title["class"] = "p", [*title.get("class", []), "unfolded-title"]
        fold.name = "div"


def answers_and_solutions(body: Tag, pointer: Callable[[str], Tag]) -> Tag | None:
    """Take the answers and solutions out of a chapter and make the section at its end, None when there are none.

    Where they stood, `pointer` completes a sentence that says where they are.
    """
    quizzes, solutions = body.select(".check-yourself"), body.select("details.solution")
    if not quizzes and not solutions:
        return None
    key = new("section", id="answers-and-solutions", class_="answers-and-solutions")
    key.append(new("h2", "Answers and solutions"))
    for quiz in quizzes:
        key.append(new("h3", "Check yourself"))
        key.append(answer_key(quiz))
        quiz.append(pointer("The answers, with a reason for each, are"))
    for number, solution in enumerate(solutions):
        if number == 0:
            body.select_one(".exercise.admonition").insert_before(pointer("Solutions begin"))
        title = solution.find("summary")
        title.name, title["class"] = "h3", ["solution-title"]
        solution.name = "div"
        key.append(solution.extract())
    return key


def see(words: str) -> Tag:
    """A line that says on which page the answers are."""
    line = new("p", f"{words} on page ", class_="see")
    line.extend([new("a", class_="page-of", href="#answers-and-solutions"), "."])
    return line


def answer_key(quiz: Tag) -> Tag:
    """Take the feedback out of a quiz: a list by question and letter; the quiz keeps its choices."""
    key = new("ol", class_="answer-key")
    for question in quiz.select(".question"):
        reasons, offered = new("ol", class_="choices"), question.select_one(".answers")
        for choice in offered.select("details.answer"):
            reason = new("li", class_="right" if "right" in choice["class"] else "wrong")
            reason.extend(choice.select_one(".feedback").extract().contents)
            reasons.append(reason)
            words = choice.summary
            words.select_one(".visually-hidden").extract()
            words.name = "li"
            choice.replace_with(words)
        offered.name = "ol"
        offered.attrs = {"class": "choices"}
        line = new("li")
        line.append(reasons)
        key.append(line)
    return key


# Links ---------------------------------------------------------------------------------------------------------------


def localise(body: Tag, path: str, site: Path, inside: set[str]) -> None:
    """Make identifiers unique in the document, links lead inside it, and pictures be found."""
    for place in body.select("[id]"):
        place["id"] = identity(path, place["id"])
    body["id"] = identity(path)
    folder = posixpath.dirname(path)
    for picture in body.select("img[src]"):
        del picture["loading"]  # paper does not scroll
        if not urlsplit(picture["src"]).scheme:
            local = site / posixpath.normpath(posixpath.join(folder, unquote(picture["src"])))
            picture["src"] = local.resolve().as_uri()
    for link in body.select("a[href]"):
        address = urlsplit(link["href"])
        if address.scheme:
            continue
        target = posixpath.normpath(posixpath.join(folder, address.path)) if address.path else path
        if target in inside:
            link["href"] = "#" + identity(target, unquote(address.fragment))
        else:  # the index and the search page have no place on paper
            link.unwrap()
