"""The rules for the main line, folds and claims can fail: a small chapter passes them, and with each fault it fails."""

import re

import claims
import nbformat
import pytest
import yaml
from chapter import Chapter
from structure import RULES

from tools.counts import LIMITS, count, main_line, unfolded
from tools.notebooks import prose, reading_time
from tools.notebooks.main_line import pieces

CLAIM = "A window of seven words keeps the place as surely as a loop does"
TEN = "one two three four five six seven eight nine ten "
CELLS = [
    "# A small chapter\n\n*A promise.*\n\n"
    ":::{div} info-line\nReading time 1 minute; 2 with everything unfolded · more\n:::",
    "code import numpy as np\n\nrng = np.random.default_rng(0)\nh, total = np.zeros(3), 0",
    f"## A loop\n\nIt reads {{term}}`words <word>` at 0.9, and $x_t$ is a word. {TEN}",
    "code def mean_of(values):\n    return values.mean() + offset\n\n\noffset = 1",
    f"(deeper-seed)=\n### Deeper: is it the seed?\n\n{TEN * 3}",
    "code mine = np.random.default_rng(1)\nspread = mine.normal(size=9)\nlocal = [h for h in spread]",
    "code def scale(h):\n    h[0] = 1\n    return h\n\n\nspread_of = scale(spread.copy())",
    "The fold goes on.\n\n<!-- main line -->\n\nThe main text goes on.",
    "code h = h + rng.normal(size=3)\nprint(mean_of(h), total)",
    f"## The answer\n\n*{CLAIM}*: in each of sixty runs. {TEN}",
    f"## Key points\n\n- {CLAIM}.",
    "## Exercises\n\nGo on from the fold.",
    "code print(spread.shape)",
    f":::{{interview}} Why?\n{CLAIM}, which\nis why.\n:::",
]
FAULTS = {}


def small(folder, spoil=lambda notebook, rows: None):
    """The small chapter on disk with its row of the ledger, spoilt by `spoil`."""
    notebook = nbformat.v4.new_notebook()
    for number, text in enumerate(CELLS):
        kind = nbformat.v4.new_code_cell if text.startswith("code ") else nbformat.v4.new_markdown_cell
        notebook.cells.append(kind(text.removeprefix("code "), id=f"cell-{number}"))
    rows = [{"id": "window", "chapter": "90_small", "claim": CLAIM, "evidence": ["deeper-seed", "record:x"]}]
    spoil(notebook, rows)
    nbformat.write(notebook, folder / "90_small.ipynb")
    (folder / "claims.yml").write_text(yaml.safe_dump(rows), "utf8")
    return Chapter(folder / "90_small.ipynb")


def found(rule, chapter):
    return next(list(check(chapter)) for check in RULES if check.__name__ == rule)


def plant(rule, message):
    """Register a function that spoils the small chapter so that `rule` says what matches `message`."""

    def register(spoil):
        FAULTS[spoil.__name__] = (rule, message, spoil)
        return spoil

    return register


@plant("main_line_within_its_limits", r"3\d minutes of reading, more than 30")
def too_long(notebook, rows):
    for number in range(90):
        notebook.cells[2].source += f"\n\n$$\nx_{number} = 1\n$$"


@plant("main_line_within_its_limits", r"22\d\d words of prose, more than 2200")
def too_many_words(notebook, rows):
    notebook.cells[7].source += "\n\n" + TEN * 218


@plant("main_line_within_its_limits", r"13\d lines of code shown, more than 130")
def too_much_code(notebook, rows):
    notebook.cells[3].source += "\npass" * 125


@plant("main_line_within_its_limits", r"31 decimals and percentages in the prose, more than 30")
def too_many_numbers(notebook, rows):
    notebook.cells[2].source += "".join(f" 0.{number:02d} and {number} %" for number in range(15))


@plant("main_line_within_its_limits", r"4 parentheses that hold a whole sentence, more than 3: .*So it is")
def too_many_asides(notebook, rows):
    notebook.cells[2].source += " (So it is.)" * 2 + " ($x$ is one, too.) (Is `b` (0.1) another?)"


@plant("main_line_within_its_limits", r"21 terms linked to the glossary, more than 20: .*word")
def too_many_terms(notebook, rows):
    notebook.cells[2].source += "".join(f" {{term}}`one <term {number}>`" for number in range(20))


@plant("main_line_within_its_limits", r"21 code cells, more than 20")
def too_many_cells(notebook, rows):
    notebook.cells[3:3] = [nbformat.v4.new_code_cell("pass", id=f"more-{number}") for number in range(18)]


@plant("reading_time_is_computed", r"tells \(4, 4\) minutes of reading, computed are \(1, 2\)")
def reading_time_of_long_ago(notebook, rows):
    notebook.cells[0].source = notebook.cells[0].source.replace("1 minute; 2 with everything unfolded", "4 minutes")


