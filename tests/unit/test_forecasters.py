"""Many forecasting networks at once compute what the package's layers do, and their gradients are right."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from experiments import _forecasters, forecast_memory, forecast_series
from rnn_utils import GRU, LSTM, data
from rnn_utils.forecasting import pinball

LAYERS = {"GRU": GRU, "LSTM": LSTM}


@pytest.mark.parametrize("kind", LAYERS)
def test_answers_are_those_of_the_package(kind):
    p = _forecasters.initialise(kind, 2, 5, 3, [4, 7])
    x = np.random.default_rng(0).normal(size=(6, 3, 2)).astype(np.float32)
    together = _forecasters.answers(kind, p, x)  # (T, S, B, O)
    for s in range(2):
        layer = LAYERS[kind](2, 5, rng=np.random.default_rng(0))
        for name, w in layer.params.items():
            w[...] = p[name][s]
        alone = layer.forward(x)[0] @ p["weight_hy"][s].T + p["bias_y"][s]
        np.testing.assert_allclose(together[:, s], alone, atol=2e-6)


def test_a_window_network_by_hand():
    p = _forecasters.initialise("window", 2, 1, 1, [0])
    weight = {"weight_ih": [[[1.0, 2]]], "bias_ih": [[0.5]], "weight_hy": [[[3.0]]], "bias_y": [[-1.0]]}
    for name, w in weight.items():
        p[name][...] = w
    x = np.array([[[[0.1, 0.2]]]], np.float32)
    assert _forecasters.answers("window", p, x)[0, 0, 0, 0] == pytest.approx(3 * np.tanh(1.0) - 1, abs=1e-6)


@pytest.mark.parametrize("levels", [None, np.array([0.1, 0.9])])
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "window"])
def test_gradients_by_finite_differences(kind, levels):
    rng = np.random.default_rng(1)
    p = {k: w.astype(np.float64) for k, w in _forecasters.initialise(kind, 2, 3, 2, [1, 2]).items()}
    x, y = rng.normal(size=(5, 2, 3, 2)), rng.normal(size=(5, 2, 3, 2))
    y[:2] = np.nan
    y[3, 0, 1] = np.nan
    _, grads = _forecasters.loss_and_grads(kind, p, x, y, levels)
    assert grads.keys() == p.keys()
    for name, w in p.items():
        for _ in range(6):
            at = tuple(rng.integers(n) for n in w.shape)
            kept, sides = w[at], []
            for step in (1e-5, -1e-5):
                w[at] = kept + step
                sides.append(_forecasters.loss_and_grads(kind, p, x, y, levels)[0][at[0]])
            w[at] = kept
            assert grads[name][at] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-7), name


def test_the_loss_of_quantiles_is_the_pinball_loss():
    rng, levels = np.random.default_rng(5), np.array([0.1, 0.7])
    p = _forecasters.initialise("window", 2, 3, 2, [1])
    x, y = (rng.normal(size=(1, 1, 8, 2)).astype(np.float32) for _ in range(2))
    error = (y - _forecasters.answers("window", p, x))[0, 0]
    expected = np.mean([pinball(error[:, k], levels[k]) for k in range(2)])
    loss = _forecasters.loss_and_grads("window", p, x, y, levels)[0]
    assert loss[0] == pytest.approx(expected, rel=1e-5)


def test_orders_follow_their_law_and_ask_for_the_next():
    x, y = forecast_memory.orders(500, 3, 10, 80, np.random.default_rng(2))
    for n in range(3):
        days = np.flatnonzero(x[:, n, 0])
        assert (np.diff(days) >= 10).all() and (np.diff(days) <= 80).all()
        for here, there in pairwise(days):
            assert (y[here:there, n, 0] == x[there, n, 1]).all()


def test_the_true_prior_is_bayes_rule():
    """Long series leave no doubt about their law; the first forecast is the prior's."""
    rng = np.random.default_rng(3)
    z = np.zeros((1500, 1))
    for t in range(2, len(z)):
        z[t] = 2 * 0.8 * np.cos(1.0) * z[t - 1] - 0.64 * z[t - 2] + rng.normal()
    made = forecast_memory.bayes(z)
    best = 1.6 * np.cos(1.0) * z[1:] - 0.64 * z[:-1]
    assert np.abs(made - best)[-100:].mean() < 0.06
    assert np.abs(made - best)[:5].mean() > 0.06


def test_autoregressions_by_hand():
    z = np.cos(0.7 * np.arange(60))  # obeys z = 2 cos(0.7) z' − z'' exactly
    origins = np.array([30, 41])
    for direct in (False, True):
        made = forecast_series.autoregression(z, 50, 2, 4, origins, direct)
        np.testing.assert_allclose(made, forecast_series.ahead_of(z, origins, 4), atol=1e-9)


@pytest.mark.parametrize("name", ["sunspots", "elnino", "co2", "co2 raw"])
def test_a_prepared_series_comes_back_and_knows_no_future(name, monkeypatch):
    series = forecast_series.Prepared(name)
    origins = np.array([series.split, series.split + 3])
    made = series.back(forecast_series.ahead_of(series.z, origins, 5), origins)
    np.testing.assert_allclose(made, forecast_series.ahead_of(series.x, origins, 5), atol=1e-8)
    key = name.split()[0]
    whole = getattr(data, key)()
    later = np.arange(len(whole)) >= series.split
    changed = replace(whole, values=np.where(later, -3.0 * whole.values, whole.values))
    monkeypatch.setattr(data, key, lambda: changed)
    again = forecast_series.Prepared(name)
    np.testing.assert_array_equal(again.z[: series.split], series.z[: series.split])
    assert not np.allclose(again.z[series.split :], series.z[series.split :])


@pytest.mark.parametrize("name", forecast_memory.FIRST)
def test_what_networks_are_chosen_on_varies(name):
    for part, (_, y) in forecast_memory.task(name).items():
        assert np.nanstd(y) > 0.1, part


def test_a_part_at_rest_is_refused(monkeypatch):
    monkeypatch.setattr(forecast_memory, "mackey_glass", lambda T, first: np.ones(T))
    with pytest.raises(ValueError, match="mackey-glass: got a training part that hardly varies"):
        forecast_memory.task("mackey-glass")
