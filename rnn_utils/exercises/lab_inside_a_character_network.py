"""Checks of the lab Inside a character network."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def left(f):
    """Share of a cell's content that is left after each step, from its forget gates f (T, H): (T, H)."""
    return np.cumprod(f, axis=0)


check_left = Exercise(
    name="left",
    solution=left,
    cases=lambda rng: [(rng.uniform(0.2, 0.99, size=(T, H)),) for T, H in ((5, 3), (9, 2))],
    axes={"f": "T H", "result": "T H"},
    mistakes=(
        Mistake(
            "the gates themselves",
            lambda f: f * 1.0,
            "this is what one step keeps of the step before: multiply the gates of all steps so far",
        ),
        Mistake(
            "the mean gate",
            lambda f: f.mean(axis=0) ** np.arange(1, len(f) + 1)[:, None],
            "this uses the mean gate at every step: take the gates as they came, one after the other",
        ),
        Mistake(
            "across the units",
            lambda f: np.cumprod(f, axis=1),
            "this multiplies the gates of different units: time is the first axis",
        ),
        Mistake(
            "one step late",
            lambda f: np.cumprod(np.concatenate([np.ones_like(f[:1]), f[:-1]]), axis=0),
            "this is what is left before each step: the gate of step t has acted when step t is over",
        ),
        Mistake(
            "the end alone",
            lambda f: np.broadcast_to(f.prod(axis=0), f.shape),
            "this is what is left at the end: return it for every step",
        ),
    ),
)


def _r(states, f):
    """Correlations (H,) of states (N, H) with f (N,)."""
    a, b = states - states.mean(axis=0), f - f.mean()
    return a.T @ b / np.sqrt((a**2).sum(axis=0) * (b @ b))


def chance(states, f, shifts):
    """Largest |r| of any column of states (N, H) with f (N,) rolled by each of the shifts: (S,)."""
    return np.array([np.abs(_r(states, np.roll(f, n))).max() for n in shifts])


def _slow(rng, N, H):
    """Columns that change slowly, so that a shift matters."""
    return np.cumsum(rng.normal(size=(N, H)), axis=0)


check_chance = Exercise(
    name="chance",
    solution=chance,
    cases=lambda rng: [(_slow(rng, N, H), _slow(rng, N, 1)[:, 0], [3, 11, 20]) for N, H in ((40, 5), (60, 4))],
    axes={"states": "N H", "f": "N"},
    mistakes=(
        Mistake(
            "not shifted",
            lambda states, f, shifts: np.full(len(shifts), np.abs(_r(states, f)).max()),
            "the property still stands beside its own text: roll it by each shift first",
        ),
        Mistake(
            "sign kept",
            lambda states, f, shifts: np.array([_r(states, np.roll(f, n)).max() for n in shifts]),
            "a unit with r = −0.9 follows a property as well as one with 0.9: take |r|",
        ),
        Mistake(
            "the mean unit",
            lambda states, f, shifts: np.array([np.abs(_r(states, np.roll(f, n))).mean() for n in shifts]),
            "you searched for the best unit, so luck has to be given the best one too: not the mean",
        ),
        Mistake(
            "states rolled across units",
            lambda states, f, shifts: np.array([np.abs(_r(np.roll(states, n), f)).max() for n in shifts]),
            "np.roll without an axis moves numbers from unit to unit: roll the property, or name the axis",
        ),
    ),
)


def swapped(states, units, order):
    """A copy of states (N, H) whose `units` have their values from the places in `order` (N,): (N, H)."""
    result = states.copy()
    result[:, units] = states[np.ix_(order, units)]
    return result


def _back(states, units, order):
    result = states.copy()
    result[np.ix_(order, units)] = states[:, units]
    return result


def _at_mean(states, units, order):
    result = states.copy()
    result[:, units] = states[:, units].mean(axis=0)
    return result


check_swapped = Exercise(
    name="swapped",
    solution=swapped,
    cases=lambda rng: [(rng.normal(size=(N, 5)), units, rng.permutation(N)) for N, units in ((6, [1]), (8, [0, 3]))],
    axes={"states": "N H", "order": "N", "result": "N H"},
    mistakes=(
        Mistake(
            "the whole state",
            lambda states, units, order: states[order],
            "the whole state was moved: only the chosen units get values from elsewhere",
        ),
        Mistake(
            "all but these",
            lambda states, units, order: swapped(states, [u for u in range(states.shape[1]) if u not in units], order),
            "these are the wrong units: the chosen ones get other values, the others keep theirs",
        ),
        Mistake(
            "the other way",
            _back,
            "place n gets the value of place order[n], not the other way round",
        ),
        Mistake(
            "the mean",
            _at_mean,
            "this is the mean: every place gets a value that the unit really had somewhere",
        ),
    ),
)

EXERCISES = (check_left, check_chance, check_swapped)
