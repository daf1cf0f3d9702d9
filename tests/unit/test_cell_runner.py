"""What runs a cell in the page, here without a page."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "book/_static/run"


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh copy of the module, which changes `__main__`."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    spec = importlib.util.spec_from_file_location("cell_runner", FOLDER / "cell_runner.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "cell_runner", module)
    spec.loader.exec_module(module)
    return module


def ran(runner: ModuleType, source: str, number: int = 1) -> tuple[dict, list[tuple[str, str]]]:
    posted: list[tuple[str, str]] = []
    result = runner.run(source, f"cell {number}", lambda kind, content: posted.append((kind, content)))
    return result, posted


def test_output_comes_in_its_order(runner):
    result, posted = ran(runner, "print('a')\ndisplay(1, 'b')\nprint('c', end='')\n[1, 2]")
    assert result == {"ok": True}
    assert posted == [("text", "a\n"), ("result", "1"), ("result", "'b'"), ("text", "c"), ("result", "[1, 2]")]


@pytest.mark.parametrize("source", ["x = 1", "1;", "None", "", "# nothing"])
def test_nothing_is_shown_where_nothing_is_to_be_seen(runner, source):
    assert ran(runner, source) == ({"ok": True}, [])


def test_names_stay_and_functions_find_them(runner):
    ran(runner, "def f():\n    return seen")
    ran(runner, "seen = 3", 2)
    assert ran(runner, "f()", 3)[1] == [("result", "3")]


def test_html_is_preferred_and_long_values_are_folded(runner):
    source = "class Page:\n    def _repr_html_(self):\n        return '<b>x</b>'\nPage()"
    assert ran(runner, source)[1] == [("html", "<b>x</b>")]
    assert ran(runner, "Page")[1][0][0] == "result"
    assert "\n" in ran(runner, "list(range(60))")[1][0][1]


def test_an_error_begins_with_the_cell_and_names_the_undefined(runner):
    result, posted = ran(runner, "def g():\n    return missing\n\ng()", 7)
    assert result == {"ok": False, "undefined": "missing"}
    text = posted[-1][1].splitlines()
    assert text[:2] == ["Traceback (most recent call last):", "  In cell 7, line 4, in <module>"]
    assert text[-1] == "NameError: name 'missing' is not defined"


def test_a_cause_is_told_without_what_ran_it(runner):
    source = "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('bad') from error"
    text = ran(runner, source)[1][-1][1]
    assert text.count("In cell 1, line") == 2
    assert "direct cause" in text
    assert "cell_runner" not in text


def test_what_was_printed_before_an_error_is_kept(runner):
    assert [kind for kind, _ in ran(runner, "print('x', end='')\n1 / 0")[1]] == ["text", "error"]


def test_output_streams_are_given_back(runner):
    before = sys.stdout, sys.stderr
    ran(runner, "raise SystemExit")
    assert (sys.stdout, sys.stderr) == before


def test_figures_come_out_as_themed_pictures_in_their_place(runner, monkeypatch):
    import matplotlib as mpl

    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("RNN_FIGURES", "svg")
    monkeypatch.delitem(sys.modules, "page_backend", raising=False)
    with mpl.rc_context():
        mpl.use("module://page_backend")
        draw = (
            "import matplotlib.pyplot as plt\nfrom rnn_utils import plotting\nplotting.use_style()\nplt.plot([1, 2])\n"
        )
        _, posted = ran(runner, draw + "plt.show()\nprint('after')\nfig, ax = plotting.subplots()")
        mpl.use("agg")
    assert [kind for kind, _ in posted] == ["image", "text", "image"]
    import base64

    address = posted[0][1]
    assert address.startswith("data:image/svg+xml;base64,")
    drawn = base64.b64decode(address.partition(",")[2]).decode()
    assert "var(--blue,#0b63a5)" in drawn
    assert "prefers-color-scheme:dark" in drawn
