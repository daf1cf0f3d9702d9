"""Pack documents, pictures and style into an EPUB 3: the list of its files, the contents, and the zip itself.

The same book gives the same bytes. Contents stand twice, as EPUB 3 wants them and as older e-readers do.
"""

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from tools.epub.documents import DOCUMENT, Document

NO_TIME = (1980, 1, 1, 0, 0, 0)
KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".css": "text/css",
    ".woff": "font/woff",
    ".ncx": "application/x-dtbncx+xml",
}
STYLE, COVER = Path(__file__).with_name("book.css"), "images/cover.png"
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="book">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
{creators}
<dc:language>en</dc:language>
<dc:description>{description}</dc:description>
<dc:date>{date}</dc:date>
<dc:rights>{rights}</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta name="cover" content="cover"/>
{access}
</metadata>
<manifest>
{manifest}
</manifest>
<spine toc="ncx">
{spine}
</spine>
</package>
"""
RIGHTS = "Text and figures: CC BY 4.0. Code: BSD 3-Clause licence."
# What the book offers to readers who do not see it, or not well, in the words of schema.org.
ACCESS = (
    *(("accessMode", "textual"), ("accessMode", "visual"), ("accessModeSufficient", "textual")),
    *(("accessModeSufficient", "textual,visual"), ("accessibilityHazard", "none")),
    *(("accessibilityFeature", "MathML"), ("accessibilityFeature", "alternativeText")),
    *(("accessibilityFeature", "tableOfContents"), ("accessibilityFeature", "readingOrder")),
    *(("accessibilityFeature", "structuralNavigation"), ("accessibilityFeature", "displayTransformability")),
    (
        "accessibilitySummary",
        "Every figure has a description and every formula is MathML with its TeX beside it. The text is read in the "
        "order in which it stands, and headings are nested. Colours of code repeat what its words say.",
    ),
)
NAVIGATION = """<nav epub:type="toc" id="toc" role="doc-toc">
<h1>Contents</h1>
<ol>
{entries}
</ol>
</nav>
<nav epub:type="landmarks" id="landmarks" hidden="hidden">
<h2>Places</h2>
<ol>
<li><a epub:type="cover" href="cover.xhtml">Cover</a></li>
<li><a epub:type="toc" href="contents.xhtml">Contents</a></li>
<li><a epub:type="bodymatter" href="{beginning}">Beginning</a></li>
</ol>
</nav>"""
NCX = """<?xml version="1.0" encoding="utf-8"?>
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">
<head><meta name="dtb:uid" content="urn:uuid:{identifier}"/></head>
<docTitle><text>{title}</text></docTitle>
<navMap>
{points}
</navMap>
</ncx>
"""


@dataclass(frozen=True)
class Work:
    """What the package says of the book."""

    title: str
    authors: list[str]
    description: str
    year: str
    changed: int

    @property
    def identifier(self) -> uuid.UUID:
        """The same for every edition, so that an e-reader knows the book again."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"book:{self.title}")


