"""The experiment with dates: where digits come from, lines of several dates, and what covering a place does."""

import numpy as np
import pytest

from experiments import date_translators as experiment
from experiments._translators import Form, Translators, initialise


@pytest.mark.parametrize(
    ("human", "wanted"),
    [
        ("Thursday, July 2, 2015", {0: 18, 1: 19, 2: 20, 3: 21, 9: 15}),
        ("24 Jan 2047", {0: 7, 1: 8, 2: 9, 3: 10, 8: 0, 9: 1}),
        ("Jul 24 1904", {0: 7, 1: 8, 2: 9, 3: 10, 8: 4, 9: 5}),
    ],
)
def test_every_digit_has_its_place(human, wanted):
    assert experiment.places(human) == wanted


def test_no_day_is_in_two_parts_and_lines_join_dates():
    dates = experiment.Dates(experiment.SHORT)
    days = [iso for part in dates.pairs.values() for _, iso in part]
    assert len(days) == len(set(days)) == 9250
    rngs = [np.random.default_rng(k) for k in range(2)]
    source, ids, target = experiment.draw_lines(dates, "test", 3, np.random.default_rng(0), rngs, 5)
    assert source.shape[1:] == (2, 5) and target.shape == ids.shape == (33, 2, 5)
    known = dict(dates.pairs["test"])
    for s, b in np.ndindex(2, 5):
        humans = dates.vocabulary.decode(source[:, s, b]).split(";")
        line = " ".join(known[human] for human in humans) + "."
        assert "".join(experiment.OUT[i] for i in target[:, s, b]) == line
        assert "".join(experiment.OUT[i] for i in ids[:, s, b]) == "." + line[:-1]


def test_nothing_hidden_is_the_forced_step_and_a_covered_peak_is_another():
    dates = experiment.Dates()
    form = Form(two_way=True, scores="dot")
    net = Translators(initialise((len(dates.vocabulary), 13, 8), [0, 1], form), form)
    for w in net.p.values():
        w *= 5
    net.p["linear.bias"][:] = 0
    shares = experiment.hide(net, dates.pairs["test"][:60], dates.vocabulary)
    assert set(shares) == {
        "nothing hidden",
        "the peak hidden",
        "another place hidden",
        "all but the peak hidden",
    }
    source, target = experiment.encode(dates.pairs["test"][:1], dates.vocabulary).popitem()[1]
    steps = list(experiment.places(dates.pairs["test"][0][0]))
    forced = net.translate(experiment.each(2, source), 12, 11, given=experiment.each(2, target), free=False)[0]
    one = experiment.hide(net, dates.pairs["test"][:1], dates.vocabulary)["nothing hidden"]
    np.testing.assert_allclose(one, (forced[steps, :, 0] == target[steps]).mean(axis=0), atol=1e-4)
    assert shares["nothing hidden"] != shares["the peak hidden"]
    assert all(0 <= share <= 1 for values in shares.values() for share in values)
