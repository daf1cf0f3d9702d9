"""A page that takes over a running Python finds it as if it had just started."""

from run_page import cells
from warm_python import WarmPython

CHAPTER = "book/05_rnn_from_scratch.html"
LEAVE = """
import os, pathlib, warnings
import numpy as np
from rnn_utils import metrics
kept = metrics.planted = os.environ["PLANTED"] = "left"
pathlib.Path("planted.txt").write_text("left")
np.set_printoptions(precision=2)
np.seterr(all="raise")
warnings.simplefilter("error")
os.chdir("/")
"""
FIND = """
import os, pathlib, sys, warnings
import numpy as np
print("rnn_utils" in sys.modules, "kept" in globals())
from rnn_utils import metrics
print(hasattr(metrics, "planted"), "PLANTED" in os.environ, pathlib.Path("planted.txt").exists(), os.getcwd())
print(np.get_printoptions()["precision"], np.geterr()["over"], warnings.filters[0][0] == "error")
"""
FOUND = ["False False", "False False False /home/pyodide/book", "8 warn False"]


def test_nothing_of_another_page_is_found(python: WarmPython) -> None:
    for code, wanted in ((LEAVE, []), (FIND, FOUND)):
        with python.opened(CHAPTER) as page:
            cell = cells(page)[0]
            cell.write(code)
            assert cell.run(), cell.error
            assert cell.output.splitlines() == wanted
            started = len(python.threads())
    assert len(python.threads()) == started, "no page has started its own"


def test_a_page_that_ends_its_python_starts_another(python: WarmPython) -> None:
    with python.opened(CHAPTER) as page:
        cell = cells(page)[0]
        cell.write("while True:\n    pass")
        cell.button("Run").click()
        cell.button("Stop").click()
        cell.write("print(6 * 7)")
        assert cell.run(), cell.error
        assert cell.output == "42"
    with python.opened(CHAPTER) as page:
        assert page.evaluate("opener.idle.length") == 1
