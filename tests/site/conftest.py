"""A served copy of the built site, and a real browser to open it in."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from run_page import Cell, cells
from warm_python import WarmPython

from tools.chromium import NoChromiumError, find
from tools.site.serve import serving

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = Path(os.environ.get("BOOK_SITE") or ROOT / "_build/html")
ONE_PAGE = os.environ.get("BOOK_PAGE")  # `tools.check` asks for the tests of one page
QUIET = [
    "--disable-font-subpixel-positioning",  # letters in whole pixels, as in browsers with windows
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--force-color-profile=srgb"),
]
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
LONGEST = 12  # minutes: four times what the longest test needs
# Still pages: what moves would be caught half-way.
QUIET_CONTEXT: dict[str, Any] = {"reduced_motion": "reduce"}
# The next frame, or a second later: a browser that paints nothing more must not hold a test for ever.
FRAME = "new Promise(done => { requestAnimationFrame(done); setTimeout(done, 1000); })"
# Two frames later, those who observe sizes have been told, and scripts have done what they do at the start.
TWO_FRAMES = f"async () => {{ await {FRAME}; await {FRAME}; await new Promise(done => setTimeout(done)); }}"

# As after reading to the end with everything unfolded: what is far from the screen is laid out late.
UNFOLD = """() => {
    for (const part of document.querySelectorAll("article section")) part.style.contentVisibility = "visible";
    for (const folded of document.querySelectorAll("article details")) folded.open = true;
}"""

# What a page's policy has stopped, in `window.broken`.
LISTEN = """window.broken = [];
document.addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI, sourceFile}) =>
    broken.push(`${effectiveDirective}: ${blockedURI} (${sourceFile})`));"""
SCROLL = f"""async () => {{ for (let y = 0; y < document.documentElement.scrollHeight; y += 1600) {{
    scrollTo({{top: y, behavior: "instant"}}); await {FRAME}; }} }}"""

# Parsed pages are millions of small objects that stay: by default they are searched for what can go again and again.
gc.set_threshold(200_000, 50, 50)

# What a shell starts in the background ignores Ctrl+C, and so would the servers that tests start and stop with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A file goes to one worker, for its tests share what they open; the longest go first, so that all end together.
LONGEST_FILES = ["run_chapters", "pages", "axe", "run_cells", "commands", "pdf", "progress", "build"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest (`--no-loadscope-reorder` leaves the order as it is here)."""

    def rank(item: pytest.Item) -> int:
        name = item.path.stem.removeprefix("test_")
        return LONGEST_FILES.index(name) if name in LONGEST_FILES else len(LONGEST_FILES)

    items.sort(key=rank)


class NeverEndedError(Exception):
    """A test was still waiting when its time was over."""


@pytest.fixture(autouse=True)
def _no_test_waits_for_ever() -> Iterator[None]:
    """A page that never answers ends its test: Playwright's `evaluate` has no limit of its own."""

    def end(number: int, frame: Any) -> None:
        raise NeverEndedError(f"this test took more than {LONGEST} minutes")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST * 60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test; if its page never answered, once more in a browser started afresh: now and then one hangs."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(NeverEndedError.__name__ in report.longreprtext for report in reports if report.when == "call"):
        print(f"{item.nodeid} never ended: once more")
        item.session._setupstate.teardown_exact(None)  # all that was open, the browser too
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").exists():
        pytest.fail("there is no built site: run `make book` first (`make site` does)")
    return SITE.resolve()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """Address of the built site on this machine, ending in a slash."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Paths of all pages, relative to the site's folder."""
    found = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    wanted = [page for page in found if not page.startswith(("_static/", "_sources/", "slides/"))]
    return [page for page in wanted if ONE_PAGE in (None, page)]


@pytest.fixture(scope="session")
def chapter(pages: list[str]) -> str:
    """A chapter that has everything: a figure to touch, a quiz, exercises, formulas."""
    return next(page for page in pages if page.startswith("book/02_"))


def chromium() -> str | None:
    """Path of the machine's Chromium; where it has none, Playwright may have its own."""
    try:
        return find()
    except NoChromiumError:
        return None


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Headless Chromium; without one CI fails and a reader's machine skips, saying what to do."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=chromium(), args=QUIET, chromium_sandbox=False)
        except Error as error:
            mend = "To mend it: .venv/bin/playwright install chromium"
            message = f"NO BROWSER, so the built pages are NOT TESTED. {mend}\n{error}"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
        yield running
        running.close()


@pytest.fixture(scope="session")
def python(browser: Any, server: str) -> WarmPython:
    """Python for pages that do not ask how it starts."""
    return WarmPython(browser, server)


def plant(place: Any, address: str, html: str) -> None:
    """Answer an address with a page of our own, in one page or context alone: other tests read the site's folder."""
    place.route(address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))


@contextmanager
def with_fault(browser: Any, address: str, name: str, was: str, planted: str, **options: Any) -> Iterator[Any]:
    """Open a page with a fault planted in one of its own scripts or sheets, by its path in `book/_static`."""
    text = (ROOT / "book/_static" / name).read_text("utf8")
    assert was in text
    context = browser.new_context(**options)
    body, kind = text.replace(was, planted), f"text/{'css' if name.endswith('css') else 'javascript'}"
    context.route(f"**/_static/{name}*", lambda route: route.fulfill(body=body, content_type=kind))
    page = context.new_page()
    page.set_default_timeout(5000)
    page.goto(address, wait_until="networkidle")
    yield page
    context.close()


def use(page: Any) -> None:
    """Scroll through a page and press what can be touched, so that everything it does is done."""
    page.evaluate(SCROLL)
    for button in page.locator("[data-touch] button:visible").all()[:6]:
        button.dispatch_event("click")
    page.wait_for_load_state("networkidle")


@pytest.fixture
def cell(page: Any) -> Iterator[Cell]:
    """A cell to write in, of the page that the module has open; as it was, afterwards."""
    tried = cells(page)[1]
    yield tried
    if tried.button("Reset").is_visible():
        tried.button("Reset").click()


POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
Show = Callable[..., Any]
FIGURE_PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>x</title>
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:"><link rel="stylesheet" href="book.css">
</head><body>{figure}<script type="module" src="touch/{script}"></script></body></html>"""


@pytest.fixture(scope="session")
def figures_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for small pages, beside the scripts of the figures that readers touch."""
    folder = tmp_path_factory.mktemp("figures")
    for name in ("touch", "book.css"):
        (folder / name).symlink_to(ROOT / "book/_static" / name)
    return folder


@pytest.fixture(scope="session")
def figures(figures_folder: Path) -> Iterator[str]:
    """Address of that place, ending in a slash."""
    with serving(figures_folder) as address:
        yield address


@pytest.fixture
def show(browser: Any, figures: str, figures_folder: Path) -> Iterator[Show]:
    """Open a page with one figure (a thing with `_repr_html_`) and its script; what goes wrong on it fails the test."""
    contexts, wrong = [], []

    def opened(figure: Any, script: str, **options: Any) -> Any:
        text = FIGURE_PAGE.format(policy=POLICY, figure=figure._repr_html_(), script=script)
        (figures_folder / "page.html").write_text(text, "utf8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.goto(f"{figures}page.html", wait_until="networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
