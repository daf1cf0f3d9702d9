"""The gradient checker: right gradients pass, wrong ones are found and the worst entry is pointed at."""

import numpy as np
import pytest

from rnn_utils import GRU, Linear
from rnn_utils.gradcheck import GradientError, gradcheck, gradcheck_layer


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def cubes(w):
    return lambda: float(np.sum(w**3))


def test_a_right_gradient_passes_and_the_array_is_left_as_it_was(rng):
    w = rng.standard_normal((3, 4))
    before = w.copy()
    report = gradcheck(cubes(w), {"w": w}, {"w": 3 * w**2})
    assert report["w"].error < 1e-8
    np.testing.assert_array_equal(w, before)


def test_a_wrong_entry_is_pointed_at(rng):
    w = rng.standard_normal((3, 4))
    wrong = 3 * w**2
    wrong[2, 1] += 1e-3
    with pytest.raises(GradientError, match=r"w\[2, 1\]: got .* finite differences give .*relative error") as caught:
        gradcheck(cubes(w), {"w": w}, {"w": wrong})
    assert f"{3 * w[2, 1] ** 2:.6g}" in str(caught.value)


def test_every_wrong_array_is_named_and_no_right_one(rng):
    a, b, c = rng.standard_normal((3, 2))
    arrays, grads = {"a": a, "b": b, "c": c}, {"a": -3 * a**2, "b": 3 * b**2, "c": np.zeros(2)}
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda: float(np.sum(a**3 + b**3 + c**3)), arrays, grads)
    assert [line[0] for line in str(caught.value).splitlines()] == ["a", "c"]


def test_the_error_is_relative_to_the_arrays_largest_gradient():
    w = np.array([1000.0, 1.0])
    report = gradcheck(lambda: float(w @ [1000.0, 1.0]), {"w": w}, {"w": np.array([1000.0, 1.01])}, tolerance=1e-4)
    assert report["w"].error == pytest.approx(1e-5, rel=1e-3)
    assert report["w"].index == (1,)


def test_max_entries_limits_the_work(rng):
    w, calls = rng.standard_normal(100), []

    def loss():
        calls.append(1)
        return float(np.sum(w**2))

    gradcheck(loss, {"w": w}, {"w": 2 * w}, max_entries=5, rng=rng)
    assert len(calls) == 10


class Lazy(GRU):
    """A GRU that forgets the gradient of its initial state."""

    def backward(self, *args):
        dx, dstate, grads = super().backward(*args)
        return dx, 0 * dstate, grads


def test_a_layer_is_checked_in_parameters_inputs_and_state(rng):
    layer, x, state = GRU(2, 3, rng=rng, dtype=np.float64), rng.standard_normal((2, 2, 2)), rng.standard_normal((2, 3))
    assert set(gradcheck_layer(layer, x, state, rng=rng)) == {*layer.params, "x", "state[0]"}
    with pytest.raises(GradientError, match=r"^state\[0\]\[\d, \d\]: got -?0,"):
        gradcheck_layer(Lazy(2, 3, rng=rng, dtype=np.float64), x, state, rng=rng)


def test_bad_input_is_named(rng):
    w = np.ones(2)
    with pytest.raises(TypeError, match="w: got float32, wanted an array of float64"):
        gradcheck(cubes(w), {"w": w.astype(np.float32)}, {"w": w})
    with pytest.raises(TypeError, match="weight: got float32"):
        gradcheck_layer(Linear(2, 3, rng=rng), np.ones((1, 2)), rng=rng)
    with pytest.raises(ValueError, match=r"grads: got .*wanted one for 'w' too"):
        gradcheck(cubes(w), {"w": w}, {})
    with pytest.raises(ValueError, match=r"grads\['w'\]: got shape \(3,\), wanted \(2,\)"):
        gradcheck(cubes(w), {"w": w}, {"w": np.ones(3)})
    with pytest.raises(TypeError, match="rng: got None"):
        gradcheck(cubes(w), {"w": w}, {"w": w}, max_entries=1)
