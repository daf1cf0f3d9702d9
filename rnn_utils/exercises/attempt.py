"""One call of a learner's function: on copies of the arguments, quietly, with whatever it gave or raised."""

import copy
import dis
import reprlib
import traceback
import warnings
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import numpy as np


class Attempt:
    """Call `function` with a case's arguments and keep what came of it.

    Attributes
    ----------
    value : Any
        What the function returned; None when it raised.
    fault : str or None
        What was wrong with the call itself: an error, no value, an argument changed in place.
    unwritten : bool
        Whether the function is still the starter code.
    described : str
        The case as a second line of feedback; empty when there is nothing to show.

    """

    def __init__(self, function: Callable[..., Any], case: Mapping[str, Any]) -> None:
        self.case, self.value, error = case, None, None
        arguments = copy.deepcopy(dict(case))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the feedback says what NumPy's warning would
            try:
                self.value = function(*arguments.values())
            except Exception as raised:
                error = raised
        code = getattr(function, "__code__", None)
        self.unwritten = is_unwritten(self.value, error, code)
        self.fault = find_fault(self.value, error, code, case, arguments)
        shown = [describe(name, value) for name, value in case.items() if not isinstance(value, np.random.Generator)]
        self.described = f"\n  with {', '.join(shown)}" if shown else ""


def is_unwritten(value: Any, error: Exception | None, code: CodeType | None) -> bool:
    """Tell starter code (`...`, an empty body, NotImplementedError) from an attempt that went wrong."""
    if error is not None:
        return isinstance(error, NotImplementedError) or "ellipsis" in str(error)
    if value is not None or code is None:
        returned = value if isinstance(value, tuple) else (value,)
        return any(part is ... or part is NotImplemented for part in returned)
    return operations(code) <= operations((lambda: None).__code__)


def operations(code: CodeType) -> set[str]:
    """Names of the bytecode operations in `code`; a docstring, `pass` or a bare `...` add none."""
    return {instruction.opname for instruction in dis.get_instructions(code)} - {"NOP"}


def find_fault(
    value: Any, error: Exception | None, code: CodeType | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> str | None:
    """Say what went wrong with one call, or None."""
    if error is not None:
        lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
        where = f" on line {lines[-1] - code.co_firstlineno + 1}" if lines and code else ""
        return f"raised {type(error).__name__}{where}: {error}".removesuffix(": ")
    if value is None:
        return "returned None: did you forget `return`?"
    changed = [name for name in before if differs(before[name], after[name])]
    return f"changed its argument {changed[0]} in place: work on a copy" if changed else None


def differs(before: Any, after: Any) -> bool:
    """Whether an argument was changed; arrays may sit in lists and dictionaries. A generator's state may move on."""
    if isinstance(before, np.ndarray):
        return before.shape != after.shape or before.tobytes() != after.tobytes()
    if isinstance(before, dict):
        return before.keys() != after.keys() or any(differs(before[key], after[key]) for key in before)
    if isinstance(before, list):
        return len(before) != len(after) or any(map(differs, before, after))
    return isinstance(before, str | int | float) and before != after


def describe(name: str, value: Any) -> str:
    """Show one argument in a few characters: arrays by their shape."""
    if isinstance(value, np.ndarray):
        return f"{name} of shape {value.shape}"
    return f"{name} = {reprlib.repr(value.item() if isinstance(value, np.generic) else value)}"
