"""The book as a PDF, printed from the built site as `make pdf` does: what is in it, where, and how it is tagged."""

import gc
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from pypdf.generic import ArrayObject, IndirectObject
from pypdfium2 import PdfDocument

from tools.chromium import NoChromiumError, find
from tools.paper import make_pdf
from tools.paper.compose import compose
from tools.paper.make_pdf import page_numbers
from tools.site.take_along import PDF, ZIP, without_offers

ROOT = Path(__file__).resolve().parent.parent.parent
A4 = (595, 842)  # points
TEXT_WIDTH = 612  # 162 mm in CSS pixels: A4 without its margins


def run(site: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make pdf` for a site."""
    command = [sys.executable, "-m", "tools.paper.make_pdf", str(site)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copied(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the site as it was built, without what can be taken along."""
    try:
        find()
    except NoChromiumError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    copy = tmp_path_factory.mktemp("pdf") / "html"
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns(PDF, ZIP))
    first = copy / "book/index.html"
    first.write_text(without_offers(first.read_text("utf8")), "utf8")
    return copy


@pytest.fixture(scope="module")
def composed(copied: Path) -> str:
    """The document that is printed, without the page numbers."""
    return compose(copied)


@pytest.fixture(scope="module")
def printed(copied: Path, composed: str) -> PdfReader:
    """The PDF, of a document that is composed once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_pdf, "compose", lambda site: composed)
        make_pdf.main(str(copied))
        gc.enable()  # which the command does without
    return PdfReader(copied / PDF)


@pytest.fixture(scope="module")
def texts(copied: Path, printed: PdfReader) -> list[str]:
    """The text of each page with every space removed: line breaks and kerning put them anywhere."""
    with PdfDocument(copied / PDF) as document:  # pypdf takes 34 s for this, PDFium 2
        read = [page.get_textpage().get_text_range() for page in document]
    return [solid(text.replace("\ufffe", "-")) for text in read]  # how PDFium calls a hyphen at the end of a line


@pytest.fixture(scope="module")
def chapters(copied: Path) -> dict[str, BeautifulSoup]:
    """The articles of the site by file name, in the order of the book."""
    first = BeautifulSoup((copied / "book/index.html").read_text("utf8"), "html.parser")
    names = [link["href"] for link in first.select(".toctree-wrapper a")]
    return {
        name: BeautifulSoup((copied / "book" / name).read_text("utf8"), "html.parser").select_one("article")
        for name in names
    }


def solid(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def elements(reference: Any) -> Iterator[Any]:
    """All elements of the structure tree below one, itself included."""
    element = reference.get_object()
    if "/S" in element:
        yield element
        held = element.get("/K", ArrayObject())
        for child in held if isinstance(held, ArrayObject) else [element.raw_get("/K")]:
            if isinstance(child, IndirectObject):
                yield from elements(child)


def pages_of(element: Any) -> set[int]:
    """Object numbers of the pages that an element has pieces on."""
    held = element.get("/K", ArrayObject())
    held = held if isinstance(held, ArrayObject) else [held]
    found = {element.raw_get("/Pg").idnum for child in held if isinstance(child, int)}
    for child in (child.get_object() for child in held if not isinstance(child, int)):
        found |= pages_of(child) if "/S" in child else {child.raw_get("/Pg").idnum} if "/Pg" in child else set()
    return found


def pieces_of(element: Any) -> set[tuple[int, int]]:
    """Pieces that an element itself holds: the number of each, and the object number of its page."""
    held = element["/K"] if isinstance(element["/K"], ArrayObject) else [element["/K"]]
    found = {(child, element.raw_get("/Pg").idnum) for child in held if isinstance(child, int)}
    for child in held:
        if not isinstance(child, (int, IndirectObject)) and "/MCID" in child:
            found.add((child["/MCID"], child.raw_get("/Pg").idnum))
    return found


@pytest.fixture(scope="module")
def structure(printed: PdfReader) -> list[Any]:
    return list(elements(printed.trailer["/Root"]["/StructTreeRoot"].raw_get("/K")))


def test_it_is_a4_and_says_what_it_is(printed: PdfReader) -> None:
    root = printed.trailer["/Root"]
    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in printed.pages} == {A4}
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert printed.metadata.title == "Recurrent Neural Networks"
    assert printed.metadata.author == "The authors of this book"


def test_the_title_page_names_authors_version_and_date(printed: PdfReader, texts: list[str]) -> None:
    assert "TheauthorsofthisbookTheauthorsofthisbook(" in texts[0]
    assert "version" in texts[0]
    printed_on = printed.metadata.creation_date
    assert f"Printedon{printed_on.day}{printed_on:%B%Y}." in texts[0]


def test_few_pages_end_early(copied: Path, printed: PdfReader) -> None:
    """The white below the last line, where the chapter goes on: a figure or a function moves on as a whole, no more."""
    begins = {printed.get_destination_page_number(entry) for entry in printed.outline if not isinstance(entry, list)}
    white = {}
    with PdfDocument(copied / PDF) as document:
        for number, page in enumerate(document):
            text = page.render(scale=0.25, grayscale=True).to_numpy().squeeze()[17:193]  # without head and number
            white[number + 1] = 1 - (np.flatnonzero((text < 225).any(axis=1)).max(initial=-1) + 1) / len(text)
    inner = {number: share for number, share in white.items() if number not in begins and number < len(white)}
    early = {number: round(share, 2) for number, share in inner.items() if share > 0.4}
    assert len(early) <= len(inner) / 100, early
    assert sum(inner.values()) / len(inner) < 0.08


def test_every_piece_of_every_page_belongs_to_an_element_that_holds_it(printed: PdfReader) -> None:
    numbers = printed.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    owners = {key: numbers[place + 1].get_object() for place, key in enumerate(numbers) if place % 2 == 0}
    wrong, pieces, held = [], 0, {}
    for page in printed.pages:
        here = page.indirect_reference.idnum
        for number, owner in enumerate(owners[page["/StructParents"]]):
            if owner.idnum not in held:  # a line of code holds hundreds
                held[owner.idnum] = pieces_of(owner.get_object())
            pieces += 1
            element = owner.get_object()
            if (number, here) not in held[owner.idnum] or element["/S"] == "/NonStruct":  # those have left the tree
                wrong.append(f"page {page.page_number + 1}: piece {number} of {element['/S']}")
    assert pieces > 1000
    assert not wrong, wrong[:10]


def test_the_tags_say_what_a_listener_needs(structure: list[Any], chapters: dict[str, BeautifulSoup]) -> None:
    kinds = Counter(element["/S"] for element in structure)
    assert kinds["/NonStruct"] == 0
    assert kinds["/H1"] == len(chapters) + 3  # title, contents, about
    alternatives = [element["/Alt"] for element in structure if element["/S"] == "/Figure" and "/Alt" in element]
    described = [picture["alt"] for body in chapters.values() for picture in body.select("figure img")]
    assert described
    assert not set(described) - set(alternatives)
    formulas = [element.get("/Alt", "") for element in structure if element["/S"] == "/Formula"]
    assert len(formulas) == kinds["/Formula"] > 500
    assert r"h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)" in {re.sub(r"\s+", " ", tex) for tex in formulas}
    assert not [tex for tex in formulas if not tex or tex.startswith("Formula")]


def test_code_and_figures_are_never_divided_between_pages(structure: list[Any]) -> None:
    divided = {
        kind: [element for element in structure if element["/S"] == kind and len(pages_of(element)) > 1]
        for kind in ("/Code", "/Figure")
    }
    assert {kind: len(found) for kind, found in divided.items() if found} == {}


def test_a_question_of_an_interview_is_on_the_page_where_its_answer_begins(
    texts: list[str], chapters: dict[str, BeautifulSoup]
) -> None:
    questions = [asked for body in chapters.values() for asked in body.select(".interview-question:not(:has(.katex))")]
    begun = [solid(asked.get_text().removesuffix("#") + asked.find_next("summary").get_text()) for asked in questions]
    assert len(begun) > 30
    assert not [beginning for beginning in begun if not any(beginning in text for text in texts)]


def test_the_outline_has_every_chapter_and_every_section(
    printed: PdfReader, texts: list[str], chapters: dict[str, BeautifulSoup]
) -> None:
    tops = [entry for entry in printed.outline if not isinstance(entry, list)]
    wanted = [body.h1.get_text().removesuffix("#") for body in chapters.values()]
    assert [entry.title for entry in tops][3:] == wanted
    for entry in tops:
        assert solid(entry.title) in texts[printed.get_destination_page_number(entry)]
    below = {entry.title for part in printed.outline if isinstance(part, list) for entry in part if "/Title" in entry}
    sections = {h2.get_text().removesuffix("#") for body in chapters.values() for h2 in body.select("h2")}
    assert not sections - below


def test_the_contents_give_the_right_pages(copied: Path, printed: PdfReader, texts: list[str]) -> None:
    places = page_numbers(copied / PDF)
    contents = "".join(texts[1 : places["page-index"] - 1])
    for title, place in (
        ("1.Sequencedata", "page-01_sequence_data"),
        ("2.Fromrawsequencestotensors", "page-02_raw_sequences_to_tensors"),
        ("Glossary", "page-glossary"),
    ):
        assert f"{title}{places[place]}" in contents
        assert f"{title}{places[place]}{title}" in texts[places[place] - 1]  # running head, number, heading
    assert "000" not in contents


def test_links_inside_lead_somewhere_and_the_others_to_hosts(printed: PdfReader) -> None:
    places, inside, outside = printed.named_destinations, 0, []
    for page in printed.pages:
        for link in (annotation.get_object() for annotation in page.get("/Annots", [])):
            if "/Dest" in link:
                assert link["/Dest"] in places, link["/Dest"]
                inside += 1
            else:
                outside.append(link["/A"]["/URI"])
    assert inside > 200
    assert outside
    assert not [address for address in outside if not re.match(r"https?://[a-z0-9.-]+\.[a-z]+/", address)]


def test_all_text_is_there_a_formula_too(texts: list[str], chapters: dict[str, BeautifulSoup]) -> None:
    whole = "".join(texts)
    formula = Counter("ht=tanh(Wihxt+Whhht−1+b)")  # the order of its signs is anybody's guess
    assert any(formula <= Counter(whole[at.start() - 8 : at.start() + 26]) for at in re.finditer(r"tanh\(", whole))
    missing = []
    for name, body in chapters.items():
        words = body.select(
            "p.answer, .feedback p:not(:has(.katex)), figcaption p:not(:has(.katex)), .highlight-python pre"
        )
        for piece in words:
            fold = piece.find_parent("details")
            drawing = fold and "hide" in fold.get("class", []) and piece.find_parent(class_="cell").select("figure")
            if name != "interview.html" and not drawing:
                text = solid(piece.get_text().removesuffix("#"))
                missing += [] if text in whole or across_pages(text, texts) else [f"{name}: {piece.get_text()[:80]}"]
    assert not missing, "\n".join(missing)


def across_pages(text: str, texts: list[str]) -> bool:
    """Does a text begin on one page and end on the next?"""
    return any(text[:20] in texts[page] and text[-20:] in texts[page + 1] for page in range(len(texts) - 1))


@pytest.fixture(scope="module")
def paper(browser: Any, composed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The document that is printed, open in a browser and as wide as the text on paper."""
    document = tmp_path_factory.mktemp("paper") / "book.html"
    document.write_text(composed, "utf8")
    page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 900})
    page.emulate_media(media="print")
    page.goto(document.as_uri())
    yield page
    page.close()


def test_nothing_is_wider_than_the_paper(paper: Any) -> None:
    wide = paper.evaluate(
        """() => [...document.querySelectorAll("pre, table, figure, img, .katex-display > .katex, p, li")]
            .map(one => [one, one.getBoundingClientRect()])
            .filter(([one, box]) => Math.max(box.right, box.left + one.scrollWidth) > innerWidth + 3)
            .map(([one]) => one.tagName + " " + one.closest("article").id + ": " + one.innerText.slice(0, 60))"""
    )
    assert not wide, "\n".join(wide)


def test_formulas_and_pictures_have_their_room(paper: Any) -> None:
    seen = paper.evaluate(
        """() => ({
            struts: document.querySelectorAll(".strut").length,
            flat: [...document.querySelectorAll(".strut")].filter(one => !one.getBoundingClientRect().height).length,
            faces: [...document.fonts].filter(one => one.family.startsWith("KaTeX") && one.status === "loaded").length,
            pictures: [...document.images].filter(one => !one.naturalWidth || Math.abs(one.width / one.height
                - one.naturalWidth / one.naturalHeight) > 0.05).map(one => one.src),
        })"""
    )
    assert seen["struts"] > 1000
    assert seen["flat"] == 0  # a formula's places come from a style sheet
    assert seen["faces"] > 3
    assert not seen["pictures"]


def test_it_is_offered_once_it_is_there_and_made_once(copied: Path, printed: PdfReader) -> None:
    [link] = BeautifulSoup((copied / "book/index.html").read_text("utf8"), "html.parser").select(
        f".take-along a[href$='{PDF}']"
    )
    assert (copied / "book" / link["href"]).resolve() == copied / PDF
    assert f"{(copied / PDF).stat().st_size / 1e6:.1f} MB" in link.parent.get_text()
    before = (copied / PDF).stat().st_mtime_ns
    assert run(copied).returncode == 0
    assert (copied / PDF).stat().st_mtime_ns == before
    assert sorted(path.name for path in copied.parent.iterdir()) == [copied.name]  # nothing temporary is left


@pytest.mark.parametrize(
    ("chromium", "said"), [("no-such-browser", "CHROMIUM=no-such-browser is no program"), ("true", "printed nothing")]
)
def test_without_a_browser_it_says_so_and_offers_nothing(
    copied: Path, composed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chromium: str, said: str
) -> None:
    bare = tmp_path / "html"
    shutil.copytree(copied, bare, ignore=shutil.ignore_patterns(PDF))
    first = bare / "book/index.html"
    first.write_text(without_offers(first.read_text("utf8")), "utf8")
    monkeypatch.setenv("CHROMIUM", chromium)
    monkeypatch.setattr(make_pdf, "compose", lambda site: composed)  # the same site, and fifteen seconds
    monkeypatch.setattr(make_pdf.gc, "disable", lambda: None)
    with pytest.raises(SystemExit) as ended:
        make_pdf.main(str(bare))
    assert said in ended.value.code
    assert not (bare / PDF).exists()
    assert PDF not in first.read_text("utf8")
