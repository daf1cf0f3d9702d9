"""One exercise and its check: run a learner's answer on every case, then say what is wrong and where to look.

A check prints one or two lines and never raises on a wrong answer, so that a notebook with unfinished starter code
still runs from top to bottom.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rnn_utils.console import say
from rnn_utils.exercises.attempt import Attempt
from rnn_utils.exercises.diagnosis import Tolerance, compare

SEED = 2024
NOT_WRITTEN = "not written yet: replace the `...`, then run this cell again"


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners are known to give, and what to tell them.

    Attributes
    ----------
    name : str
        A few words for the test report.
    wrong : callable
        The mistake in code, with the arguments of the exercise's solution.
    message : str
        What to print when an answer gives on every case what `wrong` gives.

    """

    name: str
    wrong: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Exercise:
    """An exercise, declared. Calling it with a learner's answer prints the feedback.

    Attributes
    ----------
    name : str
        What the feedback calls the exercise.
    solution : callable
        The reference. With arguments, the answer is a function; without, it is a value.
    cases : callable, Generator -> sequence of tuple
        Makes each case's arguments from a generator whose seed is fixed. Give T, B, D and H different sizes.
    mistakes : tuple of Mistake
        Anticipated wrong answers; theirs is the message when one matches, before the general diagnosis.
    label : str
        The subject of the feedback's sentence, where ``{}`` stands for the part's name: "the gradient of {}".
    returns : tuple of str
        Names of the parts when the solution returns a tuple. A dictionary's parts go by its keys.
    axes : mapping of str to str
        Axis letters of arguments and parts by name, ``{"x": "T B D", "result": "T B H"}``; with them the feedback
        can name a missing axis and ask about a sum over time.
    tolerance : Tolerance
        How close is right.

    """

    name: str
    solution: Callable[..., Any]
    cases: Callable[[np.random.Generator], Sequence[tuple[Any, ...]]] = lambda rng: [()]
    mistakes: tuple[Mistake, ...] = ()
    label: str = ""
    returns: tuple[str, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    tolerance: Tolerance = field(default_factory=Tolerance)

    def __call__(self, answer: Any) -> None:
        """Print the feedback on `answer`."""
        say(self.feedback(answer))

    def feedback(self, answer: Any) -> str:
        """Return the text that a call prints: one line that begins with ✓, ○ or ✗, and for ✗ perhaps a second."""
        names = list(inspect.signature(self.solution).parameters)
        if answer is None or answer is ... or answer is NotImplemented:
            return f"○ {self.name}: {NOT_WRITTEN}"
        if callable(answer) != bool(names):
            wanted = "pass the function itself, without calling it" if names else "pass the value, not a function"
            return f"✗ {self.name}: got type {type(answer).__name__}: {wanted}"
        cases = self.cases(np.random.default_rng(SEED))
        tried = [Attempt(answer if names else lambda: answer, dict(zip(names, case))) for case in cases]
        if any(attempt.unwritten for attempt in tried):
            return f"○ {self.name}: {NOT_WRITTEN}"
        problem = self._problem(tried)
        if problem is None:
            return f"✓ {self.name}: right" + (f" on {len(tried)} case{'s' * (len(tried) > 1)}" if names else "")
        for mistake in self.mistakes:  # an answer that is right for another exercise
            if replace(self, solution=mistake.wrong)._problem(tried) is None:
                return f"✗ {self.name}: {mistake.message}"
        return f"✗ {self.name}: {problem}"

    def _problem(self, tried: Sequence[Attempt]) -> str | None:
        """Say the first thing that is wrong, or None: an error, a changed argument, a missing part, a wrong value."""
        for mine in tried:
            if mine.fault:
                return mine.fault + mine.described
        given = [parts(mine.value, self.returns) for mine in tried]
        wanted = [parts(Attempt(self.solution, mine.case).value, self.returns) for mine in tried]
        for got, want in zip(given, wanted):
            if got.keys() != want.keys():
                return f"returned {listed(got)}, wanted {listed(want)}"
        lengths = [self._lengths(mine.case) for mine in tried]
        for part in wanted[0]:
            theirs, ours = [case[part] for case in given], [case[part] for case in wanted]
            found = compare(theirs, ours, lengths, self.axes.get(part, ""), self.tolerance)
            if found is not None:
                subject = self.label or ("the result" if part == "result" else "`{}`")
                return f"{subject.format(part)} {found.text}" + (
                    "" if found.case is None else tried[found.case].described
                )
        return None

    def _lengths(self, arguments: Mapping[str, Any]) -> dict[str, int]:
        """Length of every argument axis whose letter is known: ``{"T": 4, "B": 3}``."""
        named = [(self.axes[name].split(), np.shape(value)) for name, value in arguments.items() if name in self.axes]
        return {letter: length for letters, shape in named for letter, length in zip(letters, shape)}


def parts(value: Any, names: Sequence[str] = (), name: str = "result") -> dict[str, Any]:
    """Split a returned value into named parts: a dictionary's entries, a tuple's (also inside), or the one result."""
    if isinstance(value, dict):
        entries = [(str(key), part) for key, part in value.items()]
    elif isinstance(value, tuple):
        entries = [(names[i] if i < len(names) else f"{name}[{i}]", part) for i, part in enumerate(value)]
    else:
        return {name: value}
    return {name: part for key, inner in entries for name, part in parts(inner, (), key).items()}


def listed(named: Mapping[str, Any]) -> str:
    """Count and name some parts: ``2 values (out, state)``."""
    return f"{len(named)} value{'s' * (len(named) != 1)} ({', '.join(named)})"
