"""A chapter's slides: its headings, formulas, figures, key points and questions, as its page has them.

A section becomes a slide with its formulas, or else with a short paragraph, and one for each of its figures. What the
chapter says there goes into the speaker's notes. Folds and code stay on the page.
"""

import copy
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from tools.paper.compose import article, new

NOT_SHOWN = "script, style, noscript, button, .unfold-all, .run-bar, details.deeper, [data-touch], .fold-places"
PRACTICE = ("Check yourself", "Exercises", "In an interview", "Further reading and watching")
SHORT, LONG = 340, 560  # characters of a paragraph on a slide of its own; of one with something in bold
ROWS = 9  # of a table that is shown whole
POINTS, LINES = 3, 7  # of a slide: key points, and lines of formulas, where one with fractions counts as one and a half
ELSEWHERE = re.compile(r"\b(above|below|fold|figure|table|page|here|exercise|unfold|printed|prints)\b", re.IGNORECASE)
LETTERS = "ABCDEFGH"
STYLES = (
    "../_static/face/face.css",
    "../_static/katex/katex.min.css",
    "../_static/katex/places.css",
    "../_static/math.css",
)
OURS = ("reveal/reveal.css", "slides.css")
# The speaker's view is a window that reveal.js writes, with a script and styles inside: nothing else is looser than on
# the pages of the book.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)


def deck(site: Path, path: str) -> str:
    """The slides of a page as an HTML document, to lie in the folder `slides` of the site.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    path : str
        The page, relative to it.

    """
    body = article(site, path)
    for hidden in body.select(NOT_SHOWN):
        hidden.extract()
    page = f"../{path}"
    localise(body, page)
    title = body.h1.get_text()
    shown = new("div", class_="slides")
    shown.extend(slides(body, page))
    document = BeautifulSoup("<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'></head></html>", "html.parser")
    head, html = document.head, document.html
    head.append(Tag(name="meta", attrs={"http-equiv": "Content-Security-Policy", "content": POLICY}))
    head.append(Tag(name="meta", attrs={"name": "viewport", "content": "width=device-width, initial-scale=1"}))
    head.append(new("title", f"{title}: slides"))
    head.append(new("link", rel="icon", href="../_static/favicon.svg"))
    head.extend(new("link", rel="stylesheet", href=sheet) for sheet in (*STYLES, *OURS))
    stage, screen = new("div", class_="reveal"), new("body")
    stage.append(shown)
    screen.append(stage)
    screen.extend(new("script", src=script) for script in ("reveal/reveal.js", "reveal/notes.js", "slides.js"))
    html.append(screen)
    return str(document)


def localise(body: Tag, page: str) -> None:
    """Let links and pictures be found from the folder of the slides, and drop names, which slides would repeat."""
    for picture in body.select("img[src]"):
        picture.attrs.pop("loading", None)  # all of them are wanted, and soon
    for link in body.select("a[href]"):
        href = str(link["href"])
        if href.startswith("#"):
            link["href"] = page + href
        elif not re.match(r"[a-z]+:|\.\./", href):
            link["href"] = f"../book/{href}"
    for named in body.select("[id]"):
        del named["id"]


def slides(body: Tag, page: str) -> Iterator[Tag]:
    """All slides in order."""
    sections = body.section.find_all("section", recursive=False)
    yield opening(body)
    if learn := body.section.find("ul", recursive=False):
        yield slide("You will learn to", [copy.copy(learn)], notes=[body.select_one(".info-line")])
    for section in sections:
        title = section.h2
        name = title.get_text()
        if name == "Key points":
            yield from points(section)
        elif name == "Check yourself":
            yield from questions(section)
        elif name == "Exercises":
            yield exercises(section)
        elif name not in PRACTICE:
            yield from taught(section)
    yield closing(page)


