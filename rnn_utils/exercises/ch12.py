"""Checks of chapter 12, nn.RNN, nn.LSTM, nn.GRU."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def forget_biases(bias_ih, bias_hh, total):
    """Both biases of an LSTM with `total` in all on the forget gate, all of it in `bias_ih`."""
    return with_forget(bias_ih, bias_hh, total, 0.0)


def with_forget(
    bias_ih: np.ndarray, bias_hh: np.ndarray, first: float, second: float, gate: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Copies of both biases with two numbers in the block of one gate."""
    hidden = len(bias_ih) // 4
    result = bias_ih.copy(), bias_hh.copy()
    for bias, number in zip(result, (first, second)):
        bias[gate * hidden : (gate + 1) * hidden] = number
    return result


check_forget_biases = Exercise(
    name="forget_biases",
    solution=forget_biases,
    cases=lambda rng: [(rng.normal(size=4 * H), rng.normal(size=4 * H), total) for H, total in ((3, 1.0), (5, 3.0))],
    returns=("bias_ih", "bias_hh"),
    mistakes=(
        Mistake(
            "both",
            lambda bias_ih, bias_hh, total: with_forget(bias_ih, bias_hh, total, total),
            "PyTorch adds the two biases, so yours make twice the total: set one of them to 0",
        ),
        Mistake(
            "other gate",
            lambda bias_ih, bias_hh, total: with_forget(bias_ih, bias_hh, total, 0.0, gate=0),
            "that is the input gate's block: the order is i, f, g, o",
        ),
        Mistake(
            "candidate",
            lambda bias_ih, bias_hh, total: with_forget(bias_ih, bias_hh, total, 0.0, gate=2),
            "that is the candidate's block: the order is i, f, g, o",
        ),
        Mistake(
            "output gate",
            lambda bias_ih, bias_hh, total: with_forget(bias_ih, bias_hh, total, 0.0, gate=3),
            "that is the output gate's block: the order is i, f, g, o",
        ),
        Mistake(
            "other bias left",
            lambda bias_ih, bias_hh, total: (with_forget(bias_ih, bias_hh, total, 0.0)[0], bias_hh.copy()),
            "bias_hh still has its old numbers there, and the gate sees the sum of both",
        ),
        Mistake(
            "half each",
            lambda bias_ih, bias_hh, total: with_forget(bias_ih, bias_hh, total / 2, total / 2),
            "the sum is right, but all of it belongs in bias_ih: 0 in bias_hh",
        ),
    ),
)


def make_padded(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Sequences (T, B, D) and lengths; in no case do all sequences have the length T."""
    cases = []
    for T, B, D, lengths in ((7, 3, 4, [3, 7, 5]), (5, 4, 2, [1, 4, 5, 2]), (6, 2, 3, [4, 2])):
        cases.append((rng.normal(size=(T, B, D)), np.array(lengths)))
    return cases


def top_states(h_n):
    """Both directions of the last layer side by side: (B, 2H) from (2 · layers, B, H)."""
    return np.concatenate([h_n[-2], h_n[-1]], axis=1)


check_top_states = Exercise(
    name="top_states",
    solution=top_states,
    cases=lambda rng: [(rng.normal(size=(2 * layers, B, H)),) for layers, B, H in ((2, 3, 4), (3, 5, 2), (4, 1, 3))],
    mistakes=(
        Mistake(
            "bottom layer",
            lambda h_n: np.concatenate([h_n[0], h_n[1]], axis=1),
            "that is the first layer: the last layer's two directions come last",
        ),
        Mistake(
            "directions exchanged",
            lambda h_n: np.concatenate([h_n[-1], h_n[-2]], axis=1),
            "yours begins with the backward direction: in each layer's pair, forwards comes first",
        ),
        Mistake(
            "directions outermost",
            lambda h_n: np.concatenate([h_n[len(h_n) // 2 - 1], h_n[-1]], axis=1),
            "all forward states do not come first: the order is by layer, then by direction",
        ),
        Mistake(
            "batch axis",
            lambda h_n: np.concatenate([h_n[-2], h_n[-1]], axis=0),
            "the directions lie one below the other, (2B, H): join them along the last axis",
        ),
        Mistake(
            "reshape",
            lambda h_n: h_n[-2:].reshape(h_n.shape[1], -1),
            "the shape fits, but reshape mixes the sequences: join the two directions instead",
        ),
        Mistake(
            "summed",
            lambda h_n: h_n[-2] + h_n[-1],
            "the directions are added up: put them side by side, (B, 2H)",
        ),
    ),
)


def masked_mean(out, lengths):
    """Mean of each sequence's outputs over its true steps: (B, H) from (T, B, H)."""
    return total(out, lengths) / lengths[:, None]


def total(out: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Sum of each sequence's outputs over its true steps, (B, H)."""
    return (out * (np.arange(len(out))[:, None] < lengths)[..., None]).sum(axis=0)


check_masked_mean = Exercise(
    name="masked_mean",
    solution=masked_mean,
    cases=make_padded,
    axes={"out": "T B H", "result": "B H"},
    mistakes=(
        Mistake(
            "all positions",
            lambda out, lengths: out.mean(axis=0),
            "you averaged over the padding too: leave out steps t ≥ length",
        ),
        Mistake(
            "divided by T",
            lambda out, lengths: total(out, lengths) / len(out),
            "the sums are right: divide each by its own length, not by T",
        ),
        Mistake(
            "sum",
            total,
            "those are the sums: divide each by its own length",
        ),
        Mistake(
            "last step",
            lambda out, lengths: out[lengths - 1, np.arange(len(lengths))],
            "that is the last true step: average over all true steps",
        ),
        Mistake(
            "one step too many",
            lambda out, lengths: total(out, np.minimum(lengths + 1, len(out))) / lengths[:, None],
            "your mask lets in the first step of the padding: true steps have t < length",
        ),
    ),
)


def reverse_padded(x, lengths):
    """Each sequence back to front, its padding still at the end: (T, B, D)."""
    result = x.copy()
    for b, n in enumerate(lengths):
        result[:n, b] = x[:n, b][::-1]
    return result


def rolled(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Every sequence reversed from the end of the longest one."""
    n = lengths.max()
    return np.concatenate([x[:n][::-1], x[n:]])


check_reverse_padded = Exercise(
    name="reverse_padded",
    solution=reverse_padded,
    cases=make_padded,
    axes={"x": "T B D", "result": "T B D"},
    mistakes=(
        Mistake(
            "all positions",
            lambda x, lengths: x[::-1].copy(),
            "the padding has come to the front: reverse only the true steps of each sequence",
        ),
        Mistake(
            "to the longest",
            rolled,
            "you reversed all of them from the longest one's end: each has its own length",
        ),
        Mistake(
            "batch reversed",
            lambda x, lengths: x[:, ::-1].copy(),
            "you reversed the order of the sequences: reverse the steps inside each of them",
        ),
        Mistake(
            "padding emptied",
            lambda x, lengths: reverse_padded(x, lengths) * (np.arange(len(x))[:, None] < lengths)[..., None],
            "the true steps are right, but the padding became 0: leave it as it is",
        ),
    ),
)

EXERCISES = (check_forget_biases, check_top_states, check_masked_mean, check_reverse_padded)
