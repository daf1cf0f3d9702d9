"""The pages' policy in a real browser: what it forbids does not happen. That no page breaks it, test_pages.py sees."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from conftest import LISTEN, plant, use
from playwright.sync_api import TimeoutError


def breaches(context: Any, address: str, expected: str | None = None) -> list[str]:
    """Open a page, scroll, use what can be touched; what its policy has stopped, once what is expected has been."""
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(address, wait_until="networkidle")
    use(page)
    if expected:
        with suppress(TimeoutError):
            page.wait_for_function("start => broken.some((what) => what.startsWith(start))", arg=expected)
    found = page.evaluate("broken")
    page.close()
    return found


def test_every_page_has_the_policy_before_anything_it_governs(site: Path, pages: list[str]) -> None:
    policies = set()
    for path in pages:
        head = BeautifulSoup((site / path).read_text("utf8"), "html.parser").head
        governed = [
            one for one in head.find_all(["script", "link", "style"]) if one.get("type") != "application/ld+json"
        ]
        first = governed[0]  # linked data is not executed: no policy governs it
        policy = first.find_previous("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy, path
        policies.add(policy["content"])
    [policy] = policies
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'self'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert (rules["object-src"], rules["base-uri"], rules["form-action"]) == ("'none'", "'none'", "'self'")
    assert "unsafe-inline" not in policy
    assert "style-src" not in rules, "default-src governs styles: no exception for them"
    assert "http" not in policy


@pytest.mark.parametrize(
    ("planted", "directive"),
    [
        ('<img src="http://127.0.0.1:9/x.png" alt="">', "img-src: http://127.0.0.1:9/x.png"),
        ('<script src="http://127.0.0.1:9/x.js"></script>', "script-src-elem: http://127.0.0.1:9/x.js"),
        ('<link rel="stylesheet" href="http://127.0.0.1:9/x.css">', "style-src-elem: http://127.0.0.1:9/x.css"),
        ('<iframe src="http://127.0.0.1:9/"></iframe>', "frame-src: http://127.0.0.1:9"),
        ("<script>window.ran = true</script>", "script-src-elem: inline"),
        ('<p style="color: red">x</p>', "style-src-attr: inline"),
        ("<style>p { color: red }</style>", "style-src-elem: inline"),
        ('<img src="none.png" alt="" onerror="window.ran = true">', "script-src-attr: inline"),
    ],
)
def test_what_is_forbidden_is_refused(browser: Any, server: str, site: Path, planted: str, directive: str) -> None:
    page = (site / "book/index.html").read_text("utf8")
    context, asked, address = browser.new_context(), [], server + "book/planted-policy.html"
    plant(context, address, page.replace("</article>", f"{planted}</article>"))
    context.on("response", lambda answer: asked.append(answer.url))
    found = breaches(context, address, directive)
    context.close()
    assert any(what.startswith(directive) for what in found), found
    assert not [url for url in asked if not url.startswith(server)]


def test_data_blocks_are_no_scripts(browser: Any, server: str, site: Path) -> None:
    page, address = (site / "book/index.html").read_text("utf8"), server + "book/planted-data.html"
    context = browser.new_context()
    plant(context, address, page.replace("</head>", '<script type="application/ld+json">{"a": 1}</script></head>'))
    assert breaches(context, address) == []
    context.close()


def test_pages_read_from_a_disk_too(browser: Any, site: Path) -> None:
    page = browser.new_page()
    page.add_init_script(LISTEN)
    page.goto((site / "book/index.html").as_uri(), wait_until="networkidle")
    assert page.evaluate("broken") == []
    assert "STIX Two Text" in page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily"), "styled"
    page.close()
