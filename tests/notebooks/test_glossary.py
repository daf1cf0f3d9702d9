"""The glossary is complete and in order: what chapters link is in it, and what is in it is spoken of in a chapter."""

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


def unspoken(terms, prose):
    """Terms that a text does not use; a hyphen counts as a space."""
    text = " ".join(re.sub("[-‑–]", " ", prose.lower()).split())
    return [term for term in terms if re.sub("[-‑–]", " ", term.lower()) not in text]


TERMS = defined((ROOT / "book/glossary.md").read_text("utf8"))


def test_every_term_that_a_chapter_links_is_in_the_glossary():
    assert len(TERMS) > 80
    assert {path.stem: missing for path in NOTEBOOKS if (missing := unknown(Chapter(path).prose, TERMS))} == {}


def test_every_term_is_spoken_of_in_a_chapter():
    assert unspoken(TERMS, " ".join(Chapter(path).prose for path in NOTEBOOKS)) == []


def test_terms_are_in_alphabetical_order_and_stand_there_once():
    assert sorted(TERMS, key=str.lower) == TERMS
    assert len({term.lower() for term in TERMS}) == len(TERMS)


def test_faults_are_noticed():
    assert unknown("{term}`GRU`, {term}`the cell <cell state>`, {term}`no such thing`", ["GRU", "cell state"]) == {
        "no such thing"
    }
    assert unspoken(["many-to-one", "GRU", "query"], "Many to\none; a gru.") == ["query"]
    assert defined("# G\n:::{glossary}\nb\n  Two.\n\na\n  One.\n:::\nend\n") == ["b", "a"]
