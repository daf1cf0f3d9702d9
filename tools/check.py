"""Check one chapter: ``python -m tools.check book/03_layers_of_an_rnn.ipynb`` (`make check NB=book/03_….ipynb`).

The rules of the template, the chapter's page in a small site of its own with the tests that make sense for one page,
and strict nbval. Options: ``--page-only`` builds the page and stops, ``--cells`` also runs every cell in the page.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools import build, counts, processes
from tools.places import ROOT
from tools.site import fetch_pyodide, one_page, python_in_page

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
PAGE_TESTS = [
    "tests/site/test_pages.py::test_every_page_opens_cleanly",
    "tests/site/test_pages.py::test_every_page_reads_without_javascript",
    "tests/site/test_axe.py::test_axe_finds_nothing",
    "tests/site/test_figure_contrast.py::test_text_and_lines_of_figures_stand_out",
]
IN_PAGE = "tests/site/test_run_chapters.py"


def structure(page: Path) -> bool:
    """Hold the notebook against the rules of the template."""
    sys.path.insert(0, str(ROOT / "tests/notebooks"))
    from structure import Chapter, faults

    found = faults(Chapter(page))
    for rule, messages in found.items():
        for message in messages:
            print(f"    {rule}: {message}")
    print(counts.table([page]))
    return not found


def pytest(*arguments: str, **variables: str) -> bool:
    """Run tests; show what they say when they fail."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    code, said = processes.run(command, minutes=15, folder=ROOT, variables={**ONE_THREAD, **variables})
    lines = said.splitlines()
    print("\n".join(f"    {line}" for line in (lines[-60:] if code else lines[-1:])))
    return code == 0


def page(notebook: Path) -> bool:
    """Execute the notebook if it has changed, and build its page."""
    build.execute_changed([notebook])
    runtime = fetch_pyodide.ready()
    shutil.rmtree(one_page.CHECKED / notebook.stem / "_build/html", ignore_errors=True)
    site, said = one_page.build_page(notebook, runtime)
    if runtime and site.exists():
        python_in_page.put(runtime, site)
    print("\n".join(f"    {line}" for line in said))
    print(f"    the page is at {site / 'book' / f'{notebook.stem}.html'}")
    return not said


def page_tests(notebook: Path, *names: str) -> bool:
    """Run tests of pages on the small site."""
    site = one_page.CHECKED / notebook.stem / "_build/html"
    return pytest("-p", "no:nbval", *names, BOOK_SITE=str(site), BOOK_PAGE=f"book/{notebook.stem}.html")


def nbval(notebook: Path) -> bool:
    """Compare every stored text output with a fresh run."""
    return pytest("-p", "tools.notebooks.kernel_pipes", "--nbval", str(notebook), CI="true")


def main(arguments: list[str]) -> int:
    """Check a chapter; return how many parts of the check have failed."""
    parser = argparse.ArgumentParser(prog="tools.check", description="Check one chapter.")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--page-only", action="store_true", help="build the page and stop")
    parser.add_argument("--cells", action="store_true", help="also run every cell in the page")
    asked = parser.parse_args(arguments)
    notebook = asked.notebook.resolve()
    if not notebook.is_file() or notebook.parent != ROOT / "book":
        parser.error(f"{asked.notebook} is not a notebook in {ROOT / 'book'}")
    parts: dict[str, Callable[[], bool]] = {
        "the template": lambda: structure(notebook),
        "the page": lambda: page(notebook),
        "the page in a browser": lambda: page_tests(notebook, *PAGE_TESTS),
        "every cell in the page": lambda: page_tests(notebook, IN_PAGE),
        "stored outputs (nbval)": lambda: nbval(notebook),
    }
    if not asked.cells:
        del parts["every cell in the page"]
    if asked.page_only:
        parts = {"the page": parts["the page"]}
    failed = 0
    for name, check in parts.items():
        print(f"==> {name}", flush=True)
        start = time.perf_counter()
        well = check()
        failed += not well
        print(f"    {'fine' if well else 'NOT FINE'}  ({time.perf_counter() - start:.1f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
