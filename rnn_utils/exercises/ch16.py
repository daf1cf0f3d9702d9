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
            "the cache of a single block: every block has keys and values of its own",
        ),
        Mistake(
            "numbers for bytes",
            lambda memory, layers, d_model, number: memory // (2 * layers * d_model),
            "a number takes several bytes: the memory is given in bytes",
        ),
        Mistake(
            "bits",
            lambda memory, layers, d_model, number: memory // (16 * layers * d_model * number),
            "8 times too few: the size of a number is given in bytes, not in bits",
        ),
        Mistake(
            "weights",
            lambda memory, layers, d_model, number: int((memory / (2 * layers * d_model * number)) ** 0.5),
            "a square root is in it: the cache grows in proportion to the steps, the weights are not kept",
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
            "the window reaches into the future as well: a step may see none that comes after it",
        ),
        Mistake(
            "causal alone",
            lambda T, window: behind(T) >= 0,
            "that is the causal mask without a window: steps too far back have to be hidden",
        ),
        Mistake(
            "one too many",
            lambda T, window: (behind(T) >= 0) & (behind(T) <= window),
            "one step too many: the window counts the step itself",
        ),
        Mistake(
            "itself hidden",
            lambda T, window: (behind(T) > 0) & (behind(T) <= window),
            "a step does not see itself: the window begins with it",
        ),
        Mistake(
            "inverted",
            lambda T, window: (behind(T) < 0) | (behind(T) >= window),
            "it is True where a step must not look: turn it round with ~",
        ),
        Mistake(
            "future for past",
            lambda T, window: (behind(T) <= 0) & (behind(T) > -window),
            "each step sees the steps after it: rows are the steps that look, columns those looked at",
        ),
    ),
)


def feature(a: np.ndarray) -> np.ndarray:
    """ELU plus one: positive for every a."""
    return np.where(a > 0, a + 1, np.exp(np.minimum(a, 0)))


def linear_step(q, k, v, S, z):
    """One step of linear attention: write the key and value into the state, then ask it."""
    S = S + np.outer(feature(k), v)  # (d, d)
    z = z + feature(k)  # (d,)
    return feature(q) @ S / (feature(q) @ z), S, z


def read_first(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, S: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ask the old state, then write."""
    _, S_new, z_new = linear_step(q, k, v, S, z)
    return feature(q) @ S / (feature(q) @ z), S_new, z_new


def step_with(q, k, v, S, z, *, ask=feature, write=feature, turned=False, divide=True):
    """A step with one of its parts exchanged."""
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
            "the state is asked before this step is written into it: a step sees itself too",
        ),
        Mistake(
            "not divided",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, divide=False),
            "the weights do not add up to 1: divide by φ(q) · z",
        ),
        Mistake(
            "turned",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, turned=True),
            "keys and values are exchanged in S: a row for each number of φ(k), a column for each of v",
        ),
        Mistake(
            "plain key",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, write=lambda a: a),
            "the key went in as it is: φ(k) has to be written, and added to z",
        ),
        Mistake(
            "plain query",
            lambda q, k, v, S, z: step_with(q, k, v, S, z, ask=lambda a: a),
            "the query asks as it is: φ(q) makes the weights positive",
        ),
        Mistake(
            "forgets",
            lambda q, k, v, S, z: linear_step(q, k, v, 0 * S, 0 * z),
            "the old state is lost: S and z are added to, not replaced",
        ),
    ),
)

EXERCISES = (check_longest_context, check_window_mask, check_linear_step)