def packed(work: Work, pages: list[Document], files: dict[str, bytes], cover: bytes) -> bytes:
    """The EPUB.

    Parameters
    ----------
    work : Work
        What is said of the book.
    pages : list of Document
        Its pages in order.
    files : dict of str to bytes
        Pictures and fonts that the pages use, by path beside the pages.
    cover : bytes
        A PNG.

    """
    picture = '<p class="cover"><img src="images/cover.png" alt="{}"/></p>'.format(
        f"Cover: {escape(work.title)}, and the states of a recurrent network that reads these letters"
    )
    inside: dict[str, bytes | str] = {
        "package.opf": package(work, pages, files),
        "contents.xhtml": DOCUMENT.format(title="Contents", body=navigation(pages)),
        "contents.ncx": ncx(work, pages),
        "cover.xhtml": DOCUMENT.format(title="Cover", body=picture),
        **{page.name: page.xhtml for page in pages},
        "book.css": STYLE.read_bytes(),
        **files,
        COVER: cover,
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        add(archive, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)  # the first, and as it is: so it is known
        add(archive, "META-INF/container.xml", CONTAINER)
        for name, data in inside.items():
            add(archive, f"EPUB/{name}", data)
    return whole.getvalue()


def add(archive: zipfile.ZipFile, name: str, data: bytes | str, how: int = zipfile.ZIP_DEFLATED) -> None:
    """Add a file without a time."""
    member = zipfile.ZipInfo(name, NO_TIME)
    member.compress_type, member.create_system, member.external_attr = how, 3, 0o644 << 16
    archive.writestr(member, data, compresslevel=9)


def package(work: Work, pages: list[Document], files: dict[str, bytes]) -> str:
    """The list of all files, and what is said of the book."""
    items = [
        '<item id="contents" href="contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        f'<item id="ncx" href="contents.ncx" media-type="{KINDS[".ncx"]}"/>',
        '<item id="cover-page" href="cover.xhtml" media-type="application/xhtml+xml"/>',
        f'<item id="style" href="book.css" media-type="{KINDS[".css"]}"/>',
        f'<item id="cover" href="{COVER}" media-type="image/png" properties="cover-image"/>',
    ]
    for number, page in enumerate(pages, 1):
        says = ' properties="mathml"' if page.has_mathml else ""
        items.append(f'<item id="page-{number}" href="{page.name}" media-type="application/xhtml+xml"{says}/>')
    for number, name in enumerate(files, 1):
        items.append(f'<item id="file-{number}" href="{name}" media-type="{KINDS[Path(name).suffix]}"/>')
    spine = ["cover-page", "contents", *(f"page-{number}" for number in range(1, len(pages) + 1))]
    return PACKAGE.format(
        identifier=work.identifier,
        title=escape(work.title),
        creators="\n".join(f"<dc:creator>{escape(author)}</dc:creator>" for author in work.authors),
        description=escape(work.description),
        date=work.year,
        rights=RIGHTS,
        modified=datetime.fromtimestamp(work.changed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        access="\n".join(f'<meta property="schema:{name}">{escape(value)}</meta>' for name, value in ACCESS),
        manifest="\n".join(items),
        spine="\n".join(f'<itemref idref="{name}"/>' for name in spine),
    )


def navigation(pages: list[Document]) -> str:
    """The contents: parts, their chapters, and the sections of these."""
    entries = []
    for part, inside in groupby(pages, key=lambda page: page.part):
        chapters = "\n".join(map(entry, inside))
        entries.append(f"<li><span>{escape(part)}</span>\n<ol>\n{chapters}\n</ol></li>" if part else chapters)
    beginning = next((page for page in pages if page.part), pages[0]).name
    return NAVIGATION.format(entries="\n".join(entries), beginning=beginning)


def entry(page: Document) -> str:
    """A chapter in the contents."""
    lines = [f'<li><a href="{page.name}#{place}">{escape(title)}</a></li>' for place, title in page.sections]
    below = "\n<ol>\n" + "\n".join(lines) + "\n</ol>" if lines else ""
    return f'<li><a href="{page.name}">{escape(page.title)}</a>{below}</li>'


def ncx(work: Work, pages: list[Document]) -> str:
    """The contents for older e-readers: chapters and sections."""
    return NCX.format(identifier=work.identifier, title=escape(work.title), points="\n".join(points(pages)))


def points(pages: list[Document]) -> Iterator[str]:
    """The chapters and sections, numbered in the order of reading."""
    number = 0
    for page in pages:
        number += 1
        yield point(number, page.name, page.title)
        for place, title in page.sections:
            number += 1
            yield f"{point(number, f'{page.name}#{place}', title)}</navPoint>"
        yield "</navPoint>"


def point(number: int, place: str, title: str) -> str:
    """The beginning of an entry."""
    label = f"<navLabel><text>{escape(title)}</text></navLabel>"
    return f'<navPoint id="point-{number}" playOrder="{number}">{label}<content src="{place}"/>'
