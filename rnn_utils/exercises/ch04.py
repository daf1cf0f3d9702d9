"""Checks of chapter 04, Recurrence."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def recurrent(
    x: np.ndarray, weight_ih: np.ndarray, weight_hh: np.ndarray, bias: np.ndarray, h0: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Every state (T, B, H) of the loop over x (T, B, D), and the last one (B, H)."""
    h = np.zeros((x.shape[1], len(bias)), bias.dtype) if h0 is None else h0
    out = []
    for x_t in x:
        h = np.tanh(x_t @ weight_ih.T + h @ weight_hh.T + bias)
        out.append(h)
    return np.stack(out), h


def parameters(T, D, H):
    """Parameters of T layers with weights of their own, and of the loop."""
    one = H * D + H * H + H
    return T * one, one


check_parameters = Exercise(
    name="parameters",
    solution=parameters,
    cases=lambda rng: [(4, 30, 8), (100, 5, 64), (1, 7, 3)],
    returns=("own layers", "loop"),
    label="the number for {}",
    mistakes=(
        Mistake(
            "no bias",
            lambda T, D, H: (T * (H * D + H * H), H * D + H * H),
            "the bias vectors are missing: H more numbers in each layer",
        ),
        Mistake(
            "two biases",
            lambda T, D, H: (T * (H * D + H * H + 2 * H), H * D + H * H + 2 * H),
            "that counts two biases per layer, as PyTorch does: the equations here have one",
        ),
        Mistake(
            "no recurrent matrix",
            lambda T, D, H: (T * (H * D + H), H * D + H),
            "the recurrent matrix is missing: it has shape (H, H)",
        ),
        Mistake(
            "loop grows",
            lambda T, D, H: (T * parameters(T, D, H)[1],) * 2,
            "the loop does not grow with T: it has one copy of the weights for all steps",
        ),
        Mistake(
            "first layer without state",
            lambda T, D, H: (T * parameters(T, D, H)[1] - H * H, parameters(T, D, H)[1]),
            "the first layer's recurrent matrix counts too, though it is multiplied by h_0 = 0",
        ),
    ),
)


def alarm(smoke, reset):
    """Whether the alarm is on, (T, B) of bool: from smoke until a reset."""
    return latch(smoke, reset)


def latch(
    smoke: np.ndarray, reset: np.ndarray, on: float = 3.0, off: float = -6.0, held: float = 2.0, bias: float = 0.0
) -> np.ndarray:
    """Whether one unit is above ½ at each step: its weights for smoke, for a reset, and for its own state."""
    x = np.stack([smoke, reset], axis=-1)
    return recurrent(x, np.array([[on, off]]), np.array([[held]]), np.array([bias]))[0][..., 0] > 0.5


