"""Which arguments and results of a function are arrays without a shape in its docstring.

The docstrings are in NumPy's form, where the shape stands beside the type: ``x : ndarray, shape (T, B, D)``. It holds
no Sphinx code; `package_page` warns of what it finds.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

HEADED = re.compile(r"^([A-Z]\w+)\n-{3,}$", re.MULTILINE)
DESCRIBED = ("Parameters", "Returns", "Yields", "Attributes")
ARRAY = re.compile(r"\b(?:ndarray|array_like|Tensor)\b")
SHAPE = re.compile(r"shape|\([^)]*\b[TBDHVNKSL]\b[^)]*\)")
NAMED_ARRAYS = re.compile(r"\b(?:mapping|dict|Generator)\b")  # such as all parameters of a layer: each has its own


def sections(docstring: str) -> dict[str, str]:
    """The sections of a docstring by their headings."""
    parts = HEADED.split(inspect.cleandoc(docstring))
    return dict(zip(parts[1::2], parts[2::2]))


def described(docstring: str) -> dict[str, str]:
    """What a docstring says of the type of each argument, result and attribute: ``{"x": "ndarray, shape (T, B)"}``."""
    found: dict[str, str] = {}
    for heading, text in sections(docstring).items():
        if heading not in DESCRIBED:
            continue
        for line in text.splitlines():
            if line and not line.startswith(" "):
                names, colon, kind = line.partition(" : ")
                found |= {name.strip(" *"): kind for name in names.split(",")} if colon else {line: line}
    return found


def without_shapes(thing: Any) -> Iterator[str]:
    """Names of the arguments and results that are arrays and of no stated shape."""
    thing = thing.__func__ if isinstance(thing, staticmethod | classmethod) else thing
    told = described((thing.__doc__ if inspect.isclass(thing) else inspect.getdoc(thing)) or "")
    for name, kind in told.items():
        if ARRAY.search(kind) and not SHAPE.search(kind) and not NAMED_ARRAYS.search(kind):
            yield name
    if inspect.isfunction(thing):
        for name, argument in inspect.signature(thing).parameters.items():
            kind = argument.annotation if isinstance(argument.annotation, str) else repr(argument.annotation)
            if ARRAY.search(kind) and not NAMED_ARRAYS.search(kind.lower()) and name not in told:
                yield name
