"""Python for the pages of many tests: started once, emptied between two pages, and handed on.

To start it takes ten seconds of the processor, most of a short test's time. So a page that does nothing but wait keeps
the threads that Python runs in, and opens the others, which take a thread from it instead of starting their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from run_page import watched

# Those that are not in use, and how to ask one for something.
KEEPER = """() => {
    window.idle = [];
    window.asked = (python, code) => new Promise((done, fail) => {
        python.onerror = () => fail(new Error("Python has not come"));
        python.onmessage = ({ data: { kind, content } }) => {
            if (kind === "done") done();
            else if (kind === "error" || kind === "broken") fail(new Error(content));
        };
        python.postMessage({ code, name: "between two pages" });
    });
}"""
START = """async ([script, code]) => {
    if (idle.length) return;
    const python = new Worker(script, { type: "module" });
    await asked(python, code);
    idle.push(python);
}"""
# A page that ends its Python, or finds none, starts its own, which ends with it.
TAKE = """if (window.opener) {
    const Own = window.Worker;
    window.Worker = function (...given) {
        const python = (window.taken = opener.idle.pop());
        if (!python) return new opener.Worker(...given);
        python.terminate = () => {
            window.taken = null;
            Own.prototype.terminate.call(python);
        };
        return python;
    };
}"""
GIVE_BACK = """async (code) => {
    if (!window.taken) return;
    await opener.asked(taken, code);
    opener.idle.push(taken);
}"""
# What a page can have left, beside the names it has defined: the book's modules and data, files, settings.
EMPTY = """
def empty():
    import builtins, gc, os, page_files, sys, types, warnings
    from pathlib import Path
    import cell_runner
    import numpy as np

    files = {path for folder in ("/home/pyodide/book", "/tmp") for path in Path(folder).rglob("*")}
    as_started = (warnings.filters[:], np.get_printoptions(), np.geterr(), files, set(os.environ.items()))
    filters, printed, errors, there, environment = cell_runner.__dict__.setdefault("as_started", as_started)
    for path in sorted(files - there, reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    os.chdir("/home/pyodide/book")
    os.environ.clear()
    os.environ.update(environment)
    warnings.filters[:] = filters
    warnings._filters_mutated()  # what has been warned of once is warned of again
    np.set_printoptions(**printed)
    np.seterr(**errors)
    for name in [name for name in sys.modules if name.partition(".")[0] in page_files.names]:
        del sys.modules[name]
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
        sys.modules["matplotlib"].rc_file_defaults()
    cell_runner.main = types.ModuleType("__main__")
    cell_runner.main.__dict__["__builtins__"] = builtins
    gc.collect()

empty()
"""


class WarmPython:
    """A window of the browser whose pages share what runs Python. Each page finds it as if it had just started."""

    def __init__(self, browser: Any, server: str) -> None:
        self.server = server
        self.context = browser.new_context()
        self.context.add_init_script(TAKE)
        self.keeper = self.context.new_page()
        self.keeper.goto(server + "404.html")
        self.keeper.evaluate(KEEPER)

    def threads(self) -> list[Any]:
        """What runs Python, in use or not."""
        return self.keeper.workers

    @contextmanager
    def opened(self, path: str, viewport: dict[str, int] | None = None, **media: str) -> Iterator[Any]:
        """An open page of the site, as in `run_page.opened`; `media` are the colours and the motion that it meets."""
        self.keeper.evaluate(START, [self.server + "_static/run/worker.js", EMPTY])
        self.keeper.evaluate("localStorage.clear()")
        with self.keeper.expect_popup() as opening:
            self.keeper.evaluate("() => { open('about:blank'); }")
        page = watched(opening.value)
        self.keeper.on("pageerror", lambda error: page.wrong.append(str(error)))
        if viewport:
            page.set_viewport_size(viewport)
        page.emulate_media(**media)
        page.goto(self.server + path, wait_until="networkidle")
        try:
            yield page
            page.evaluate(GIVE_BACK, EMPTY)
        finally:
            page.close()
        assert page.wrong == []
