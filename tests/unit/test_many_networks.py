"""The networks that experiments train side by side: their gradients are the package's, cut or spoilt on purpose."""

import numpy as np
import pytest

from experiments._many_networks import MISTAKES, clip, gradients, initialise
from rnn_utils.models import LanguageModel
from rnn_utils.optim import clip_grad_norm_

V, H, T, B, SEEDS = 5, 4, 6, 3, (0, 1)
OUTPUT = {"weight": "weight_hy", "bias": "bias_y"}


@pytest.fixture
def problem():
    """Parameters of two networks, ids and targets, and first states that are not zero."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, V, (T + 1, B))
    return initialise(V, H, V, SEEDS, np.float64), ids[:-1], ids[1:], rng.uniform(-1, 1, (len(SEEDS), B, H))


def package(p, n):
    """The package's model with the weights of network n, and the names of its parameters here."""
    model = LanguageModel(V, H, rng=np.random.default_rng(0), dtype=np.float64)
    names = {name: OUTPUT[last] if (last := name.split(".")[1]) in OUTPUT else last for name in model.params}
    for name, ours in names.items():
        model.params[name][...] = p[ours][n]
    return model, names


@pytest.mark.parametrize("cut", [0, 1, 2, 4])
def test_gradients_are_those_of_the_package_read_in_pieces(problem, cut):
    p, x, y, h = problem
    nats, grads, states = gradients(p, x, y, h, cut=cut)
    for n in range(len(SEEDS)):
        model, names = package(p, n)
        state, k = h[n], cut or T
        wanted = dict.fromkeys(names, 0.0)
        for s in range(0, T, k):
            piece = x[s : s + k], y[s : s + k]
            _, part, state = model.loss_and_grads(piece, state)
            wanted = {name: wanted[name] + part[name] * len(piece[0]) / T for name in names}
        np.testing.assert_allclose(states[n, -1], state, atol=1e-12)
        np.testing.assert_allclose(nats[n], model.loss((x, y), h[n])[0], atol=1e-12)
        for name, ours in names.items():
            np.testing.assert_allclose(grads[ours][n], wanted[name], atol=1e-12)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_changes_the_recurrent_gradient_and_nothing_else(problem, mistake):
    p, x, y, h = problem
    right, wrong = (gradients(p, x, y, h, mistake=m)[1] for m in ("", mistake))
    assert np.abs(wrong["weight_hh"] - right["weight_hh"]).max() > 1e-4
    for name in OUTPUT.values():
        np.testing.assert_array_equal(wrong[name], right[name])


def test_each_network_is_clipped_by_itself_as_the_package_does(problem):
    p, x, y, h = problem
    grads = gradients(p, x, y, h)[1]
    grads = {name: g * np.array([100, 1e-3]).reshape(-1, *[1] * (g.ndim - 1)) for name, g in grads.items()}
    wanted = [{name: g[n].copy() for name, g in grads.items()} for n in range(len(SEEDS))]
    for each in wanted:
        clip_grad_norm_(each, 1.0)
    clip(grads, 1.0)
    for name, g in grads.items():
        np.testing.assert_allclose(g, np.stack([each[name] for each in wanted]), rtol=1e-12)
