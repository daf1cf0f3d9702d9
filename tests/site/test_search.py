"""What a search finds: in which order, how it reads, where it leads, and what is marked there."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import QUIET_CONTEXT, WIDE

MARKED = """() => [...document.querySelectorAll(".highlighted")].filter(one =>
    getComputedStyle(one).backgroundColor !== "rgba(0, 0, 0, 0)").map(one => !!one.closest("article"))"""


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    yield opened
    opened.context.close()


def found(page: Any, server: str, words: str) -> list[list[str]]:
    """Title, address and excerpt of all that a search finds."""
    page.goto(f"{server}search.html?q={words}", wait_until="networkidle")
    page.locator(".search-summary", has_text="finished").wait_for()
    one = "one => [one.querySelector('a').textContent, one.querySelector('a').href, one.querySelector('p').textContent]"
    return page.evaluate(f"[...document.querySelectorAll('#search-results li:has(p)')].map({one})")


def test_chapters_come_in_their_order(page: Any, server: str) -> None:
    pages = [address.removeprefix(server).split("#")[0] for _, address, _ in found(page, server, "BPTT")]
    chapters = [one for one in pages if one[5:7].isdigit()]
    assert len(chapters) > 1
    assert chapters == sorted(chapters)


def test_a_formula_reads_as_its_symbols(page: Any, server: str) -> None:
    excerpts = [excerpt for _, _, excerpt in found(page, server, "truncated")]
    assert excerpts
    assert not [one for one in excerpts if "\\" in one], "TeX"
    page.evaluate("""() => { window.tried = Search.makeSearchSummary(`<article><section id=a><h2>Units</h2><p>With <span
        class=katex><span class=katex-mathml><math><mi>H</mi><annotation>H</annotation></math></span><span
        class=katex-html>H</span></span> units</p></section></article>`, new Set(["units"]), "").textContent }""")
    assert "With H units" in page.evaluate("tried")


def test_a_result_leads_to_its_section_where_alone_the_words_are_marked_once(page: Any, server: str) -> None:
    found(page, server, "forget+gate")
    assert page.evaluate("localStorage.getItem('sphinx_highlight_terms')") is None, "any page would have them marked"
    link = page.locator("#search-results li a[href*='09_lstm'][href*='#']").first
    title = link.inner_text().split(" › ")[1]
    link.click()
    page.wait_for_url("**/09_lstm.html#*")
    page.locator(".highlighted").first.wait_for(state="attached")
    heading = page.locator("section:target :is(h2, h3)").first
    assert heading.inner_text().startswith(title)
    assert 0 <= heading.bounding_box()["y"] < 200
    marked = page.evaluate(MARKED)
    assert marked
    assert all(marked), "outside the text"
    page.goto(server + "book/10_gru.html", wait_until="networkidle")
    assert page.locator(".highlighted").count() == 0
