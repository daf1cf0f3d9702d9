"""The main line of a chapter fits into an evening: its limits."""

from collections.abc import Iterator

from chapter import Chapter, rule

from tools.counts import LIMITS, NAMES, Counts, main_line
from tools.notebooks import reading_time

CLOSE = 2  # minutes that the info line may be off in the committed notebook: the build writes the exact numbers


def examples(counts: Counts, name: str) -> str:
    """What was counted, where the reader of the message cannot count it at a glance."""
    value = getattr(counts, name)
    if isinstance(value, int):
        return ""
    return ": " + " · ".join(text if len(text) < 50 else f"{text[:40]} …" for text in sorted(value))


def excesses(chapter: Chapter) -> Iterator[str]:
    """What the main line has too much of, in words."""
    counts = main_line(chapter.notebook)
    for name, number in counts.excess().items():
        yield f"the main line has {number} {NAMES[name]}, more than {LIMITS[name]}{examples(counts, name)}"


@rule
def main_line_within_its_limits(chapter: Chapter) -> Iterator[str]:
    yield from excesses(chapter)


@rule
def reading_time_is_computed(chapter: Chapter) -> Iterator[str]:
    told, computed = reading_time.told(chapter.notebook), reading_time.computed(chapter.notebook)
    if told is None:  # that there is an info line is a rule of its own
        return
    if max(abs(one - other) for one, other in zip(told, computed)) > CLOSE:
        yield f"the info line tells {told} minutes of reading, computed are {computed}: run `make refresh`"


@rule
def answer_before_key_points(chapter: Chapter) -> Iterator[str]:
    place = chapter.headings.index("Key points") if "Key points" in chapter.headings else 0
    if place == 0 or chapter.headings[place - 1] != "The answer":
        yield "the section before 'Key points' is not 'The answer'"
    elif chapter.section("The answer").count(" ") < 10:
        yield "the section 'The answer' is empty"


@rule
def folds_are_closed_and_have_text(chapter: Chapter) -> Iterator[str]:
    folds: dict[str, int] = {}
    for piece in chapter.pieces:
        if piece.fold:
            folds[piece.fold] = folds.get(piece.fold, 0) + len(piece.text.split())
            if piece.after:
                yield f"the fold {piece.fold!r} comes after Key points: the exercises have their own folds"
    for title, length in folds.items():
        if length < 20 + len(title.split()):
            yield f"the fold {title!r} holds almost nothing: an empty fold is cut"
