"""Runs a cell in the page the way a notebook does: output as it comes, the last value shown, errors like Python's.

The worker imports this module into Pyodide and calls `run`; nothing in it needs a browser, so that it is tested
without one.
"""

import ast
import builtins
import io
import linecache
import logging
import pprint
import re
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any

WIDTH = 79  # of the repr of a value, as in Jupyter
MODULES = "the standard library, NumPy, Matplotlib and rnn_utils are what runs in this page"
Post = Callable[[str, str], None]

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # or it would remark on looking for fonts
if sys.platform == "emscripten":
    time.process_time = time.perf_counter  # a browser tells no time of the processor: it would be 0 for ever
main = types.ModuleType("__main__")
main.__dict__["__builtins__"] = builtins


class Stream(io.TextIOBase):
    """A text stream that posts whole lines, and the rest when asked to."""

    def __init__(self, post: Post) -> None:
        self.post, self.waiting = post, ""

    def write(self, text: str) -> int:
        """Take text; post it when a line is complete."""
        self.waiting += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Post what waits."""
        if self.waiting:
            self.post("text", self.waiting)
            self.waiting = ""

    def writable(self) -> bool:
        """Yes: this is for writing."""
        return True


stream = Stream(lambda _kind, _content: None)  # of the cell that runs


def put(kind: str, content: str) -> None:
    """Post a piece of output other than text, after the text that came before it."""
    stream.flush()
    stream.post(kind, content)


def run(source: str, name: str, post: Post) -> dict[str, Any]:
    """Run a cell.

    Parameters
    ----------
    source : str
        The cell's code.
    name : str
        What tracebacks call it: "cell 5".
    post : callable (kind, content)
        Takes the output in its order: kind "text", "result", "html", "image" (an address) or "error".

    Returns
    -------
    dict
        ``ok``, and for a name that is not defined, ``undefined``: which.

    """
    sys.modules["__main__"] = main
    main.__dict__["display"] = show
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    before, stream.post = (sys.stdout, sys.stderr), post
    sys.stdout = sys.stderr = stream
    try:
        execute(source, filename)
        show_figures()
        return {"ok": True}
    except BaseException as error:
        show_figures()
        put("error", described(error))
        return {"ok": False, "undefined": error.name if isinstance(error, NameError) else None}
    finally:
        stream.flush()
        sys.stdout, sys.stderr = before


def execute(source: str, filename: str) -> None:
    """Execute the code; show the value of its last line."""
    tree = ast.parse(source, filename)
    last = tree.body[-1] if tree.body else None
    shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
    if shown:
        tree.body.pop()
    exec(compile(tree, filename, "exec", dont_inherit=True), main.__dict__)
    if shown:
        show(eval(compile(ast.Expression(last.value), filename, "eval", dont_inherit=True), main.__dict__))


def show(*values: Any) -> None:
    """Show values: as HTML where they have such a form, else as Jupyter writes them."""
    for value in values:
        html = getattr(value, "_repr_html_", None)
        if html is not None and not isinstance(value, type):
            put("html", html())
        elif value is not None:
            main.__dict__["_"] = value
            text = repr(value)
            long = len(text) > WIDTH and isinstance(value, dict | list | tuple | set)
            put("result", pprint.pformat(value, width=WIDTH, sort_dicts=False) if long else text)


def show_figures() -> None:
    """Show the figures that the cell drew and did not show."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].show()


def described(error: BaseException) -> str:
    """Write an error as Python does, beginning with the cell's own lines and without the frames that ran it."""
    if isinstance(error, ModuleNotFoundError):
        error.msg = f"No module named {error.name!r}: {MODULES}"
    report = traceback.TracebackException.from_exception(error)
    waiting, seen = [report], set()
    while waiting:
        part = waiting.pop()
        if part is not None and id(part) not in seen:
            seen.add(id(part))
            part.stack = trimmed(part.stack)
            waiting += [part.__cause__, part.__context__, *(part.exceptions or [])]
    return re.sub(r'File "<(cell \d+)>"', r"In \1", "".join(report.format()).rstrip())


def trimmed(stack: traceback.StackSummary) -> traceback.StackSummary | None:
    """The frames from the first cell's on, packages without the folders above them; None when no cell is among them."""
    first = next((i for i, frame in enumerate(stack) if frame.filename.startswith("<cell")), None)
    if first is None:  # a cell that cannot be read: the error itself says where
        return None
    del stack[:first]
    for frame in stack:
        frame.filename = re.sub(r"^.*(site-packages|/lib/python[\d.]+|/home/pyodide)/", "", frame.filename)
    return stack
