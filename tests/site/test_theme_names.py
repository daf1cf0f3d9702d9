"""The names of the theme that the book relies on are there, and all of them are in the one list."""

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest
import tinycss2
from small_book import ROOT

LIST = Path(__file__).with_name("theme_names.txt")
READ = {".html", ".css", ".scss", ".js", ".py", ".conf", ".jinja", ".css_t", ".css.jinja", ".js_t", ".txt"}
NAME = r"[.#][A-Za-z_][\w-]*"


def listed() -> list[tuple[str, str]]:
    """Package and name of every entry."""
    lines = [line.split() for line in LIST.read_text("utf8").splitlines() if line and not line.startswith("#")]
    return [(package, name) for package, *names in lines for name in names]


@cache
def folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found and found.submodule_search_locations
    return Path(found.submodule_search_locations[0])


@cache
def words(package: str) -> set[str]:
    """Everything in a package that may be a name."""
    files = [path for path in folder(package).rglob("*") if path.suffix in READ and "locale" not in path.parts]
    text = "\n".join(path.read_text("utf8", errors="replace") for path in files if path.is_file())
    return set(re.findall(r"--[\w-]+|[A-Za-z_][\w-]*", text))


def is_there(package: str, name: str) -> bool:
    """Does a package have the file, or the name, of an entry?"""
    if re.search(r"\.(html|css|js)$", name):
        return any(folder(package).rglob(f"{name}*"))  # Sphinx makes some of them from templates
    bare = name.removeprefix("ctx:").strip(".#[]{}") if not name.startswith("--") else name
    return bare in words(package)


def gone() -> list[str]:
    return [f"{name} of {package}" for package, name in listed() if not is_there(package, name)]


def test_every_name_is_there() -> None:
    assert gone() == []


def test_a_name_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    planted = tmp_path / "names.txt"
    planted.write_text(
        "pydata_sphinx_theme .bd-article .bd-no-such-place no-such-page.html --pst-no-such-colour [no_such_option]"
    )
    monkeypatch.setattr(f"{__name__}.LIST", planted)
    missing = [".bd-no-such-place", "no-such-page.html", "--pst-no-such-colour", "[no_such_option]"]
    assert gone() == [f"{name} of pydata_sphinx_theme" for name in missing]


def selectors(nodes: list) -> list[str]:
    """Selectors of all rules, also inside `@media`."""
    found = []
    for rule in nodes:
        if rule.type == "qualified-rule":
            found.append(tinycss2.serialize(rule.prelude))
        elif rule.type == "at-rule" and rule.content:
            found += selectors(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True))
    return found


def relied_on() -> set[str]:
    """Names in the selectors of the book's sheets and scripts, and the properties that its sheets read."""
    used: set[str] = set()
    for sheet in (ROOT / "book/_static").rglob("*.css"):
        text = sheet.read_text("utf8")
        parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        used |= {name for selector in selectors(parsed) for name in re.findall(NAME, selector)}
        used |= set(re.findall(r"var\((--[\w-]+)", text))
    for script in (ROOT / "book/_static").rglob("*.js"):
        asked = re.findall(r"(?:querySelector(?:All)?|closest|matches)\(\s*[`\"']([^`\"']+)", script.read_text("utf8"))
        used |= {name for selector in asked for name in re.findall(NAME, selector)}
    return used


def made_here() -> set[str]:
    """Names that the book's own extensions, scripts, figures, pages and sheets make, as far as words tell."""
    kinds = ("_ext/**/*.py", "_static/**/*.js", "_head/*.js", "_templates/**/*.html", "*.md")
    files = [*(path for kind in kinds for path in ROOT.glob(f"book/{kind}")), *ROOT.glob("rnn_utils/**/*.py")]
    own = set()
    for path in files:
        own |= set(re.findall(r"(?:(?<![.#\w-])|(?<=\{\.))(?:--)?[A-Za-z_][\w-]*", path.read_text("utf8")))
    for sheet in (ROOT / "book/_static").rglob("*.css"):
        own |= set(re.findall(r"(--[\w-]+)\s*:", sheet.read_text("utf8")))
    return own


def test_every_name_that_is_not_ours_is_listed() -> None:
    names = {name for _, name in listed()}
    own = made_here()
    foreign = {name for name in relied_on() - names if name.lstrip(".#").rstrip("0123456789") not in own}
    katex = {name for name in foreign if name.startswith(".katex")}
    pygments = {name for name in foreign if re.fullmatch(r"\.[a-z]{1,2}\d?", name)}
    assert foreign - katex - pygments == set()
