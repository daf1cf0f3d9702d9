"""Cells that run in the page, for the tests that run them: buttons, output and what stands in the book."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SITE = Path(os.environ.get("BOOK_SITE") or Path(__file__).resolve().parent.parent.parent / "_build/html")
CHAPTERS = [*sorted((SITE / "book").glob("[0-9][0-9]_*.html")), *sorted((SITE / "book").glob("lab_*.html"))]
CHAPTERS = [page for page in CHAPTERS if os.environ.get("BOOK_PAGE", "").removeprefix("book/") in ("", page.name)]
MINUTES = 15  # at most, for a training in WebAssembly on a busy machine
TEXT = ".output.stream pre, .output.text_plain pre"


@dataclass
class Cell:
    """A runnable cell of an open page. It is worked by scripts where it may be folded away, as solutions are."""

    at: Any

    @property
    def name(self) -> str:
        """How its code begins."""
        return self.at.locator(".cell_input pre").first.text_content().strip().splitlines()[0][:70]

    @property
    def compared(self) -> bool:
        """Is its output the same in every run?"""
        return "tag_nbval-ignore-output" not in self.at.get_attribute("class")

    @property
    def status(self) -> str:
        """What the cell says of itself."""
        return self.at.locator(".run-status").text_content()

    @property
    def stored(self) -> str:
        """The text of the book's output."""
        return self.text(".cell_output:not(.run-output)")

    @property
    def output(self) -> str:
        """The text of the new output."""
        return self.text(".run-output")

    def text(self, part: str) -> str:
        """All text of a part's outputs, in order, without the blanks at its ends."""
        return "".join(self.at.locator(part).locator(TEXT).all_text_contents()).strip()

    @property
    def error(self) -> str:
        """The error that is shown."""
        return "".join(self.at.locator(".run-error pre").all_text_contents())

    def button(self, name: str) -> Any:
        """One of the cell's buttons, by what it reads."""
        return self.at.get_by_role("button", name=re.compile(f"^{name} cell"))

    def run(self, minutes: float = MINUTES) -> bool:
        """Click Run and wait for the end; did it go well?"""
        self.at.evaluate("cell => cell.querySelector('.run-bar button').click()")
        return self.ended(minutes)

    def ended(self, minutes: float = MINUTES) -> bool:
        """Wait for the end of a run; did it go well?"""
        done = self.at.locator(".run-status", has_text=re.compile(r"after [\d.]+ s|could not go on"))
        done.wait_for(state="attached", timeout=minutes * 60_000)
        return self.status.startswith("Done")

    def write(self, code: str) -> None:
        """Edit the code."""
        if not self.at.locator("textarea").count():
            self.button("Edit").click()
        self.at.locator("textarea").fill(code)


def watched(page: Any) -> Any:
    """Note on a page what goes wrong on it, and what it asks for."""
    page.wrong, page.asked = [], []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.wrong.append(message.text))
    page.on("request", lambda request: page.asked.append(request.url))
    return page


@contextmanager
def opened(browser: Any, address: str, **context: Any) -> Iterator[Any]:
    """An open page; an error that a script does not catch, or an answer of the server that is one, fails the test."""
    page = watched(browser.new_context(**context).new_page())
    page.goto(address, wait_until="networkidle")
    yield page
    page.context.close()
    assert page.wrong == []


def cells(page: Any) -> list[Cell]:
    """The page's cells that can run."""
    found = [Cell(at) for at in page.locator("div.cell.can-run").all()]
    assert found, "no cell of this page can run: was the book built without Python for it? `make book` says why"
    return found
