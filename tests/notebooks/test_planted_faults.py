"""The rules can fail: each fault, planted in a copy of a chapter, is caught by the rule meant for it."""

import re

import nbformat
import pytest
from structure import NOTEBOOKS, RULES, Chapter, faults, pictures, printed
from test_main_line_faults import RULES_HERE

FAULTS = {}


def plant(rule):
    """Register a function that spoils a notebook so that `rule` must notice."""

    def register(spoil):
        FAULTS[spoil.__name__] = (rule, spoil)
        return spoil

    return register


def code(notebook, wanted=lambda cell: True):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and wanted(cell)]


def figure(notebook):
    return code(notebook, pictures)[0]


def replace_in_prose(notebook, pattern, text):
    """Change the first place in the prose where the pattern stands."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(pattern, cell.source, re.MULTILINE):
            cell.source = re.sub(pattern, text, cell.source, count=1, flags=re.MULTILINE)
            return
    raise AssertionError(f"nothing to spoil: {pattern}")


@plant("executed_in_order")
def cell_never_run(notebook):
    code(notebook)[3].execution_count = None


@plant("executed_in_order")
def cells_run_in_another_order(notebook):
    first, second = code(notebook)[1:3]
    first.execution_count, second.execution_count = second.execution_count, first.execution_count


@plant("no_error_and_no_warning")
def error_kept_as_output(notebook):
    code(notebook)[2].outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[]))


@plant("no_error_and_no_warning")
def warning_kept_as_output(notebook):
    code(notebook)[2].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="RuntimeWarning"))


@plant("no_empty_cell")
def empty_cell(notebook):
    notebook.cells.append(nbformat.v4.new_markdown_cell(" \n", id="blank"))


@plant("short_cells")
def long_cell(notebook):
    code(notebook)[4].source += "\npass" * 41


@plant("figures_are_described")
def figure_without_alternative_text(notebook):
    del figure(notebook).metadata["mystnb"]["image"]


@plant("figures_are_described")
def alternative_text_is_the_caption(notebook):
    mystnb = figure(notebook).metadata["mystnb"]
    mystnb["image"]["alt"] = mystnb["figure"]["caption"]


@plant("figures_are_described")
def figure_without_caption(notebook):
    figure(notebook).metadata["mystnb"]["figure"]["caption"] = ""


@plant("figures_are_described")
def figure_name_of_another_kind(notebook):
    figure(notebook).metadata["mystnb"]["figure"]["name"] = "sunspots"


@plant("figures_are_described")
def two_figures_of_one_name(notebook):
    first, second = code(notebook, pictures)[:2]
    second.metadata["mystnb"]["figure"]["name"] = first.metadata["mystnb"]["figure"]["name"]


@plant("figures_are_described")
def two_figures_from_one_cell(notebook):
    figure(notebook).outputs *= 2


@plant("figures_are_described")
def svg_committed(notebook):
    data = figure(notebook).outputs[0].data
    data["image/svg+xml"] = "<svg/>"
    del data["image/png"]


@plant("pictures_in_prose_are_described")
def prose_picture_without_alternative_text(notebook):
    notebook.cells[1:1] = [nbformat.v4.new_markdown_cell("![](figures/tasks.svg)", id="bare")]


@plant("pictures_in_prose_are_described")
def figure_directive_without_alternative_text(notebook):
    bare = ":::{figure} figures/tasks.svg\n:name: fig-bare\n\nA caption.\n:::"
    notebook.cells[1:1] = [nbformat.v4.new_markdown_cell(bare, id="bare")]


@plant("opening")
def no_promise(notebook):
    replace_in_prose(notebook, r"\A(# .*\n\n)\*.*\*\n", r"\1")


@plant("opening")
def no_running_time(notebook):
    replace_in_prose(notebook, "runs in about", "runs quickly")


@plant("opening")
def nothing_to_learn(notebook):
    replace_in_prose(notebook, r"\*\*You will learn", "**You may meet")


@plant("opening")
def no_set_up_cell(notebook):
    first = code(notebook)[0]
    first.source = "pass"


@plant("objectives_are_taught")
def objective_without_its_section(notebook):
    replace_in_prose(notebook, r"^  <!-- .* -->$", "")


@plant("objectives_are_taught")
def section_with_another_heading(notebook):
    replace_in_prose(notebook, r"^## .+$", "## A new heading")


@plant("objectives_are_taught")
def question_that_is_new(notebook):
    replace_in_prose(notebook, r"^1\. ", "9. ")


@plant("objectives_are_taught")
def exercise_with_another_label(notebook):
    replace_in_prose(notebook, r"^:label: ex-[\w-]+$", ":label: ex-new")


@plant("sections")
def section_missing(notebook):
    replace_in_prose(notebook, "^## In an interview", "## Questions")


@plant("sections")
def sections_in_another_order(notebook):
    replace_in_prose(notebook, "^## Key points", "## For the moment")
    replace_in_prose(notebook, "^## Check yourself", "## Key points")
    replace_in_prose(notebook, "^## For the moment", "## Check yourself")


@plant("sections")
def too_many_sections(notebook):
    for number in range(7):
        notebook.cells[2:2] = [nbformat.v4.new_markdown_cell(f"## Part {number}\n\nWords.", id=f"part-{number}")]


@plant("learning_aids")
def key_points_gone(notebook):
    replace_in_prose(
        notebook, r"(?s)^## Key points.*?^## Check yourself", "## Key points\n\n- One.\n\n## Check yourself"
    )


@plant("learning_aids")
def interview_gone(notebook):
    for _ in range(5):
        notebook.cells.append(nbformat.v4.new_markdown_cell(":::{interview} Why?\nBecause.\n:::", id=f"i-{_}"))


@plant("exercises_are_complete")
def exercise_without_solution(notebook):
    replace_in_prose(notebook, r"^:::\{solution-start\}.*$", ":::{note}")


@plant("exercises_are_complete")
def solution_not_folded(notebook):
    replace_in_prose(notebook, r"(?<=solution-start\} )(\S+)\n:class: dropdown", r"\1")


@plant("exercises_are_complete")
def exercise_without_hint(notebook):
    replace_in_prose(notebook, r"\{admonition\} Hint", "{admonition} Remark")


@plant("exercises_are_complete")
def solution_that_does_not_pass(notebook):
    solution = code(notebook, lambda cell: printed(cell).startswith("✓"))[0]
    solution.outputs[0].text = solution.outputs[0].text.replace("✓", "✗")


@plant("exercises_are_complete")
def starter_that_is_already_the_solution(notebook):
    starter = code(notebook, lambda cell: printed(cell).startswith("○"))[0]
    starter.outputs[0].text = starter.outputs[0].text.replace("○", "✓")


@plant("exercises_are_complete")
def exercise_without_check(notebook):
    for cell in code(notebook, lambda cell: printed(cell)[:1] in "○✓"):
        cell.source = cell.source.replace("exercises.", "other.")


@plant("small_file")
def large_file(notebook):
    figure(notebook).outputs[0].data["image/png"] = "A" * 400_000


@plant("outputs_are_really_compared")
def most_outputs_ignored(notebook):
    for number, cell in enumerate(code(notebook)):
        if number % 2:
            cell.metadata["tags"] = ["nbval-ignore-output"]
        elif number % 3:
            cell.source = "# NBVAL_IGNORE_OUTPUT\n" + cell.source


@plant("outputs_are_really_compared")
def no_text_output_at_all(notebook):
    for cell in code(notebook):
        cell.outputs = [output for output in cell.outputs if output.output_type == "display_data"]


@plant("code_fits_the_page")
def long_line(notebook):
    code(notebook)[0].source += "\n# " + "long " * 20


@plant("code_fits_the_page")
def long_output(notebook):
    code(notebook, printed)[0].outputs[0].text += "wide " * 20


@plant("numbers_in_prose_are_printed")
def number_that_no_cell_prints(notebook):
    notebook.cells[0].source += "\n\nThe error is 123.4567 spots."


@plant("stable_text")
def unrounded_number(notebook):
    code(notebook, printed)[0].outputs[0].text += "0.30000000000000004"


@plant("stable_text")
def address_in_memory(notebook):
    code(notebook, printed)[0].outputs[0].text += "<object at 0x7f1c2a3b4c5d>"


@plant("stable_text")
def path_of_one_machine(notebook):
    code(notebook, printed)[0].outputs[0].text += "/home/reader/book"


@plant("normalised_metadata")
def language_version_kept(notebook):
    notebook.metadata["language_info"]["version"] = "3.11.7"


@plant("normalised_metadata")
def kernel_of_one_machine(notebook):
    notebook.metadata["kernelspec"]["name"] = "my-env"


@plant("normalised_metadata")
def editor_metadata_kept(notebook):
    code(notebook)[0].metadata["collapsed"] = False


@plant("normalised_metadata")
def output_metadata_kept(notebook):
    figure(notebook).outputs[0].metadata = {"needs_background": "light"}


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_caught(name, tmp_path):
    rule, spoil = FAULTS[name]
    before = faults(Chapter(NOTEBOOKS[0]))
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    spoil(notebook)
    copy = tmp_path / NOTEBOOKS[0].name
    nbformat.write(notebook, copy)
    after = faults(Chapter(copy))
    assert set(after.get(rule, [])) - set(before.get(rule, []))


def test_every_rule_has_a_planted_fault():
    assert {check.__name__ for check in RULES} == {rule for rule, _ in FAULTS.values()} | RULES_HERE
