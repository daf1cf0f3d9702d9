"""The page of the package: names open entries made from docstrings; what a reader would miss is a warning."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ext_book import Book, build

from tools.paper.compose import chapter

CODE = {
    "__init__": '"""A package."""\n\nfrom smallpack.layers import Fast\n\n__all__ = ["Fast"]\n',
    "layers": '''"""Layers."""

import numpy as np

__all__ = ["Base", "Fast", "double"]


class Base:
    """What all layers share.

    Parameters
    ----------
    size : int
        H.

    """

    def __init__(self, size):
        self.size = size

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Run.

        Parameters
        ----------
        x : ndarray, shape (T, B)
            Inputs.

        Returns
        -------
        ndarray, shape (T, B, H)

        """


class Fast(Base):
    """Read quickly, twice as fast as `Base`.

    It calls `double`, and `nothing` else. Its `size` is H.
    """

    def again(self):
        """Run again."""

    @property
    def twice(self):
        """Its own speed: that of two."""


def double(x: np.ndarray, dtype=np.float32) -> np.ndarray:
    """Return 2x.

    Parameters
    ----------
    x : ndarray, any shape
    dtype : dtype

    Returns
    -------
    ndarray, the shape of `x`
    error : float
        How wrong it is.

    Raises
    ------
    TypeError, ValueError
        When x is none.

    """
