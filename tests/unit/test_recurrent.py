"""RNN, LSTM and GRU: finite differences, equality with the cells, lengths, re-entrance. Parity is in its own file."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from rnn_utils.gradcheck import gradcheck_layer

D, H = 2, 3
KINDS = {"RNN": (RNN, RNNCell, {}), "relu": (RNN, RNNCell, {"nonlinearity": "relu"})}
KINDS |= {"LSTM": (LSTM, LSTMCell, {}), "GRU": (GRU, GRUCell, {})}
every_kind = pytest.mark.parametrize("kind", KINDS)


def make(kind, dtype=np.float64, seed=1):
    layer, _, options = KINDS[kind]
    return layer(D, H, rng=np.random.default_rng(seed), dtype=dtype, **options)


def make_cell(kind, layer):
    """Return the cell with a layer's parameters."""
    cell = KINDS[kind][1](D, H, rng=np.random.default_rng(0), dtype=np.float64, **KINDS[kind][2])
    for name, array in layer.params.items():
        cell.params[name][...] = array
    return cell


def random_state(kind, batch, rng):
    h, c = rng.standard_normal((2, batch, H))
    return (h, c) if kind == "LSTM" else h


def flat(*results):
    """Return all arrays in nested tuples and dicts as one list."""
    found = []
    for result in results:
        if isinstance(result, Mapping):
            result = tuple(result[name] for name in sorted(result))
        found += flat(*result) if isinstance(result, tuple | list) else [result]
    return found


def one(state, b):
    """Return the state of sequence `b` alone, still as a batch."""
    return tuple(part[b : b + 1] for part in state) if isinstance(state, tuple) else state[b : b + 1]


def assert_equal(got, wanted, atol=1e-12):
    for a, b in zip(flat(got), flat(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


def run(layer, x, state, dout, dstate, lengths=None):
    """Return everything that forward and backward return, but for the cache."""
    out, final, cache = layer.forward(x, state, lengths)
    return out, final, *layer.backward(dout, cache, dstate)


def problem(kind, steps, batch, seed=0):
    rng = np.random.default_rng(seed)
    x, dout = rng.standard_normal((steps, batch, D)), rng.standard_normal((steps, batch, H))
    return x, random_state(kind, batch, rng), dout, random_state(kind, batch, rng)


@every_kind
def test_parameters_have_the_layout_and_range_of_pytorch(kind):
    gates = {"RNN": 1, "relu": 1, "LSTM": 4, "GRU": 3}[kind]
    params = make(kind, np.float32).params
    shapes = {
        "weight_ih": (gates * H, D),
        "weight_hh": (gates * H, H),
        "bias_ih": (gates * H,),
        "bias_hh": (gates * H,),
    }
    assert {name: array.shape for name, array in params.items()} == shapes
    for array in params.values():
        assert array.dtype == np.float32
        assert 0.3 / np.sqrt(H) < np.abs(array).max() <= 1 / np.sqrt(H)


@every_kind
def test_the_same_seed_gives_the_same_layer_and_another_seed_another(kind):
    assert_equal(make(kind).params, make(kind).params, atol=0)
    assert not np.allclose(make(kind).params["weight_hh"], make(kind, seed=2).params["weight_hh"])


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 7])
@every_kind
def test_gradients_agree_with_finite_differences(kind, steps, batch):
    rng = np.random.default_rng(0)
    x, state, *_ = problem(kind, steps, batch)
    gradcheck_layer(make(kind), x, state, rng=rng)


@every_kind
def test_gradients_with_lengths_agree_with_finite_differences(kind):
    x, state, *_ = problem(kind, 4, 3)
    gradcheck_layer(make(kind), x, state, np.array([2, 4, 1]), rng=np.random.default_rng(0))