@plant("answer_before_key_points", "not 'The answer'")
def no_answer(notebook, rows):
    notebook.cells[9].source = notebook.cells[9].source.replace("The answer", "Last words")


@plant("answer_before_key_points", "empty")
def empty_answer(notebook, rows):
    notebook.cells[9].source = "## The answer\n\nYes."


@plant("folds_are_closed_and_have_text", "after Key points")
def fold_among_the_exercises(notebook, rows):
    notebook.cells[11].source += f"\n\n### Deeper: more\n\n{TEN * 3}"


@plant("folds_are_closed_and_have_text", "holds almost nothing")
def empty_fold(notebook, rows):
    notebook.cells[7].source += "\n\n### Deeper: something else\n\nNo.\n\n<!-- main line -->"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `spread`, which the fold 'Deeper: is it the seed.' bi")
def name_of_a_fold_used(notebook, rows):
    notebook.cells[8].source += "\nprint(spread)"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `h`, which the fold .* binds again or changes")
def name_bound_again(notebook, rows):
    notebook.cells[5].source += "\nh = spread"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `offset`")
def name_inside_a_function_bound_again(notebook, rows):
    notebook.cells[5].source += "\nfor offset in range(3):\n    pass"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `h`")
def part_of_an_array_set(notebook, rows):
    notebook.cells[5].source += "\nh[1:] = 0"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `h`")
def part_of_an_array_set_by_a_function(notebook, rows):
    notebook.cells[5].source += "\ndef reset():\n    h[...] = 0\nreset()"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `total`")
def sum_gone_on_with(notebook, rows):
    notebook.cells[5].source += "\ntotal += 1"


@plant("main_line_does_not_depend_on_folds", "code cell 5 uses `total`")
def list_grown(notebook, rows):
    notebook.cells[1].source += "\ntotal = []"
    notebook.cells[5].source += "\ntotal.append(1)"


@plant("main_line_does_not_depend_on_folds", "cell 3 in the fold .* draws from `rng`")
def generator_of_the_main_line(notebook, rows):
    notebook.cells[5].source = notebook.cells[5].source.replace("mine.normal", "rng.normal")


@plant("main_line_does_not_depend_on_folds", "cell 3 in the fold .* draws from `rng`")
def generator_inside_a_function_of_the_main_line(notebook, rows):
    notebook.cells[3].source += "\n\n\ndef noise():\n    return rng.normal()"
    notebook.cells[5].source += "\nnoise()"


@plant("main_line_does_not_depend_on_folds", "code cell 6 uses `h`")
def exercise_with_a_name_that_a_fold_bound_again(notebook, rows):
    notebook.cells[8].source = "pass"
    notebook.cells[5].source += "\nh = spread"
    notebook.cells[12].source = "print(h)"


@plant("claims_stand_in_the_chapter", "0 rows in claims.yml have the chapter 90_small, wanted 1 to 3")
def no_claim(notebook, rows):
    rows[0]["chapter"] = "91_other"


@plant("claims_stand_in_the_chapter", "4 rows")
def too_many_claims(notebook, rows):
    rows *= 4


@plant("claims_stand_in_the_chapter", "'window' of claims.yml does not stand word for word in The answer")
def answer_in_other_words(notebook, rows):
    notebook.cells[9].source = notebook.cells[9].source.replace("surely", "well")


@plant("claims_stand_in_the_chapter", "Key points")
def key_points_in_other_words(notebook, rows):
    notebook.cells[10].source = notebook.cells[10].source.replace("surely", "well")


@plant("claims_stand_in_the_chapter", "an interview card")
def card_in_other_words(notebook, rows):
    notebook.cells[13].source = notebook.cells[13].source.replace("surely", "well")


@plant("evidence_is_there", "'window' names 'fig-none' as evidence")
def evidence_that_is_not_there(notebook, rows):
    rows[0]["evidence"] = "fig-none"


RULES_HERE = {rule for rule, _, _ in FAULTS.values()}


@pytest.mark.parametrize("rule", sorted(RULES_HERE))
def test_the_small_chapter_passes(rule, tmp_path):
    assert found(rule, small(tmp_path)) == []


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_caught(name, tmp_path):
    rule, message, spoil = FAULTS[name]
    said = found(rule, small(tmp_path, spoil))
    assert any(re.search(message, one) for one in said), said


def test_a_lab_has_no_interview_cards(tmp_path):
    chapter = small(tmp_path, card_in_other_words)
    lab = Chapter(chapter.path.rename(tmp_path / "lab_small.ipynb"))
    (tmp_path / "claims.yml").write_text(yaml.safe_dump([{"id": "w", "chapter": "lab_small", "claim": CLAIM}]), "utf8")
    assert found("claims_stand_in_the_chapter", lab) == []


