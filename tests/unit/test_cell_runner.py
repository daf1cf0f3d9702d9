"""What runs a cell in the page, here without a page."""

import gc
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


def test_a_few_lines_come_one_by_one_and_many_come_together(runner):
    posted = ran(runner, "for i in range(20): print(i)")[1]
    assert len(posted) == 20
    posted = ran(runner, "for i in range(5_000): print(i, flush=True)")[1]
    assert runner.AT_ONCE <= len(posted) < 200
    assert "".join(text for _, text in posted) == "".join(f"{i}\n" for i in range(5_000))


def test_what_waits_comes_before_a_value_and_before_an_error(runner):
    many = "for i in range(500): print(i)\n"
    for last, kind in (("display(3)", "result"), ("1 / 0", "error")):
        posted = ran(runner, many + last)[1]
        assert posted[-1][0] == kind
        assert posted[-2][1].endswith("499\n")


@pytest.mark.parametrize("source", ["print('x' * 3_000_000)", "for i in range(400_000): print(i)"])
def test_of_endless_printing_the_beginning_and_the_end_are_shown(runner, source):
    posted = ran(runner, source + "\nprint('the end')")[1]
    before = len(posted)
    ran(runner, "1")
    gc.collect()
    assert len(posted) == before, "nothing comes when the stream is cleared away"
    text = "".join(text for _, text in posted)
    assert len(text) < runner.MOST + runner.LAST + 500
    assert "more than a page can show" in text
    assert "characters are left out" in text
    assert text.endswith("the end\n")


def test_of_a_little_too_much_nothing_is_lost(runner):
    text = "".join(text for _, text in ran(runner, f"print('x' * {runner.MOST + 500})")[1])
    assert text.count("x") == runner.MOST + 500
    assert "left out" not in text


def test_values_and_messages_have_their_limit_too(runner):
    posted = ran(runner, "for i in range(1_000): display(i)")[1]
    assert len(posted) == runner.VALUES + 1
    assert posted[-1] == ("text", "… 800 values and pictures more are left out\n")
    [(kind, text)] = ran(runner, "list(range(10**6))")[1]
    assert kind == "result"
    assert len(text) < runner.MOST + runner.LAST + 100
    assert text.endswith("999999]")
    [(kind, text)] = ran(runner, "raise ValueError('x' * 10**6)")[1]
    assert (kind, len(text) < runner.MOST + runner.LAST + 100) == ("error", True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%timeit 1 + 1", "SyntaxError: %timeit is a command of Jupyter, not Python"),
        ("x = 1\n!pip install torch", "SyntaxError: !pip is a command of Jupyter, not Python"),
        ("import asyncio\nawait asyncio.sleep(0)", "SyntaxError: await works in a notebook"),
        ("name = input('Your name? ')", "RuntimeError: input() waits for a keyboard"),
        ("x = (1,", "SyntaxError: '(' was never closed"),
    ],
)
def test_what_only_a_notebook_has_is_named_in_one_sentence(runner, source, said):
    result, posted = ran(runner, source)
    assert not result["ok"]
    assert posted[-1][1].splitlines()[-1].startswith(said)
