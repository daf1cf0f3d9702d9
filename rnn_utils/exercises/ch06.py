"""Checks of chapter 06, Backpropagation through time."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def forward_derivative(h, w):
    """Total derivative of each state with respect to w, one unit: (T,), from the states h_0 … h_T."""
    return derivative(h, w)


def derivative(
    h: np.ndarray, w: float, lag: int = 1, through: float = 1.0, slope: bool = True, slope_lag: int = 0
) -> np.ndarray:
    """The recursion, in which each mistake changes one thing."""
    s, result = 0.0, []
    for t in range(1, len(h)):
        tanh_slope = 1 - h[t - slope_lag] ** 2 if slope else 1.0
        s = tanh_slope * (h[t - lag] + through * w * s)
        result.append(s)
    return np.array(result)


def make_chain(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """States of a one-unit network that really ran, from a state that is not zero."""
    cases = []
    for T, w in ((6, 0.9), (1, -0.7), (12, -1.3)):
        h = [float(rng.uniform(0.2, 0.8))]
        for x in rng.normal(size=T):
            h.append(float(np.tanh(x + w * h[-1])))
        cases.append((np.array(h), w))
    return cases


check_forward_derivative = Exercise(
    name="forward_derivative",
    solution=forward_derivative,
    cases=make_chain,
    mistakes=(
        Mistake(
            "immediate only",
            lambda h, w: derivative(h, w, through=0.0),
            "those are the immediate derivatives: add what comes through the state before",
        ),
        Mistake(
            "no slope",
            lambda h, w: derivative(h, w, slope=False),
            "the slope of tanh is missing: both terms are multiplied by 1 − h_t²",
        ),
        Mistake(
            "state after",
            lambda h, w: derivative(h, w, lag=0),
            "at step t the weight multiplies h_{t−1}; your immediate derivative has h_t in it",
        ),
        Mistake(
            "slope of the state before",
            lambda h, w: derivative(h, w, slope_lag=1),
            "the slope is that of step t, 1 − h_t²; you took it at h_{t−1}",
        ),
        Mistake(
            "weight forgotten",
            lambda h, w: derivative(h, 1.0),
            "w is missing on the way through the state before: ∂h_t/∂h_{t−1} = (1 − h_t²) w",
        ),
        Mistake(
            "h_0 counted",
            lambda h, w: np.concatenate([[0.0], derivative(h, w)]),
            "one entry too many: h_0 is given, so start with the derivative of h_1",
        ),
    ),
)


def relu_bptt(h, dout, weight_hh):
    """Gradients of W_hh (H, H) and h_0 (B, H) of a ReLU network, from its states (T + 1, B, H)."""
    return backward(h, dout, weight_hh)


def backward(
    h: np.ndarray,
    dout: np.ndarray,
    weight_hh: np.ndarray,
    slope: str = "relu",
    lag: int = 1,
    pieces: int = 0,
    late: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Back through time; `pieces` steps at a time if it is not 0, and dout added after the slope if `late`."""
    dh, grad = np.zeros_like(h[0]), np.zeros_like(weight_hh)
    for t in range(len(dout), 0, -1):
        if pieces and t % pieces == 0:
            dh = np.zeros_like(dh)
        slopes = {"relu": (h[t] > 0).astype(float), "tanh": 1 - h[t] ** 2, "none": np.ones_like(dh)}
        slopes["before"] = (h[t - 1] > 0).astype(float)
        da = slopes[slope] * dh + dout[t - 1] if late else slopes[slope] * (dh + dout[t - 1])
        grad = grad + da.T @ h[t - lag]
        dh = da @ weight_hh
    return grad, dh