''',
}
INDEX = "# Book\n\n```{toctree}\n:numbered:\nfirst\nsecond\n```\n\n```{toctree}\nlab\npackage\n```\n"
PAGE = """# The package

```{package} smallpack
Fast: second
```

```{package} smallpack.layers
:for-your-own:
Base: first
double: lab
```
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that can be imported until the test ends."""
    yield from importable(tmp_path, monkeypatch)


def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = folder / "code/smallpack"
    made.mkdir(parents=True)
    for name, text in CODE.items():
        (made / f"{name}.py").write_text(text, "utf8")
    monkeypatch.syspath_prepend(str(made.parent))
    yield made
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("smallpack")]:
        del sys.modules[name]


def made(package: Path, page: str = PAGE, **config: Any) -> Book:
    chapters = {"first.md": "# The first\n", "second.md": "# The second\n\nHere is `Fast`.\n", "lab.md": "# A lab\n"}
    pages = {"index.md": INDEX, "package.md": page, **chapters}
    return build(
        package.parent.parent, pages, ["learning.folded", *config.pop("more", []), "page.package_page"], **config
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for package in importable(tmp_path_factory.mktemp("book"), monkeypatch):
            book = made(package)
            assert not book.warnings
            yield book.article("package")


def entry(page: str, name: str) -> str:
    """What the page has on a name, from its line on."""
    return next(part for part in page.split("<li><details>") if f'<span class="pre">{name}</span></code>' in part[:200])


def test_a_name_opens_its_signature_and_its_shapes(page: str) -> None:
    double = entry(page, "double")
    assert re.search(r"<summary.*?>double</span></code> <span class=\"what\">Return 2x\.</span></summary>", double)
    assert "from smallpack.layers import double" in re.sub(r"<.*?>", "", double)
    assert 'id="smallpack.layers.double"' in double
    assert "smallpack.layers.double(x, dtype=np.float32)" in re.sub(r"<.*?>", "", double)
    assert re.search(r"<strong>x</strong> \(<em>ndarray, any shape</em>\)", double)
    assert re.search(r"Returns<span.*?<li><p>ndarray, the shape of <code", double, re.DOTALL)
    assert not re.search(r"</ul>\s*</p>", page), "a list inside a paragraph"
    assert double.count("Return 2x.") == 1, "what the line says is not said again inside it"


def test_a_name_has_its_chapter_by_number_or_by_title(page: str) -> None:
    assert '<a class="reference internal" href="second.html">Chapter 2</a>' in entry(page, "Fast")
    assert '<a class="reference internal" href="lab.html">A lab</a>' in entry(page, "double")


def test_names_in_docstrings_lead_to_their_entries(page: str) -> None:
    summary, _, body = entry(page, "Fast").partition("</summary>")
    assert "<a " not in summary, "a click on the line opens it"
    assert 'href="#smallpack.layers.double"' in body
    for word in ("nothing", "size"):
        assert re.search(
            rf"<code class=\"docutils literal notranslate\"><span class=\"pre\">{word}</span></code>", body
        )
        assert f'href="#smallpack.layers.{word}"' not in body


def test_a_class_names_the_methods_that_it_has_from_another(page: str) -> None:
    fast = entry(page, "Fast")
    assert 'id="smallpack.Fast.again"' in fast
    assert re.search(r"From <a .*?href=\"#smallpack.layers.Base\".*?forward", fast)
    assert "Its own speed: that of two." in fast
    assert 'id="smallpack.layers.Base.forward"' in entry(page, "Base")


def test_on_paper_the_lines_stay_and_their_entries_go(page: str) -> None:
    body = chapter(BeautifulSoup(page, "html.parser"))
    listed = [" ".join(line.get_text().split()) for line in body.select("ul.package > li")]
    assert listed[0] == "Fast Read quickly, twice as fast as Base. Chapter 2"
    assert not body.select("dl.py")


def test_the_source_is_linked_where_the_repository_is_known(
    package: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "source of" not in page
    monkeypatch.setenv("REPO_URL", "https://github.com/someone/book")
    monkeypatch.setenv("REPO_BRANCH", "main")
    linked = made(package, more=["links.repo_links"], html_theme_options={}).article("package")
    line = 1 + CODE["layers"].splitlines().index("class Fast(Base):")
    address = f"https://github.com/someone/book/blob/main/smallpack/layers.py#L{line}"
    assert f'href="{address}">source of Fast</a>' in entry(linked, "Fast")


@pytest.mark.parametrize(
    ("written", "by", "said"),
    [
        ("double: lab\n", "", "double of smallpack.layers stands on the page 0 times"),
        (
            "Fast: second\n",
            "Fast: second\n```\n```{package} smallpack\nFast: second\n",
            "Fast of smallpack stands on the page 2",
        ),
        ("double: lab", "triple: lab", "'triple' is no public name of smallpack.layers"),
        ("double: lab", "Fast: lab", "'Fast' is no public name of smallpack.layers, but of smallpack"),
        ("double: lab", "double: nowhere", "double: there is no chapter 'nowhere'"),
        ("double: lab", "double:", "double: there is no chapter ''"),
        ("double: lab", "double", "smallpack.layers"),
        ("Fast: second", "Fast: first", "Fast: the chapter 'first' does not use it"),
        ("{package} smallpack.layers", "{package} smallpack.missing", "No module named 'smallpack.missing'"),
    ],
)
def test_errors_on_the_page_are_warned_of(package: Path, written: str, by: str, said: str) -> None:
    assert written in PAGE
    assert said in made(package, PAGE.replace(written, by)).warnings


@pytest.mark.parametrize(
    ("written", "by", "said"),
    [
        ('    """Run again."""\n', "        return 1\n", "Fast.again has no docstring"),
        ("x : ndarray, any shape", "x : ndarray", "double does not tell the shape of 'x'"),
        ("        x : ndarray, shape (T, B)\n            Inputs.\n", "", "Base.forward does not tell the shape of 'x'"),
        ('__all__ = ["Base",', '__all__ = ["triple", "Base",', "triple of smallpack.layers stands on the page 0 times"),
    ],
)
def test_what_a_docstring_lacks_is_warned_of(package: Path, written: str, by: str, said: str) -> None:
    text = CODE["layers"]
    assert written in text
    (package / "layers.py").write_text(text.replace(written, by), "utf8")
    assert said in made(package).warnings


def test_a_changed_docstring_is_read_again(package: Path) -> None:
    book = made(package)
    (package / "layers.py").write_text(CODE["layers"].replace("Return 2x.", "Return twice x."), "utf8")
    forget()
    assert "Return twice x." in book.rebuild().article("package")
