"""Optimisers against torch.optim, schedules, clipping."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.optim import (
    SGD,
    Adam,
    Optimizer,
    clip_grad_norm_,
    clip_grad_value_,
    grad_norm,
    linear_decay,
)

SHAPES = {"rnn.weight": (5, 3), "rnn.bias": (5,)}

CASES = [
    (SGD, torch.optim.SGD, {"lr": 0.1}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.02}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.02}),
    (Adam, torch.optim.Adam, {}),
    (Adam, torch.optim.Adam, {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.02}),
]


def make(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}


def gradients(params, target):
    """Gradient of a bumpy bowl around `target`: it depends on the parameters, so an error of one step grows."""
    return {name: p - target[name] + 0.3 * np.sin(5 * p) for name, p in params.items()}


@pytest.mark.parametrize(("ours", "theirs", "options"), CASES)
@pytest.mark.parametrize("schedule", [None, linear_decay])
def test_equals_torch_over_100_steps(ours, theirs, options, schedule):
    params, target = make(), make(seed=1)
    tensors = {name: torch.tensor(p, requires_grad=True) for name, p in params.items()}
    optimizer, reference = ours(params, **options), theirs(tensors.values(), **options)
    start = {name: p.copy() for name, p in params.items()}
    for step in range(100):
        lr = optimizer.lr * schedule(step, 100, end=0.1) if schedule else None
        optimizer.step(gradients(params, target), lr)
        for name, g in gradients({name: t.detach().numpy() for name, t in tensors.items()}, target).items():
            tensors[name].grad = torch.tensor(g)
        reference.param_groups[0]["lr"] = lr or optimizer.lr
        reference.step()
        for name, p in params.items():
            np.testing.assert_allclose(p, tensors[name].detach().numpy(), rtol=0, atol=1e-10)
    assert all(np.abs(params[name] - start[name]).max() > 0.01 for name in params)
    assert optimizer.steps == 100


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_float32_stays_float32_and_arrays_are_changed_in_place(kind):
    params = make(np.float32)
    arrays = dict(params)
    optimizer = kind(params, lr=0.01)
    optimizer.step(make(np.float32, seed=1), np.float64(0.01))
    for name, array in arrays.items():
        assert params[name] is array
        assert array.dtype == np.float32
        assert np.all(array != make(np.float32)[name])


def test_gradients_are_left_as_they_were():
    for kind in (SGD, Adam):
        grads = make(seed=1)
        optimizer = kind(make(), lr=0.1, weight_decay=0.1)
        optimizer.step(grads)
        for name, grad in grads.items():
            np.testing.assert_array_equal(grad, make(seed=1)[name])


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_state_dict_carries_on_bit_for_bit(kind):
    options = {} if kind is Adam else {"momentum": 0.9}
    target = make(seed=1)
    straight = make()
    optimizer = kind(straight, lr=0.05, **options)
    for _ in range(7):
        optimizer.step(gradients(straight, target))
    halfway = {name: p.copy() for name, p in straight.items()}
    saved = {key: a.copy() for key, a in optimizer.state_dict().items()}
    for _ in range(5):
        optimizer.step(gradients(straight, target))
    other = kind(halfway, lr=0.05, **options)
    other.load_state_dict(saved)
    assert other.steps == 7
    for _ in range(5):
        other.step(gradients(halfway, target))
    for name in SHAPES:
        np.testing.assert_array_equal(straight[name], halfway[name])


def test_load_state_dict_refuses_another_optimizers_state():
    with pytest.raises(ValueError, match=r"arrays: got keys .*momentum_buffer.* wanted .*exp_avg"):
        Adam(make()).load_state_dict(SGD(make(), 0.1).state_dict())
    saved = Adam(make()).state_dict()
    saved["exp_avg/rnn.bias"] = np.zeros(4)
    with pytest.raises(ValueError, match=r"exp_avg/rnn.bias.*float64 \(4,\), wanted float64 \(5,\)"):
        Adam(make()).load_state_dict(saved)


def test_hyperparameters_by_name():
    assert Adam(make(), 0.01, (0.8, 0.9)).hyperparameters() == {
        "lr": 0.01,
        "weight_decay": 0.0,
        "betas": (0.8, 0.9),
        "eps": 1e-8,
    }


def test_base_class_is_abstract():
    with pytest.raises(NotImplementedError):
        Optimizer(make(), 0.1, 0.0).step(make())


def test_bad_arguments_name_argument_got_and_wanted():
    with pytest.raises(TypeError, match=r"params\['w'\]: got int64, wanted an array of floats"):
        SGD({"w": np.ones(3, np.int64)}, 0.1)
    with pytest.raises(TypeError, match=r"params\['w'\]: got list"):
        SGD({"w": [1.0]}, 0.1)
    with pytest.raises(ValueError, match="momentum: got 0, wanted more than 0 with nesterov"):
        SGD(make(), 0.1, nesterov=True)
    with pytest.raises(TypeError, match=r"betas: got 0.9, wanted two numbers"):
        Adam(make(), betas=0.9)
    with pytest.raises(ValueError, match=r"betas: got 1.0"):
        Adam(make(), betas=(0.9, 1.0))
    with pytest.raises(TypeError, match="lr: got True"):
        SGD(make(), lr=True)
    optimizer = SGD(make(), 0.1)
    with pytest.raises(ValueError, match=r"grads: got keys \['rnn.bias'\], wanted \['rnn.bias', 'rnn.weight'\]"):
        optimizer.step({"rnn.bias": np.zeros(5)})
    with pytest.raises(ValueError, match=r"grads\['rnn.weight'\]: got shape \(3, 5\), wanted \(5, 3\)"):
        optimizer.step({"rnn.bias": np.zeros(5), "rnn.weight": np.zeros((3, 5))})
    assert optimizer.steps == 0


@given(st.floats(allow_nan=True).filter(lambda lr: not 0 <= lr < np.inf))
def test_any_impossible_learning_rate_is_refused(lr):
    with pytest.raises(ValueError, match=r"lr: got .*, wanted a number ≥ 0"):
        Adam(make(), lr=lr)


def test_the_schedule_starts_at_one_and_ends_where_told():
    assert linear_decay(0, 10, end=0.2) == pytest.approx(1)
    assert linear_decay(5, 10, end=0.2) == pytest.approx(0.6)
    assert linear_decay(10, 10, end=0.2) == linear_decay(99, 10, end=0.2) == pytest.approx(0.2)
    assert linear_decay(3, 10, end=0.0) == pytest.approx(0.7)
    with pytest.raises(ValueError, match="step: got -1"):
        linear_decay(-1, 10)


def test_linear_decay_is_torchs():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    reference = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=8)
    for step in range(12):
        assert linear_decay(step, 8) == pytest.approx(reference.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        reference.step()


@pytest.mark.parametrize("max_norm", [0.5, 1e3])
def test_clip_grad_norm_equals_torchs(max_norm):
    grads = make(seed=3)
    tensors = []
    for grad in grads.values():
        tensors.append(torch.zeros(grad.shape, dtype=torch.float64, requires_grad=True))
        tensors[-1].grad = torch.tensor(grad)
    before = {name: grad.copy() for name, grad in grads.items()}
    norm = clip_grad_norm_(grads, max_norm)
    assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(tensors, max_norm).item(), abs=1e-12)
    for grad, tensor in zip(grads.values(), tensors):
        np.testing.assert_allclose(grad, tensor.grad.numpy(), rtol=0, atol=1e-12)
    assert grad_norm(grads) == pytest.approx(min(norm, max_norm), rel=1e-5)
    for name, grad in grads.items():  # the direction stays, over all arrays together
        np.testing.assert_allclose(grad * norm / grad_norm(grads), before[name], rtol=1e-10)


def test_norm_of_huge_float32_gradients_does_not_overflow():
    grads = {"w": np.full(4, 1e30, np.float32)}
    assert grad_norm(grads) == pytest.approx(2e30, rel=1e-6)
    clip_grad_norm_(grads, 1.0)
    np.testing.assert_allclose(grads["w"], 0.5, rtol=1e-6)


def test_clip_grad_value_equals_torchs():
    grads = make(seed=3)
    tensor = torch.zeros(5, 3, dtype=torch.float64, requires_grad=True)
    tensor.grad = torch.tensor(grads["rnn.weight"])
    torch.nn.utils.clip_grad_value_([tensor], 0.4)
    clip_grad_value_(grads, 0.4)
    np.testing.assert_array_equal(grads["rnn.weight"], tensor.grad.numpy())
    assert np.abs(grads["rnn.weight"]).max() == 0.4


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_])
@given(limit=st.one_of(st.floats(max_value=0), st.just(np.nan), st.just(np.inf)))
def test_clip_limits_must_be_positive(clip, limit):
    with pytest.raises(ValueError, match=r"(max_norm|clip_value): got .*, wanted a number > 0"):
        clip(make(), limit)
