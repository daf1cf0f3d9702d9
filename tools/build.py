"""Build the site: execute the notebooks that changed, run Jupyter Book over a staged copy, swap the result in.

    python tools/build.py        # `make book`

Everything is made in `_build/`. The site that readers see is the symbolic link `_build/html`; it is moved to a new
folder in one step once the build has succeeded, so a failed or killed build leaves the last good site in place.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
import yaml

from tools import edition, processes
from tools.cards import put as cards
from tools.cards.write import SameCardError
from tools.notebooks import kept
from tools.notebooks.execute import NotebookFailedError, execute, write
from tools.notebooks.plain import UnknownDirectiveError
from tools.notebooks.without_solutions import OpenSolutionError
from tools.places import BUILD, EXECUTED, ROOT, SITE, SOURCE, WORK
from tools.site import fetch_pyodide, for_teachers, jupyter_book, python_in_page, take_along, take_notebooks

REFUSED = UnknownDirectiveError, OpenSolutionError, SameCardError, take_along.NoPlaceError, edition.BadTimeError
INPUTS = ("rnn_utils", "tools", "requirements", "experiments", "benchmarks", "CITATION.cff")
BESIDE = ("_config.yml", "_toc.yml", "CHANGELOG.md")  # what the pages are made of, besides `book/`
LINK_VARIABLES = [
    *("REPO_URL", "REPO_BRANCH", "SITE_URL", "PYODIDE_MIRROR"),
    *("GITHUB_REPOSITORY", "GITHUB_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_SERVER_URL"),
]


def digest(*parts: bytes | str) -> str:
    """Hash of several pieces of text or bytes."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def files_below(*folders: Path) -> list[Path]:
    """All files in folders, sorted, without what Python and editors leave behind."""
    found = (path for folder in folders for path in folder.rglob("*"))
    skipped = {"__pycache__", ".ipynb_checkpoints"}
    return sorted(p for p in found if p.is_file() and not skipped & set(p.parts) and not p.name.startswith("."))


def tree_digest(*paths: Path) -> str:
    """Hash of the names and contents of files and of everything below folders."""
    files = [p for p in paths if p.is_file()] + files_below(*(p for p in paths if p.is_dir()))
    return digest(*(part for p in files for part in (str(p.relative_to(ROOT)), p.read_bytes())))


def notebooks() -> list[Path]:
    """The book's notebooks in the order of `_toc.yml`."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    entries = [entry for part in toc["parts"] for entry in part["chapters"]]
    pages = [ROOT / f"{entry['file']}.ipynb" for entry in entries]
    return [page for page in pages if page.exists()]


def execution_key(notebook: Path) -> str:
    """What an execution depends on: the code and the records that it reads, the package, the environment."""
    environment = [ROOT / "binder/requirements.txt", ROOT / "requirements/torch.txt"]  # what the notebooks import
    shared = tree_digest(ROOT / "rnn_utils", *environment, ROOT / "tools/notebooks/execute.py")
    return kept.key(nbformat.read(notebook, as_version=4), shared)


def execute_one(notebook: Path, key: str) -> float:
    """Execute one notebook with SVG figures and keep the result with its key."""
    executed, seconds = execute(notebook, figures="svg")
    executed.metadata["execution"] = {"key": key, "seconds": round(seconds, 1)}
    write(executed, EXECUTED / notebook.name)
    return seconds


def kept_key(notebook: Path) -> str | None:
    """Key of the kept execution of a notebook, None when there is none."""
    try:
        return json.loads((EXECUTED / notebook.name).read_text("utf8"))["metadata"]["execution"]["key"]
    except (FileNotFoundError, KeyError, json.JSONDecodeError):
        return None


def execute_changed(pages: list[Path]) -> None:
    """Execute, two at a time, every notebook whose cells or package changed since it was last executed."""
    EXECUTED.mkdir(parents=True, exist_ok=True)
    keys = {page: execution_key(page) for page in pages}
    todo = [page for page in pages if kept_key(page) != keys[page]]
    if not todo:
        return
    print(f"==> executing {len(todo)} of {len(pages)} notebooks", flush=True)
    failures = []
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1, len(todo))) as pool:
        running = {pool.submit(execute_one, page, keys[page]): page for page in todo}
        for count, job in enumerate(as_completed(running), 1):
            try:
                print(f"    [{count}/{len(todo)}] {running[job].name}  {job.result():.1f} s", flush=True)
            except NotebookFailedError as error:
                failures.append(str(error))
                print(f"    [{count}/{len(todo)}] {running[job].name}  FAILED", flush=True)
    if failures:
        sys.exit("\n" + "\n\n".join(failures) + "\n\nNothing was published: the last good site stays in place.")


def replace_if_different(target: Path, data: bytes) -> None:
    """Write a file only when its content changes: Sphinx reads again what has a new time stamp."""
    if not target.exists() or target.read_bytes() != data:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def as_staged(page: Path) -> bytes:
    """A chapter as it is now, with the outputs of its kept execution."""
    return nbformat.writes(kept.present(page, EXECUTED / page.name)).encode()


def stage(pages: list[Path]) -> None:
    """Make `_build/source` equal to the configuration, the book's files and the executed notebooks."""
    beside = [path for name in BESIDE if (path := ROOT / name).exists()]
    originals = [*beside, *files_below(ROOT / "book")]
    wanted = {original: SOURCE / original.relative_to(ROOT) for original in originals}
    for original, target in wanted.items():
        replace_if_different(target, as_staged(original) if original in pages else original.read_bytes())
    for stale in set(files_below(SOURCE)) - set(wanted.values()):
        stale.unlink()


