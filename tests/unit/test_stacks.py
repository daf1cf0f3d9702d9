"""Networks that an experiment trains in a stack are those of the package, step for step."""

from functools import partial

import numpy as np
import pytest

from experiments._stacks import Stack
from experiments.lstm_starts import LSTMStack
from rnn_utils import LSTM, data
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam, clip_grad_norm_
from rnn_utils.remedies import build


def models(name):
    made = []
    for seed in range(3):
        layer = LSTM if name == "LSTM" else partial(build, name)
        made.append(SequenceModel(2, 6, 1, layer=layer, rng=np.random.default_rng(seed), dtype=np.float64))
        made[-1].params["linear.weight"][...] *= 3  # so that gradients are long enough to be clipped
    return made


@pytest.mark.parametrize("name", ["plain", "orthogonal", "ReLU + I", "skip", "leaky", "gated", "LSTM"])
def test_a_stack_trains_each_network_as_the_package_does(name):
    alone, rates = models(name), (0.01, 0.03, 0.1)
    stack = (LSTMStack if name == "LSTM" else Stack)(models(name), np.array(rates))
    optimizers = [Adam(model.params, lr) for model, lr in zip(alone, rates, strict=True)]
    for step in range(6):
        batches = [data.adding_problem(25, 4, np.random.default_rng([step, i]), np.float64) for i in range(3)]
        losses = []
        for model, optimizer, batch in zip(alone, optimizers, batches, strict=True):
            loss, grads, _ = model.loss_and_grads(batch)
            clip_grad_norm_(grads, 1.0)
            optimizer.step(grads)
            losses.append(loss)
        x, y = (np.stack(each) for each in zip(*batches, strict=True))
        np.testing.assert_allclose(stack.update(x, y), losses, rtol=1e-9)
    for key, values in stack.views(stack.flat).items():
        np.testing.assert_allclose(values, np.stack([model.params[key] for model in alone]), atol=1e-9)


def test_a_network_that_is_dropped_leaves_the_others_alone():
    whole, fewer = Stack(models("gated"), np.full(3, 0.03)), Stack(models("gated"), np.full(3, 0.03))
    rng = np.random.default_rng(0)
    for step in range(4):
        x, y = data.adding_problem(9, 12, rng, np.float64)
        x, y = x.reshape(9, 3, 4, 2).swapaxes(0, 1), y.reshape(3, 4)
        whole.update(x, y)
        if step == 2:
            fewer.keep(np.array([0, 2]))
        fewer.update(*((x, y) if step < 2 else (x[[0, 2]], y[[0, 2]])))
    np.testing.assert_allclose(fewer.flat, whole.flat[[0, 2]], atol=1e-12)


@pytest.mark.parametrize("constants", [{"writes": 0.2}, {"writes": 5.0}])
def test_constants_in_an_lstm_have_the_gradient_that_differences_measure(constants):
    stack, rng = LSTMStack(models("LSTM"), np.full(3, 0.03), **constants), np.random.default_rng(0)
    x, y = data.adding_problem(7, 12, rng, np.float64)
    x, y = x.reshape(7, 3, 4, 2).swapaxes(0, 1), y.reshape(3, 4)
    loss, grads = stack.loss_and_grads(x, y)
    assert loss[0] != pytest.approx(models("LSTM")[0].loss_and_grads((x[0], y[0]))[0], rel=1e-3)
    start, step = stack.flat.copy(), rng.normal(size=stack.flat.shape)
    ends = []
    for sign in (1, -1):
        stack.flat = start + sign * 1e-6 * step
        ends.append(stack.loss_and_grads(x, y)[0])
    np.testing.assert_allclose((ends[0] - ends[1]) / 2e-6, (grads * step).sum(axis=1), rtol=1e-6)


def test_a_forget_gate_that_does_not_learn_stays_at_its_bias():
    made = models("LSTM")
    for model in made:
        for name, value in (("weight_ih", 0), ("weight_hh", 0), ("bias_ih", 3), ("bias_hh", 0)):
            model.rnn.params[name][6:12] = value
    stack, rng = LSTMStack(made, np.full(3, 0.03), learn_f=False), np.random.default_rng(0)
    before = {name: values.copy() for name, values in stack.views(stack.flat).items()}
    for _ in range(3):
        x, y = data.adding_problem(7, 12, rng, np.float64)
        stack.update(x.reshape(7, 3, 4, 2).swapaxes(0, 1), y.reshape(3, 4))
    for name, values in stack.views(stack.flat).items():
        if name.startswith("rnn."):
            moved = np.abs(values - before[name]).reshape(3, 4, -1).max(axis=2)  # by network and gate
            assert (moved[:, 1] == 0).all(), name
            assert (moved[:, [0, 2, 3]] > 0).all(), name