def make_alarms(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Rare smoke and rarer resets, which sometimes come together; one column stays calm, one has smoke at once."""
    cases = []
    for T, B in ((8, 5), (60, 7), (400, 6)):
        smoke, reset = (rng.random((2, T, B)) < [[[4 / T]], [[3 / T]]]).astype(float)
        smoke[:, 0] = 0
        smoke[:, 1], reset[:, 1] = np.arange(T) == 0, 0
        smoke[T // 2, 2] = reset[T // 2, 2] = 1
        smoke[:, 3], reset[:, 3] = np.isin(np.arange(T), (1, 5)), np.arange(T) == 3
        cases.append((smoke, reset))
    return cases


check_alarm = Exercise(
    name="alarm",
    solution=alarm,
    cases=make_alarms,
    axes={"smoke": "T B", "reset": "T B", "result": "T B"},
    mistakes=(
        Mistake(
            "no memory",
            lambda smoke, reset: smoke > reset,
            "it shows only the current step: without a recurrent weight nothing is kept",
        ),
        Mistake(
            "fades",
            lambda smoke, reset: latch(smoke, reset, held=1.0),
            "it stops by itself after a while: a recurrent weight of 1 leaks, take a larger one",
        ),
        Mistake(
            "always on",
            lambda smoke, reset: np.ones(smoke.shape, bool),
            "it is on from the start: use no bias, and start the state at 0",
        ),
        Mistake(
            "reset ignored",
            lambda smoke, reset: latch(smoke, reset, off=0.0),
            "a reset does not stop it: give `reset` a negative weight",
        ),
        Mistake(
            "reset too weak",
            lambda smoke, reset: latch(smoke, reset, off=-1.2),
            "a reset does not stop it for good: its weight must outweigh the 2 × 0.9575 that the unit feeds itself",
        ),
        Mistake(
            "smoke wins",
            lambda smoke, reset: latch(smoke, reset, off=-4.0),
            "with smoke and reset in one step it is on: the reset must outweigh smoke and state",
        ),
        Mistake(
            "off for good",
            lambda smoke, reset: latch(smoke, reset, on=1.0),
            "smoke after a reset is missed: its weight must outweigh the −2 × 0.9575 of a unit that is off",
        ),
        Mistake(
            "toggles",
            lambda smoke, reset: np.cumsum(smoke, axis=0) % 2 > 0,
            "a second smoke stops it: smoke needs a positive weight, like the unit's own",
        ),
    ),
)


def pieces(x, weight_ih, weight_hh, bias, size):
    """Every state (T, B, H), computed in pieces of `size` steps that hand the state on."""
    h, parts = None, []
    for start in range(0, len(x), size):
        out, h = recurrent(x[start : start + size], weight_ih, weight_hh, bias, h)
        parts.append(out)
    return np.concatenate(parts)


def pieces_from(choose: Any) -> Any:
    """Wrong answers: the next piece begins in `choose(states, end)`."""

    def wrong(x, weight_ih, weight_hh, bias, size):
        h, parts = None, []
        for start in range(0, len(x), size):
            out, end = recurrent(x[start : start + size], weight_ih, weight_hh, bias, h)
            h = choose(out, end)
            parts.append(out)
        return np.concatenate(parts)

    return wrong


def make_pieces(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Sequences whose length is no multiple of the size, one that is, and one shorter than a piece."""
    return [
        (rng.normal(size=(T, 3, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 5)), rng.normal(size=5), size)
        for T, size in ((11, 4), (8, 2), (6, 7))
    ]


check_pieces = Exercise(
    name="pieces",
    solution=pieces,
    cases=make_pieces,
    axes={"x": "T B D", "result": "T B H"},
    mistakes=(
        Mistake(
            "reset",
            pieces_from(lambda out, end: None),
            "each piece starts from zero: pass the last state of a piece to the next as h0",
        ),
        Mistake(
            "first state",
            pieces_from(lambda out, end: out[0]),
            "the next piece starts from the first state of the previous piece: take the last one, out[-1]",
        ),
        Mistake(
            "rest dropped",
            lambda x, weight_ih, weight_hh, bias, size: pieces(
                x[: max(1, len(x) // size) * size], weight_ih, weight_hh, bias, size
            ),
            "the steps of the last, shorter piece are missing: let range(0, T, size) find the starts",
        ),
        Mistake(
            "last state of each piece",
            lambda x, weight_ih, weight_hh, bias, size: recurrent(x, weight_ih, weight_hh, bias)[0][
                np.minimum(np.arange(size - 1, len(x) + size - 1, size), len(x) - 1)
            ],
            "there is one state per piece: collect the states of all steps, not the last of each piece",
        ),
    ),
)


def detector(bits):
    """Whether +1, +1, −1, +1 occurs in each column of bits (T, B): (B,) of bool."""
    return scan(bits, (1, 1, -1, 1))


def scan(bits: np.ndarray, pattern: tuple[int, ...], held: float = 16.0, start: float = -1.0) -> np.ndarray:
    """Four units that look for a pattern of four bits; `held` is the flag's own weight, `start` its first state."""
    first, second, third, fourth = pattern
    weight_ih = np.array([[2.0], [0], [0], [4 * fourth]])
    weight_hh = np.array([[0.0, 0, 0, 0], [2, 0, 0, 0], [0, 2, 0, 0], [4 * third, 4 * second, 4 * first, held]])
    bias = np.array([0.0, 0, 0, held - 12])
    h0 = np.tile([0.0, 0, 0, start], (bits.shape[1], 1))
    return recurrent(bits[..., None], weight_ih, weight_hh, bias, h0)[1][:, 3] > 0


check_detector = Exercise(
    name="detector",
    solution=detector,
    cases=lambda rng: [(rng.choice([-1.0, 1.0], size=(T, B)),) for T, B in ((4, 60), (9, 50), (30, 40), (3, 5))],
    axes={"bits": "T B", "result": "B"},
    mistakes=(
        Mistake(
            "pattern reversed",
            lambda bits: scan(bits, (1, -1, 1, 1)),
            "it finds 1, 0, 1, 1: unit k holds the bit k steps back, so the newest bit meets the pattern's end",
        ),
        Mistake(
            "flag not held",
            lambda bits: scan(bits, (1, 1, -1, 1), held=0.0),
            "it finds the pattern at the end only: the flag needs a large recurrent weight on itself",
        ),
        Mistake(
            "flag starts at zero",
            lambda bits: scan(bits, (1, 1, -1, 1), start=0.0),
            "a first bit of +1 raises the flag: start the flag at −1 through h0",
        ),
        Mistake(
            "no weight on the newest bit",
            lambda bits: scan_three(bits),
            "three bits of the pattern are enough for it: the flag must see the newest bit as well",
        ),
    ),
)


def scan_three(bits: np.ndarray) -> np.ndarray:
    """Whether +1, +1, −1 occurs, followed by anything: what a flag that does not see the newest bit finds."""
    found = [np.zeros(bits.shape[1], bool)]
    for t in range(3, len(bits)):
        found.append((bits[t - 3] > 0) & (bits[t - 2] > 0) & (bits[t - 1] < 0))
    return np.any(found, axis=0)


EXERCISES = (check_parameters, check_alarm, check_pieces, check_detector)
