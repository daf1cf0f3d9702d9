"""What each page costs a reader, as a table: `make site-report`; ``--no-lighthouse`` leaves Lighthouse out.

Every page is opened in a real browser on a slow phone's terms (Lighthouse's: 1.6 Mbit/s, 150 ms, a processor four
times slower) and scrolled to its end, so that pictures that load late count. Then Lighthouse itself looks at the first
page and at the two heaviest chapters three times, and the medians are shown.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tools.chromium import NoChromiumError, find
from tools.npm.install import NoNodeError, npm_folder
from tools.places import BUILD, SITE
from tools.site.serve import serving

PHONE: dict[str, Any] = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True}
SLOW_NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOW_PROCESSOR = {"rate": 4}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
WATCH = """
    window.seen = {lcp: 0, cls: 0};
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) seen.lcp = entry.startTime; })
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.cls += entry.value;
    }).observe({type: "layout-shift", buffered: true});
"""
SCROLL = """async () => {
    const { lcp, cls } = seen;
    for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
        scrollTo({ top: y, behavior: "instant" });
        await new Promise((done) => setTimeout(done, 20));
    }
    return { lcp, cls: Math.max(cls, seen.cls) };
}"""


@dataclass
class Cost:
    """What one page costs."""

    page: str
    requests: int
    kibibytes: float  # transferred, headers and all
    lcp: float  # seconds until the largest element is painted
    cls: float  # how far things moved


def open_slowly(browser: Any, address: str, page_path: str, slow: bool = True) -> Cost:
    """Open a page with an empty cache, wait, scroll to its end, and count what came."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.add_init_script(WATCH)
    session, sizes = context.new_cdp_session(page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
        session.send("Emulation.setCPUThrottlingRate", SLOW_PROCESSOR)
    page.goto(address + page_path, wait_until="networkidle")
    seen = page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")
    context.close()
    return Cost(page_path, len(sizes), sum(sizes) / 1024, seen["lcp"] / 1000, seen["cls"])


def lighthouse(node_modules: Path, browser: str, url: str, runs: int = 3) -> dict[str, float]:
    """Medians of Lighthouse's four scores (0 to 100), of LCP (s) and CLS, on its mobile profile."""
    command = ["node", str(node_modules / "lighthouse/cli/index.js"), url, "--quiet", "--output=json"]
    flags = ["--chrome-flags=--headless=new --no-sandbox", f"--only-categories={','.join(CATEGORIES)}"]
    found = []
    for _ in range(runs):
        environment = {**os.environ, "CHROME_PATH": browser}
        done = subprocess.run([*command, *flags], capture_output=True, text=True, env=environment, timeout=300)
        if done.returncode:
            raise NoNodeError(f"Lighthouse failed:\n{done.stderr[-1500:]}")
        found.append(json.loads(done.stdout))
    (BUILD / "lighthouse").mkdir(exist_ok=True)
    (BUILD / "lighthouse" / f"{Path(url).stem}.json").write_text(json.dumps(found[-1]), "utf8")
    scores = {name: median(100 * run["categories"][name]["score"] for run in found) for name in CATEGORIES}
    audits = {"lcp": ("largest-contentful-paint", 1000), "cls": ("cumulative-layout-shift", 1)}
    return scores | {
        name: median(run["audits"][audit]["numericValue"] / unit for run in found)
        for name, (audit, unit) in audits.items()
    }


def first_result(browser: Any, address: str) -> tuple[float, float]:
    """Seconds by the clock from the click to the first result of NumPy in a page just opened, and to the next."""
    page = browser.new_context().new_page()
    page.goto(address, wait_until="networkidle")
    cell = page.locator("div.cell.can-run:visible").first
    cell.get_by_role("button", name="Edit").click()
    cell.locator("textarea").fill("import numpy as np\nnp.arange(4)")
    taken = []
    for _ in range(2):
        cell.evaluate("cell => (cell.querySelector('.run-status').textContent = '')")
        start = time.perf_counter()
        cell.get_by_role("button", name="Run cell").click()
        cell.locator(".run-status", has_text="Done").wait_for(timeout=120_000)
        taken.append(time.perf_counter() - start)
    page.context.close()
    return taken[0], taken[1]


def html_pages(site: Path) -> list[str]:
    """Paths of the book's pages, relative to the site's folder."""
    found = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    return [page for page in found if not page.startswith(("_static/", "_sources/"))]


def main(with_lighthouse: bool) -> None:
    """Print both tables."""
    from playwright.sync_api import sync_playwright

    site = SITE.resolve()
    path = find(like_a_reader=True)
    with serving(site) as address:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
            print(f"{'page':<44} requests    KiB  LCP s    CLS", flush=True)
            costs = []
            for page in html_pages(site):
                costs.append(cost := open_slowly(browser, address, page))
                print(
                    f"{page:<44} {cost.requests:8d} {cost.kibibytes:6.0f} {cost.lcp:6.2f} {cost.cls:6.3f}", flush=True
                )
            chapter = next((cost.page for cost in costs if cost.page[5:7].isdigit()), None)
            if chapter and (site / "_static/run/files.json").exists():
                runs = [first_result(browser, address + chapter) for _ in range(3)]
                print("\nfirst NumPy result after the click, and the next, three times:", flush=True)
                print("   ".join(f"{first:.1f} s, {next_one:.2f} s" for first, next_one in runs), flush=True)
            browser.close()
        if not with_lighthouse:
            return
        chapters = sorted((c for c in costs if c.page[5:7].isdigit()), key=lambda cost: -cost.kibibytes)
        print(f"\n{'Lighthouse, mobile, median of three':<44} perf acc best seo  LCP s    CLS", flush=True)
        try:
            tools = npm_folder()
            for page in ["book/index.html", *(cost.page for cost in chapters[:2])]:
                m = lighthouse(tools, path, address + page)
                scores = " ".join(f"{m[name]:4.0f}" for name in CATEGORIES)
                print(f"{page:<44} {scores} {m['lcp']:6.2f} {m['cls']:6.3f}", flush=True)
        except NoNodeError as error:
            sys.exit(f"Lighthouse did not run: {error}")


if __name__ == "__main__":
    try:
        main(with_lighthouse="--no-lighthouse" not in sys.argv[1:])
    except NoChromiumError as error:
        sys.exit(f"The pages cannot be measured: {error}")