@pytest.mark.parametrize(("steps", "batch"), [(1, 1), (5, 3)])
@every_kind
def test_the_layer_is_its_cell_step_by_step_forward_and_backward(kind, steps, batch):
    layer = make(kind)
    cell = make_cell(kind, layer)
    x, state, dout, dstate = problem(kind, steps, batch)
    out, caches, dx = np.empty_like(dout), [], np.empty_like(x)
    final, dstart = state, dstate
    for t in range(steps):
        final, cache = cell.forward(x[t], final)
        out[t] = final[0] if kind == "LSTM" else final
        caches.append(cache)
    grads = {name: np.zeros_like(array) for name, array in layer.params.items()}
    for t in reversed(range(steps)):
        dstart = (dstart[0] + dout[t], dstart[1]) if kind == "LSTM" else dstart + dout[t]
        dx[t], dstart, step = cell.backward(dstart, caches[t])
        for name in grads:
            grads[name] += step[name]  # the weights are shared: their gradient is the sum over time
    assert_equal(run(layer, x, state, dout, dstate), (out, final, dx, dstart, grads))


@every_kind
def test_the_cache_holds_the_gates_of_the_cells(kind):
    layer = make(kind)
    x, state, *_ = problem(kind, 3, 2)
    _, _, cache = layer.forward(x, state)
    _, step = make_cell(kind, layer).forward(x[0], state)
    if kind in ("LSTM", "GRU"):
        assert cache.gates.shape == (3, 2, {"LSTM": 4, "GRU": 3}[kind], H)
        assert_equal(cache.gates[0], step.gates[0])


@every_kind
def test_no_state_and_no_gradient_mean_zeros(kind):
    layer = make(kind)
    x, state, dout, dstate = problem(kind, 4, 2)
    zeros = (np.zeros((2, H)),) * 2 if kind == "LSTM" else np.zeros((2, H))
    assert_equal(run(layer, x, None, dout, None), run(layer, x, zeros, dout, zeros), atol=0)
    assert_equal(run(layer, x, state, None, dstate), run(layer, x, state, np.zeros_like(dout), dstate), atol=0)


@every_kind
def test_two_forwards_and_then_their_backwards_do_not_disturb_each_other(kind):
    layer = make(kind)
    first, second = problem(kind, 4, 2, seed=3), problem(kind, 6, 1, seed=4)
    wanted = [run(layer, *p) for p in (first, second)]
    forwards = [layer.forward(x, state) for x, state, _, _ in (first, second)]
    backwards = [layer.backward(p[2], cache, p[3]) for p, (_, _, cache) in zip((first, second), forwards)]
    for (out, final, _), back, result in zip(forwards, backwards, wanted):
        assert_equal((out, final, *back), result, atol=0)


@every_kind
def test_backward_twice_gives_the_same_and_leaves_its_arguments_alone(kind):
    layer = make(kind)
    x, state, dout, dstate = problem(kind, 4, 3)
    before = [array.copy() for array in flat(x, state, dout, dstate, layer.params)]
    for lengths in (None, np.array([4, 2, 1])):
        _, _, cache = layer.forward(x, state, lengths)
        first = [array.copy() for array in flat(layer.backward(dout, cache, dstate))]
        assert_equal(tuple(flat(layer.backward(dout, cache, dstate))), tuple(first), atol=0)
    assert_equal(tuple(flat(x, state, dout, dstate, layer.params)), tuple(before), atol=0)


@every_kind
def test_no_gradient_shares_memory_with_another(kind):
    x, state, dout, dstate = problem(kind, 2, 1)
    layer = make(kind)
    _, final, cache = layer.forward(x, state)
    arrays = flat(layer.backward(dout, cache, dstate))
    for k, array in enumerate(arrays):
        assert not any(np.shares_memory(array, other) for other in arrays[k + 1 :])
    # A carried state must not keep a whole sequence alive, nor may writing into it spoil the cache.
    assert not any(np.shares_memory(part, kept) for part in flat(final) for kept in flat(*cache) if kept is not None)


