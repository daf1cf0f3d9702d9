"""The rounds of a scan as the figure counts them: they join every prefix once, and cost what is said."""

import numpy as np
import pytest

from rnn_utils.touch import Scan
from rnn_utils.touch.scan import WAYS, rounds


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("T", [1, 2, 3, 7, 8, 20, 64])
def test_the_rounds_make_every_prefix(way, T):
    """Let a place hold the set of steps that it stands for: at the end each holds all up to itself."""
    held = [frozenset([t]) for t in range(T)]
    for joins in rounds(way, T):
        before = list(held)  # all joins of a round are made at once
        for earlier, later in joins:
            assert not before[earlier] & before[later], "no step is taken twice"
            held[later] = before[earlier] | before[later]
    assert held == [frozenset(range(t + 1)) for t in range(T)]


def test_costs_by_hand():
    assert Scan().costs(8, 1, 1) == {"loop": 16, "doubling": 3 * 17, "tree": 3 * 7 + 2 * 4}
    assert Scan().costs(8, 1, 8) == {"loop": 16, "doubling": 3 * 3, "tree": 3 * 3 + 2 * 2}
    assert Scan().costs(7, 3, 2) == {"loop": 2 * 2 * 7, "doubling": 3 * (9 + 8 + 5), "tree": 3 * (5 + 2) + 2 * (2 + 5)}


def test_with_a_processor_for_all_only_the_rounds_count():
    for T in (2, 16, 64):
        cost = Scan().costs(T, 4, 4 * T)
        assert cost["doubling"] == 3 * np.log2(T) and cost["loop"] == 2 * T


def test_the_table_shows_what_costs_says():
    page = Scan()._repr_html_()
    assert page.count("<tr>") == 5 and "<td>16</td><td>1</td><td>1</td><td>32</td><td>147</td>" in page


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="T: got 0"):
        Scan().costs(0, 1, 1)
    with pytest.raises(ValueError, match="way: got 'loop'"):
        rounds("loop", 4)
