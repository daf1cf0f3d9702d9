"""Checks of chapter 10, GRU."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import sigmoid


def fold_biases(bias_ih, bias_hh):
    """All biases that a GRU needs, b_r, b_z, b_in and b_hn: 4H numbers instead of PyTorch's 6H."""
    H = len(bias_ih) // 3
    both = bias_ih + bias_hh
    return np.concatenate([both[: 2 * H], bias_ih[2 * H :], bias_hh[2 * H :]])


def last_third(w: np.ndarray) -> np.ndarray:
    """The candidate's block."""
    return w[2 * len(w) // 3 :]


check_fold_biases = Exercise(
    name="fold_biases",
    solution=fold_biases,
    cases=lambda rng: [(rng.normal(size=3 * H), rng.normal(size=3 * H)) for H in (1, 4, 5)],
    mistakes=(
        Mistake(
            "all blocks added",
            lambda bias_ih, bias_hh: bias_ih + bias_hh,
            "r multiplies b_hn and not b_in, so their sum is not enough: keep both",
        ),
        Mistake(
            "candidate's hidden bias twice",
            lambda bias_ih, bias_hh: np.concatenate([bias_ih + bias_hh, last_third(bias_hh)]),
            "b_hn is in there twice: the third block is b_in alone",
        ),
        Mistake(
            "gates' biases not added",
            lambda bias_ih, bias_hh: np.concatenate([bias_ih, last_third(bias_hh)]),
            "the gates have lost half of their bias: add bias_hh in the first two blocks",
        ),
        Mistake(
            "candidate's biases exchanged",
            lambda bias_ih, bias_hh: np.concatenate(
                [(bias_ih + bias_hh)[: 2 * len(bias_ih) // 3], last_third(bias_hh), last_third(bias_ih)]
            ),
            "b_in and b_hn have changed places: b_in comes third, b_hn last",
        ),
        Mistake(
            "both copied",
            lambda bias_ih, bias_hh: np.concatenate([bias_ih, bias_hh]),
            "all 6H are still there: in r and z only the sum of the two biases counts",
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
        Mistake(
            "all negated",
            lambda w: rearranged(w, (1, 0, 2), (-1, -1, -1)),
            "only the update gate changes its meaning: r and n keep their sign",
        ),
        Mistake(
            "r and n exchanged",
            lambda w: rearranged(w, (2, 0, 1), (1, -1, 1)),
            "the blocks came as z, r, n: the second is r, the third n",
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

EXERCISES = (check_fold_biases, check_convert, check_paper_gru, check_mgu)
