"""A served copy of the built site, and a real browser to open it in."""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "_build/html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
QUIET = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--force-color-profile=srgb"),
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Static files without a line of log for each, and module scripts with their proper type."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_arguments: object) -> None:
        pass

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a closed page hangs up on what it was still loading
            super().handle()


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").exists():
        pytest.fail("there is no built site: run `make book` first (`make site` does)")
    return SITE.resolve()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """Address of the built site on this machine, ending in a slash."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Paths of all pages, relative to the site's folder."""
    found = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    return [page for page in found if not page.startswith(("_static/", "_sources/", "planted-"))]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Headless Chromium; without one CI fails and a reader's machine skips, saying what to do."""
    from playwright.sync_api import Error, sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=found, args=QUIET, chromium_sandbox=False)
        except Error as error:
            mend = "To mend it: .venv/bin/playwright install chromium"
            message = f"NO BROWSER, so the built pages are NOT TESTED. {mend}\n{error}"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
        yield running
        running.close()
