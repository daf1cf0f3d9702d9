"""The notebooks that the site gives away: no raw MyST, answers and solutions folded, and the code of the book."""

import base64
import copy
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ext_book import notebook
from PIL import Image

from tools.notebooks.plain import BACK, Names, UnknownDirectiveError, as_plain
from tools.notebooks.without_solutions import without_solutions

ROOT = Path(__file__).resolve().parent.parent.parent
RAW = re.compile(r"^\s*(?::::.*|`{3,}\{.*|\([\w-]+\)= *$|<!--.*)|\{[a-z:]+\}`[^`]*`|^ *- \[[ x]\].*", re.MULTILINE)
CHAPTER = """# Chapter

:::{div} info-line
Reading time 3 minutes
:::

See {cite:t}`elman1990`, {numref}`fig-loop`, {eq}`eq-loop`, {doc}`09_lstm` and {term}`states <state>`.

- say what $h_t$ is;
  <!-- More | question 1 -->

$$
h_t = a
$$ (eq-loop)
%%%
code
import importlib.util

if importlib.util.find_spec("rnn_utils") is None:  # true on Colab only
    package = '"rnn-utils[notebooks] @ git+REPOSITORY_URL"'
    get_ipython().run_line_magic("pip", f"install -q {package}")
%%%
(deeper-more)=
### Deeper: more

Folded.

<!-- main line -->

The main line goes on; see {ref}`deeper-more`.

<script type="module" src="../_static/touch/loop.js"></script>

\\begin{align}
h_t &= a \\label{eq-lines} \\\\
c_t &= b
\\end{align}

:::{figure-md} fig-loop
![A loop.](loop.svg)

One loop.
:::

:::{check-yourself}
1. What is shared,
   and why?

   - [ ] Nothing

     Look again.
   - [x] The weights

     They are **one**.
:::

## Exercises

:::{exercise} Count
:label: ex-count

Count.
:::

:::{admonition} Hint
:class: dropdown tip

Think.
:::
%%%
:::{solution-start} ex-count
:class: dropdown
:::
%%%
code
print(1)
%%%
:::{solution-end}
:::

## In an interview

:::{interview} Why?
:topic: Loops

Because {cite:p}`elman1990`.
:::
"""
NAMES = Names(
    {"fig-loop": "4.1", "eq-loop": "4.2", "eq-lines": "4.3"},
    {"09_lstm": "The LSTM", "deeper-more": "more"},
    {"elman1990": ("Elman", "1990", "Elman (1990). *Finding structure in time*.")},
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "loop.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g/></svg>')
    chapter = notebook(CHAPTER)
    before = copy.deepcopy(chapter)
    made = as_plain(chapter, NAMES, folder)
    assert chapter == before
    return made


def texts(notebook: dict[str, Any], kind: str = "markdown") -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_exercises_quizzes_and_cards_become_headings_and_folds(plain: dict[str, Any]) -> None:
    text = "\n\n".join(texts(plain))
    assert not RAW.findall(text)
    assert "### Exercise 1: Count\n\nCount.\n\n<details>\n<summary>Hint</summary>\n\nThink.\n\n</details>" in text
    assert "**1.** What is shared,\n  and why?\n\n- **A.** Nothing\n- **B.** The weights\n\n<details>" in text
    assert "- **A, wrong.** Look again.\n- **B, right.** They are **one**." in text
    assert "### Why?\n\n<details>\n<summary>Answer</summary>\n\nBecause (Elman, 1990)." in text


def test_references_say_what_the_pages_say(plain: dict[str, Any]) -> None:
    text = "\n\n".join(texts(plain))
    assert "See Elman (1990), Figure 4.1, (4.2), *The LSTM* and states." in text
    assert "h_t = a \\tag{4.2}\n$$" in text
    assert "see *more*" in text
    assert "$$\n\\begin{aligned}\nh_t &= a \\\\\nc_t &= b\n\\end{aligned} \\tag{4.3}\n$$" in text
    assert "\\label" not in text and "\\begin{align}" not in text  # KaTeX knows neither: VS Code would show an error
    assert "<script" not in text
    assert text.endswith("## Sources\n\n- Elman (1990). *Finding structure in time*.")


def test_a_figure_comes_along_with_its_caption(plain: dict[str, Any]) -> None:
    [cell] = [cell for cell in plain["cells"] if "attachments" in cell]
    assert "![A loop.](attachment:loop.svg)\n\n**Figure 4.1.** One loop." in cell["source"]
    drawn = base64.b64decode(cell["attachments"]["loop.svg"]["image/svg+xml"]).decode()
    assert re.fullmatch(r"<svg [^>]*><style>.*?</style><g/></svg>", drawn)


@pytest.mark.parametrize(("scheme", "ground"), [("light", (253, 253, 254)), ("dark", (20, 24, 30))])
def test_a_drawing_has_a_ground_for_programs_may_be_dark_while_the_system_is_light(
    browser: Any, plain: dict[str, Any], scheme: str, ground: tuple[int, ...]
) -> None:
    [drawn] = [cell["attachments"]["loop.svg"]["image/svg+xml"] for cell in plain["cells"] if "attachments" in cell]
    page = browser.new_page(color_scheme=scheme)
    page.set_content(f'<body style="background: #888"><img width="90" src="data:image/svg+xml;base64,{drawn}">')
    picture = Image.open(BytesIO(page.locator("img").screenshot())).convert("RGB")
    assert picture.getpixel((45, 45)) == ground
    page.close()


def test_a_fold_is_closed_and_ends_where_it_should(plain: dict[str, Any]) -> None:
    cells = plain["cells"]
    fold = [cell["source"] for cell in cells].index("### Deeper: more")
    assert cells[fold]["metadata"] == {"jp-MarkdownHeadingCollapsed": True}
    assert [cell["source"] for cell in cells[fold + 1 : fold + 3]] == ["Folded.", BACK]


def test_solutions_are_at_the_end_for_only_jupyterlab_closes_them(plain: dict[str, Any]) -> None:
    found = [cell["source"] for cell in plain["cells"]]
    assert found[found.index("## Exercises") + 1].startswith("### Exercise 1: Count")
    assert found[found.index("## Exercises") + 2] == "## In an interview"
    solutions = plain["cells"][found.index("## Solutions") :]
    assert [cell["source"].splitlines()[0] for cell in solutions] == [
        "## Solutions",
        "### Solution to exercise 1: Count",
        "print(1)",
        "## Sources",
    ]
    assert solutions[1]["metadata"] == {"jp-MarkdownHeadingCollapsed": True}
    assert solutions[2]["metadata"] == {"jupyter": {"source_hidden": True}}


def test_without_a_repository_the_set_up_cell_says_what_to_do(plain: dict[str, Any]) -> None:
    set_up, _ = texts(plain, "code")
    assert "REPOSITORY_URL" not in set_up
    assert "Colab only" not in set_up, "these run everywhere"
    without_package = set_up.replace("rnn_utils", "no_such_package", 1)
    with pytest.raises(ModuleNotFoundError, match="`make lab`"):
        exec(without_package, {})


def test_a_directive_without_a_plain_form_is_refused() -> None:
    with pytest.raises(UnknownDirectiveError, match=r"\{chart\} has no plain form"):
        as_plain(notebook("# Chapter\n\n:::{chart} A title\nwords\n:::\n"), Names(), ROOT)


def test_the_notebooks_of_the_site_are_plain_and_run_the_code_of_the_book(site: Path) -> None:
    given = sorted((site / "notebooks").glob("*.ipynb"))
    assert len(given) > 10
    faults, folds = [], 0
    for path in given:
        taken, book = (json.loads(place.read_text("utf8")) for place in (path, ROOT / "book" / path.name))
        nbformat.validate(taken)
        faults += [f"{path.name}: {found}" for text in texts(taken) for found in RAW.findall(text)]
        (set_up, *here), (_, *there) = texts(taken, "code"), texts(book, "code")
        open_to_all = texts(without_solutions(book), "code")[1:]
        assert here[: len(open_to_all)] == open_to_all, "first the chapter, in its order"
        assert sorted(here) == sorted(there), "then the solutions"
        compile(set_up, path.name, "exec")
        faults += [f"{path.name}: {set_up}"] if "REPOSITORY_URL" in set_up else []
        faults += [f"{path.name}: {text}" for text in open_solutions(taken)]
        folds += sum("jp-MarkdownHeadingCollapsed" in cell["metadata"] for cell in taken["cells"])
    assert not faults, "\n".join(faults)
    assert folds > 100


def open_solutions(notebook: dict[str, Any]) -> list[str]:
    """Code cells after a collapsed heading whose source is shown, where the heading is a solution's."""
    inside, found = False, []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("#"):
            solution = source.startswith("### Solution")
            inside = solution and cell["metadata"].get("jp-MarkdownHeadingCollapsed", False)
            found += ["a solution is not collapsed"] if solution and not inside else []
        elif inside and cell["cell_type"] == "code" and not cell["metadata"].get("jupyter", {}).get("source_hidden"):
            found.append(source)
    return found
