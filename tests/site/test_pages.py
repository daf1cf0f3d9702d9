"""Every page opened in a real browser: nothing fails, nothing is asked of a third party, nothing is cut off."""

from typing import Any

import pytest
from conftest import LISTEN, PHONE, QUIET_CONTEXT, SCROLL, UNFOLD, WIDE, plant, use
from playwright.sync_api import expect


def visit(
    browser: Any, server: str, path: str, planted: str | None = None, used: bool = True, **context: Any
) -> tuple[list[str], dict[str, Any]]:
    """Open, and use, one page, or a text planted at its address; return what went wrong and a few measures of it."""
    page = browser.new_context(**context).new_page()
    if planted is not None:
        plant(page, server + path, planted)
    wrong: list[str] = []
    page.on("console", lambda message: message.type == "error" and wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    # The site's entrance moves on to the first page, which ends what it was still loading: that is no failure.
    page.on(
        "requestfailed",
        lambda request: request.failure == "net::ERR_ABORTED" or wrong.append(f"failed: {request.url}"),
    )
    page.on("response", lambda answer: answer.status >= 400 and wrong.append(f"{answer.status}: {answer.url}"))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((server, "data:", "blob:")) or wrong.append(f"third party: {request.url}")
        ),
    )
    page.add_init_script(LISTEN)
    page.goto(server + path, wait_until="networkidle")
    measures = page.evaluate(
        """() => ({
            overflow: document.documentElement.scrollWidth - innerWidth,
            background: getComputedStyle(document.body).backgroundColor,
            broken: [...document.images].filter(i => i.loading !== "lazy" && !i.naturalWidth).map(i => i.src),
            headings: [...document.querySelectorAll("h1")].filter(h => h.checkVisibility()).length,
            unnumbered: [...document.querySelectorAll("article figure figcaption")].map(c => c.textContent)
                .filter(c => !/^\\s*Fig\\.\\s(\\d|[A-Z]\\.\\d)/.test(c)).map(c => c.slice(0, 60)),
        })"""
    )
    page.evaluate(UNFOLD)
    measures["unfolded"] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if used:
        use(page)
    wrong += [f"policy: {what}" for what in page.evaluate("broken")]
    page.context.close()
    return wrong, measures


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide-light", "phone-dark"])
def test_every_page_opens_cleanly(
    browser: Any, server: str, pages: list[str], viewport: dict[str, int], scheme: str
) -> None:
    """Opened on both, and used on one: what is pressed asks the same of the server on a phone."""
    problems = []
    for path in [*pages, "search.html?q=gradient"]:
        wrong, measures = visit(browser, server, path, used=viewport is WIDE, viewport=viewport, color_scheme=scheme)
        problems += [f"{path}: {what}" for what in wrong]
        problems += [f"{path}: picture not shown: {source}" for source in measures["broken"]]
        problems += [f"{path}: figure without a number: {caption}" for caption in measures["unnumbered"]]
        for form, name in (("as opened", "overflow"), ("unfolded", "unfolded")):
            if measures[name] > 0:
                problems.append(f"{path}, {form}: {measures[name]} px wider than the screen")
        if measures["headings"] != 1:
            problems.append(f"{path}: {measures['headings']} top headings, wanted 1")
    assert not problems, "\n".join(problems)


def test_the_theme_follows_the_reader(browser: Any, server: str) -> None:
    _, light = visit(browser, server, "index.html", color_scheme="light")
    _, dark = visit(browser, server, "index.html", color_scheme="dark")
    assert light["background"] == "rgb(253, 253, 254)"
    assert dark["background"] == "rgb(20, 24, 30)"


