"""Finish the PDF that Chromium printed: what a screen reader and a list of bookmarks are told.

Chromium makes a structure element without meaning of every coloured word of code and every sign of a formula, which is
half of the file. It calls a formula a figure, and repeats a heading in the outline that it moved to the next page.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, TextStringObject

FORMULA = "Formula: "  # how tools/paper/compose.py begins the description of a formula


def finish(printed: Path, target: Path, author: str, headings: Iterable[str]) -> None:
    """Write the finished PDF.

    Parameters
    ----------
    printed : Path
        A tagged PDF as Chromium prints it.
    target : Path
        Where the finished one goes.
    author : str
        Who wrote it: Chromium tells a PDF nothing but its title.
    headings : iterable of str
        The headings as they are written, for the outline.

    """
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium counts its objects eight short, which harms nobody
    reader = PdfReader(printed)
    root = reader.root_object
    structure = root["/StructTreeRoot"]
    kept: dict[int, IndirectObject] = {}
    simplify(structure.raw_get("/K"), kept)
    for number in structure["/ParentTree"]["/Nums"]:
        point_to_kept(number, kept)
    mend_outline(root["/Outlines"]["/First"], {solid(heading): heading for heading in headings})
    writer = PdfWriter(clone_from=reader)  # what nothing leads to any more stays behind
    if author:
        writer.add_metadata({"/Author": author})
    writer.page_mode = "/UseOutlines"
    writer.pdf_header = "%PDF-1.7"
    writer.write(target)


def simplify(reference: IndirectObject, kept: dict[int, IndirectObject]) -> None:
    """Lift what lies in elements without meaning into the element around them; `kept` says which one that is."""
    element = reference.get_object()
    if element["/S"] == "/Figure" and element.get("/Alt", "").startswith(FORMULA):
        element[NameObject("/S")] = NameObject("/Formula")
        element[NameObject("/Alt")] = TextStringObject(element["/Alt"].removeprefix(FORMULA))
    children = ArrayObject()
    for child in kids(element):
        children.extend(lifted(child, element, reference, kept))
    pages = {child.raw_get("/Pg").idnum: child.raw_get("/Pg") for child in children if is_piece(child)}
    if len(pages) == 1:  # said once, not with every piece
        element[NameObject("/Pg")] = next(iter(pages.values()))
        children = ArrayObject(child["/MCID"] if is_piece(child) else child for child in children)
    if children:
        element[NameObject("/K")] = children
    for child in children:
        if is_element(child):
            simplify(child, kept)


def lifted(
    child: Any, owner: DictionaryObject, reference: IndirectObject, kept: dict[int, IndirectObject]
) -> list[Any]:
    """A child as it hangs from the element at `reference`: itself, or what it holds if it means nothing."""
    if isinstance(child, int):  # a piece of a page; from here on with its page
        return [marked_content(child, owner)]
    element = child.get_object()
    if not is_element(child):
        return [child]
    if element["/S"] != "/NonStruct":
        element[NameObject("/P")] = reference
        return [child]
    kept[child.idnum] = reference
    return [piece for inner in kids(element) for piece in lifted(inner, element, reference, kept)]


def marked_content(number: int, owner: DictionaryObject) -> DictionaryObject:
    """A piece of a page, by number and page."""
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/MCR"),
            NameObject("/Pg"): owner.raw_get("/Pg"),
            NameObject("/MCID"): number,
        }
    )


def kids(element: DictionaryObject) -> list[Any]:
    """What an element holds: numbers of pieces of its page, references, or dictionaries."""
    if "/K" not in element:
        return []
    held = element.raw_get("/K")
    inside = held.get_object()
    return list(inside) if isinstance(inside, ArrayObject) else [held]


def is_piece(child: Any) -> bool:
    """Is it a piece of a page, as `marked_content` describes it?"""
    return isinstance(child, DictionaryObject) and child.get("/Type") == "/MCR"


def is_element(child: Any) -> bool:
    """Is it a structure element, not a piece of a page or a link's area?"""
    return isinstance(child, IndirectObject) and "/S" in child.get_object()


def point_to_kept(entry: Any, kept: dict[int, IndirectObject]) -> None:
    """Let the pieces of a page, which know their element, know the one that is left."""
    pieces = entry.get_object() if isinstance(entry, IndirectObject) else entry
    if isinstance(pieces, ArrayObject):
        for place, owner in enumerate(pieces):
            if isinstance(owner, IndirectObject) and owner.idnum in kept:
                pieces[place] = kept[owner.idnum]


def solid(text: str) -> str:
    """A text without its spaces."""
    return "".join(text.split())


def mend_outline(item: DictionaryObject | None, headings: dict[str, str]) -> None:
    """Mend this entry of the outline, the ones below it and the ones after it: what stands there twice, and the blank
    that a heading lost where it goes on in a second line. `headings` has them as written, by what is left without
    spaces.
    """
    while item is not None:
        words = item["/Title"]
        half = len(words) // 2
        once = words[:half] if words[:half] == words[half:] else words
        item[NameObject("/Title")] = TextStringObject(headings.get(solid(once), once))
        if "/First" in item:
            mend_outline(item["/First"].get_object(), headings)
        item = item["/Next"].get_object() if "/Next" in item else None
