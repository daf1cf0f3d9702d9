"""Checks of chapter 09, LSTM."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import sigmoid


def forget_bias(steps):
    """The bias with which a forget gate near its bias halves a cell state in `steps` steps."""
    f = 0.5 ** (1 / steps)
    return np.log(f / (1 - f))


def bias_of(f: Any) -> Any:
    """The inverse of the sigmoid."""
    return np.log(f / (1 - f))


check_forget_bias = Exercise(
    name="forget_bias",
    solution=forget_bias,
    cases=lambda rng: [(1.0,), (10.0,), (100.0,), (float(rng.uniform(300, 900)),)],
    mistakes=(
        Mistake(
            "gate, not bias", lambda steps: 0.5 ** (1 / steps), "that is f itself: which bias makes σ(b) that large?"
        ),
        Mistake(
            "time constant",
            lambda steps: bias_of(np.exp(-1 / np.maximum(steps, 1e-9))),
            "after so many steps 1/e = 0.37 is left: half means f^steps = 0.5",
        ),
        Mistake(
            "upside down",
            lambda steps: -bias_of(0.5 ** (1 / steps)),
            "the sign is wrong: a gate that is nearly open has a positive bias",
        ),
        Mistake(
            "logarithm to base 10",
            lambda steps: bias_of(0.5 ** (1 / steps)) / np.log(10),
            "σ is made with e, so its inverse has the natural logarithm",
        ),
        Mistake(
            "shut instead of open",
            lambda steps: bias_of(0.5 / steps) if steps > 1 else -1.0,
            "a gate of 1/(2·steps) forgets nearly all at once: f is multiplied, f^steps = 0.5",
        ),
    ),
)


def peephole_step(x, h, c, weight_ih, weight_hh, bias, peephole):
    """One step of an LSTM whose gates see the cell; `peephole` (3, H) is for i, f and o. Returns h and c."""
    return step_with_peepholes(x, h, c, weight_ih, weight_hh, bias, peephole)


def step_with_peepholes(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray,
    peephole: np.ndarray,
    o_sees: str = "new",
    order: str = "ifgo",
    seen: float = 1.0,
    hidden: bool = False,
    outside: bool = False,
    squashed: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """The step, from which each mistake changes something."""
    parts = dict(zip(order, np.split(x @ weight_ih.T + h @ weight_hh.T + bias, 4, axis=1)))
    looked_at = h if hidden else c

    def gate(name: str, weight: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """A gate that sees the cell."""
        peep = seen * weight * cell
        return sigmoid(parts[name]) + peep if outside else sigmoid(parts[name] + peep)

    i, f = gate("i", peephole[0], looked_at), gate("f", peephole[1], looked_at)
    new = f * c + i * np.tanh(parts["g"])
    o = gate("o", peephole[2], new if o_sees == "new" else c)
    return o * (np.tanh(new) if squashed else new), new


def make_peephole(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Steps with B, D and H all different; one of a single unit."""
    cases = []
    for B, D, H in ((3, 4, 5), (2, 5, 3), (1, 2, 1)):
        weights = rng.normal(size=(4 * H, D)), rng.normal(size=(4 * H, H)), rng.normal(size=4 * H)
        states = rng.normal(size=(B, D)), rng.uniform(-0.9, 0.9, (B, H)), rng.normal(size=(B, H)) * 2
        cases.append((*states, *weights, rng.normal(size=(3, H))))
    return cases


check_peephole_step = Exercise(
    name="peephole_step",
    solution=peephole_step,
    cases=make_peephole,
    returns=("h", "c"),
    axes={"x": "B D", "h": "B H", "c": "B H"},
    mistakes=(
        Mistake(
            "output gate sees the old cell",
            lambda *args: step_with_peepholes(*args, o_sees="old"),
            "c is right and h is not: the output gate looks at the new cell, c_t",
        ),
        Mistake(
            "no peepholes",
            lambda *args: step_with_peepholes(*args, seen=0.0),
            "that is the LSTM without peepholes: add peephole · c inside the sigmoids",
        ),
        Mistake(
            "order i, f, o, g",
            lambda *args: step_with_peepholes(*args, order="ifog"),
            "g and o are swapped: the order of the stacked rows is i, f, g, o",
        ),
        Mistake(
            "sees h",
            lambda *args: step_with_peepholes(*args, hidden=True),
            "i and f look through the peephole at h: it is the cell c that they see",
        ),
        Mistake(
            "outside the sigmoid",
            lambda *args: step_with_peepholes(*args, outside=True),
            "the peephole is added inside the sigmoid, so that a gate stays between 0 and 1",
        ),
        Mistake(
            "cell shown as it is",
            lambda *args: step_with_peepholes(*args, squashed=False),
            "c is right and h is not: h = o tanh(c)",
        ),
    ),
)


def coupled_back(dc, c_prev, f, g):
    """Gradients of a^f, a^g and c_{t−1} of c_t = f c_{t−1} + (1 − f) g, from that of c_t; all (B, H)."""
    return coupled(dc, c_prev, f, g)


def coupled(
    dc: np.ndarray,
    c_prev: np.ndarray,
    f: np.ndarray,
    g: np.ndarray,
    written: float = 1.0,
    slope_f: bool = True,
    open_g: bool = False,
    slope_g: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients, from which each mistake changes something."""
    da_f = dc * (c_prev - written * g) * (f * (1 - f) if slope_f else 1)
    da_g = dc * (f if open_g else 1 - f) * (1 - g**2 if slope_g else 1)
    return da_f, da_g, dc * f


def make_coupled(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Upstream gradients, cell states, gates and candidates."""
    return [
        (rng.normal(size=s), rng.normal(size=s), sigmoid(rng.normal(size=s)), np.tanh(rng.normal(size=s)))
        for s in ((3, 5), (1, 4), (6, 2))
    ]


check_coupled_back = Exercise(
    name="coupled_back",
    solution=coupled_back,
    cases=make_coupled,
    label="the gradient of {}",
    returns=("a_f", "a_g", "c_prev"),
    axes={"dc": "B H"},
    mistakes=(
        Mistake(
            "one use only",
            lambda dc, c_prev, f, g: coupled(dc, c_prev, f, g, written=0.0),
            "f is used twice: it multiplies c_{t−1}, and 1 − f multiplies g",
        ),
        Mistake(
            "wrong sign of the second use",
            lambda dc, c_prev, f, g: coupled(dc, c_prev, f, g, written=-1.0),
            "the derivative of 1 − f is −1: what is kept more is written less",
        ),
        Mistake(
            "no slope",
            lambda dc, c_prev, f, g: coupled(dc, c_prev, f, g, slope_f=False),
            "that is the gradient of f: for a^f multiply by the slope f (1 − f)",
        ),
        Mistake(
            "candidate by f",
            lambda dc, c_prev, f, g: coupled(dc, c_prev, f, g, open_g=True),
            "g is written through 1 − f, not through f",
        ),
        Mistake(
            "no slope of the tanh",
            lambda dc, c_prev, f, g: coupled(dc, c_prev, f, g, slope_g=False),
            "that is the gradient of g: for a^g multiply by the slope 1 − g²",
        ),
    ),
)

EXERCISES = (check_forget_bias, check_peephole_step, check_coupled_back)