def test_every_page_reads_without_javascript(browser: Any, server: str, pages: list[str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    for path in pages:
        page = context.new_page()
        page.goto(server + path)
        assert len(page.locator("article, main").first.inner_text()) > 40, f"{path}: no text without JavaScript"
        page.close()
    context.close()


def test_a_page_with_a_fault_is_caught(browser: Any, server: str) -> None:
    planted = (
        "<!doctype html><meta http-equiv='Content-Security-Policy' content=\"object-src 'none'\">"
        "<title>x</title><h1>x</h1><img src='missing.svg'><object data='x.swf'></object>"
        "<script src='http://127.0.0.1:9/x.js'></script>"
        "<figure><figcaption>no number</figcaption></figure><div style='width:3000px'>wide</div>"
        "<script>throw 1</script>"
    )
    wrong, measures = visit(browser, server, "planted-fault.html", planted, viewport=PHONE)
    said = " ".join(wrong)
    assert all(kind in said for kind in ("console:", "script:", "404:", "third party:", "policy: object-src"))
    assert measures["overflow"] > 0
    assert measures["broken"]


LONG = "book/06_backpropagation_through_time.html"
# Has what waits for a second wait for the test.
LATER = """const set = window.setTimeout;
window.setTimeout = (then, ms, ...rest) => ms === 1000 ? (window.later = then, 0) : set(then, ms, ...rest);"""
TOP = "section => section.getBoundingClientRect().top"  # fonts that come late may move it by some lines


def test_a_page_is_laid_out_whole_a_while_after_its_first_screen(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.add_init_script(LATER)
    page.goto(server + LONG, wait_until="networkidle")
    laid_out = (
        "() => [...document.querySelectorAll('article h2')].at(-1).checkVisibility({contentVisibilityAuto: true})"
    )
    assert not page.evaluate(laid_out), "the last section is laid out before the first can be read"
    page.evaluate("later()")
    page.locator("html[data-whole]").wait_for()
    assert page.evaluate(laid_out)
    high = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate(SCROLL)
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(high, abs=3), "heights are guessed"
    page.context.close()


def test_reload_back_and_links_lead_to_the_place(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=PHONE, **QUIET_CONTEXT).new_page()
    page.goto(server + LONG, wait_until="networkidle")
    sections = page.locator("article > section > section[id]")
    names = [section.get_attribute("id") for section in sections.all()]
    page.evaluate(SCROLL)
    middle = sections.nth(7)
    middle.evaluate("section => scrollTo(0, section.getBoundingClientRect().top + scrollY + 300)")
    page.locator("html[data-whole]").wait_for()
    top = middle.evaluate(TOP)
    page.reload(wait_until="networkidle")
    assert middle.evaluate(TOP) == pytest.approx(top, abs=400)
    page.goto(server + "book/index.html")
    page.go_back(wait_until="networkidle")
    assert middle.evaluate(TOP) == pytest.approx(top, abs=400)
    for name in names[-4:-1]:  # the last cannot come to the top
        page.goto("about:blank")
        page.goto(f"{server}{LONG}#{name}", wait_until="networkidle")
        assert -5 < page.locator(f"[id='{name}']").bounding_box()["y"] < 150, name
    page.context.close()


COLUMNS = """() => [...document.querySelectorAll("article section > div.cell > .cell_input pre")].map((code) => {
    const style = getComputedStyle(code), letter = new OffscreenCanvas(1, 1).getContext("2d");
    letter.font = `${style.fontSize} ${style.fontFamily}`;
    const room = code.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return room / letter.measureText("0").width; })"""
WIDER = """() => [...document.querySelectorAll("article .cell_output .output:is(.text_plain, .stream) pre")]
    .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent.slice(0, 60))"""


def test_a_phone_shows_much_of_a_line_of_code_and_all_of_what_it_prints(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(server + LONG, wait_until="networkidle")
    page.evaluate(UNFOLD)
    assert min(page.evaluate(COLUMNS)) > 49
    sizes = "[...document.querySelectorAll('article pre')].map((code) => parseFloat(getComputedStyle(code).fontSize))"
    assert min(page.evaluate(sizes)) >= 12  # what is smaller counts as illegible
    assert page.evaluate(WIDER) == []
    page.context.close()


MARKED = "() => [...document.querySelectorAll('#pst-page-toc-nav a.active')].map((a) => [a.hash, a.ariaCurrent])"
AT_LINE = """() => "#" + [...document.querySelectorAll("article section section[id]")]
    .findLast((section) => section.getBoundingClientRect().top <= innerHeight / 4).id"""
AGREE = f"(above) => scrollY > above && JSON.stringify(({MARKED})()) === JSON.stringify([[({AT_LINE})(), 'true']])"


def test_the_contents_mark_what_is_read_however_far_one_jumps(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.goto(server + "book/07_training_a_character_model.html", wait_until="networkidle")
    page.mouse.move(600, 500)
    seen = set()
    for _ in range(10):
        above = page.evaluate("scrollY")
        page.mouse.wheel(0, 1300)
        page.wait_for_function(AGREE, arg=above)
        seen.add(page.evaluate(AT_LINE))
    assert len(seen) > 5
    page.keyboard.press("End")
    last = page.locator("#pst-page-toc-nav a").last
    expect(last).to_have_attribute("aria-current", "true")
    before = page.locator("#pst-page-toc-nav a[href='#in-an-interview']")
    before.click()
    expect(before).to_have_attribute("aria-current", "true")
    expect(last).not_to_have_class("active")
    page.context.close()


def test_the_menu_of_chapters_stays_where_it_was_and_shows_the_one_that_is_open(browser: Any, server: str) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 420})
    page = context.new_page()
    page.goto(server + "book/glossary.html", wait_until="networkidle")
    menu, here = page.locator("div.bd-sidebar"), page.locator("div.bd-sidebar a.current.reference")
    expect(here.last).to_be_in_viewport()
    menu.evaluate("menu => (menu.scrollTop = 90)")
    page.locator("div.bd-sidebar a:visible", has_text="Sequence data").first.click()
    page.wait_for_url("**/01_sequence_data.html")
    assert menu.evaluate("menu => menu.scrollTop") == 90
    context.close()


def test_what_unfolds_shows_an_arrow_that_turns(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(server + "book/05_rnn_from_scratch.html", wait_until="networkidle")
    arrows = """() => [...document.querySelectorAll("article details.admonition:not(.deeper) > summary")]
        .map(one => getComputedStyle(one, "::after").content[1])"""
    closed = page.evaluate(arrows)
    assert len(closed) > 5
    assert set(closed) == {"▸"}
    page.evaluate(UNFOLD)
    assert set(page.evaluate(arrows)) == {"▾"}
    page.context.close()


def test_an_address_that_is_not_there_gets_a_page_that_leads_on(browser: Any, server: str) -> None:
    page = browser.new_page()
    answer = page.goto(server + "book/deep/nowhere.html", wait_until="networkidle")
    assert answer.status == 404
    assert page.locator("h1:visible").inner_text() == "Page not found"
    assert "STIX Two Text" in page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily"), "styled"
    page.get_by_role("link", name="start at the beginning").click()
    page.wait_for_url(server + "book/index.html")
    page.close()


NOT_ON_PAPER = (
    ".bd-sidebar-primary, .bd-sidebar-secondary, .article-header-buttons, .prev-next-footer, .run-bar, .bookmark"
)
ON_PAPER = """() => { const style = (selector) => getComputedStyle(document.querySelector(selector));
    return {theme: document.documentElement.dataset.theme, figures: style("html").colorScheme,
        text: style("article p").color, code: style("article pre").color,
        title: document.querySelector("article h1").checkVisibility()}; }"""


def test_on_paper_a_chapter_is_dark_on_white_and_without_what_is_clicked(browser: Any, server: str) -> None:
    page = browser.new_context(color_scheme="dark").new_page()
    page.goto(server + "book/05_rnn_from_scratch.html", wait_until="networkidle")
    page.evaluate("addEventListener('beforeprint', () => (window.printed = document.documentElement.dataset.theme))")
    page.pdf()
    assert page.evaluate("[printed, document.documentElement.dataset.theme]") == ["light", "dark"]
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    ink = "rgb(31, 41, 51)"  # of light pages
    assert page.evaluate(ON_PAPER) == {"theme": "light", "text": ink, "code": ink, "figures": "light", "title": True}
    assert page.locator(NOT_ON_PAPER).count() > 5
    assert page.locator(NOT_ON_PAPER).locator("visible=true").count() == 0
    page.context.close()
