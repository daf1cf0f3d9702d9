"""What a chapter promises, and where it keeps it: objectives with their sections, questions and exercises.

Below each point of *You will learn to* stands a comment that no reader sees:

    - say what makes data a sequence, and test whether a data set is one;
      <!-- The shuffle test | questions 1, 2 | ex-shuffle -->

It names headings of level 2 as they are written, questions of *Check yourself* by their number, and exercises by their
label. The teacher's page makes its tables of this, and `tests/notebooks/promised.py` holds it to the chapter.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

LEARN = "**You will learn"
POINT = re.compile(r"^- (.+?)(?:\n {2}<!--(.*?)-->)?$", re.MULTILINE)
SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
QUIZ = re.compile(r"^:::\{check-yourself\}\n(.*?)^:::", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^(\d+)\. ", re.MULTILINE)
ASKED = re.compile(r"questions? +(\d+(?:, *\d+)*)")
EXERCISE = re.compile(r"^:+\{exercise\} *(.*?) *\n:label: *(\S+)", re.MULTILINE)
CHECK = re.compile(r"exercises\.(ch\d+|lab_\w+)\.(check_\w+)\(")
TITLE = re.compile(r"^# +(.+?) *\n+\*(.+?)\*\s*\n", re.MULTILINE)
NEEDS = re.compile(r"you need: *(.+)")
# Where a chapter helps its reader to practise, not to learn something new.
AIDS = ("The answer", "Key points", "Check yourself", "Exercises", "In an interview", "Further reading and watching")


@dataclass(frozen=True)
class Objective:
    """A point of *You will learn to*, and what belongs to it."""

    text: str
    sections: tuple[str, ...] = ()
    questions: tuple[int, ...] = ()
    exercises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """An exercise: its title, its label, and the module and name of its check, empty where there is none."""

    title: str
    label: str
    module: str = ""
    check: str = ""


@dataclass(frozen=True)
class Taught:
    """A chapter as a teacher looks at it."""

    title: str
    promise: str
    needs: str
    objectives: tuple[Objective, ...]
    headings: tuple[str, ...]
    questions: tuple[int, ...]
    tasks: tuple[Task, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        """The headings under which something new is taught."""
        return tuple(heading for heading in self.headings if heading not in AIDS)

    @property
    def needed(self) -> tuple[int, ...]:
        """The chapters that are named as needed."""
        return tuple(int(number) for number in re.findall(r"\d+", self.needs))


def tied(text: str, comment: str) -> Objective:
    """An objective with what its comment names."""
    sections: list[str] = []
    questions: list[int] = []
    exercises: list[str] = []
    for part in filter(None, map(str.strip, comment.split("|"))):
        if found := ASKED.fullmatch(part):
            questions += map(int, found[1].split(","))
        elif re.fullmatch(r"ex-[\w-]+", part):
            exercises.append(part)
        else:
            sections.append(part)
    return Objective(text.strip().rstrip(";."), tuple(sections), tuple(questions), tuple(exercises))


def taught(notebook: nbformat.NotebookNode) -> Taught:
    """What a chapter teaches, as its notebook says."""
    first = notebook.cells[0].source if notebook.cells else ""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    beginning, needs, quiz = TITLE.search(first), NEEDS.search(first), QUIZ.search(prose)
    return Taught(
        title=beginning[1] if beginning else "",
        promise=beginning[2] if beginning else "",
        needs=needs[1] if needs else "",
        objectives=tuple(tied(text, comment) for text, comment in POINT.findall(first.partition(LEARN)[2])),
        headings=tuple(SECTION.findall(prose)),
        questions=tuple(map(int, QUESTION.findall(quiz[1]))) if quiz else (),
        tasks=tuple(tasks(notebook)),
    )


def tasks(notebook: nbformat.NotebookNode) -> list[Task]:
    """The exercises in order, each with the check that the next cell of code calls."""
    found: list[Task] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found += [Task(title, label) for title, label in EXERCISE.findall(cell.source)]
        elif found and not found[-1].check and (check := CHECK.search(cell.source)):
            found[-1] = Task(found[-1].title, found[-1].label, check[1], check[2])
    return found


def read(path: Path) -> Taught:
    """What the chapter in a file teaches."""
    return taught(nbformat.read(path, as_version=4))
