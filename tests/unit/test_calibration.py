"""Calibration: hand-worked bins, the temperature of a distorted model, and what is refused."""

import numpy as np
import pytest

from rnn_utils.calibration import calibration_error, fit_temperature, log_loss, reliability, with_temperature

P = np.array([[0.9, 0.1], [0.94, 0.06], [0.3, 0.7], [0.45, 0.55]])
RIGHT = np.array([0, 1, 1, 0])  # right, wrong, right, wrong


def test_log_loss_by_hand():
    wanted = -(np.log(0.9) + np.log(0.06) + np.log(0.7) + np.log(0.45)) / 4
    assert log_loss(np.log(P), RIGHT) == pytest.approx(wanted, abs=1e-12)


def test_reliability_by_hand():
    found = reliability(np.log(P), RIGHT, bins=10)
    np.testing.assert_allclose(found.sure, [0.55, 0.7, 0.92], atol=1e-12)
    np.testing.assert_allclose(found.right, [0.0, 1.0, 0.5], atol=1e-12)
    assert found.size.tolist() == [1, 1, 2]


def test_calibration_error_by_hand():
    assert calibration_error(np.log(P), RIGHT) == pytest.approx((0.55 + 0.3 + 2 * 0.42) / 4, abs=1e-12)


def test_an_answer_that_is_quite_sure_falls_into_the_last_bin():
    log_p = np.array([[0.0, -800.0]])
    assert reliability(log_p, [0], bins=5).size.tolist() == [1]


def test_temperature_keeps_order_and_normalises():
    softer = with_temperature(np.log(P), 3.0)
    np.testing.assert_allclose(np.exp(softer).sum(axis=1), 1, atol=1e-12)
    assert (softer.argmax(axis=1) == P.argmax(axis=1)).all()
    ratio = (softer[:, 0] - softer[:, 1]) / np.log(P[:, 0] / P[:, 1])
    np.testing.assert_allclose(ratio, 1 / 3, atol=1e-12)


@pytest.mark.parametrize("distortion", [0.25, 1.0, 4.0])
def test_fit_temperature_undoes_a_distortion(distortion):
    rng = np.random.default_rng(0)
    log_p = with_temperature(rng.normal(size=(40000, 4)) * 1.5, 1.0)
    targets = (np.exp(log_p).cumsum(axis=1) < rng.random((40000, 1))).sum(axis=1)
    assert fit_temperature(log_p / distortion, targets) == pytest.approx(1 / distortion, rel=0.03)


def test_fit_temperature_is_a_minimum():
    rng = np.random.default_rng(1)
    log_p = with_temperature(3 * rng.normal(size=(300, 5)), 1.0)
    targets = np.where(rng.random(300) < 0.6, log_p.argmax(axis=1), rng.integers(0, 5, 300))
    best = fit_temperature(log_p, targets)
    loss = log_loss(with_temperature(log_p, best), targets)
    for factor in (0.9, 0.99, 1.01, 1.1):
        assert log_loss(with_temperature(log_p, best * factor), targets) > loss


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="targets: got class 2, wanted 0 … 1"):
        log_loss(np.log(P), [0, 1, 2, 0])
    with pytest.raises(ValueError, match="log_p: got a row of probabilities that add up to"):
        calibration_error(P, RIGHT)
    with pytest.raises(ValueError, match="temperature: got 0, wanted a positive number"):
        with_temperature(np.log(P), 0)
    with pytest.raises(ValueError, match="targets: got shape"):
        reliability(np.log(P), [0, 1])
