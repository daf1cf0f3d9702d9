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
# What a page can take of one cell: characters from the beginning, then those at the end; values and pictures; pieces of
# text that go out one by one, as those of a training do, and how many a second after that.
MOST, LAST, VALUES, AT_ONCE, PER_SECOND = 100_000, 2_000, 200, 50, 10
FOLDED = 20_000  # characters of a value that are laid out in lines: longer ones would take minutes

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # or it would remark on looking for fonts
if sys.platform == "emscripten":
    time.process_time = time.perf_counter  # a browser tells no time of the processor: it would be 0 for ever
main = types.ModuleType("__main__")
main.__dict__["__builtins__"] = builtins


class Stream(io.TextIOBase):
    """A text stream that posts whole lines while there are few, and what has gathered ten times a second when not.

    An endless loop that prints would bring the page down: what is too much is counted, and its end is kept.
    """

    def __init__(self, post: Post) -> None:
        self.post = post
        self.waiting, self.tail = "", ""
        self.shown = self.left_out = self.values = self.values_left_out = 0
        self.tokens, self.at = float(AT_ONCE), time.monotonic()

    def write(self, text: str) -> int:
        """Take text; post it when a line is complete."""
        self.waiting += text
        if "\n" in text or len(self.waiting) > LAST:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Post what waits, unless much has been posted just now: then a later call does, at the latest `finish`."""
        if not self.waiting:
            return
        now = time.monotonic()
        self.tokens, self.at = min(AT_ONCE, self.tokens + PER_SECOND * (now - self.at)), now
        if self.tokens >= 1 or len(self.waiting) > MOST:
            self.tokens -= 1
            self.send()

    def send(self) -> None:
        """Post what waits, as far as there is room."""
        text, self.waiting = self.waiting, ""
        room = MOST - self.shown
        self.shown += len(text)
        if room > 0 and text:
            more = "\n… more than a page can show; its end follows when the cell has ended …\n"
            self.post("text", text if len(text) <= room else text[:room] + more)
        if len(text) > room:
            self.left_out += len(text) - max(room, 0)
            self.tail = (self.tail + text[max(room, 0) :])[-LAST:]

    def put(self, kind: str, content: str) -> None:
        """Post a piece of output other than text, after the text that came before it."""
        self.send()
        self.values += 1
        if self.values <= VALUES or kind == "error":
            self.post(kind, content)
        else:
            self.values_left_out += 1

    def finish(self) -> None:
        """Post what is still to be said."""
        self.send()
        if self.values_left_out:
            self.post("text", f"… {self.values_left_out:,} values and pictures more are left out\n")
        if self.left_out:
            gone = f"… {self.left_out - len(self.tail):,} characters are left out …\n" if self.left_out > LAST else ""
            self.post("text", gone + self.tail)

    def writable(self) -> bool:
        """Yes: this is for writing."""
        return True


stream = Stream(lambda _kind, _content: None)  # of the cell that runs


def put(kind: str, content: str) -> None:
    """Post a piece of output other than text."""
    stream.put(kind, content)


def shortened(text: str) -> str:
    """Return a text that a page can show."""
    if len(text) <= MOST:
        return text
    return f"{text[:MOST]}\n… {len(text) - MOST - LAST:,} characters are left out …\n{text[-LAST:]}"


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
    main.__dict__.update(display=show, input=no_input)
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    global stream
    before, stream = (sys.stdout, sys.stderr), Stream(post)
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
        stream.finish()
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
            long = WIDTH < len(text) < FOLDED and isinstance(value, dict | list | tuple | set)
            put("result", pprint.pformat(value, width=WIDTH, sort_dicts=False) if long else shortened(text))


def show_figures() -> None:
    """Show the figures that the cell drew and did not show."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].show()


def described(error: BaseException) -> str:
    """Write an error as Python does, beginning with the cell's own lines and without the frames that ran it."""
    if isinstance(error, ModuleNotFoundError):
        error.msg = f"No module named {error.name!r}: {MODULES}"
    elif isinstance(error, SyntaxError):
        error.msg = explained(error)
    report = traceback.TracebackException.from_exception(error)
    waiting, seen = [report], set()
    while waiting:
        part = waiting.pop()
        if part is not None and id(part) not in seen:
            seen.add(id(part))
            part.stack = trimmed(part.stack)
            waiting += [part.__cause__, part.__context__, *(part.exceptions or [])]
    return shortened(re.sub(r'File "<(cell \d+)>"', r"In \1", "".join(report.format()).rstrip()))


def explained(error: SyntaxError) -> str:
    """Return the message of a syntax error; where a notebook would have understood the line, what it is there."""
    line = (error.text or "").strip()
    if line.startswith(("%", "!")):
        return f"{line.split()[0]} is a command of Jupyter, not Python: take the line out, or open the notebook there"
    if "'await' outside" in error.msg:
        return "await works in a notebook, and in async functions; a cell in a page has no event loop to wait in"
    return error.msg


def no_input(prompt: object = "") -> str:
    """Stand in the place of `input`, which nobody could answer."""
    raise RuntimeError("input() waits for a keyboard, which a cell in a page does not have: write the text in the code")


def trimmed(stack: traceback.StackSummary) -> traceback.StackSummary | None:
    """The frames from the first cell's on, packages without the folders above them; None when no cell is among them."""
    first = next((i for i, frame in enumerate(stack) if frame.filename.startswith("<cell")), None)
    if first is None:  # a cell that cannot be read: the error itself says where
        return None
    del stack[:first]
    for frame in stack:
        frame.filename = re.sub(r"^.*(site-packages|/lib/python[\d.]+|/home/pyodide)/", "", frame.filename)
    return stack