def make_relu(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """A ReLU network that really ran, so that units are off at some steps."""
    return [make_states(rng, T, B, H, np.maximum) for T, B, H in ((5, 3, 4), (1, 2, 3), (8, 1, 6))]


def make_states(rng: np.random.Generator, T: int, B: int, H: int, bound: Any = None) -> tuple[Any, ...]:
    """States (T + 1, B, H) of a network with random inputs, dout (T, B, H) and W_hh (H, H)."""
    weight_hh = rng.normal(size=(H, H)) / np.sqrt(H)
    h = [rng.uniform(0.1, 0.9, size=(B, H))]
    for a in rng.normal(size=(T, B, H)):
        a = a + h[-1] @ weight_hh.T
        h.append(np.tanh(a) if bound is None else bound(a, 0))
    return np.stack(h), rng.normal(size=(T, B, H)), weight_hh


def transposed_on_the_way(h, dout, weight_hh):
    """Back through W_hh where W_hhᵀ is wanted."""
    return backward(h, dout, weight_hh.T)


check_relu_bptt = Exercise(
    name="relu_bptt",
    solution=relu_bptt,
    cases=make_relu,
    label="the gradient of {}",
    returns=("weight_hh", "h0"),
    axes={"dout": "T B H", "weight_hh": "H H", "h0": "B H"},
    mistakes=(
        Mistake(
            "tanh's slope",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, slope="tanh"),
            "1 − h² is the slope of tanh: a ReLU has slope 1 where h > 0, and 0 elsewhere",
        ),
        Mistake(
            "no slope",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, slope="none"),
            "the gradient passes through units that are off: where h_t is 0, the slope is 0",
        ),
        Mistake(
            "slope of the state before",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, slope="before"),
            "the slope of step t is 1 where h_t > 0; you looked at h_{t−1}",
        ),
        Mistake(
            "dout after the slope",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, late=True),
            "dout belongs to h_t: add it before you multiply by the slope",
        ),
        Mistake(
            "transposed on the way",
            transposed_on_the_way,
            "the way back multiplies by W_hh instead of W_hhᵀ: with rows, that is da @ weight_hh",
        ),
        Mistake(
            "state after",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, lag=0),
            "at step t the weights multiply h_{t−1}, so da_t goes with h_{t−1}, not with h_t",
        ),
        Mistake(
            "nothing handed back",
            lambda h, dout, weight_hh: backward(h, dout, weight_hh, pieces=1),
            "each step counts its own loss only: add what comes back from the step after",
        ),
    ),
)


def truncated(h, dout, weight_hh, k):
    """Gradient of W_hh (H, H) with the way back cut every k steps, of a tanh network."""
    grad = np.zeros_like(weight_hh)
    for s in range(0, len(dout), k):
        grad = grad + backward(h[s : s + k + 1], dout[s : s + k], weight_hh, slope="tanh")[0]
    return grad


def reset_states(h, dout, weight_hh, k):
    """The mistake of taking zero for the state that a piece begins in."""
    grad = np.zeros_like(weight_hh)
    for s in range(0, len(dout), k):
        piece = h[s : s + k + 1].copy()
        piece[0] = 0
        grad = grad + backward(piece, dout[s : s + k], weight_hh, slope="tanh")[0]
    return grad


def whole_pieces(h, dout, weight_hh, k):
    """The mistake of dropping the last, shorter piece."""
    T = len(dout) // k * k
    return truncated(h[: T + 1], dout[:T], weight_hh, k)


def from_the_end(h, dout, weight_hh, k):
    """The mistake of counting the pieces from the end, so that the first one is the shorter one."""
    rest = len(dout) % k
    first = backward(h[: rest + 1], dout[:rest], weight_hh, slope="tanh")[0]
    return first + truncated(h[rest:], dout[rest:], weight_hh, k)


def sliding(h, dout, weight_hh, k):
    """The mistake of going back k steps from every loss, wherever the borders are."""
    grad = np.zeros_like(weight_hh)
    for t in range(1, len(dout) + 1):
        start = max(0, t - k)
        only = np.zeros_like(dout[start:t])
        only[-1] = dout[t - 1]
        grad = grad + backward(h[start : t + 1], only, weight_hh, slope="tanh")[0]
    return grad


def last_loss_only(h, dout, weight_hh, k):
    """The mistake of starting back from the last step of each piece alone."""
    only = np.zeros_like(dout)
    last = [min(s + k, len(dout)) - 1 for s in range(0, len(dout), k)]
    only[last] = dout[last]
    return truncated(h, only, weight_hh, k)


