"""The figure of chapter 17 with the rounds of a scan: its counts are Python's, and it works from 360 pixels on."""

import itertools
from typing import Any

import pytest
from conftest import Show

from rnn_utils.touch import Scan
from rnn_utils.touch.scan import WAYS, rounds

SCRIPT = "scan.js"
READ = """async ({rounded, priced}) => {
    const {rounds, costs} = await import("/touch/rounds.js");
    return {rounds: rounded.map((each) => rounds(...each)), costs: priced.map((each) => costs(...each))};
}"""


def facts(page: Any) -> dict[str, str]:
    return dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))


def test_the_module_counts_what_python_counts(browser: Any, figures: str) -> None:
    page = browser.new_page()
    page.goto(f"{figures}touch/rounds.js")
    rounded = [list(each) for each in itertools.product(WAYS, (1, 2, 3, 7, 8, 33, 64))]
    priced = [list(each) for each in itertools.product((2, 7, 16, 63, 64), (1, 5, 4096), (1, 16, 65_536))]
    got = page.evaluate(READ, {"rounded": rounded, "priced": priced})
    assert got["rounds"] == [[[list(join) for join in each] for each in rounds(*setting)] for setting in rounded]
    assert got["costs"] == [Scan().costs(*setting) for setting in priced]
    page.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_knobs_change_picture_and_counts(show: Show, width: int) -> None:
    page = show(Scan(), SCRIPT, viewport={"width": width, "height": 844})

    def expect(way: str, T: int, units: int, processors: int) -> None:
        seen, joins = facts(page), sum(map(len, rounds(way, T)))
        assert (seen["rounds"], seen["joins"]) == (str(len(rounds(way, T))), f"{joins:,}")
        for name, cost in Scan().costs(T, units, processors).items():
            assert seen[f"operations in a row, {name}"] == f"{cost:,}"
        assert page.locator("line.join").count() == joins

    expect("doubling", 16, 1, 1)
    page.get_by_label("Way").select_option("tree")
    page.get_by_role("slider", name="Steps").press("ArrowRight")
    page.get_by_role("slider", name="Units").press("End")
    page.get_by_role("slider", name="Processors").press("ArrowRight")
    expect("tree", 17, 4096, 2)
    page.get_by_role("slider", name="Steps").press("End")
    expect("tree", 64, 4096, 2)
    page.get_by_role("slider", name="Steps").press("Home")
    expect("tree", 2, 4096, 2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_a_table_stays(show: Show) -> None:
    page = show(Scan(), SCRIPT, java_script_enabled=False)
    assert page.locator("tbody tr").count() == 4
    assert page.get_by_role("slider").count() == 0
