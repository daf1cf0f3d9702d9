"""The glossary is complete and in order: what chapters link is in it."""

import re

from structure import NOTEBOOKS, ROOT, Chapter

LINK = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")


def defined(text):
    """The terms of a glossary, in its order."""
    inside = text.partition(":::{glossary}\n")[2].partition("\n:::")[0]
    return [line for line in inside.splitlines() if line and not line.startswith(" ")]


def unknown(prose, terms):
    """Terms that a text links and the glossary does not have."""
    known = {term.lower() for term in terms}
    return {term for term in (" ".join(link.split()) for link in LINK.findall(prose)) if term.lower() not in known}


TERMS = defined((ROOT / "book/glossary.md").read_text("utf8"))


def test_every_term_that_a_chapter_links_is_in_the_glossary():
    assert len(TERMS) > 80
    assert {path.stem: missing for path in NOTEBOOKS if (missing := unknown(Chapter(path).prose, TERMS))} == {}


def test_terms_are_in_alphabetical_order_and_stand_there_once():
    assert sorted(TERMS, key=str.lower) == TERMS
    assert len({term.lower() for term in TERMS}) == len(TERMS)


def test_faults_are_noticed():
    assert unknown("{term}`GRU`, {term}`the cell <cell state>`, {term}`no such thing`", ["GRU", "cell state"]) == {
        "no such thing"
    }
    assert defined("# G\n:::{glossary}\nb\n  Two.\n\na\n  One.\n:::\nend\n") == ["b", "a"]
