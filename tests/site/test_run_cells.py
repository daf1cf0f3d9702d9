"""Cells that run in the page: buttons, editor, output, errors, Stop, Reset, Run all above."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import chromium
from playwright.sync_api import expect
from run_page import Cell, cells, opened
from warm_python import WarmPython

CHAPTER = "book/05_rnn_from_scratch.html"  # it has cells with and without PyTorch
DRAW = """import matplotlib.pyplot as plt
from rnn_utils import plotting
plotting.use_style()
plt.plot([1, 2])
plt.show()"""
TOUCH = """import numpy as np
from rnn_utils.touch import Unrolled
one, none = np.eye(2), np.zeros(2)
weights = dict(W_ih=one, W_hh=one, b=none, W_hy=one, b_y=none)
Unrolled(["a", "b"], weights, ["abab"], unit="character")"""


@pytest.fixture(scope="module")
def page(python: WarmPython) -> Iterator[Any]:
    """A chapter whose Python is started once for all tests that leave it running."""
    with python.opened(CHAPTER) as chapter:
        yield chapter


def test_an_edited_cell_runs_and_its_names_are_kept_for_the_next(page: Any, cell: Cell) -> None:
    cell.write("import numpy as np\nkept = np.arange(4) ** 2\nkept")
    assert cell.run(), cell.error
    assert cell.output == "array([0, 1, 4, 9])"
    cell.write("print(kept.sum(), 'in the page')")
    assert cell.run()
    assert cell.output == "14 in the page"


TRAIN = """import numpy as np
from tqdm.auto import tqdm
from rnn_utils.data import contiguous_streams
from rnn_utils.models import LanguageModel
from rnn_utils.optim import SGD
from rnn_utils.training import fit
model = LanguageModel(5, 4, rng=np.random.default_rng(0))
batches = list(contiguous_streams(np.arange(200) % 5, 2, 5))
fit(model, batches, SGD(model.params, 0.1), steps=30, progress=True)
for _ in tqdm(range(1000), desc="loop"): pass"""


def test_a_progress_bar_is_ten_lines(page: Any, cell: Cell) -> None:
    cell.write(TRAIN)
    assert cell.run(), cell.error
    trained, looped = cell.output.splitlines()[:10], cell.output.splitlines()[10:]
    assert [re.sub(r", loss \d\.\d{3}$", "", line) for line in trained] == [f"{n} of 30" for n in range(3, 31, 3)]
    assert looped == [f"loop: {n} of 1000" for n in range(100, 1001, 100)]


def test_the_output_is_announced_and_the_books_goes_when_the_new_one_comes(page: Any, cell: Cell) -> None:
    output = cell.at.locator(".run-output")
    assert output.get_attribute("aria-live") == "polite"
    stored = cell.at.locator(".cell_output:not(.run-output) .output").first
    assert stored.is_visible()
    cell.write("import time\nt = time.time()\nwhile time.time() < t + 2: pass\nprint('new')")
    cell.button("Run").click()
    expect(cell.at.locator(".run-status")).to_have_text("Running …", timeout=60_000)
    assert stored.is_visible()
    assert output.get_attribute("aria-busy") == "true"
    assert cell.ended()
    assert not stored.is_visible()
    assert (cell.output, output.get_attribute("aria-busy")) == ("new", "false")


def test_printing_comes_as_it_is_written(page: Any, cell: Cell) -> None:
    cell.write("import time\nprint('first')\nt = time.time()\nwhile time.time() < t + 3: pass\nprint('second')")
    cell.button("Run").click()
    expect(cell.at.locator(".run-output")).to_have_text("first", timeout=60_000)
    assert cell.button("Stop").is_visible()
    assert cell.ended()
    assert cell.output == "first\nsecond"


ERRORS = {
    "def f(x):\n    return 1 / x\n\nf(0)": [
        "Traceback (most recent call last):",
        "  In cell 2, line 4, in <module>",
        "    f(0)",
        "  In cell 2, line 2, in f",
        "    return 1 / x",
        "           ~~^~~",
        "ZeroDivisionError: division by zero",
    ],
    "x = (1,\ny = 2": ["  In cell 2, line 1", "    x = (1,", "        ^", "SyntaxError: '(' was never closed"],
    "import pandas": [
        "Traceback (most recent call last):",
        "  In cell 2, line 1, in <module>",
        "    import pandas",
        "ModuleNotFoundError: No module named 'pandas': the standard library, NumPy, Matplotlib and rnn_utils are what "
        "runs in this page",
    ],
}


@pytest.mark.parametrize("code", ERRORS, ids=["in a function", "syntax", "no such module"])
def test_an_error_reads_like_pythons(page: Any, cell: Cell, code: str) -> None:
    cell.write(code)
    assert not cell.run()
    assert cell.error.splitlines() == ERRORS[code]
    assert cell.status.startswith("Stopped by an error after")


def test_an_error_inside_the_package_names_its_file_and_no_folder(page: Any, cell: Cell) -> None:
    cell.write("from rnn_utils import data\ndata.Vocabulary(3)")
    assert not cell.run()
    assert 'File "rnn_utils/data/tokens.py", line ' in cell.error
    assert not re.search("/home|site-packages|cell_runner|pyodide", cell.error)


def test_the_folded_first_cell_runs_by_itself_when_it_is_missed(python: WarmPython) -> None:
    with python.opened(CHAPTER) as page:
        set_up, second = cells(page)[:2]
        assert not set_up.at.locator(".cell_input pre").is_visible()
        assert second.run(), second.error
        assert set_up.status.startswith("Done")
        assert second.output == second.stored


def test_a_name_of_a_cell_above_is_explained_and_one_click_runs_them(python: WarmPython) -> None:
    with python.opened(CHAPTER) as page:
        runnable = cells(page)
        reader = runnable[2]
        reader.write("print(V)")
        assert not reader.run()
        assert "NameError: name 'V' is not defined" in reader.error
        assert runnable[1].status == ""
        reader.at.get_by_role("button", name="Run all above, then this cell").click()
        expect(reader.at.locator(".run-status")).to_have_text(re.compile("^Done"), timeout=120_000)
        assert runnable[1].status.startswith("Done")
        assert reader.output == "64"


ENDLESS = {
    "an endless loop": "i = 0\nwhile True:\n    print(i)\n    i += 1",
    "values": "while True:\n    display([1] * 100)",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
def test_endless_output_leaves_the_page_alive(page: Any, cell: Cell, code: str) -> None:
    cell.write(code)
    cell.button("Run").click()
    expect(cell.at.locator(".run-output pre").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2000)
    assert len(cell.output) < 250_000
    page.evaluate("window.since = performance.now()")
    cell.button("Stop").click()
    expect(cell.at.locator(".run-status")).to_have_text("Stopped. What cells had defined is gone.")
    assert page.evaluate("performance.now() - since") < 1000
    assert cell.at.get_by_role("button", name="Run all above, then this cell").is_visible()


def test_much_output_has_a_height_and_a_long_line_is_broken(page: Any, cell: Cell) -> None:
    cell.write("for i in range(1_000): print(i)\nprint('x' * 3_000_000)")
    page.evaluate(
        """() => { let last = performance.now(); window.longest = 0;
        setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; }); }"""
    )
    assert cell.run(), cell.error
    assert page.evaluate("longest") < 2500, "the page answers nothing while it shows the output"
    assert "characters are left out" in cell.output
    box = cell.at.locator(".run-output pre").first
    assert box.bounding_box()["height"] < 600
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight > one.clientHeight")


def test_what_was_typed_is_there_again_after_a_reload(python: WarmPython) -> None:
    with python.opened(CHAPTER) as page:
        first, other = cells(page)[1:3]
        first.write("print('mine')")
        page.reload(wait_until="networkidle")
        first, other = cells(page)[1:3]
        assert first.at.locator("textarea").input_value() == "print('mine')"
        assert first.status == "Your code from before. Reset brings the book's back."
        assert other.at.locator("textarea").count() == 0
        assert first.run()
        assert first.output == "mine"
        first.button("Reset").click()
        page.reload(wait_until="networkidle")
        assert page.locator(".cell textarea").count() == 0


@pytest.mark.parametrize("kept", ["{broken", '{"cells": "x"}', '{"cells": {"PLACE": 7}}'])
def test_whatever_is_kept_the_cells_work(browser: Any, server: str, kept: str) -> None:
    with opened(browser, server + CHAPTER) as page:
        cell = cells(page)[1]
        cell.write("print('mine')")
        page.evaluate(
            """(kept) => { const ours = ([name]) => name.startsWith("reading:");
            const [key, text] = Object.entries(localStorage).find(ours);
            localStorage.setItem(key, kept.replace("PLACE", Object.keys(JSON.parse(text).cells)[0])); }""",
            kept,
        )
        page.reload(wait_until="networkidle")
        cell = cells(page)[1]
        assert cell.at.locator("textarea").count() == 0
        cell.write("print('again')")
        page.reload(wait_until="networkidle")
        assert cells(page)[1].at.locator("textarea").input_value() == "print('again')"


def test_run_all_above_runs_those_above_from_the_first_that_changed(page: Any, cell: Cell) -> None:
    first, second, third, fourth = cells(page)[:4]
    fourth.button("Run all above").click()
    for above in (first, second, third):
        expect(above.at.locator(".run-status")).to_have_text(re.compile("^Done"), timeout=120_000)
    assert fourth.status == ""
    second.write("print('changed')")
    forget = "for (const s of document.querySelectorAll('.run-status')) s.textContent = ''"
    page.evaluate(forget)
    fourth.button("Run all above").click()
    expect(third.at.locator(".run-status")).to_have_text(re.compile("^Done"), timeout=60_000)
    assert (first.status, second.output) == ("", "changed")
    second.button("Reset").click()
    page.evaluate(forget)
    fourth.button("Run all above").click()
    assert third.ended(minutes=2)
    assert second.output == second.stored, "Reset has changed it, too"


def test_a_cell_that_fails_ends_the_row(page: Any) -> None:
    _, second, third, fourth = cells(page)[:4]
    second.write("raise ValueError('here')")
    fourth.button("Run all above").click()
    assert not second.ended()
    expect(third.at.locator(".run-status")).to_have_text("")
    second.button("Reset").click()


def test_reset_brings_back_code_output_and_figure(page: Any) -> None:
    drawing = next(cell for cell in cells(page) if cell.at.locator("figure img").count())
    image = drawing.at.locator("figure img")
    source, text = image.get_attribute("src"), image.get_attribute("alt")
    drawing.at.locator("summary").first.click()
    drawing.write(
        "import matplotlib.pyplot as plt\nfrom rnn_utils import plotting\nplotting.use_style()\nplt.plot([1, 2])"
    )
    assert drawing.run(), drawing.error
    assert image.get_attribute("src").startswith("data:image/svg+xml;base64,")
    assert image.get_attribute("alt") == f"Drawn by your code. The book's figure: {text}"
    assert drawing.at.locator("figcaption").is_visible()
    drawing.button("Reset").click()
    restored = image.get_attribute("src") == source  # not compared by pytest, which would look for the difference long
    assert (restored, image.get_attribute("alt")) == (True, text)
    assert drawing.at.locator("textarea").count() == 0
    assert not drawing.button("Reset").is_visible()


def test_figures_follow_the_theme(python: WarmPython) -> None:
    """The same SVG under a light and a dark page: its lines are painted in another colour."""
    for scheme, colour in (("light", [11, 99, 165]), ("dark", [109, 179, 242])):
        with python.opened(CHAPTER, color_scheme=scheme) as page:
            cell = cells(page)[1]
            cell.write(DRAW)
            assert cell.run(), cell.error
            painted = page.evaluate(
                """async () => { const image = document.querySelector(".run-output img"); await image.decode();
                const canvas = new OffscreenCanvas(image.width, image.height), paint = canvas.getContext("2d");
                paint.drawImage(image, 0, 0);
                const points = paint.getImageData(0, 0, image.width, image.height).data, found = new Set();
                for (let i = 0; i < points.length; i += 4) found.add(points.slice(i, i + 4).join());
                return [...found]; }"""
            )
            assert ",".join(map(str, [*colour, 255])) in painted


def test_reset_takes_back_what_a_run_left(page: Any, cell: Cell) -> None:
    cell.write("raise ValueError('here')")
    assert not cell.run()
    cell.button("Reset").click()
    assert (cell.error, cell.output, cell.status) == ("", "", "The book's code and output.")
    assert cell.at.locator(".cell_input .highlight").is_visible()
    assert cell.at.locator(".cell_output:not(.run-output) .output").first.is_visible()
    expect(cell.button("Run")).to_be_focused()
    assert not cell.run() or cell.output == cell.stored, "it is the book's code that runs"


def test_reset_takes_a_waiting_cell_out_of_the_row_and_lets_the_others_go_on(page: Any, cell: Cell) -> None:
    _, _, third, fourth = cells(page)[:4]
    cell.write("import time\nt = time.time()\nwhile time.time() < t + 3: pass")
    third.write("print('never')")
    fourth.write("print('last')")
    for one in (cell, third, fourth):
        one.button("Run").click()
    third.button("Reset").click()
    assert cell.ended(minutes=2)
    assert fourth.ended(minutes=2)
    assert (third.output, third.status, fourth.output) == ("", "The book's code and output.", "last")
    fourth.button("Reset").click()


def test_stop_ends_a_cell_at_once_and_says_what_is_lost(python: WarmPython) -> None:
    with python.opened(CHAPTER) as page:
        _, second, third = cells(page)[:3]
        before = len(python.threads())
        second.write("kept = 1\nwhile True:\n    pass")
        second.button("Run").click()
        third.button("Run").click()
        expect(second.at.locator(".run-status")).to_have_text("Running …", timeout=60_000)
        expect(third.at.locator(".run-status")).to_have_text("Waits for the cell that is running.")
        second.button("Stop").click()
        expect(second.at.locator(".run-status")).to_have_text("Stopped. What cells had defined is gone.")
        assert third.status == ""
        for _ in range(100):  # the browser lets a thread that computes go on for two seconds
            page.wait_for_timeout(100 if len(python.threads()) == before else 0)
        assert len(python.threads()) == before - 1, "the thread has ended, not just been forgotten"
        second.write("kept")
        assert not second.run()
        assert "NameError: name 'kept' is not defined" in second.error


def test_cells_that_need_torch_say_so_and_have_no_button(page: Any) -> None:
    torch = page.locator("div.cell.cannot-run")
    assert torch.count() == 1
    assert torch.locator("pre").first.text_content().startswith("import torch")
    assert (
        torch.locator(".run-bar").text_content().strip()
        == "Needs PyTorch, which a web page does not have: the output is the book's."
    )
    assert torch.locator(".run-bar button").count() == 0


def test_cells_that_draw_after_such_a_cell_say_so(browser: Any, server: str) -> None:
    with opened(browser, f"{server}book/12_pytorch_recurrent_layers.html") as page:
        drawing = page.locator("div.cell.needs-draws", has_text="data.surnames(")
        assert drawing.locator(".run-bar").text_content().strip() == (
            "Draws its random numbers after a cell that cannot run in a web page: the output is the book's."
        )


def test_an_exercise_is_checked_in_the_page(page: Any, cell: Cell) -> None:
    check = "from rnn_utils import exercises\nmine = lambda x, k: {}\nexercises.ch01.check_persistence(mine)"
    for answer, verdict in (("...", "○ "), ("x[k:]", "✗ "), ("x[: len(x) - k]", "✓ ")):
        cell.write(check.format(answer))
        assert cell.run(), cell.error
        assert cell.output.startswith(verdict), cell.output


def test_the_editor_works_from_the_keyboard_and_lets_go(page: Any, cell: Cell) -> None:
    cell.button("Edit").focus()
    page.keyboard.press("Enter")
    editor = cell.at.locator("textarea")
    expect(editor).to_be_focused()
    assert editor.get_attribute("aria-label") == "Code of cell 2"
    assert "Esc, then Tab leaves" in page.locator(f"#{editor.get_attribute('aria-describedby')}").inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.type("if True:")
    page.keyboard.press("Enter")
    page.keyboard.type("print(1)")
    page.keyboard.press("Enter")
    page.keyboard.type("if True:")
    page.keyboard.press("Enter")
    page.keyboard.type("print(2)")
    assert editor.input_value() == "if True:\n    print(1)\n    if True:\n        print(2)"
    page.keyboard.press("Control+Enter")
    assert cell.ended()
    assert cell.output == "1\n2"
    expect(editor).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()


def test_a_figure_to_touch_comes_alive_when_its_cell_is_run(python: WarmPython) -> None:
    with python.opened("book/03_layers_of_an_rnn.html") as page:
        cell = cells(page)[1]
        cell.write(TOUCH)
        alive = page.locator("[data-touch] button").count()
        assert cell.run(), cell.error
        cell.at.locator(".run-output").get_by_role("button", name="Next").click()
        assert "Step 2 of 4" in cell.at.locator(".run-output .status").inner_text()
        own = cell.at.locator(".run-output [data-touch] button").count()
        assert page.locator("[data-touch] button").count() == alive + own, "the others are left as they were"


def test_without_scripts_and_from_a_folder_there_are_no_buttons(browser: Any, server: str, site: Any) -> None:
    with opened(browser, server + CHAPTER, java_script_enabled=False) as page:
        assert page.locator(".run-bar:visible").count() == 0
    # Browsers do not load the script from a folder, unless they are told to.
    told = browser.browser_type.launch(
        executable_path=chromium(),
        args=["--allow-file-access-from-files"],
        chromium_sandbox=False,
    )
    page = told.new_page()
    page.goto((site / CHAPTER).as_uri(), wait_until="load")
    page.wait_for_timeout(1000)
    assert page.locator(".run-bar button").count() == 0
    told.close()
