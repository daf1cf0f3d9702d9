"""The line on the first page: a reader types, and the network goes on with what NumPy would write."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import ext_book  # noqa: F401  (finds the extensions)
import numpy as np
import pytest
from conftest import PHONE, QUIET_CONTEXT, ROOT, WIDE, with_fault
from front import live_line
from PIL import Image
from playwright.sync_api import Page, expect
from test_axe import violations

FIRST = "book/index.html"
BEGINNING = "When night comes, "
FOLDER = ROOT / "book/_static"


@pytest.fixture(name="page")
def opened(browser: Any, server: str) -> Iterator[Page]:
    """The first page for a reader who wants nothing to move, so that all is written at once; errors fail the test."""
    context = browser.new_context(viewport=WIDE, **QUIET_CONTEXT)
    page, wrong, asked = context.new_page(), [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server + FIRST, wait_until="networkidle")
    page.asked = asked
    yield page
    context.close()
    assert wrong == []


def yours(page: Page) -> Any:
    return page.get_by_role("textbox", name="Beginning of a line")


def begin(page: Page, text: str) -> None:
    """Type a beginning in place of what stands there."""
    yours(page).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def expect_its(page: Page, written: str) -> None:
    expect(page.locator(".live-line .its")).to_have_text(written, use_inner_text=False, timeout=3000)
    assert page.locator(".live-line .its").text_content() == written  # to the last blank and new line


def test_before_it_is_touched_it_says_what_the_network_wrote_and_loads_nothing(page: Page) -> None:
    assert yours(page).text_content() == BEGINNING
    expect_its(page, live_line.continuation("GRU", BEGINNING))
    assert not [address for address in page.asked if address.endswith(".f16")]
    yours(page).focus()
    page.wait_for_load_state("networkidle")
    assert [address.rpartition("/")[2] for address in page.asked if address.endswith(".f16")] == ["gru.f16"]
    expect_its(page, live_line.continuation("GRU", BEGINNING))


@pytest.mark.parametrize("text", ["O", "I have not slept, my lord", "ROMEO: Then - 'tis $; & so? No! X,Y.Z"])
def test_it_goes_on_as_numpy_does(page: Page, text: str) -> None:
    begin(page, text)
    expect_its(page, live_line.continuation("GRU", text))
    assert [address.rpartition("/")[2] for address in page.asked if address.endswith(".f16")] == ["gru.f16"]


def test_every_other_way_to_go_on_is_numpy_s(page: Page) -> None:
    for seed in range(1, live_line.SEEDS + 1):
        page.get_by_role("button", name="Another way to go on").click()
        expect_its(page, live_line.continuation("GRU", BEGINNING, seed % live_line.SEEDS))
    page.get_by_role("button", name="Another way to go on").click()
    begin(page, "So ")
    expect_its(page, live_line.continuation("GRU", "So "))  # from the first state again


def test_it_works_from_the_keyboard_alone(page: Page) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('yours')"):
            break
    outline = "getComputedStyle(document.querySelector('.live-line')).outlineStyle"
    assert page.evaluate(outline) == "solid", "the focus is seen"
    page.keyboard.type("my heart ")
    assert yours(page).text_content() == BEGINNING + "my heart "
    expect_its(page, live_line.continuation("GRU", BEGINNING + "my heart "))
    page.keyboard.press("Enter")
    expect_its(page, live_line.continuation("GRU", BEGINNING + "my heart ", 1))
    assert yours(page).text_content() == BEGINNING + "my heart "
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Another way to go on"
    status = page.locator(".live-line [role=status]")
    expect(status).to_contain_text("The network goes on: ", timeout=4000)


def test_a_key_that_is_faster_than_the_cursor_writes_at_the_end(page: Page) -> None:
    at_once = """(yours) => { yours.focus();
        yours.dispatchEvent(new KeyboardEvent("keydown", { key: "m", bubbles: true }));
        return getSelection().anchorOffset; }"""
    assert yours(page).evaluate(at_once) > 0
    page.keyboard.press("Home")
    page.keyboard.type("Ah, ")
    assert yours(page).text_content() == "Ah, " + BEGINNING, "later it stays where the reader has put it"


def test_what_the_network_does_not_know_is_said_and_left_out(page: Page) -> None:
    begin(page, "Ol日, my “lord”")
    expect_its(page, live_line.continuation("GRU", "Ol, my 'lord'"))
    expect(page.locator(".live-line .note")).to_have_text("The network does not know “日” and leaves it out.")
    begin(page, "Well")
    expect(page.locator(".live-line .note")).to_be_empty()


def test_what_is_typed_comes_along_to_the_explainer(page: Page) -> None:
    begin(page, "Ol日 & my “lord” + 3%")
    page.get_by_role("link", name="Touch the network").click()
    expect(page.get_by_label("Your text")).to_have_value("Ol日 & my “lord” + 3%")
    expect(page.locator(".explainer .live")).to_be_visible()


def test_an_empty_line_begins_like_a_line_of_the_plays(page: Page) -> None:
    begin(page, "X")
    page.keyboard.press("Backspace")
    expect_its(page, live_line.continuation("GRU", "\n"))
    written = page.locator(".live-line .yours").evaluate("one => getComputedStyle(one, '::before').content")
    assert written == '"Type here. "'


def test_a_long_text_is_cut_and_moves_nothing(page: Page) -> None:
    box = page.locator(".start").bounding_box()
    yours(page).focus()
    page.keyboard.insert_text("all of us " * 30)
    assert len(yours(page).text_content()) == 120
    page.get_by_role("button", name="Another way to go on").click()
    assert page.locator(".start").bounding_box() == box


def test_it_writes_letter_by_letter_unless_the_reader_wants_nothing_to_move(browser: Any, server: str) -> None:
    for motion, together in (("no-preference", False), ("reduce", True)):
        page = browser.new_context(viewport=PHONE, reduced_motion=motion).new_page()
        page.goto(server + FIRST, wait_until="networkidle")
        page.evaluate("""() => { window.lengths = []; const its = document.querySelector(".live-line .its");
            new MutationObserver(() => lengths.push(its.textContent.length)).observe(its, {childList: true}); }""")
        page.get_by_role("button", name="Another way to go on").click()
        expect_its(page, live_line.continuation("GRU", BEGINNING, 1))
        lengths = page.evaluate("lengths")
        assert (len(lengths) == 1) == together, lengths
        assert lengths == sorted(lengths)
        moving = "document.getAnimations().filter(one => one.animationName === 'live-line-cursor').length"
        assert (page.evaluate(moving) == 0) == together
        page.context.close()


def test_it_shows_at_once_that_it_writes_and_stops_for_a_reader_who_types(browser: Any, server: str) -> None:
    writes = "document.getAnimations().filter(one => one.animationName === 'live-line-writes')"
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = browser.new_context(viewport=PHONE, reduced_motion=motion).new_page()
        page.add_init_script("""addEventListener("DOMContentLoaded", () => {
            window.writes = document.getAnimations().filter(({animationName: name}) => name === "live-line-writes");
            for (const one of writes) one.pause(); });""")
        page.goto(server + FIRST, wait_until="networkidle")
        expect(page.get_by_text("Type your own.")).to_be_visible()
        assert page.evaluate(f"{writes}.length") == moves
        parts = [visible_part(page, time) for time in (0, 600, 1200, 1990)] if moves else []
        assert parts == sorted(set(parts)), "more and more of the text is in colour"
        begin(page, "O")
        expect_its(page, live_line.continuation("GRU", "O"))
        assert page.evaluate(f"{writes}.length") == 0
        page.context.close()


def visible_part(page: Page, time: int) -> int:
    """How many pixels of the line are in the colour of the network, at a time of the animation."""
    page.evaluate("time => { for (const one of window.writes) one.currentTime = time; }", time)
    picture = np.asarray(Image.open(BytesIO(page.locator(".live-line .line").screenshot())).convert("RGB")).astype(int)
    return int((picture[..., 2] - picture[..., 0] > 80).sum())


def test_a_network_that_does_not_come_is_said_and_asked_for_again(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.route("**/gru.f16", lambda route: route.abort())
    page.goto(server + FIRST, wait_until="networkidle")
    yours(page).focus()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/gru.f16")
    begin(page, "So ")
    expect_its(page, live_line.continuation("GRU", "So "))
    expect(page.locator(".live-line .note")).to_be_empty()
    page.context.close()


def test_without_javascript_the_page_is_whole(browser: Any, server: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(server + FIRST)
    assert page.locator(".live-line .line").text_content() == BEGINNING + live_line.continuation("GRU", BEGINNING)
    assert page.get_by_text("A network continues this line.").is_visible()
    assert not page.get_by_text("Type your own.").is_visible(), "nobody can"
    assert page.locator(".live-line button").count() == 0
    for name in ("Start with chapter 1", "Touch the network"):
        assert page.get_by_role("link", name=name).is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_it_is_used(browser: Any, server: str, scheme: str) -> None:
    page = browser.new_context(viewport=PHONE, color_scheme=scheme, **QUIET_CONTEXT).new_page()
    page.goto(server + FIRST, wait_until="networkidle")
    begin(page, "Ol日")
    expect(page.locator(".live-line .note")).not_to_be_empty()
    assert violations(page, ".live-line") == []
    page.context.close()


FAULTS = [
    ("front/writer.js", "now >> 122n", "now >> 121n", "numpy"),
    ("front/writer.js", "run(net, [id], [], step)", "run(net, [id])", "numpy"),
    ("front/line.js", 'if (event.key !== "Enter") return;', "", "keyboard"),
    ("front/line.js", "this.turn = 0;\n    this.goOn", "this.goOn", "another"),
    ("front/line.js", "slice(0, LONGEST)", "slice(0, 300)", "long"),
    ("front/line.js", "this.loading = undefined;", "", "loading"),
]


@pytest.mark.parametrize(("name", "was", "planted", "kind"), FAULTS)
def test_a_fault_is_caught(browser: Any, server: str, name: str, was: str, planted: str, kind: str) -> None:
    test = {
        "numpy": lambda page: (begin(page, "O"), expect_its(page, live_line.continuation("GRU", "O"))),
        "keyboard": test_it_works_from_the_keyboard_alone,
        "another": test_every_other_way_to_go_on_is_numpy_s,
        "long": test_a_long_text_is_cut_and_moves_nothing,
        "loading": fails_once,
    }[kind]
    faulty = with_fault(browser, server + FIRST, name, was, planted, viewport=WIDE, **QUIET_CONTEXT)
    with faulty as page, pytest.raises(AssertionError):
        test(page)


def fails_once(page: Page) -> None:
    page.route("**/gru.f16", lambda route: route.abort())
    yours(page).focus()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/gru.f16")
    begin(page, "So ")
    expect_its(page, live_line.continuation("GRU", "So "))
