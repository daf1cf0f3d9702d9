"""The ledger's page: each claim leads to its chapter and says what stands behind it; errors are warnings."""

import re
from pathlib import Path

import pytest
from ext_book import Book, build

INDEX = "# Book\n\n```{toctree}\nchapter\nother\nledger\n```\n"
CHAPTER = "# The *first* chapter\n\n(shown-here)=\n## Part\n\nText.\n\n$$\nx\n$$ (eq-x)\n\n## The answer\n\nYes.\n"
FIGURE = "\n:::{figure} missing.svg\n:name: fig-x\n\nA caption.\n:::\n"
LEDGER = "# What this book claims\n\n```{claims}\n```\n"
ROWS = """# 01
- id: the-claim
  chapter: chapter
  claim: "A loop with $H = 6$ keeps the *place*, see {ref}`shown-here`."
  rival: "a window of $7$"
  seeds: "60"
  budget: "1,500 updates"
  refuted_by: "a seed that fails"
  evidence: [eq-x, shown-here, "record:small"]
- id: other-claim
  chapter: other
  claim: "Another."
  rival: "r"
  seeds: "10"
  budget: "b"
  refuted_by: "f"
  evidence: eq-x
"""


def made(folder: Path, rows: str | None) -> Book:
    source = folder / "source"
    (source / "experiments").mkdir(parents=True)
    (source / "experiments/small.json").write_text("{}", "utf8")
    if rows is not None:
        (source / "claims.yml").write_text(rows, "utf8")
    pages = {"index.md": INDEX, "chapter.md": CHAPTER, "other.md": "# Other\n", "ledger.md": LEDGER}
    return build(folder, pages, ["learning.ledger", "page.katex_math"])


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return made(tmp_path_factory.mktemp("book"), ROWS)


def test_a_claim_leads_to_the_answer_of_its_chapter(book: Book) -> None:
    assert not book.warnings
    page = book.article("ledger")
    pattern = r'<p class="claim"><a class="reference internal" href="chapter.html#the-answer">(.*?)</p>'
    claim = re.search(pattern, page)[1]
    assert "A loop with" in claim
    assert "katex" in claim
    assert "<em>place</em>" in claim
    assert claim.count("<a ") == 0, "no link inside the link"
    assert re.search(r'claims-of rubric">\s*<a[^>]*>The <em>first</em> chapter</a>', page)
    assert 'id="claim-the-claim"' in page


def test_what_stands_behind_it_is_told(book: Book) -> None:
    details = re.findall(r'<dl class="simple claim-details">.*?</dl>', book.article("ledger"), re.DOTALL)
    assert len(details) == 2
    titles = ["Strongest rival that ran", "Seeds", "Budget", "What would refute it", "Evidence"]
    assert re.findall(r"<dt>(.*?)</dt>", details[0]) == titles
    assert "1,500 updates" in details[0]
    for link in ('href="chapter.html#equation-eq-x"', 'href="chapter.html#shown-here"', "experiments/small.py"):
        assert link in details[0]


def test_an_empty_ledger_is_no_error(tmp_path: Path) -> None:
    empty = made(tmp_path, "# 01\n\n# 02\n")
    assert not empty.warnings
    assert "No claim is in the ledger yet." in empty.article("ledger")


def test_a_changed_row_is_read_again(tmp_path: Path) -> None:
    first = made(tmp_path, ROWS)
    (first.source / "claims.yml").write_text(ROWS.replace("1,500", "15,000"), "utf8")
    assert "15,000 updates" in first.rebuild().article("ledger")


@pytest.mark.parametrize(
    ("written", "by", "said"),
    [
        ("  seeds: '10'\n", "", "claim 'other-claim' lacks seeds"),
        ("budget: b", "bugdet: b", "claim 'other-claim' has unknown keys: bugdet"),
        ("id: other-claim", "id: the-claim", "claim 'the-claim' stands there 2 times"),
        ("id: other-claim", "id: Other claim", "an id has small letters"),
        ("chapter: other", "chapter: nowhere", "there is no chapter 'nowhere'"),
        ("record:small", "record:missing", "there is no record experiments/missing.json"),
        ("eq-x,", "eq-missing,", "eq-missing"),
        ("shown-here,", "shown-nowhere,", "shown-nowhere"),
        ("# 01\n- id", "- 7\n- id", "claim 1 is 7, wanted the keys"),
        ("# 01\n", "'\n", "is no YAML"),
        (ROWS, "id: x\n", "holds a dict, wanted a list"),
        (ROWS, None, "claims.yml"),
    ],
)
def test_errors_in_the_file_are_warned_of(tmp_path: Path, written: str, by: str | None, said: str) -> None:
    plain = ROWS.replace('"10"', "'10'").replace('"b"', "b")
    rows = None if by is None else plain.replace(written, by) if written != ROWS else by
    assert rows != plain
    assert said in made(tmp_path, rows).warnings