def in_groups(parts: list[Tag], most: int) -> Iterator[list[Tag]]:
    """Parts in groups of about the same size, none larger than `most`."""
    count = -(-len(parts) // most)
    for number in range(count):
        yield parts[number * len(parts) // count : (number + 1) * len(parts) // count]


def slide(title: str | Tag, parts: Iterable[Tag], kind: str = "", notes: Iterable[Tag | None] = ()) -> Tag:
    """A slide with its heading, and what the speaker sees beside it."""
    made = new("section", **({"class_": kind} if kind else {}))
    heading = new("h2", title if isinstance(title, str) else "")
    heading.extend([] if isinstance(title, str) else copy.copy(title).contents)
    made.append(heading)
    made.extend(parts)
    if said := [words for part in notes if part and (words := plain(part))]:
        aside = new("aside", class_="notes")
        aside.extend(new("p", words) for words in said)
        made.append(aside)
    return made


def plain(part: Tag) -> str:
    """What a part of a page says in words, with formulas as TeX."""
    words = copy.copy(part)
    for formula in words.select(".katex"):
        formula.replace_with(f"${formula.select_one('annotation').get_text().strip()}$")
    return " ".join(words.get_text().split())


def opening(body: Tag) -> Tag:
    """The first slide: title and promise."""
    made = new("section", class_="opening")
    heading = new("h1")
    heading.extend(copy.copy(body.h1).contents)
    made.append(heading)
    if promise := body.select_one("h1 + p"):
        made.append(copy.copy(promise))
    notes = new("aside", class_="notes")
    notes.extend(new("p", plain(part)) for part in body.section.find_all("p", recursive=False)[1:4])
    made.append(notes)
    return made


def taught(section: Tag) -> Iterator[Tag]:
    """A section: its formulas or a short paragraph, then its figures."""
    title = section.h2
    paragraphs = [part for part in section.find_all("p", recursive=False) if plain(part)]
    formulas = [part for part in section.find_all("div", class_="math") if not part.find_parent("li")]
    figures = [figure for figure in section.select("figure") if figure.img]
    for number, group in enumerate(by_height(formulas)):
        parts = [part for formula in group for part in (introduction(formula), copy.copy(formula)) if part]
        yield slide(title, parts, "formulas", paragraphs if number == 0 else ())
    telling = None if formulas else words(section, paragraphs)
    if telling:
        yield slide(title, [copy.copy(telling)], sized("words", telling), paragraphs)
    tables = [table for table in section.find_all("table") if not table.find_parent(class_="cell")]
    shown = [table for table in tables if len(table.find_all("tr")) <= ROWS]
    for table in shown:
        yield slide(title, [copy.copy(table)], sized("tabled", table), paragraphs)
    if not (formulas or telling or shown or figures):
        yield slide(title, [], "words", paragraphs)
    for figure in figures:
        yield slide(title, [figure_alone(figure)], "pictured", [figure.figcaption])


def sized(kind: str, part: Tag) -> str:
    """The kind of a slide, with the mark of one that holds a lot."""
    return f"{kind} dense" if len(plain(part)) > LONG else kind


def words(section: Tag, paragraphs: list[Tag]) -> Tag | None:
    """The paragraph that says most in few words: of an answer the first, else one with something in bold, or short."""
    if section.h2.get_text() == "The answer":
        return paragraphs[0] if paragraphs else None
    alone = [part for part in paragraphs if not ELSEWHERE.search(plain(part)) and not plain(part).endswith(":")]
    bold = [part for part in alone if part.strong and len(plain(part)) <= LONG]
    short = [part for part in alone if len(plain(part)) <= SHORT]
    return next((part for part in [*bold, *short, *paragraphs] if len(plain(part)) <= LONG), None)


def height(formula: Tag) -> float:
    """Lines that a formula takes."""
    tex = formula.select_one("annotation").get_text()
    return (1 + tex.count(r"\\")) * (1.5 if r"\frac" in tex else 1)


def by_height(formulas: list[Tag]) -> Iterator[list[Tag]]:
    """Formulas in groups that fit on a slide, each with the line that introduces it."""
    group: list[Tag] = []
    for formula in formulas:
        if group and sum(height(one) + 1 for one in [*group, formula]) > LINES:
            yield group
            group = []
        group.append(formula)
    if group:
        yield group


def introduction(formula: Tag) -> Tag | None:
    """The paragraph before a formula, if it is short and leads to it."""
    before = formula.find_previous_sibling()
    if not before or before.name != "p" or len(plain(before)) > SHORT // 2 or ELSEWHERE.search(plain(before)):
        return None
    return copy.copy(before)


def figure_alone(figure: Tag) -> Tag:
    """A figure with its caption's first sentence; the speaker has all of it."""
    shown = copy.copy(figure)
    words = shown.select_one(".caption-text")
    if words and len(plain(words)) > SHORT // 2 and not words.select(".katex"):
        words.string = re.split(r"(?<=[.:?!]) ", plain(words), maxsplit=1)[0]
    return shown


def points(section: Tag) -> Iterator[Tag]:
    """The key points, a few on a slide."""
    for group in in_groups(section.select("ul > li"), POINTS):
        listing = new("ul")
        listing.extend(copy.copy(point) for point in group)
        yield slide("Key points", [listing], "points")


def questions(section: Tag) -> Iterator[Tag]:
    """A slide for each question with its answers; the right one and its reason are in the notes."""
    for number, question in enumerate(section.select("li.question"), 1):
        asked = [copy.copy(part) for part in question.find_all(["p", "div"], recursive=False) if not is_answers(part)]
        offered, notes = new("ol", class_="choices"), []
        for letter, choice in zip(LETTERS, question.select("details.answer"), strict=False):
            words = new("li")
            words.extend(copy.copy(choice.summary).contents)
            words.select_one(".visually-hidden").extract()
            offered.append(words)
            if "right" in choice["class"]:
                reason = choice.select_one(".feedback")
                notes.append(new("p", f"{letter}. {plain(reason).removeprefix('Right').strip()}"))
        yield slide(f"Question {number}", [*asked, offered], "asked", notes)


def is_answers(part: Tag) -> bool:
    """Whether a part of a question is its list of answers."""
    return "answers" in part.get("class", [])


def exercises(section: Tag) -> Tag:
    """The titles of the exercises."""
    listing = new("ul")
    for title in section.select(".exercise .admonition-title"):
        entry = new("li")
        entry.extend(copy.copy(title).contents)
        listing.append(entry)
    return slide("Exercises", [listing], "points")


def closing(page: str) -> Tag:
    """The last slide: where the chapter is, and what may be done with it."""
    said = new("p", "Read on, run the code and try the exercises in ")
    said.extend([new("a", "the chapter", href=page), "."])
    rights = new("p", "Text and figures are under CC BY 4.0, code under the BSD 3-Clause licence.", class_="rights")
    return slide("The whole chapter", [said, rights], "words")
