"""A chapter has the number of its file, a lab a letter, and so have their figures, equations and exercises."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from ext_book import Book, build

TOC = """# Book

```{toctree}
:numbered: 1
03_layers
16_models
```
```{toctree}
:numbered: 1
lab_counting
lab_inside
```
"""
PAGE = """# {title}

## A section

$$x = 1$$ (eq-{name})

:::{{exercise}} Something
:label: ex-{name}

Do it.
:::

See {{eq}}`eq-{name}` and {{numref}}`ex-{name}`.
"""
NAMES = {"03_layers": "3", "16_models": "16", "lab_counting": "A", "lab_inside": "B"}
EXTENSIONS = ["page.chapter_numbers", "sphinx_exercise"]


@pytest.fixture
def pages() -> dict[str, str]:
    return {"index.md": TOC} | {f"{name}.md": PAGE.format(title=f"On {name}", name=name) for name in NAMES}


def said(book: Book, page: str) -> str:
    return BeautifulSoup(book.article(page), "html.parser").get_text(" ", strip=True)


def test_numbers_are_those_of_the_files(pages: dict[str, str], tmp_path: Path) -> None:
    book = build(tmp_path, pages, EXTENSIONS)
    assert book.warnings == ""
    contents = said(book, "index")
    for name, number in NAMES.items():
        assert f"{number}. On {name}" in contents
        text = said(book, name)
        assert f"{number}. On {name}" in text
        assert f"See ( {number}.1 )" in text or f"See ({number}.1)" in text
        assert text.count(f"Exercise {number}.1") == 2


def test_a_chapter_in_between_changes_no_other(pages: dict[str, str], tmp_path: Path) -> None:
    book = build(tmp_path, pages, EXTENSIONS)
    before = book.article("16_models"), book.article("lab_inside")
    changed = {"04_more": PAGE.format(title="More", name="more"), "index": TOC.replace("16_", "04_more\n16_")}
    again = book.rebuild(**changed)
    assert again.warnings == ""
    assert "4. More" in said(again, "index")
    assert (again.article("16_models"), again.article("lab_inside")) == before


def test_a_numbered_page_without_a_number_is_refused(pages: dict[str, str], tmp_path: Path) -> None:
    pages["index.md"] = TOC.replace("lab_inside", "lab_inside\nappendix")
    pages["appendix.md"] = "# Appendix\n"
    assert "a numbered page wants a file name" in build(tmp_path, pages, EXTENSIONS).warnings


def test_other_books_count_as_before(pages: dict[str, str], tmp_path: Path) -> None:
    assert "2. On 16_models" in said(build(tmp_path, pages, ["sphinx_exercise"]), "index")
