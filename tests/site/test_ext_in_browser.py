"""The learning aids and the mathematics as readers meet them: mouse, keyboard, no JavaScript, phone and paper."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ext_book import ROOT, build
from playwright.sync_api import expect

QUIZ = """# Chapter

$$
h_t = W_{ih} x_t + W_{hh} h_{t-1} + b + W_{ih} x_t + W_{hh} h_{t-1} + b + W_{ih} x_t + W_{hh} h_{t-1} + b
$$ (eq-long)

:::{check-yourself}
1. First?

   - [ ] No

     Not this.
   - [x] Yes

     Just this.

2. Second?

   - [x] $H$

     Just so.
   - [ ] $D$

     Not so.
:::

:::{interview} Why?
:topic: Reasons

Because.

**Follow-up.** And then?
:::

:::{admonition} Hint
:class: dropdown

Look twice.
:::
"""
LOCAL = [
    "page.katex_math",
    "weight.self_contained",
    "learning.check_yourself",
    "learning.interview",
    "learning.folded",
    "page.theme_accessibility",
    "weight.font_subset",
]
Open = Callable[..., Any]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pages = {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n", "chapter.ipynb": QUIZ}
    theme = "sphinx_book_theme"
    frame = {"theme": theme, "html_css_files": ["book.css"], "html_favicon": str(ROOT / "book/_static/favicon.svg")}
    book = build(tmp_path_factory.mktemp("book"), pages, [theme, *LOCAL], **frame)
    assert not book.warnings
    handler = functools.partial(Quiet, directory=str(book.output))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def open_page(address: str, browser: Any) -> Iterator[Open]:
    """Open a page of the book; what goes wrong on it fails the test."""
    contexts, wrong = [], []

    def opened(name: str = "chapter", width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
        page.goto(f"{address}{name}.html", wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def test_answers_unfold_without_javascript(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    feedback = page.get_by_text("Not this.")
    assert not feedback.is_visible()
    page.locator("summary", has_text="No").first.click()
    assert feedback.is_visible()
    assert page.locator(".verdict:visible").inner_text() == "Not quite"
    assert page.locator(".quiz-foot").count() == 0


def test_cards_and_hints_unfold_without_javascript(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    for title, content in (("60 seconds", "Because."), ("Follow-up", "And then?"), ("Hint", "Look twice.")):
        assert not page.get_by_text(content).is_visible()
        page.locator("summary", has_text=title).click()
        assert page.get_by_text(content).is_visible()


def test_what_needs_javascript_is_hidden_without_it(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator("button:visible", has_text="Search").count() == 0
    assert page.locator(".theme-switch-button:visible").count() == 0
    assert page.locator(".btn-fullscreen-button:visible").count() == 0


def test_the_score_counts_first_choices(open_page: Open) -> None:
    page = open_page()
    score = page.locator(".check-yourself .score")
    expect(score).to_have_text("Choose an answer to see what it means.")
    page.locator("summary", has_text="No").click()
    expect(score).to_have_text("0 of 2 right at the first try, 1 to go.")
    page.locator("summary", has_text="Yes").click()
    expect(score, "the second choice does not count").to_have_text("0 of 2 right at the first try, 1 to go.")
    page.locator(".question").nth(1).locator("summary").first.click()
    expect(score).to_have_text("1 of 2 right at the first try.")
    page.get_by_role("button", name="Start again").click()
    expect(score).to_have_text("Choose an answer to see what it means.")
    assert page.locator("details.answer[open]").count() == 0


def test_the_quiz_works_from_the_keyboard(open_page: Open) -> None:
    page = open_page()
    page.locator(".check-yourself summary").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_text("Just this.").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_text("Just so.").is_visible()
    expect(page.locator(".check-yourself .score")).to_have_text("2 of 2 right at the first try.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Start again"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement === document.querySelector('.check-yourself summary')")


def test_the_score_is_announced(open_page: Open) -> None:
    assert open_page().locator(".score").get_attribute("role") == "status"


def test_every_answer_has_a_name_even_a_formula(open_page: Open) -> None:
    names = open_page().locator(".question").nth(1).locator("summary").all_inner_texts()
    assert [name.split(":")[0] for name in names] == ["Answer 1", "Answer 2"]


def test_a_long_formula_scrolls_inside_itself_on_a_phone(open_page: Open) -> None:
    page = open_page(width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    formula = page.locator(".math-scroll")
    assert formula.evaluate("element => element.scrollWidth > element.clientWidth")
    assert formula.get_attribute("tabindex") == "0"
    formula.focus()
    page.keyboard.press("ArrowRight")
    expect(formula).not_to_have_js_property("scrollLeft", 0)
    number = page.locator(".eqno").bounding_box()
    assert number["x"] + number["width"] <= 390, "the number stays in sight"


def test_a_formula_that_fits_is_no_stop_for_the_keyboard(open_page: Open) -> None:
    page = open_page(width=1800)
    page.evaluate("document.querySelector('.bd-article-container').style.maxWidth = '100rem'")
    expect(page.locator(".math-scroll")).not_to_have_attribute("tabindex", "0")


def test_mathematics_is_typeset_in_katexs_fonts(open_page: Open) -> None:
    page = open_page()
    assert page.evaluate("document.fonts.check('16px KaTeX_Math')")
    assert page.locator(".katex-display math").count() == 1


def test_nothing_is_folded_on_paper(open_page: Open) -> None:
    page = open_page()
    page.emulate_media(media="print")
    for content in ("Not this.", "Because.", "And then?", "Look twice."):
        assert page.get_by_text(content).bounding_box()["height"] > 5, content


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_readers_system(scheme: str, open_page: Open) -> None:
    page = open_page(color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    other = "dark" if scheme == "light" else "light"
    page.emulate_media(color_scheme=other)
    page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=other)


def test_the_readers_own_choice_of_colours_is_kept(open_page: Open) -> None:
    page = open_page(color_scheme="light")
    page.locator(".theme-switch-button:visible").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload(wait_until="commit")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark", "before anything is painted"


def test_search_works_from_any_page(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Control+k")
    assert page.locator("#pst-search-dialog[open]").count() == 1
    page.mouse.click(3, 3)
    assert page.locator("#pst-search-dialog[open]").count() == 0, "a press beside it closes it"
    page.keyboard.press("Control+k")
    page.keyboard.type("hint")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=hint")
    page.locator("#search-results li a", has_text="Chapter").wait_for()
