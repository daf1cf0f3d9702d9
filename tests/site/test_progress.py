"""What a reader has read, passed and bookmarked: marked, shown again after a reload, cleared, and told to nobody."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import TWO_FRAMES, UNFOLD, plant
from playwright.sync_api import expect
from run_page import Cell
from warm_python import WarmPython

CHAPTER = "book/01_sequence_data.html"
FIRST = "book/index.html"
SCRIPTS = ("_static/progress.js", "_static/store.js", "_static/progress.css")
PASS = """([place]) => document.querySelector(place)
    .dispatchEvent(new CustomEvent("book:exercise-passed", {bubbles: true}))"""


@pytest.fixture
def page(browser: Any, server: str) -> Iterator[Any]:
    """A chapter in a browser that has never been here, and that writes down what it asks for."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.asked, page.wrong = [], []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(server + CHAPTER, wait_until="networkidle")
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    assert not page.wrong
    context.close()


def kept(page: Any) -> dict[str, Any]:
    return page.evaluate("JSON.parse(Object.values(localStorage).find(value => value.startsWith('{')) ?? '{}')")


def read_on(page: Any) -> None:
    """Scroll through the chapter as a reader does, heading by heading."""
    for heading in page.locator("article h2").all():
        heading.scroll_into_view_if_needed()
        page.evaluate(TWO_FRAMES)  # what came into view is told between frames
    page.locator(".read-toggle").scroll_into_view_if_needed()


def test_a_chapter_that_was_read_to_its_end_is_marked_and_stays_so(page: Any) -> None:
    toggle = page.get_by_role("button", name="Chapter read")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    read_on(page)
    expect(toggle).to_have_attribute("aria-pressed", "true")
    assert list(kept(page)["read"]) == [CHAPTER]
    assert not [address for address in page.asked if "/_images/" not in address]  # told to nobody
    page.reload()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".bd-links a:has(.read-tick)")).to_have_text(["1. Sequence data (read)"])


def test_a_jump_to_the_end_is_no_reading(page: Any) -> None:
    page.locator(".read-toggle").scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    expect(page.locator(".read-toggle")).to_have_attribute("aria-pressed", "false")


def test_the_mark_is_the_readers_from_the_keyboard_too(page: Any) -> None:
    toggle = page.get_by_role("button", name="Chapter read")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    read_on(page)
    page.wait_for_timeout(300)
    expect(toggle).to_have_attribute("aria-pressed", "false")  # who has unmarked it does not want it marked
    assert kept(page)["read"] == {}


def test_bookmarks_are_listed_on_the_first_page_and_lead_back(page: Any, server: str) -> None:
    mark = page.get_by_role("button", name="Bookmark The shuffle test")
    expect(page.locator("button.bookmark")).to_have_count(page.locator("article section > :is(h2, h3)").count())
    mark.click()
    expect(mark).to_have_attribute("aria-pressed", "true")
    page.goto(server + FIRST)
    link = page.locator(".your-progress li a")
    expect(link).to_have_text("1. Sequence data: The shuffle test")
    link.click()
    page.wait_for_url(f"**/{CHAPTER}#the-shuffle-test")
    expect(mark).to_have_attribute("aria-pressed", "true")
    page.goto(server + FIRST)
    page.get_by_role("button", name="Remove bookmark 1. Sequence data: The shuffle test").click()
    expect(link).to_have_count(0)
    assert kept(page)["marks"] == {}


def test_a_passed_exercise_counts_and_a_solution_does_not(page: Any) -> None:
    count = page.locator(".passed-count")
    page.evaluate(PASS, ["details.solution .cell"])
    expect(count).to_have_text("")
    page.evaluate(PASS, [".exercise.admonition ~ .exercise.admonition ~ .cell"])
    expect(count).to_have_text("1 of 4 exercises passed")
    passed = page.locator(".exercise.passed .admonition-title")
    expect(passed).to_contain_text("Exercise 1.2")
    assert "passed" in passed.evaluate("title => getComputedStyle(title, '::after').content")
    page.reload()
    expect(count).to_have_text("1 of 4 exercises passed")


def test_a_check_that_passes_in_the_page_counts_and_a_wrong_answer_does_not(python: WarmPython) -> None:
    check = "from rnn_utils import exercises\ncheck = exercises.ch01.check_persistence\ncheck({})"
    with python.opened(CHAPTER) as page:
        cell = Cell(page.locator(".exercise.admonition ~ .cell.can-run").first)
        cell.write(check.format("lambda x, k: x[k:]"))
        assert cell.run(), cell.error
        assert cell.output.startswith("✗")
        expect(page.locator(".passed-count")).to_have_text("")
        cell.write(check.format("check.solution"))
        assert cell.run(), cell.error
        assert cell.output.startswith("✓")
        expect(page.locator(".passed-count")).to_have_text("1 of 4 exercises passed")


def test_an_answered_quiz_counts(page: Any, server: str) -> None:
    questions = page.locator(".check-yourself .question").all()
    for question in questions[:-1]:
        question.locator("summary").first.click()
    assert not kept(page).get("quizzes")
    questions[-1].locator("summary").first.click()
    page.wait_for_function("() => localStorage.length")
    page.goto(server + FIRST)
    expect(page.locator(".your-progress p")).to_contain_text("quizzes answered: 1")


