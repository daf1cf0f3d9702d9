"""Each claim of the ledger stands in its chapter, word for word, in every place where a reader looks for it."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from chapter import Chapter, rule


def ledger(chapter: Chapter) -> list[dict[str, Any]]:
    """The rows of the ledger beside a chapter that belong to it."""
    path = chapter.path.parent / "claims.yml"
    rows = yaml.safe_load(path.read_text("utf8")) if path.exists() else None
    return [row for row in rows or [] if row.get("chapter") == chapter.path.stem]


def plain(text: str) -> str:
    """A text without emphasis, links to the glossary and line breaks."""
    text = re.sub(r"\{term\}`([^`<]+?)(?: *<[^`>]*>)?`", r"\1", text)
    return " ".join(re.sub(r"\*+", "", text).split())


def cards(chapter: Chapter) -> str:
    """The text of the interview cards."""
    return "\n".join(re.findall(r"^:{3,}\{interview\}.*?^:{3,} *$", chapter.prose, re.MULTILINE | re.DOTALL))


def labels(chapter: Chapter) -> set[str]:
    """What can be referred to in a chapter: labels, equations, figures, exercises."""
    found = re.findall(r"^\(([\w-]+)\)=|\$\$ *\(([\w-]+)\)|\\label\{([\w-]+)\}", chapter.prose, re.MULTILINE)
    found += re.findall(r"\{figure-md\} *([\w-]+)|^:(?:name|label): *([\w-]+)()", chapter.prose, re.MULTILINE)
    drawn = {cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "") for cell in chapter.code}
    return {name for names in found for name in names if name} | drawn


@rule
def evidence_is_there(chapter: Chapter) -> Iterator[str]:
    there = labels(chapter)
    for row in ledger(chapter):
        given = row.get("evidence") or []
        for name in given if isinstance(given, list) else [given]:
            if not str(name).startswith("record:") and name not in there:
                yield f"the claim {row.get('id')!r} names {name!r} as evidence, which is no label in the chapter"


@rule
def claims_stand_in_the_chapter(chapter: Chapter) -> Iterator[str]:
    rows = ledger(chapter)
    if not 1 <= len(rows) <= 3:
        yield f"{len(rows)} rows in claims.yml have the chapter {chapter.path.stem}, wanted 1 to 3"
    places = {title: plain(chapter.section(title)) for title in ("The answer", "Key points")}
    if not chapter.is_lab:
        places["an interview card"] = plain(cards(chapter))
    for row in rows:
        for place, text in places.items():
            if plain(str(row.get("claim", ""))) not in text:
                yield f"the claim {row.get('id')!r} of claims.yml does not stand word for word in {place}"
