"""Checks of chapter 14, classification."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def leaked(train, test):
    """Number of test names that are among the training names."""
    known = set(train)
    return sum(name in known for name in test)


def make_lists(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Training and test names; some occur twice, on either side."""
    cases: list[tuple[Any, ...]] = [(["novak", "horvat", "novak", "li"], ["novak", "novak", "novak", "costa", "li"])]
    letters = list("abcdefg")
    return [*cases, (rng.choice(letters[:5], 9).tolist(), rng.choice(letters, 14).tolist())]


check_leaked = Exercise(
    name="leaked",
    solution=leaked,
    cases=make_lists,
    mistakes=(
        Mistake(
            "different names",
            lambda train, test: len(set(train) & set(test)),
            "a name that is tested twice leaks twice: count the test names, not the different ones",
        ),
        Mistake(
            "training names",
            lambda train, test: leaked(test, train),
            "you counted training names that are in the test: turn it round",
        ),
        Mistake(
            "not leaked",
            lambda train, test: len(test) - leaked(train, test),
            "those are the test names that are new: count the others",
        ),
        Mistake(
            "a share",
            lambda train, test: leaked(train, test) / len(test),
            "that is the share: the exercise asks for the number",
        ),
    ),
)


def macro_f1(table):
    """Mean of the F1 scores of all classes, from a table of true classes (rows) and answers (columns)."""
    return float(np.mean(2 * np.diagonal(table) / (table.sum(axis=0) + table.sum(axis=1))))


def make_tables(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Tables with many right answers and classes of different sizes."""
    return [(rng.integers(1, 6, size=(K, K)) + np.diag(rng.integers(5, 40 * np.arange(1, K + 1))),) for K in (2, 3, 5)]


check_macro_f1 = Exercise(
    name="macro_f1",
    solution=macro_f1,
    cases=make_tables,
    mistakes=(
        Mistake(
            "accuracy",
            lambda table: np.trace(table) / table.sum(),
            "that is the share right, in which common classes count more: take a score for each class first",
        ),
        Mistake(
            "recall",
            lambda table: np.mean(np.diagonal(table) / table.sum(axis=1)),
            "that is the mean recall, from the rows alone: F1 needs the column sums as well",
        ),
        Mistake(
            "precision",
            lambda table: np.mean(np.diagonal(table) / table.sum(axis=0)),
            "that is the mean precision, from the columns alone: F1 needs the row sums as well",
        ),
        Mistake(
            "factor 2",
            lambda table: macro_f1(table) / 2,
            "half of what it should be: F1 has a factor of 2",
        ),
        Mistake(
            "not averaged",
            lambda table: 2 * np.diagonal(table) / (table.sum(axis=0) + table.sum(axis=1)),
            "those are the F1 scores of the classes: now take their mean",
        ),
    ),
)


def softened(log_p, temperature):
    """Log-probabilities (N, K) divided by the temperature and normalised again."""
    scaled = log_p / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def make_log_p(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Log-probabilities and temperatures, one of them of scores so low that their exponentials are 0."""
    cases = []
    for N, K, scale, temperature in ((3, 4, 2.0, 1.5), (5, 2, 3.0, 0.5), (2, 3, 4000.0, 2.0)):
        cases.append((softened(rng.normal(size=(N, K)) * scale - scale / 4, 1.0) - (scale > 1000) * 900, temperature))
    return cases


check_softened = Exercise(
    name="softened",
    solution=softened,
    cases=make_log_p,
    axes={"log_p": "N K", "result": "N K"},
    mistakes=(
        Mistake(
            "not normalised",
            lambda log_p, temperature: log_p / temperature,
            "after the division the probabilities no longer add up to 1: subtract the log of their sum",
        ),
        Mistake(
            "multiplied",
            lambda log_p, temperature: softened(log_p, 1 / temperature),
            "you multiplied by the temperature: a high one must make the answers less sure",
        ),
        Mistake(
            "one sum",
            lambda log_p, temperature: (
                log_p / temperature
                - (log_p / temperature).max()
                - np.log(np.exp(log_p / temperature - (log_p / temperature).max()).sum())
            ),
            "all names together add up to 1: normalise each row by itself, with axis=1",
        ),
        Mistake(
            "probabilities",
            lambda log_p, temperature: np.exp(softened(log_p, temperature)),
            "those are probabilities: return their logarithms",
        ),
    ),
)


def turtle(ids, left=1, right=2, first=0):
    """How far east and how far north walks (T, B) of 0 forward, 1 left, 2 right end: (B,) each."""
    heading = np.full(ids.shape[1], first)  # 0 north, 1 east, 2 south, 3 west
    x, y = np.zeros(ids.shape[1], int), np.zeros(ids.shape[1], int)
    for command in ids:
        heading = (heading + (command == right) - (command == left)) % 4
        x += np.array([0, 1, 0, -1])[heading] * (command == 0)
        y += np.array([1, 0, -1, 0])[heading] * (command == 0)
    return x, y


def moving_turns(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take a step at every command, turns included."""
    heading = ((ids == 2).astype(int) - (ids == 1)).cumsum(axis=0) % 4
    return np.array([0, 1, 0, -1])[heading].sum(axis=0), np.array([1, 0, -1, 0])[heading].sum(axis=0)


def never_turned(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move by the command alone: north, west or east."""
    return (ids == 2).sum(axis=0) - (ids == 1).sum(axis=0), (ids == 0).sum(axis=0)


check_turtle = Exercise(
    name="turtle",
    solution=turtle,
    cases=lambda rng: [(rng.integers(0, 3, size=(T, B)),) for T, B in ((5, 4), (12, 7), (20, 3))],
    returns=("x", "y"),
    mistakes=(
        Mistake(
            "left and right",
            lambda ids: turtle(ids, left=2, right=1),
            "your turtle turns the wrong way: right leads from north to east",
        ),
        Mistake(
            "starts east",
            lambda ids: turtle(ids, first=1),
            "your turtle starts facing east: it looks north at first",
        ),
        Mistake(
            "turns move",
            moving_turns,
            "left and right only turn: take a step at 0 alone",
        ),
        Mistake(
            "absolute",
            never_turned,
            "you took left for west and right for east: they turn the direction in which 0 will go",
        ),
        Mistake(
            "x and y",
            lambda ids: turtle(ids)[::-1],
            "x and y have changed places: x is east, y is north",
        ),
    ),
)

EXERCISES = (check_leaked, check_macro_f1, check_softened, check_turtle)