def test_all_of_it_can_be_forgotten(page: Any, server: str) -> None:
    page.get_by_role("button", name="Chapter read").click()
    page.goto(server + FIRST)
    expect(page.locator(".your-progress")).to_contain_text("Chapters read: 1")
    expect(page.locator(".toctree-wrapper .read-tick")).to_have_count(1)
    page.get_by_role("button", name="Forget all").click()
    assert kept(page)["read"]  # asked again first
    page.get_by_role("button", name="Press again").click()
    expect(page.locator(".your-progress")).to_be_empty()
    expect(page.locator(".read-tick")).to_have_count(0)
    assert kept(page) == {}


def test_sites_that_share_an_address_do_not_share_it(page: Any) -> None:
    page.get_by_role("button", name="Chapter read").click()
    assert page.evaluate("Object.keys(localStorage).filter(name => name !== 'mode' && name !== 'theme')") == [
        "reading:/"
    ]


BROKEN_STORAGE = {
    "switched off": """for (const name of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, name, {get() { throw new DOMException("no") }, configurable: true});""",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full') }; void 0",
}
KEPT = [
    '{"read": null, "marks": "x"}',
    '{"read": [1], "passed": 3}',
    "{broken",
    "null",
    '"x"',
    "7",
]


@pytest.mark.parametrize("fault", BROKEN_STORAGE)
def test_without_storage_nothing_is_kept_and_all_else_works(browser: Any, server: str, fault: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    wrong: list[str] = []
    page.add_init_script(BROKEN_STORAGE[fault])
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(server + CHAPTER, wait_until="networkidle")
    expect(page.locator(".bookmark, .chapter-end, .read-tick")).to_have_count(0)
    theme = page.evaluate("document.documentElement.dataset.mode")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.mode") != theme
    page.locator(".primary-toggle:visible").first.click()
    expect(page.locator("#pst-primary-sidebar-modal")).to_be_visible()
    page.goto(server + "search.html?q=gradient", wait_until="networkidle")
    expect(page.locator("#search-results li").first).to_be_visible()
    page.close()
    assert not wrong


@pytest.mark.parametrize("kept", KEPT)
def test_whatever_is_found_there_bookmarks_work(browser: Any, server: str, kept: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(server + CHAPTER, wait_until="networkidle")
    page.evaluate("kept => localStorage.setItem('reading:/', kept)", kept)
    page.reload(wait_until="networkidle")
    page.locator(".bookmark").first.click()
    page.reload(wait_until="networkidle")
    expect(page.locator(".bookmark").first).to_have_attribute("aria-pressed", "true")
    page.close()
    assert not wrong


def test_a_storage_that_fills_up_later_stays_as_it_was(browser: Any, server: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(server + CHAPTER, wait_until="networkidle")
    first, second = page.locator(".bookmark").all()[:2]
    first.click()
    page.evaluate("Storage.prototype.setItem = () => { throw new DOMException('full') }; void 0")
    second.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(second).to_have_attribute("aria-pressed", "false")
    page.close()
    assert not wrong


def test_it_is_small(site: Path) -> None:
    assert sum(len(gzip.compress((site / name).read_bytes())) for name in SCRIPTS) <= 4 * 1024


@pytest.mark.parametrize("width", [1400, 390])
def test_its_buttons_can_be_hit_and_cover_nothing(browser: Any, server: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(server + CHAPTER, wait_until="networkidle")
    page.evaluate(UNFOLD)
    small = page.evaluate(
        """() => [...document.querySelectorAll(".bookmark, .read-toggle")].map(b => b.getBoundingClientRect())
            .filter(box => box.width < 24 || box.height < 24).length"""
    )
    covering = page.evaluate(
        """() => [...document.querySelectorAll(".bookmark")].filter(button => {
            const box = button.getBoundingClientRect(), range = document.createRange();
            range.selectNodeContents(button.previousElementSibling);
            return [...range.getClientRects()].some(text => text.right > box.left && text.left < box.right
                && text.bottom > box.top && text.top < box.bottom && text.width);
        }).map(button => button.ariaLabel)"""
    )
    page.close()
    assert small == 0
    assert not covering


def test_another_tab_shows_a_change_and_is_left_alone_otherwise(page: Any, server: str) -> None:
    page.locator(".bookmark").first.click()
    first = page.context.new_page()
    first.goto(server + FIRST, wait_until="networkidle")
    forget = first.get_by_role("button", name="Forget all")
    forget.click()
    page.reload(wait_until="networkidle")  # it tries its storage
    first.wait_for_timeout(300)
    assert forget.inner_text() == "Forget all of it? Press again"
    page.locator(".bookmark").nth(1).click()
    expect(first.locator(".your-progress li")).to_have_count(2)


def test_a_host_that_does_without_html_keeps_what_was_read(page: Any, server: str, site: Path) -> None:
    short = server + CHAPTER.removesuffix(".html")
    plant(page, short, (site / CHAPTER).read_text("utf8"))
    page.get_by_role("button", name="Chapter read").click()
    page.goto(short, wait_until="networkidle")
    expect(page.get_by_role("button", name="Chapter read")).to_have_attribute("aria-pressed", "true")
    page.locator(".bookmark").first.click()
    expect(page.locator(".bd-links a:has(.read-tick)")).to_have_text(["1. Sequence data (read)"])
    assert list(kept(page)["read"]) == [CHAPTER]
    page.goto(server + CHAPTER, wait_until="networkidle")
    expect(page.locator(".bookmark").first).to_have_attribute("aria-pressed", "true")