@every_kind
def test_carrying_the_state_over_a_cut_changes_nothing(kind):
    layer = make(kind)
    x, state, dout, dstate = problem(kind, 6, 2)
    out, final, dx, dstart, grads = run(layer, x, state, dout, dstate)
    out_a, middle, cache_a = layer.forward(x[:4], state)
    out_b, final_b, cache_b = layer.forward(x[4:], middle)
    dx_b, dmiddle, grads_b = layer.backward(dout[4:], cache_b, dstate)
    dx_a, dstart_a, grads_a = layer.backward(dout[:4], cache_a, dmiddle)
    total = {name: grads_a[name] + grads_b[name] for name in grads}
    joined = np.concatenate([out_a, out_b]), final_b, np.concatenate([dx_a, dx_b]), dstart_a, total
    assert_equal(joined, (out, final, dx, dstart, grads))


@settings(max_examples=15, deadline=None)
@given(data=st.data(), kind=st.sampled_from(sorted(KINDS)), junk=st.sampled_from([0.0, -3.0, 1e30, np.nan, np.inf]))
def test_padding_changes_nothing_whatever_it_holds(data, kind, junk):
    layer = make(kind)
    steps, batch = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    lengths = np.array(data.draw(st.lists(st.integers(1, steps), min_size=batch, max_size=batch)))
    x, state, dout, dstate = problem(kind, steps, batch)
    padding = np.arange(steps)[:, None] >= lengths
    x[padding] = junk
    dout[padding] = junk
    out, final, dx, dstart, grads = run(layer, x, state, dout, dstate, lengths)
    np.testing.assert_array_equal(out[padding], 0)
    np.testing.assert_array_equal(dx[padding], 0)
    total = {name: np.zeros_like(array) for name, array in grads.items()}
    for b, length in enumerate(lengths):  # each sequence alone, without padding
        true = np.s_[:length, b : b + 1]
        alone = run(layer, x[true], one(state, b), dout[true], one(dstate, b))
        assert_equal((out[true], one(final, b), dx[true], one(dstart, b)), alone[:4])
        for name in total:
            total[name] += alone[4][name]
    assert_equal(grads, total)


@every_kind
def test_outputs_and_gradients_in_the_padding_are_zero(kind):
    x, state, dout, dstate = problem(kind, 3, 2)
    out, _, dx, _, _ = run(make(kind), x, state, dout, dstate, np.array([1, 2]))
    for array in (out, dx):
        np.testing.assert_array_equal(array[1:, 0], 0)
        np.testing.assert_array_equal(array[2:, 1], 0)
        assert array[:2].any()


@every_kind
def test_lengths_that_fill_the_batch_are_no_lengths(kind):
    layer, p = make(kind), problem(kind, 3, 2)
    assert_equal(run(layer, *p, np.array([3, 3])), run(layer, *p))


@every_kind
def test_float32_stays_float32_and_agrees_with_float64(kind):
    layer, exact = make(kind, np.float32), make(kind)
    p = problem(kind, 5, 2)
    results, wanted = run(layer, *p), run(exact, *p)
    assert {array.dtype for array in flat(results)} == {np.dtype(np.float32)}
    assert_equal(results, wanted, atol=1e-5)


@every_kind
def test_inputs_may_be_of_other_dtypes_and_layouts(kind):
    layer = make(kind)
    x = np.random.default_rng(0).integers(-2, 3, (2, 4, D)).astype(np.int8)
    wanted = layer.forward(x.astype(np.float64))[0]
    np.testing.assert_array_equal(layer.forward(x)[0], wanted)
    swapped = np.asfortranarray(x.astype(np.float64))
    np.testing.assert_allclose(layer.forward(swapped)[0], wanted, rtol=0, atol=1e-14)


def test_repr_names_the_sizes():
    assert repr(make("LSTM")) == "LSTM(2, 3, dtype=float64)"


def test_gradients_that_have_exploded_pass_through_for_training_to_see():
    layer = make("relu", np.float32)
    out, _, cache = layer.forward(np.ones((3, 1, D)))
    with np.errstate(all="ignore"):
        _, _, grads = layer.backward(np.full_like(out, np.inf), cache)
    assert not all(np.isfinite(gradient).all() for gradient in grads.values())