check_truncated = Exercise(
    name="truncated",
    solution=truncated,
    cases=lambda rng: [(*make_states(rng, T, B, H), k) for T, B, H, k in ((11, 3, 4, 4), (9, 2, 5, 2), (7, 1, 3, 3))],
    label="the gradient of W_hh",
    axes={"dout": "T B H", "weight_hh": "H H"},
    mistakes=(
        Mistake(
            "not cut",
            lambda h, dout, weight_hh, k: backward(h, dout, weight_hh, slope="tanh")[0],
            "the gradient crosses the borders: begin every piece with dh = 0",
        ),
        Mistake(
            "state reset",
            reset_states,
            "each piece begins in state 0: the state is carried, only the gradient is cut",
        ),
        Mistake(
            "rest dropped",
            whole_pieces,
            "the last, shorter piece is missing: let range(0, T, k) find the starts",
        ),
        Mistake(
            "counted from the end",
            from_the_end,
            "the borders are counted from the end: pieces begin at step 1, k + 1, 2k + 1 …",
        ),
        Mistake(
            "sliding window",
            sliding,
            "every loss goes back k steps here: cut at fixed borders, the same for all losses",
        ),
        Mistake(
            "last loss of each piece",
            last_loss_only,
            "only the last loss of each piece counts: add dout at every step",
        ),
        Mistake(
            "mean of the pieces",
            lambda h, dout, weight_hh, k: truncated(h, dout, weight_hh, k) / -(-len(dout) // k),
            "the pieces were averaged: a shared weight's gradient is the sum over all steps",
        ),
    ),
)


def thrifty(x, h0, dout, weight_ih, weight_hh, k):
    """Gradient of W_hh (H, H) of a tanh network without biases; only every k-th state is kept."""
    return checkpointed(x, h0, dout, weight_ih, weight_hh, k)


def checkpointed(
    x: np.ndarray,
    h0: np.ndarray,
    dout: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    k: int,
    handed_to: int | None = -1,
    from_zero: bool = False,
    kept_late: bool = False,
) -> np.ndarray:
    """Keep the state at the start of each piece; then recompute the pieces, last first."""
    starts, h = [], h0
    for t, x_t in enumerate(x):
        after = np.tanh(x_t @ weight_ih.T + h @ weight_hh.T)
        if t % k == 0:
            starts.append(after if kept_late else h)
        h = after
    grad, dh = np.zeros_like(weight_hh), np.zeros_like(h0)
    for i in reversed(range(len(starts))):
        states = [np.zeros_like(h0) if from_zero else starts[i]]
        for x_t in x[i * k : (i + 1) * k]:
            states.append(np.tanh(x_t @ weight_ih.T + states[-1] @ weight_hh.T))
        piece = dout[i * k : (i + 1) * k].copy()
        if handed_to is not None:
            piece[handed_to] += dh
        part, dh = backward(np.stack(states), piece, weight_hh, slope="tanh")
        grad = grad + part
    return grad


def make_inputs(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Inputs, first state, upstream gradients and weights; k divides T, does not, and exceeds it."""
    cases = []
    for T, B, D, H, k in ((12, 3, 2, 4, 4), (11, 2, 3, 5, 3), (4, 1, 2, 3, 7)):
        weights = rng.normal(size=(H, D)), rng.normal(size=(H, H)) / np.sqrt(H)
        arrays = rng.normal(size=(T, B, D)), rng.uniform(0.1, 0.9, (B, H)), rng.normal(size=(T, B, H))
        cases.append((*arrays, *weights, k))
    return cases


check_thrifty = Exercise(
    name="thrifty",
    solution=thrifty,
    cases=make_inputs,
    label="the gradient of W_hh",
    axes={"x": "T B D", "h0": "B H", "dout": "T B H", "weight_ih": "H D", "weight_hh": "H H"},
    mistakes=(
        Mistake(
            "truncated",
            lambda x, h0, dout, weight_ih, weight_hh, k: checkpointed(
                x, h0, dout, weight_ih, weight_hh, k, handed_to=None
            ),
            "that is the truncated gradient: hand dh from each piece to the piece before it",
        ),
        Mistake(
            "handed to the wrong end",
            lambda x, h0, dout, weight_ih, weight_hh, k: checkpointed(
                x, h0, dout, weight_ih, weight_hh, k, handed_to=0
            ),
            "what comes back from the later piece belongs to the last step of this one",
        ),
        Mistake(
            "kept one step late",
            lambda x, h0, dout, weight_ih, weight_hh, k: checkpointed(
                x, h0, dout, weight_ih, weight_hh, k, kept_late=True
            ),
            "keep the state before the first step of a piece, not the one after it",
        ),
        Mistake(
            "recomputed from zero",
            lambda x, h0, dout, weight_ih, weight_hh, k: checkpointed(
                x, h0, dout, weight_ih, weight_hh, k, from_zero=True
            ),
            "the pieces were recomputed from state 0: start each from the state that was kept",
        ),
    ),
)

EXERCISES = (check_forward_derivative, check_relu_bptt, check_truncated, check_thrifty)
