"""Every chapter keeps to the template."""

import pytest
import yaml
from structure import NOTEBOOKS, ROOT, RULES, Chapter

from rnn_utils import exercises
from rnn_utils.exercises.feedback import Exercise


def is_notebook(name):
    return name[0].isdigit() or name.startswith("lab_")


def test_every_notebook_is_in_the_table_of_contents_and_the_other_way_round():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))["parts"]
    listed = {f"{ROOT / chapter['file']}.ipynb" for part in parts for chapter in part["chapters"]}
    assert {str(path) for path in NOTEBOOKS} == {name for name in listed if is_notebook(name.split("/")[-1])}
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("check", RULES, ids=lambda check: check.__name__)
def test_chapter(check, path):
    assert list(check(Chapter(path))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_chapter_uses_all_of_its_checks(path):
    name = path.stem if Chapter(path).is_lab else f"ch{path.stem[:2]}"
    module = getattr(exercises, name)
    checks = {f"exercises.{name}.{key}(" for key, value in vars(module).items() if isinstance(value, Exercise)}
    source = "\n".join(cell.source for cell in Chapter(path).code)
    assert {check for check in checks if check not in source} == set()


def test_figure_names_are_unique_across_the_book():
    names = [
        cell.metadata["mystnb"]["figure"]["name"]
        for path in NOTEBOOKS
        for cell in Chapter(path).code
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    assert len(names) == len(set(names))
