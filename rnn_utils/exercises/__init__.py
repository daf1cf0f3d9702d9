"""Automatic checks of the book's exercises, one module a chapter: ``exercises.ch01.check_autocorrelation(mine)``.

A lab has one, too, under the lab's name: ``exercises.lab_counting_models``.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def chapters() -> list[str]:
    """Names of the modules of chapters and labs that exist, in order: ``["ch01", …]``."""
    return sorted(module.name for module in iter_modules(__path__) if module.name.startswith(("ch", "lab_")))


def __getattr__(name: str) -> ModuleType:
    """Import a chapter's checks when they are first asked for, so that a page loads its own chapter alone."""
    if name in chapters():
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; the chapters are {', '.join(chapters())}")


def __dir__() -> list[str]:
    return [*globals(), *chapters()]
