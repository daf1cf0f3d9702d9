"""The record of a run: columns, equality, the best evaluation, the picture."""

import matplotlib
import numpy as np
import pytest

from rnn_utils.history import History

matplotlib.use("Agg")


def make():
    return History(
        loss=[4.0, 3.0, 2.0, 1.0],
        grad_norm=[1.0, 2.0, 3.0, 4.0],
        seconds=[0.1, 0.2, 0.3, 0.4],
        valid_steps=[2, 4],
        valid_loss=[3.5, 1.5],
    )


def test_columns_come_back_from_arrays():
    again = History.from_arrays(make().arrays())
    assert again == make()
    assert again.seconds == make().seconds
    assert all(isinstance(step, int) for step in again.valid_steps)
    assert History.from_arrays(History().arrays()) == History()


def test_time_does_not_count_in_a_comparison():
    other = make()
    other.seconds = [9.0] * 4
    assert other == make()
    other.loss[0] += 1e-12
    assert other != make()


def test_repr_holds_no_measured_number():
    assert repr(make()) == "History(4 steps, 2 evaluations)"


def test_best_is_the_first_of_the_lowest():
    history = make()
    history.valid_loss = [2.0, 1.0, 1.0]
    assert history.best == 1
    with pytest.raises(ValueError, match="valid_loss: got no evaluation"):
        _ = History().best


@pytest.mark.parametrize(
    ("unit", "label", "scale"),
    [
        ("nats", "loss (nats per token)", 1.0),
        ("bits", "loss (bits per character)", 1 / np.log(2)),
        ("mean squared error", "mean squared error", 1.0),
    ],
)
def test_plot_draws_the_numbers_in_their_unit(unit, label, scale):
    figure, ax = make().plot(unit=unit, window=2)
    each, mean, held_out = ax.get_lines()
    np.testing.assert_allclose(each.get_xydata(), np.array([[1, 4], [2, 3], [3, 2], [4, 1]]) * [1, scale])
    np.testing.assert_allclose(mean.get_xydata(), np.array([[2, 3.5], [3, 2.5], [4, 1.5]]) * [1, scale])
    np.testing.assert_allclose(held_out.get_xydata(), np.array([[2, 3.5], [4, 1.5]]) * [1, scale])
    assert ax.get_ylabel() == label and ax.get_xlabel() == "training step"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["each step", "mean of 2 steps", "held out"]
    assert ax.figure is figure
    matplotlib.pyplot.close(figure)


def test_plot_into_given_axes_with_a_window_wider_than_the_run():
    figure, ax = matplotlib.pyplot.subplots()
    history = make()
    history.valid_loss = history.valid_steps = []
    assert history.plot(ax=ax)[1] is ax
    assert len(ax.get_lines()) == 2
    np.testing.assert_allclose(ax.get_lines()[1].get_xydata(), [[4, 2.5]])
    matplotlib.pyplot.close(figure)


def test_there_must_be_something_to_plot():
    with pytest.raises(ValueError, match="history: got no steps"):
        History().plot()
    with pytest.raises(ValueError, match="window: got 0"):
        make().plot(window=0)
