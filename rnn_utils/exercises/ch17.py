"""Checks of chapter 17, The return of recurrence."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import sigmoid
from rnn_utils.scan import loop


def join(first, second):
    """One step that does what two do, one after the other."""
    (a1, b1), (a2, b2) = first, second
    return a2 * a1, a2 * b1 + b2


def make_pairs(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Two steps of some units each."""
    return [(tuple(rng.normal(size=(2, H))), tuple(rng.normal(size=(2, H)))) for H in (1, 3, 5)]


check_join = Exercise(
    name="join",
    solution=join,
    cases=make_pairs,
    returns=("a", "b"),
    mistakes=(
        Mistake(
            "the other order",
            lambda first, second: join(second, first),
            "that takes `second` first: put the result of the first step into the second",
        ),
        Mistake(
            "b not carried on",
            lambda first, second: (first[0] * second[0], first[1] + second[1]),
            "the second step multiplies all it receives, what the first has added too",
        ),
        Mistake(
            "a added",
            lambda first, second: (first[0] + second[0], second[0] * first[1] + second[1]),
            "the state is multiplied twice: two factors make a product",
        ),
    ),
)


def parity_steps(bits):
    """Factors and summands with which h_t = a_t h_{t−1} + b_t from 0 is the parity of the bits so far."""
    return 1.0 - 2.0 * bits, 1.0 * bits


check_parity_steps = Exercise(
    name="parity_steps",
    solution=parity_steps,
    cases=lambda rng: [(rng.integers(2, size=shape),) for shape in [(7,), (24, 3), (50, 2)]],
    returns=("a", "b"),
    mistakes=(
        Mistake(
            "flips at every step",
            lambda bits: (-np.ones(bits.shape), np.ones(bits.shape)),
            "a zero must leave the state alone: which pair changes nothing?",
        ),
        Mistake(
            "counts",
            lambda bits: (np.ones(bits.shape), 1.0 * bits),
            "that counts the ones: a one must turn 0 into 1 and 1 into 0",
        ),
        Mistake(
            "sign alone",
            lambda bits: (1.0 - 2.0 * bits, np.zeros(bits.shape)),
            "from h_0 = 0 there is nothing to flip: a one has to add something",
        ),
        Mistake(
            "zeros and ones exchanged",
            lambda bits: (2.0 * bits - 1.0, 1.0 - bits),
            "zeros and ones have changed places: a one flips, a zero keeps",
        ),
        Mistake(
            "forgets at a one",
            lambda bits: (1.0 - bits, 1.0 * bits),
            "after a one the state is 1 whatever it was: 1 must become 0, so a is negative there",
        ),
    ),
)


def run_min_lstm(
    x: np.ndarray,
    h0: np.ndarray,
    weight_ih: np.ndarray,
    bias_ih: np.ndarray,
    scaled: bool = True,
    start: str = "h0",
    order: tuple[int, int, int] = (0, 1, 2),
    squash: bool = False,
) -> np.ndarray:
    """The recursion, with what each mistake changes."""
    parts = np.split(x @ weight_ih.T + bias_ih, 3, axis=-1)
    i, f, g = (parts[place] for place in order)
    i, f, g = sigmoid(i), sigmoid(f), np.tanh(g) if squash else g
    total = f + i if scaled else 1.0
    keep, write = f / total, i / total
    b = write * g
    first = {"h0": h0, "none": 0 * h0, "candidate": np.where(h0 > 0, h0 + 0.5, sigmoid(h0))}[start]
    b[0] += keep[0] * first
    return loop(keep, b)


def min_lstm(x, h0, weight_ih, bias_ih):
    """States (T, B, H) of a minLSTM."""
    return run_min_lstm(x, h0, weight_ih, bias_ih)


