"""Checks of chapter 10, GRU."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import sigmoid


def half_life_bias(k):
    """Bias of the update gate with which half of the state is left after k steps."""
    z = 0.5 ** (1 / k)
    return np.log(z / (1 - z))


check_half_life_bias = Exercise(
    name="half_life_bias",
    solution=half_life_bias,
    cases=lambda rng: [(1,), (10,), (100,), (1000,)],
    mistakes=(
        Mistake(
            "the gate itself",
            lambda k: 0.5 ** (1 / k),
            "that is z: the bias is what the sigmoid turns into z, ln(z / (1 − z))",
        ),
        Mistake(
            "the other convention",
            lambda k: -half_life_bias(k),
            "with that bias the unit forgets in one step: in PyTorch's convention z = 1 means keep",
        ),
        Mistake(
            "half after one step",
            lambda k: np.log(0.5 / (1 - 0.5)) * k,
            "0 is the bias for half after one step: z to the power of k is one half",
        ),
        Mistake(
            "time constant",
            lambda k: np.log(np.exp(-1 / k) / (1 - np.exp(-1 / k))),
            "that leaves 1/e after k steps: one half was wanted, z to the power of k is 1/2",
        ),
        Mistake(
            "linear decay",
            lambda k: np.log((1 - 0.5 / k) / (0.5 / k)),
            "that loses 1/2k of the state a step: each step multiplies what is left, z to the power of k",
        ),
    ),
)


def convert(w):
    """Blocks z, r, n with z = 1 for replace, to r, z, n with z = 1 for keep."""
    z, r, n = np.split(w, 3)
    return np.concatenate([r, -z, n])


def rearranged(w: np.ndarray, order: tuple[int, int, int], signs: tuple[int, int, int]) -> np.ndarray:
    """Blocks in another order, each times its sign."""
    blocks = np.split(w, 3)
    return np.concatenate([sign * blocks[i] for i, sign in zip(order, signs)])


check_convert = Exercise(
    name="convert",
    solution=convert,
    cases=lambda rng: [(rng.normal(size=(12, 3)),), (rng.normal(size=(15, 5)),), (rng.normal(size=9),)],
    mistakes=(
        Mistake(
            "sign forgotten",
            lambda w: rearranged(w, (1, 0, 2), (1, 1, 1)),
            "the order is right, but z still means replace: what turns σ(a) into 1 − σ(a)?",
        ),
        Mistake(
            "order forgotten",
            lambda w: rearranged(w, (0, 1, 2), (-1, 1, 1)),
            "z is negated, but the blocks still come as z, r, n: PyTorch has r, z, n",
        ),
        Mistake(
            "wrong gate negated",
            lambda w: rearranged(w, (1, 0, 2), (-1, 1, 1)),
            "the reset gate was negated: it means the same in both, only z is turned round",
        ),
        Mistake(
            "one minus",
            lambda w: np.concatenate([np.split(w, 3)[1], 1 - np.split(w, 3)[0], np.split(w, 3)[2]]),
            "one minus the weights is not one minus the gate: 1 − σ(a) = σ(−a)",
        ),
    ),
)


def paper_gru(x, h0, weight_ih, weight_hh, bias):
    """States (T, B, H) of a GRU with the reset gate before the product."""
    return run_gru(x, h0, weight_ih, weight_hh, bias)


def run_gru(
    x: np.ndarray,
    h0: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray,
    place: str = "before",
    keep: bool = True,
    order: tuple[int, int] = (0, 1),
) -> np.ndarray:
    """The recursion, with what each mistake changes."""
    h, states = h0, []
    W = np.split(weight_hh, 3)
    for x_t in x:
        parts = np.split(x_t @ weight_ih.T + bias, 3, axis=1)
        r, z = (sigmoid(parts[i] + h @ W[i].T) for i in order)
        seen = {"before": (r * h) @ W[2].T, "after": r * (h @ W[2].T), "none": h @ W[2].T}[place]
        n = np.tanh(parts[2] + seen)
        h = (1 - z) * n + z * h if keep else z * n + (1 - z) * h
        states.append(h)
    return np.stack(states)


def make_sequences(rng: np.random.Generator, gates: int) -> list[tuple[Any, ...]]:
    """Inputs, first states and parameters of `gates` blocks; weights are large, so that the forms differ clearly."""
    cases = []
    for T, B, D, H in ((6, 3, 2, 4), (1, 2, 3, 5), (4, 1, 5, 3)):
        weights = rng.normal(size=(gates * H, D)), rng.normal(size=(gates * H, H)), rng.normal(size=gates * H)
        cases.append((rng.normal(size=(T, B, D)), rng.uniform(-0.9, 0.9, (B, H)), *weights))
    return cases


check_paper_gru = Exercise(
    name="paper_gru",
    solution=paper_gru,
    cases=lambda rng: make_sequences(rng, 3),
    axes={"x": "T B D", "h0": "B H", "result": "T B H"},
    mistakes=(
        Mistake(
            "reset after the product",
            lambda x, h0, weight_ih, weight_hh, bias: run_gru(x, h0, weight_ih, weight_hh, bias, place="after"),
            "that is PyTorch's form: multiply h by r first, then by the matrix",
        ),
        Mistake(
            "no reset gate",
            lambda x, h0, weight_ih, weight_hh, bias: run_gru(x, h0, weight_ih, weight_hh, bias, place="none"),
            "the reset gate has no effect: the candidate sees r ⊙ h, not h",
        ),
        Mistake(
            "z turned round",
            lambda x, h0, weight_ih, weight_hh, bias: run_gru(x, h0, weight_ih, weight_hh, bias, keep=False),
            "z and 1 − z are exchanged: here z = 1 means keep, so z multiplies the old state",
        ),
        Mistake(
            "r and z exchanged",
            lambda x, h0, weight_ih, weight_hh, bias: run_gru(x, h0, weight_ih, weight_hh, bias, order=(1, 0)),
            "r and z have changed places: the blocks come in the order r, z, n",
        ),
    ),
)


def mgu(x, h0, weight_ih, weight_hh, bias):
    """States (T, B, H) of a minimal gated unit."""
    return run_mgu(x, h0, weight_ih, weight_hh, bias)


def run_mgu(
    x: np.ndarray,
    h0: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray,
    seen: str = "before",
    keep: bool = False,
    first: int = 0,
) -> np.ndarray:
    """The recursion, with what each mistake changes."""
    h, states = h0, []
    W = np.split(weight_hh, 2)
    W_f, W_n = W[first], W[1 - first]
    for x_t in x:
        parts = np.split(x_t @ weight_ih.T + bias, 2, axis=1)
        f = sigmoid(parts[first] + h @ W_f.T)
        past = {"before": (f * h) @ W_n.T, "after": f * (h @ W_n.T), "none": h @ W_n.T}[seen]
        n = np.tanh(parts[1 - first] + past)
        h = (1 - f) * n + f * h if keep else (1 - f) * h + f * n
        states.append(h)
    return np.stack(states)


check_mgu = Exercise(
    name="mgu",
    solution=mgu,
    cases=lambda rng: make_sequences(rng, 2),
    axes={"x": "T B D", "h0": "B H", "result": "T B H"},
    mistakes=(
        Mistake(
            "f means keep",
            lambda x, h0, weight_ih, weight_hh, bias: run_mgu(x, h0, weight_ih, weight_hh, bias, keep=True),
            "f and 1 − f are exchanged in the last line: here f = 1 means replace",
        ),
        Mistake(
            "gate forgotten in the candidate",
            lambda x, h0, weight_ih, weight_hh, bias: run_mgu(x, h0, weight_ih, weight_hh, bias, seen="none"),
            "the candidate sees all of h: multiply h by f before the matrix",
        ),
        Mistake(
            "gate after the product",
            lambda x, h0, weight_ih, weight_hh, bias: run_mgu(x, h0, weight_ih, weight_hh, bias, seen="after"),
            "the gate stands after the matrix: multiply h by f first",
        ),
        Mistake(
            "blocks exchanged",
            lambda x, h0, weight_ih, weight_hh, bias: run_mgu(x, h0, weight_ih, weight_hh, bias, first=1),
            "gate and candidate have changed places: the blocks come in the order f, n",
        ),
    ),
)

EXERCISES = (check_half_life_bias, check_convert, check_paper_gru, check_mgu)
