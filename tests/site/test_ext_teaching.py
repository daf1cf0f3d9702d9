"""The page for teachers is made of what the chapters say: objectives, what belongs to them, times, and checks."""

import re
from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from ext_book import Book, build
from learning.weeks import shared_out

from rnn_utils.exercises import ch01
from tools.notebooks.objectives import read
from tools.site import for_teachers

QUIZ = ":::{check-yourself}\n1. Is it?\n\n   - [x] Yes\n\n     So it is.\n   - [ ] No\n\n     It is.\n:::"
CHAPTER = f"""# Small things

*Find out what is small.*

:::{{div}} info-line
Reading time 1 minute · you need: chapter {{needs}}
:::

**You will learn to**

- see that $x$ is small;
  <!-- Seeing | What $x$ is | question 1 -->
- write a forecast.
  <!-- Seeing | ex-{{label}} -->
%%%
## What $x$ is

It is small.

## Seeing

{"Look at it. " * 200}
%%%
## Check yourself

{QUIZ}
%%%
## Exercises

:::{{exercise}} Persistence (warm-up)
:label: ex-{{label}}

Write it.
:::
%%%
code
exercises.ch01.check_persistence(...)
"""
INDEX = "# Book\n\n```{toctree}\n:numbered:\n01_small\n04_other\nlab_more\n```\n\n```{toctree}\nteaching\n```\n"
TEACHING = "# Teaching\n\n```{weeks} 2\n:labs:\n```\n\n## Chapters\n\n```{to-teach}\n```\n"
EXTENSIONS = [
    *("sphinx_exercise", "page.chapter_numbers", "page.katex_math", "learning.check_yourself"),
    *("learning.weeks", "learning.folded"),
]


def chapter(label: str, needs: str = "none") -> str:
    return CHAPTER.replace("{needs}", needs).replace("{label}", label).replace("{{", "{").replace("}}", "}")


def book(folder: Path, **changed: str) -> Book:
    pages = {
        "index.md": INDEX,
        "01_small.ipynb": chapter("small"),
        "04_other.ipynb": chapter("other"),
        "lab_more.ipynb": chapter("more", "1"),
        "teaching.md": TEACHING,
    }
    return build(folder, {**pages, **changed}, EXTENSIONS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return book(tmp_path_factory.mktemp("teaching"))


def soup(built: Book, page: str = "teaching") -> Tag:
    return BeautifulSoup(built.article(page), "html.parser")


def test_each_objective_leads_to_what_belongs_to_it(built: Book) -> None:
    assert not built.warnings
    section = soup(built).select_one("#teach-04-other")
    assert section.h3.get_text().startswith("4 · Small things")
    first, second = section.select("tbody tr")
    assert [link["href"] for link in first.select("a")] == [
        *("04_other.html#seeing", "04_other.html#what-x-is", "04_other.html#question-1"),
    ]
    assert first.select("td")[3].get_text(strip=True) == "–"
    assert [link.get_text() for link in second.select("a")] == ["Seeing", "4.1 Persistence (warm-up)"]
    target = soup(built, "04_other")
    for link in section.select("a[href*='#']"):
        if link["href"].startswith("04_other"):
            assert target.select(f"[id='{link['href'].partition('#')[2]}']"), link


def test_comments_are_on_no_page(built: Book) -> None:
    assert "<!--" in chapter("small")
    assert "<!--" not in built.article("01_small")


def test_times_are_counted(built: Book) -> None:
    words = soup(built).select_one("#teach-01-small").get_text()
    assert re.search(r"[45] minutes of reading, [45] with everything unfolded", words), "600 words at 180 a minute"


def test_messages_of_the_checks_are_told(built: Book) -> None:
    told = [item.get_text() for item in soup(built).select("#teach-01-small .diagnoses li")]
    assert told == [mistake.message for mistake in ch01.check_persistence.mistakes]


def test_a_lab_comes_after_the_chapter_that_it_needs(built: Book) -> None:
    rows = soup(built).select("table")[0].select("tbody tr")
    read_in = [line.get_text() for row in rows for line in row.select(".line")]
    assert len(rows) == 2
    assert read_in == ["1 Small things", "A Small things", "4 Small things"]
    exercises = [link.get_text() for row in rows for link in row.select("td:last-child a")]
    assert exercises == ["1.1", "A.1", "4.1"]


def test_an_unknown_check_is_a_warning(tmp_path: Path) -> None:
    wrong = chapter("small").replace("check_persistence", "check_nothing")
    assert "ex-small has no check" in book(tmp_path, **{"01_small.ipynb": wrong}).warnings


def longest(minutes: list[int], shares: Sequence[int]) -> int:
    ends = [sum(shares[:count]) for count in range(len(shares) + 1)]
    return max(sum(minutes[a:b]) for a, b in pairwise(ends))


@pytest.mark.parametrize("minutes", [[30, 30, 30, 30, 30], [10, 10, 10, 60, 5], [60, 10, 5, 10, 10], [1, 2, 3, 4, 5]])
@pytest.mark.parametrize("weeks", [1, 2, 3, 5])
def test_the_longest_week_is_as_short_as_it_can_be(minutes: list[int], weeks: int) -> None:
    every = [shares for shares in product(range(1, 6), repeat=weeks) if sum(shares) == len(minutes)]
    shares = shared_out(minutes, weeks)
    assert tuple(shares) in every
    assert longest(minutes, shares) == min(longest(minutes, other) for other in every)


@pytest.mark.parametrize("weeks", [0, 4])
def test_as_many_weeks_as_chapters_at_most(weeks: int) -> None:
    with pytest.raises(ValueError, match=rf"weeks is {weeks}, wanted a number from 1 to 3"):
        shared_out([1, 2, 3], weeks)


def test_only_files_that_are_there_are_offered(tmp_path: Path) -> None:
    for name in ("book", "notebooks/without_solutions", "slides"):
        (tmp_path / name).mkdir(parents=True)
    page = tmp_path / for_teachers.PAGE
    page.write_text('<div class="to-take" data-stem="01_small"></div><div class="to-take" data-stem="02_b"></div>')
    (tmp_path / "notebooks/01_small.ipynb").touch()
    assert for_teachers.fill(tmp_path)
    assert re.findall('href="(.*?)"', page.read_text()) == ["../notebooks/01_small.ipynb"]
    (tmp_path / "notebooks/without_solutions/01_small.ipynb").touch()
    (tmp_path / "slides/02_b.html").touch()
    for_teachers.fill(tmp_path)
    for_teachers.fill(tmp_path)
    wanted = ["notebooks/01_small.ipynb", "notebooks/without_solutions/01_small.ipynb", "slides/02_b.html"]
    assert re.findall(r'href="\.\./(.*?)"', page.read_text()) == wanted
    assert not for_teachers.fill(tmp_path / "slides"), "a site without the page"


def test_the_book_s_own_chapters_are_read_whole() -> None:
    told = read(Path(__file__).parents[2] / "book/01_sequence_data.ipynb")
    assert told.objectives
    assert all(one.sections for one in told.objectives)
    assert all(task.check and task.module == "ch01" for task in told.tasks)
    assert read(Path(__file__).parents[2] / "book/04_recurrence.ipynb").needed == (2, 3)