def site_key(runtime: Path | None) -> str:
    """What the site depends on: all that is staged, the package, the tools, its links, and if Python runs in it."""
    links = [f"{name}={os.environ.get(name, '')}" for name in LINK_VARIABLES]
    return digest(tree_digest(SOURCE, *(ROOT / name for name in INPUTS)), git_says(), str(bool(runtime)), *links)


def git_says() -> str:
    """What the site's links take from git: the remotes and the branch; nothing where there is no git."""
    questions = (["remote", "-v"], ["branch", "--show-current"])
    try:
        return "".join(processes.run(["git", "-C", ROOT, *question], minutes=1)[1] for question in questions)
    except OSError:
        return ""


def run_jupyter_book(runtime: Path | None) -> None:
    """Build into `_build/work` with warnings as errors; parsed pages are kept between builds, written ones are not."""
    machinery = tree_digest(
        ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "requirements", *(p for p in (ROOT / "book").glob("_*/"))
    )
    machinery_file = WORK / "machinery"
    if not machinery_file.exists() or machinery_file.read_text("utf8") != machinery:
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
    shutil.rmtree(WORK / "_build/html", ignore_errors=True)
    try:
        code, log = jupyter_book.run(SOURCE, WORK, "-W", python_in_page=bool(runtime))
    except TimeoutError as error:
        sys.exit(f"{error}\n\nThe site was not built: the last good one stays in place.")
    (BUILD / "build.log").write_text(log, "utf8")
    if code:
        marks = ("WARNING:", "ERROR:", "error:", "Exception", "Traceback")
        said = [line for line in log.splitlines() if any(mark in line for mark in marks)]
        machinery_file.unlink(missing_ok=True)  # a page kept as parsed would not warn again, and pass the next time
        sys.exit("\n".join(said[:40] or log.splitlines()[-40:]) + "\n\nThe site was not built (log: _build/build.log).")
    machinery_file.write_text(machinery, "utf8")
    try:
        take_notebooks.put(WORK / "_build/html", ROOT / "book")
        cards.put(WORK / "_build/html", ROOT, notebooks())
        take_along.offer(WORK / "_build/html")
    except REFUSED as error:
        sys.exit(f"{error}\n\nThe site was not built: the last good one stays in place.")
    for_teachers.fill(WORK / "_build/html")
    if runtime:
        python_in_page.put(runtime, WORK / "_build/html")


def publish(key: str) -> None:
    """Point `_build/html` to the new site in one step, then remove the old one."""
    folder = BUILD / f"html-{key[:12]}"
    shutil.rmtree(folder, ignore_errors=True)
    (WORK / "_build/html").rename(folder)
    (folder / ".site-key").write_text(key, "utf8")
    link = BUILD / "html.new"
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(folder.name, target_is_directory=True)
        os.replace(link, SITE)
    except OSError:  # Windows makes links for administrators and developers alone: two steps instead of one
        link.unlink(missing_ok=True)
        put_in_place(folder)
    for old in BUILD.glob("html-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)


def put_in_place(folder: Path) -> None:
    """Make `_build/html` the new site itself, where no link can be made."""
    before = BUILD / "html-before"
    shutil.rmtree(before, ignore_errors=True)
    if SITE.exists():
        SITE.rename(before)
    folder.rename(SITE)


def main() -> None:
    """Bring the site up to date and say where it is."""
    start = time.perf_counter()
    pages = notebooks()
    execute_changed(pages)
    stage(pages)
    runtime = fetch_pyodide.ready()
    key, marker = site_key(runtime), SITE / ".site-key"
    if marker.exists() and marker.read_text("utf8") == key:
        print("==> nothing has changed")
    else:
        print("==> building the site", flush=True)
        run_jupyter_book(runtime)
        publish(key)
    print(f"==> the book is at {SITE / 'index.html'}  ({time.perf_counter() - start:.1f} s)")
    print("==> `make serve` opens it; opened as a file it can be read, but runs no code")


if __name__ == "__main__":
    main()
