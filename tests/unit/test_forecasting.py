"""Scores, leaks and intervals of forecasts: hand-worked cases, and what they promise, on data of which it is true."""

import numpy as np
import pytest

from rnn_utils.data import windows, windows_ahead
from rnn_utils.forecasting import (
    adaptive_radii,
    assert_no_leak,
    conformal_radius,
    coverage,
    interval_score,
    mase,
    pinball,
    rmsse,
    shift_of,
    skill_score,
)


def test_windows_ahead_by_hand():
    x, y = windows_ahead([1.0, 2, 3, 4, 5, 6], 2, 3)
    assert x.tolist() == [[1, 2], [2, 3]]
    assert y.tolist() == [[3, 4, 5], [4, 5, 6]]
    values = np.random.default_rng(0).normal(size=30)
    for k in range(4):
        np.testing.assert_array_equal(windows_ahead(values, 5, 4)[1][:, k], windows(values, 5, k + 1)[1][: 30 - 8])
    with pytest.raises(ValueError, match="values"):
        windows_ahead([1.0, 2], 2, 1)
    with pytest.raises(ValueError, match="horizons"):
        windows_ahead([1.0, 2, 3], 1, 0)


def test_scores_by_hand():
    history = [1.0, 2, 4, 7]  # changes 1, 2, 3: mean 2, mean square 14/3
    assert mase([4.0, -2], history) == pytest.approx(1.5)
    assert rmsse([4.0, -2], history) == pytest.approx(np.sqrt(10 / (14 / 3)))
    assert mase([4.0, -2], history, season=2) == pytest.approx(3 / 4)  # changes 3, 5
    assert skill_score([1.0, 1], [2.0, 2]) == pytest.approx(0.75)
    assert skill_score([2.0, 2], [1.0, 1]) == pytest.approx(-3)
    assert pinball([10.0, -10], 0.9) == pytest.approx((9 + 1) / 2)


def test_scores_name_what_is_wrong():
    with pytest.raises(ValueError, match="history"):
        mase([1.0], [1.0, 2], season=2)
    with pytest.raises(ValueError, match="history"):
        rmsse([1.0], [1.0, 2, 1, 2], season=2)
    with pytest.raises(ValueError, match="reference"):
        skill_score([1.0], [0.0])
    with pytest.raises(ValueError, match="level"):
        pinball([1.0], 1.0)


def test_pinball_is_least_at_the_quantile():
    values = np.random.default_rng(1).normal(size=4001)
    grid = np.linspace(-2, 2, 401)
    best = grid[np.argmin([pinball(values - g, 0.8) for g in grid])]
    assert abs(best - np.quantile(values, 0.8)) < 0.011


def test_a_leak_is_found_and_an_honest_forecast_is_not_accused():
    values = np.random.default_rng(2).normal(size=40)
    origins = (10, 20, 39)
    assert_no_leak(lambda v, t: [v[:t].mean(), v[t - 1]], values, origins)
    assert_no_leak(lambda v, t: v[:t].mean() + 1e-14 * v.mean(), values, origins)  # differs by rounding
    leaks = [
        lambda v, t: (v[t - 1] - v.mean()) / v.std(),  # scaled with the future
        lambda v, t: v[t],  # one step off
        lambda v, t: v[t - 5 : t + 1].mean(),  # a centred window
        lambda v, t: np.ptp(v[t:]),  # the spread of the future alone
        lambda v, t: np.argmax(np.abs(np.diff(v[t - 1 :]))),  # when it will move most
    ]
    for leak in leaks:
        with pytest.raises(AssertionError, match="made at 10 "):
            assert_no_leak(leak, values, origins)
    with pytest.raises(ValueError, match="origins: got 40"):
        assert_no_leak(lambda v, t: 0, values, [40])


def test_a_shifted_copy_is_recognised():
    truth = np.random.default_rng(3).normal(size=200).cumsum()
    assert shift_of(truth, truth) == 0
    assert shift_of(truth[:-1], truth[1:]) == 1
    assert shift_of(truth[:-3], truth[3:], most=5) == 3
    with pytest.raises(ValueError, match="truth"):
        shift_of([1.0, 2], [1.0, 2], most=3)
    with pytest.raises(ValueError, match="forecast: got 1"):
        shift_of(np.ones(200), truth)


def test_conformal_radius_by_hand():
    assert conformal_radius(np.arange(1.0, 10), 0.9) == 9  # n = 9: the smallest set that reaches 0.9
    assert conformal_radius(np.arange(1.0, 9), 0.9) == np.inf
    assert conformal_radius([3.0, 1, 2], 0.5) == 2
    assert conformal_radius([3.0, 1, 2], 0) == 0
    assert conformal_radius([3.0, 1, 2], 1) == np.inf


def test_conformal_radius_covers_what_is_exchangeable():
    scores = np.abs(np.random.default_rng(4).standard_t(3, size=(20_000, 20)))
    hits = np.mean([row[-1] <= conformal_radius(row[:-1], 0.9) for row in scores])
    assert 0.9 - 0.008 < hits < 0.9 + 0.008  # 18 of 20 ranks: exactly 0.9


def test_adaptive_radii_by_hand():
    radii = adaptive_radii([1.0, 2, 3, 4], [5.0, 0, 0], 0.6, rate=0.2)
    # level 0.6: rank 3 of 1 2 3 4; a miss: 0.72, rank 4 of 2 3 4 5; a hit: 0.64, rank 4 of 0 3 4 5
    assert radii.tolist() == [3, 5, 5]
    assert adaptive_radii([1.0, 2, 3], [9.0, 9], 0.7, rate=1.0).tolist() == [3, np.inf]


def test_adaptive_radii_repair_coverage_when_the_errors_grow():
    rng = np.random.default_rng(5)
    calibration, scores = np.abs(rng.normal(size=60)), np.abs(3 * rng.normal(size=1000))
    assert np.mean(scores <= conformal_radius(calibration, 0.9)) < 0.6
    assert abs(np.mean(scores <= adaptive_radii(calibration, scores, 0.9, 0.02)) - 0.9) < 0.02


def test_coverage_by_hand():
    assert coverage([1.0, 2, 3, 4], [0, 2, 4, -np.inf], [1, 3, 5, np.inf]) == 0.75


def test_interval_score_by_hand():
    assert interval_score([1.0, 5, -1], [0, 0, 0], [2, 2, 2], 0.9) == pytest.approx(2 + 20 * (0 + 3 + 1) / 3)
    assert interval_score([1.0], [0], [np.inf], 0.9) == np.inf


def test_interval_score_is_least_at_the_quantiles():
    values = np.random.default_rng(6).normal(size=4001)
    grid = np.linspace(0.5, 3, 251)
    best = grid[np.argmin([interval_score(values, 0 * values - g, 0 * values + g, 0.9) for g in grid])]
    assert abs(best - np.quantile(np.abs(values), 0.9)) < 0.03
