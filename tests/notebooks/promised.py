"""Objectives and what belongs to them: each is taught somewhere, and nothing is taught, asked or set without one."""

from collections.abc import Iterator

from chapter import Chapter, rule

from tools.notebooks import objectives


@rule
def objectives_are_taught(chapter: Chapter) -> Iterator[str]:
    told = objectives.taught(chapter.notebook)
    for objective in told.objectives:
        if not objective.sections:
            yield f"no comment below the objective {objective.text!r} names a section that teaches it"
    kinds = {
        "section": (told.sections, [name for one in told.objectives for name in one.sections]),
        "question": (told.questions, [number for one in told.objectives for number in one.questions]),
        "exercise": ([task.label for task in told.tasks], [name for one in told.objectives for name in one.exercises]),
    }
    for kind, (there, named) in kinds.items():
        for name in dict.fromkeys(named):
            if name not in there:
                yield f"an objective names the {kind} {name!r}, which the chapter does not have"
        for name in there:
            if name not in named:
                yield f"no objective names the {kind} {name!r}"
