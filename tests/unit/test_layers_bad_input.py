"""Whatever is wrong with what a layer is given, the error names the argument, what came and what was wanted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnn_utils import GRU, LSTM, RNN, Dropout, Embedding, GRUCell, Linear, LSTMCell, RNNCell

D, H, T, B = 2, 3, 4, 2
rng = np.random.default_rng(0)
LAYERS = [RNN(D, H, rng=rng), RNN(D, H, nonlinearity="relu", rng=rng), LSTM(D, H, rng=rng), GRU(D, H, rng=rng)]
CELLS = [RNNCell(D, H, rng=rng), LSTMCell(D, H, rng=rng), GRUCell(D, H, rng=rng)]
X = rng.standard_normal((T, B, D))

layers = st.sampled_from(LAYERS)
cells = st.sampled_from(CELLS)
not_numbers = st.sampled_from([bool, complex, "U3", "S3", object, "datetime64[s]"])
not_finite = st.sampled_from([np.nan, np.inf, -np.inf])
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
quick = settings(max_examples=60, deadline=None)


def refused(name, error, function, *arguments):
    """The call must raise, and the message begin with the argument's name and say what came and what was wanted."""
    with pytest.raises(error) as caught:
        function(*arguments)
    message = str(caught.value)
    assert message.startswith(name), message
    assert ": got " in message, message
    assert "wanted " in message, message


def state_of(layer, batch=B):
    """Return a state that fits the layer."""
    return (np.zeros((batch, H)),) * 2 if len(layer.state_names) == 2 else np.zeros((batch, H))


def with_part(layer, part):
    """Return a state whose last array is `part`."""
    return (np.zeros((B, H)), part) if len(layer.state_names) == 2 else part


@quick
@given(layer=layers, shape=shapes)
def test_x_of_a_wrong_rank_or_size_or_empty(layer, shape):
    right = len(shape) == 3 and shape[2] == D and min(shape) > 0
    if not right:
        refused("x", ValueError, layer.forward, np.zeros(shape))


@quick
@given(cell=cells, shape=shapes)
def test_x_of_a_cell_of_a_wrong_rank_or_size_or_empty(cell, shape):
    if not (len(shape) == 2 and shape[1] == D and shape[0] > 0):
        refused("x", ValueError, cell.forward, np.zeros(shape))


@quick
@given(layer=layers, dtype=not_numbers)
def test_x_and_state_and_gradients_that_are_no_numbers(layer, dtype):
    refused("x", TypeError, layer.forward, np.zeros((T, B, D), dtype))
    refused("state", TypeError, layer.forward, X, with_part(layer, np.zeros((B, H), dtype)))
    out, _, cache = layer.forward(X)
    refused("dout", TypeError, layer.backward, np.zeros(out.shape, dtype), cache)
    refused("dstate", TypeError, layer.backward, out, cache, with_part(layer, np.zeros((B, H), dtype)))


@quick
@given(layer=layers, value=not_finite, where=st.tuples(st.integers(0, T - 1), st.integers(0, B - 1), st.integers(0, 1)))
def test_x_that_is_not_finite_names_the_position(layer, value, where):
    x = X.copy()
    x[where] = value
    with pytest.raises(ValueError, match=rf"x: got {value} at position \({where[0]}, {where[1]}, {where[2]}\)"):
        layer.forward(x)
    state = np.zeros((B, H))
    state[where[1], where[2]] = value
    refused("state", ValueError, layer.forward, X, with_part(layer, state))


@quick
@given(layer=layers, shape=shapes)
def test_states_and_gradients_that_do_not_match(layer, shape):
    out, _, cache = layer.forward(X)
    if shape != (B, H):
        refused("state", ValueError, layer.forward, X, with_part(layer, np.zeros(shape)))
        refused("dstate", ValueError, layer.backward, out, cache, with_part(layer, np.zeros(shape)))
    if shape != out.shape:
        refused("dout", ValueError, layer.backward, np.zeros(shape), cache)


@given(cell=cells, shape=shapes)
def test_states_of_a_cell_that_do_not_match(cell, shape):
    _, cache = cell.forward(X[0])
    if shape != (B, H):
        refused("state", ValueError, cell.forward, X[0], with_part(cell, np.zeros(shape)))
        refused("dstate", ValueError, cell.backward, with_part(cell, np.zeros(shape)), cache)


