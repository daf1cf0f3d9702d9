"""Checks of chapter 16, Sequence models compared: RNN, LSTM, GRU, Transformer."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def longest_context(memory, layers, d_model, number):
    """Steps whose keys and values fit into `memory` bytes, at `number` bytes a number."""
    return memory // (2 * layers * d_model * number)


check_longest_context = Exercise(
    name="longest_context",
    solution=longest_context,
    cases=lambda rng: [(1_000_000, 2, 36, 4), (8 * 2**30, 32, 4096, 2), (5_000, 3, 20, 8), (479, 2, 30, 4)],
    mistakes=(
        Mistake(
            "one of two",
            lambda memory, layers, d_model, number: memory // (layers * d_model * number),
            "twice as many steps as there is room for: keys *and* values are kept",
        ),
        Mistake(
            "one block",
            lambda memory, layers, d_model, number: memory // (2 * d_model * number),
            "that is for a single block: each block has keys and values of its own",
        ),
        Mistake(
            "numbers for bytes",
            lambda memory, layers, d_model, number: memory // (2 * layers * d_model),
            "a number takes several bytes, and the memory is given in bytes",
        ),
        Mistake(
            "bits",
            lambda memory, layers, d_model, number: memory // (16 * layers * d_model * number),
            "8 times too few: `number` is given in bytes, not in bits",
        ),
        Mistake(
            "weights",
            lambda memory, layers, d_model, number: int((memory / (2 * layers * d_model * number)) ** 0.5),
            "why a square root? The cache grows in proportion to the steps",
        ),
        Mistake(
            "true division",
            lambda memory, layers, d_model, number: memory / (2 * layers * d_model * number),
            "there is no room for a fraction of a step: round down, with //",
        ),
        Mistake(
            "rounded up",
            lambda memory, layers, d_model, number: -(-memory // (2 * layers * d_model * number)),
            "the last step does not fit: round down, not up",
        ),
    ),
)


def window_mask(T, window):
    """(T, T): True where step t (row) may look at step s (column): itself and the window − 1 steps before."""
    back = np.arange(T)[:, None] - np.arange(T)  # how many steps s lies behind t
    return (back >= 0) & (back < window)


def behind(T: int) -> np.ndarray:
    """How many steps column s lies behind row t, (T, T)."""
    return np.arange(T)[:, None] - np.arange(T)


check_window_mask = Exercise(
    name="window_mask",
    solution=window_mask,
    cases=lambda rng: [(6, 3), (5, 1), (7, 4), (4, 9)],
    mistakes=(
        Mistake(
            "future seen",
            lambda T, window: abs(behind(T)) < window,
            "the window reaches into the future: a step may not see later ones",
        ),
        Mistake(
            "causal alone",
            lambda T, window: behind(T) >= 0,
            "that is the causal mask alone: hide the steps that are too far back, too",
        ),
        Mistake(
            "one too many",
            lambda T, window: (behind(T) >= 0) & (behind(T) <= window),
            "one step too many: the window includes the step itself",
        ),
        Mistake(
            "itself hidden",
            lambda T, window: (behind(T) > 0) & (behind(T) <= window),
            "no step sees itself here: the window includes the step itself",
        ),
        Mistake(
            "inverted",
            lambda T, window: (behind(T) < 0) | (behind(T) >= window),
            "it is True where a step must not look: invert it with ~",
        ),
        Mistake(
            "future for past",
            lambda T, window: (behind(T) <= 0) & (behind(T) > -window),
            "each step sees later ones: rows are the steps that look, columns those seen",
        ),
        Mistake(
            "added to the scores",
            lambda T, window: np.where(window_mask(T, window), 0.0, -np.inf),
            "that is what would be added to the scores: return True and False instead",
        ),
    ),
)


def feature(a: np.ndarray) -> np.ndarray:
    """ELU plus one: positive for every a."""
    return np.where(a > 0, a + 1, np.exp(np.minimum(a, 0)))


def linear_step(q, k, v, S, z):
    """One step of linear attention: write the key and value into the state, then read from it."""
    S = S + np.outer(feature(k), v)  # (d, d)
    z = z + feature(k)  # (d,)
    return feature(q) @ S / (feature(q) @ z), S, z


def read_first(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, S: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read from the old state, then write."""
    _, S_new, z_new = linear_step(q, k, v, S, z)
    return feature(q) @ S / (feature(q) @ z), S_new, z_new


def step_with(q, k, v, S, z, *, ask=feature, write=feature, turned=False, divide=True):
    """A step with one of its parts replaced."""
    S = S + (np.outer(v, write(k)) if turned else np.outer(write(k), v))
    z = z + write(k)
    return ask(q) @ S / (ask(q) @ z if divide else 1.0), S, z


def make_states(rng: np.random.Generator) -> list[tuple[np.ndarray, ...]]:
    """One step's query, key and value, and a state that some steps have written to."""
    return [(*rng.normal(size=(3, d)), rng.normal(size=(d, d)), 1 + 3 * rng.random(d)) for d in (3, 4, 6)]


check_linear_step = Exercise(
    name="linear_step",
    solution=linear_step,
    cases=make_states,
    returns=("out", "S", "z"),
    mistakes=(
        Mistake(
            "read first",
            read_first,
            "the state is read before this step is written into it: a step sees itself too",
        ),
        Mistake(
            "not divided",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, divide=False),
            "the weights do not sum to 1: divide by φ(q) · z",
        ),
        Mistake(
            "turned",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, turned=True),
            "S is transposed: it has a row for each entry of φ(k), a column for each of v",
        ),
        Mistake(
            "plain key",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, write=lambda a: a),
            "write φ(k) into the state instead of k, and add it to z",
        ),
        Mistake(
            "plain query",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, ask=lambda a: a),
            "read with φ(q) instead of q, so that all weights are positive",
        ),
        Mistake(
            "forgets",
            lambda q, k, v, S, z: linear_step(q, k, v, 0 * S, 0 * z),
            "the old state is lost: add to S and z instead of replacing them",
        ),
    ),
)

EXERCISES = (check_longest_context, check_window_mask, check_linear_step)
