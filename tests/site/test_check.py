"""`python -m tools.check`: one chapter's page in a small site, where other pages can be referred to."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from small_book import COPIED, ROOT, small_notebook

from tools.check import IN_PAGE, PAGE_TESTS
from tools.site import one_page

TOC = """format: jb-book
root: book/index
parts:
  - caption: One
    numbered: 1
    chapters:
      - file: book/01_other
      - file: book/02_small
  - caption: Back matter
    chapters:
      - file: book/glossary
"""
OTHER = """# Another page

(a-place)=
## A *place* in it

Text with a {term}`word that the glossary does not have`.

```
# no heading
```

$$
x = 1
$$ (eq-other)

:::{figure-md} fig-other
![A drawing.](figures/none.svg)

A caption.
:::

:::{exercise} One
:label: ex-other

Do it.
:::
"""
PAGE = "See [there](01_other.ipynb), {numref}`fig-other`, {eq}`eq-other` and [a place](a-place); a {term}`word`."


def test_the_tests_of_a_page_that_it_names_are_there() -> None:
    for named in [*PAGE_TESTS, IN_PAGE]:
        path, _, function = named.partition("::")
        assert (f"def {function}(" if function else "def test_") in (ROOT / path).read_text("utf8"), named


def project(folder: Path) -> Path:
    """A copy of the project with two chapters and a glossary."""
    ignored = shutil.ignore_patterns("__pycache__", "*.ipynb", "*.md")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name, **({"ignore": ignored} if copy is shutil.copytree else {}))
    (folder / "_toc.yml").write_text(TOC, "utf8")
    (folder / "book/index.md").write_text("# A book\n", "utf8")
    (folder / "book/glossary.md").write_text("# Glossary\n\n:::{glossary}\nword\n  A word.\n:::\n", "utf8")
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(OTHER, id="other")])
    nbformat.write(other, folder / "book/01_other.ipynb")
    return folder / "book/02_small.ipynb"


def check(notebook: Path, *options: str) -> tuple[int, str]:
    """Run the command on a notebook of a copy."""
    folder = notebook.parent.parent
    nowhere = {"PYODIDE_MIRROR": str(ROOT / "_build/pyodide"), "PIP_NO_INDEX": "1", "npm_config_offline": "true"}
    environment = {**os.environ, **nowhere, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "tools.check", *options, str(notebook)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    return done.returncode, done.stdout + done.stderr


def test_a_page_refers_to_others_and_its_own_faults_are_told(tmp_path: Path) -> None:
    path, notebook = project(tmp_path), small_notebook()
    notebook.cells[0].source += f"\n\n{PAGE}"
    nbformat.write(notebook, path)
    code, said = check(path, "--page-only")
    assert code == 0, said
    html = (one_page.CHECKED.relative_to(one_page.ROOT) / "02_small/_build/html/book/02_small.html").as_posix()
    text = " ".join((tmp_path / html).read_text("utf8").split())
    assert "Fig. 1.1" in text, "the other page's figure has its number"
    assert "Fig. 2.1" in text, "and this page's has that of its chapter"
    assert 'href="01_other.html#a-place"' in text
    notebook.cells[0].source += " See {numref}`fig-none`."
    del notebook.cells[2].metadata["mystnb"]["image"]
    nbformat.write(notebook, path)
    code, said = check(path, "--page-only")
    assert code == 1
    assert "fig-none" in said
    assert "alternative text" in said


def test_other_pages_are_outlined(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text(OTHER, "utf8")
    text = one_page.outline(tmp_path / "other.md")
    for kept in ("# Another page", "(a-place)=\n\n## A *place* in it", "(eq-other)", "name: fig-other", "ex-other"):
        assert kept in text
    for dropped in ("Text with", "no heading", "none.svg", "Do it"):
        assert dropped not in text


def test_a_page_that_is_not_listed_yet_gets_a_place() -> None:
    toc = json.dumps({"format": "jb-book", "root": "book/index", "parts": [{"caption": "Back", "chapters": []}]})
    listed = one_page.with_page(toc.encode(), one_page.ROOT / "book/lab_new.ipynb").decode()
    assert listed.index("book/lab_new") < listed.index("caption: Back")


def test_a_notebook_from_elsewhere_is_refused(tmp_path: Path) -> None:
    nbformat.write(small_notebook(), tmp_path / "small.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "tools.check", str(tmp_path / "small.ipynb")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "small.ipynb is not a notebook in" in done.stderr