@quick
@given(layer=layers, lengths=st.lists(st.integers(-3, T + 3), max_size=4))
def test_lengths_out_of_range_or_of_another_number(layer, lengths):
    if len(lengths) != B or min(lengths) < 1 or max(lengths) > T:
        error = (ValueError, TypeError) if not lengths else ValueError  # an empty list holds no whole numbers
        refused("lengths", error, layer.forward, X, None, lengths)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("lengths", [[1.0, 2.0], ["1", "2"], [True, False], [None, 1]])
def test_lengths_that_are_no_whole_numbers(layer, lengths):
    refused("lengths", TypeError, layer.forward, X, None, lengths)


def test_nan_before_a_sequences_end_is_refused_though_lengths_are_given():
    x = X.copy()
    x[1, 0, 1] = np.nan
    refused("x", ValueError, LAYERS[0].forward, x, None, [2, 4])
    LAYERS[0].forward(x, None, [1, 4])


@pytest.mark.parametrize("layer", LAYERS)
def test_rows_of_different_lengths(layer):
    refused("x", ValueError, layer.forward, [[[1.0, 2.0], [3.0]]])


def test_an_lstm_wants_both_of_its_states():
    lstm = LAYERS[2]
    for state in (np.zeros((B, H)), (np.zeros((B, H)),), [np.zeros((B, H))] * 2, (np.zeros((B, H)),) * 3):
        refused("state", TypeError, lstm.forward, X, state)
    out, _, cache = lstm.forward(X)
    refused("dstate", TypeError, lstm.backward, out, cache, np.zeros((B, H)))


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell, Linear, Embedding])
@pytest.mark.parametrize(
    ("sizes", "error"), [((0, 3), ValueError), ((2, -1), ValueError), ((2.0, 3), TypeError), ((2, "3"), TypeError)]
)
def test_sizes_that_are_no_positive_whole_numbers(kind, sizes, error):
    with pytest.raises(error, match=r"\w+: got .*, wanted a whole number ≥ 1"):
        kind(*sizes, rng=rng)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell, Linear, Embedding])
def test_seeds_and_other_dtypes(kind):
    for seed in (0, None, np.random):
        with pytest.raises(TypeError, match=r"rng: got .* wanted a generator"):
            kind(2, 3, rng=seed)
    for dtype in (int, np.float16, complex, "nonsense"):
        with pytest.raises(ValueError, match=r"dtype: got .* wanted float32 or float64"):
            kind(2, 3, rng=rng, dtype=dtype)


@quick
@given(shape=shapes, dtype=not_numbers)
def test_linear(shape, dtype):
    linear = Linear(D, H, rng=rng)
    if not (shape and shape[-1] == D and min(shape) > 0):
        refused("x", ValueError, linear.forward, np.zeros(shape))
    refused("x", TypeError, linear.forward, np.zeros((T, B, D), dtype))
    _, cache = linear.forward(X)
    if shape != (T, B, H):
        refused("dout", ValueError, linear.backward, np.zeros(shape), cache)


@quick
@given(ids=hnp.arrays(int, hnp.array_shapes(max_dims=3, max_side=3), elements=st.integers(-2, 7)))
def test_ids_out_of_range(ids):
    embedding = Embedding(5, D, rng=rng)
    if ids.min() < 0 or ids.max() >= 5:
        refused("ids", ValueError, embedding.forward, ids)
    else:
        assert embedding.forward(ids)[0].shape == (*ids.shape, D)


def test_ids_that_are_no_whole_numbers_or_none_at_all():
    embedding = Embedding(5, D, rng=rng)
    refused("ids", TypeError, embedding.forward, np.zeros((T, B)))
    refused("ids", TypeError, embedding.forward, np.zeros((T, B), bool))
    refused("ids", ValueError, embedding.forward, np.zeros((T, 0), int))
    refused("dout", ValueError, embedding.backward, np.zeros((T, B, D + 1)), np.zeros((T, B), int))


@pytest.mark.parametrize(
    ("p", "error"),
    [(1, ValueError), (-0.1, ValueError), (float("nan"), ValueError), ("0.5", TypeError), (True, TypeError)],
)
def test_a_probability_to_drop_by(p, error):
    refused("p", error, Dropout, p)


def test_dropout():
    layer = Dropout(0.5)
    refused("rng", TypeError, layer.forward, X, 0)
    refused("x", TypeError, layer.forward, np.array(["a"]), rng)
    refused("x", ValueError, layer.forward, np.zeros((0, 2)), rng)
    _, cache = layer.forward(X, rng)
    refused("dout", ValueError, layer.backward, X[:1], cache)