MARKDOWN = """
(anchor)=
## Two words

:::{figure-md} fig-x
![An alternative text.](figures/x.svg)

One caption here.
:::

:::{admonition} Its title
:class: dropdown tip
Text with **bold**, `code`, $a + b$ and [a link](https://example.org/a%20b), see {numref}`fig-x`.
:::

| a | b |
| --- | --- |
| 1.5 | 20 % |

$$
x = 0.5
$$ (eq-x)

```python
y = 0.5

```

<!-- a comment -->
"""


def test_labels_of_every_kind_are_known(tmp_path):
    chapter = small(tmp_path)
    labelled = ["(a)=", "$$\nx\n$$ (eq-b)", r"\begin{align}x\label{eq-c}\end{align}", ":::{figure-md} fig-d\nx\n:::"]
    labelled += [":::{figure} x.svg\n:name: fig-e\n:::", ":::{exercise} X\n:label: ex-f\n:::"]
    chapter.notebook.cells[0].source += "\n\n" + "\n\n".join(labelled)
    chapter.code[0].metadata["mystnb"] = {"figure": {"name": "fig-g"}}
    wanted = {"a", "eq-b", "eq-c", "fig-d", "fig-e", "ex-f", "fig-g", "deeper-seed"}
    assert wanted <= claims.labels(chapter)


def test_words_are_what_is_read():
    assert prose.read(MARKDOWN).split() == [
        *("##", "Two", "words", "One", "caption", "here.", "Its", "title"),
        *("Text", "with", "**bold**,", "code,", "$a", "+", "b$", "and", "a", "link,", "see", "X."),
        *("|", "a", "|", "b", "|"),
        *("|", "1.5", "|", "20", "%", "|"),
    ]
    assert prose.words(MARKDOWN) == 2 + 3 + 2 + 10 + 4
    assert prose.words(":::{div} info-line\nReading time 3 minutes\n:::\nword") == 1


def test_what_else_is_counted():
    assert (prose.displayed(MARKDOWN), prose.figures(MARKDOWN), prose.literal_lines(MARKDOWN)) == (1, 1, 1)
    assert prose.displayed(r"\begin{align}a\\b\end{align}") == 1
    assert prose.decimals(MARKDOWN) == ["1.5", "20 %"]
    assert prose.decimals("1,234.5 and $2{,}000$, 3 per cent, `0.1`, $0.9$ · 1.2.3") == ["1234.5", "3 %", "0.9"]
    assert prose.terms("{term}`a  b` {term}`c <A b>`") == {"a b"}
    assert prose.parentheses("so (in short) it is (see f(x).) (It is.) (*This too!*)") == ["It is.", "This too!"]


def test_folds_are_found(tmp_path):
    chapter = small(tmp_path)
    folded = [piece.text.split()[0] for piece in chapter.pieces if piece.fold]
    assert folded == ["###", "mine", "def", "The"]
    fenced = nbformat.v4.new_markdown_cell("```\n### Deeper: no\n```\n\n#### Deeper: no", id="fence")
    assert [piece.fold for piece in pieces(nbformat.v4.new_notebook(cells=[fenced]))] == ["", ""]


def test_reading_time_is_written(tmp_path):
    chapter = small(tmp_path, reading_time_of_long_ago)
    before = chapter.notebook.cells[0].source
    assert reading_time.told(chapter.notebook) == (4, 4)
    for _ in range(2):  # writing it again changes nothing
        reading_time.write(chapter.notebook)
        assert "\nReading time 1 minute; 2 with everything unfolded · more\n" in chapter.notebook.cells[0].source
    chapter.notebook.cells[4].source = "An ordinary text."  # no fold
    reading_time.write(chapter.notebook)
    assert chapter.notebook.cells[0].source == before.replace("4 minutes", "2 minutes")
    plain = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# No info line", id="title")])
    reading_time.write(plain)
    assert plain.cells[0].source == "# No info line"


def test_reading_time_follows_the_formula(tmp_path):
    chapter = small(tmp_path)
    counts = main_line(chapter.notebook)
    printing = nbformat.v4.new_output("stream", text="1\n")
    chapter.notebook.cells[8].outputs = [printing, printing]
    told = main_line(chapter.notebook)
    assert (told.shown, told.seconds) == (1, counts.seconds + 15)
    assert counts.seconds == pytest.approx(counts.words / 3 + 5 * counts.lines)
    assert counts.lines == 8
    assert unfolded(chapter.notebook).lines == 8 + 3 + 4
    chapter.notebook.cells[8].metadata["tags"] = ["hide-input"]
    assert main_line(chapter.notebook).lines == 6
    assert count([]).minutes == 1
    assert set(told.excess()) <= set(LIMITS)