def make_sequences(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Inputs, first states and parameters of three blocks."""
    cases = []
    for T, B, D, H in ((6, 3, 2, 4), (1, 2, 3, 5), (4, 1, 5, 3)):
        weights = rng.normal(size=(3 * H, D)), rng.normal(size=3 * H)
        cases.append((rng.normal(size=(T, B, D)), rng.normal(size=(B, H)), *weights))
    return cases


check_min_lstm = Exercise(
    name="min_lstm",
    solution=min_lstm,
    cases=make_sequences,
    axes={"x": "T B D", "h0": "B H", "result": "T B H"},
    mistakes=(
        Mistake(
            "not scaled",
            lambda x, h0, weight_ih, bias_ih: run_min_lstm(x, h0, weight_ih, bias_ih, scaled=False),
            "f and i are used as they are: divide both by f + i",
        ),
        Mistake(
            "first state left out",
            lambda x, h0, weight_ih, bias_ih: run_min_lstm(x, h0, weight_ih, bias_ih, start="none"),
            "h0 is not used: the first step keeps its share of it",
        ),
        Mistake(
            "first state taken for a candidate",
            lambda x, h0, weight_ih, bias_ih: run_min_lstm(x, h0, weight_ih, bias_ih, start="candidate"),
            "h0 went through a function that is for candidates: it is a state already",
        ),
        Mistake(
            "i and f exchanged",
            lambda x, h0, weight_ih, bias_ih: run_min_lstm(x, h0, weight_ih, bias_ih, order=(1, 0, 2)),
            "i and f have changed places: the blocks come in the order i, f, g",
        ),
        Mistake(
            "tanh of the candidate",
            lambda x, h0, weight_ih, bias_ih: run_min_lstm(x, h0, weight_ih, bias_ih, squash=True),
            "there is no tanh here: the candidate is the weighted sum itself",
        ),
    ),
)


def diagonal_step(W, c, h):
    """One Newton iteration in which each Jacobian is replaced by its diagonal."""
    return corrected(W, c, h, np.diag(W))


def corrected(W: np.ndarray, c: np.ndarray, h: np.ndarray, factors: np.ndarray | float) -> np.ndarray:
    """The iteration, with other factors in the place of the diagonal of W."""
    step = np.tanh(np.concatenate([np.zeros_like(h[:1]), h[:-1]]) @ W.T + c)
    return h + loop((1 - step**2) * factors, step - h)


def slope_of_the_guess(W: np.ndarray, c: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The iteration with the tanh's slope taken at h_t itself."""
    step = np.tanh(np.concatenate([np.zeros_like(h[:1]), h[:-1]]) @ W.T + c)
    return h + loop((1 - h**2) * np.diag(W), step - h)


def without_loop(W: np.ndarray, c: np.ndarray, h: np.ndarray) -> np.ndarray:
    """One step of the network from every guessed state."""
    return np.tanh(np.concatenate([np.zeros_like(h[:1]), h[:-1]]) @ W.T + c)


def make_networks(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Weights, inputs and guesses."""
    shapes = [(5, 3), (1, 2), (8, 4)]
    return [(rng.normal(size=(H, H)), rng.normal(size=(T, H)), rng.uniform(-0.9, 0.9, (T, H))) for T, H in shapes]


check_diagonal_step = Exercise(
    name="diagonal_step",
    solution=diagonal_step,
    cases=make_networks,
    axes={"c": "T H", "h": "T H", "result": "T H"},
    mistakes=(
        Mistake(
            "no recurrence",
            without_loop,
            "that is one step from each guess: the corrections still have to be passed on in time",
        ),
        Mistake(
            "the correction alone",
            lambda W, c, h: diagonal_step(W, c, h) - h,
            "that is the correction: add it to the guess",
        ),
        Mistake(
            "slope missing",
            lambda W, c, h: h + loop(np.ones_like(h) * np.diag(W), without_loop(W, c, h) - h),
            "the tanh's slope is missing: the factor is (1 − tanh²) times the diagonal of W",
        ),
        Mistake(
            "slope at the guess",
            slope_of_the_guess,
            "the slope belongs to the new value, tanh(W h_{t−1} + c_t), not to the guess h_t",
        ),
    ),
)

EXERCISES = (check_join, check_parity_steps, check_min_lstm, check_diagonal_step)
