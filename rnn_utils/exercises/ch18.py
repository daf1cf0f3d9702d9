"""Checks of chapter 18, Beyond one machine."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def columns(B, world, rank):
    """The streams of one process: neighbours, shares as equal as can be, the larger ones first."""
    return np.array_split(np.arange(B), world)[rank]


check_columns = Exercise(
    name="columns",
    solution=columns,
    cases=lambda rng: [(B, world, rank) for B, world in ((8, 2), (32, 3), (7, 4), (5, 1)) for rank in range(world)],
    mistakes=(
        Mistake(
            "rest left out",
            lambda B, world, rank: np.arange(rank * (B // world), (rank + 1) * (B // world)),
            "B // world streams each leave out the last ones: 32 on 3 are 11, 11 and 10",
        ),
        Mistake(
            "rest to the last",
            lambda B, world, rank: np.arange(rank * (B // world), (rank + 1) * (B // world) if rank < world - 1 else B),
            "all are read, but the last process has too many: give one more to the first ones",
        ),
        Mistake(
            "dealt like cards",
            lambda B, world, rank: np.arange(rank, B, world),
            "right sizes, but not neighbours: states joined in the order of ranks would be mixed",
        ),
    ),
)


def weighted(gradients, counts):
    """The gradient of the mean over all tokens, (P,), from the processes' means (R, P) and their counts (R,)."""
    return counts @ gradients / counts.sum()


check_weighted = Exercise(
    name="weighted",
    solution=weighted,
    cases=lambda rng: [(rng.normal(size=(R, 5)), rng.integers(1, 90, size=R)) for R in (2, 3, 4)],
    axes={"gradients": "R P", "result": "P"},
    mistakes=(
        Mistake(
            "mean of means",
            lambda gradients, counts: gradients.mean(axis=0),
            "that is the mean of the means: a process with few tokens counts as much as the others",
        ),
        Mistake(
            "not divided",
            lambda gradients, counts: counts @ gradients,
            "that is the gradient of the sum: divide by the number of all tokens",
        ),
        Mistake(
            "divided by R",
            lambda gradients, counts: counts @ gradients / len(counts),
            "divide by the number of all tokens, not by the number of processes",
        ),
        Mistake(
            "inverse",
            lambda gradients, counts: (1 / counts) @ gradients / (1 / counts).sum(),
            "those weights are the wrong way round: more tokens, more weight",
        ),
    ),
)


def state_of(states, world, rank):
    """The state that one of `world` processes begins with, from those that other processes have saved."""
    return np.array_split(np.concatenate(states, axis=1), world, axis=1)[rank]


def make_states(rng: np.random.Generator) -> list[tuple[list[np.ndarray], int, int]]:
    """States (2, B_r, H) of some processes; a number of processes to go on with; one of them."""
    cases = []
    for sizes, world, rank in (((4, 4), 3, 1), ((3, 3, 2), 2, 1), ((5,), 2, 0), ((4, 3), 1, 0), ((2, 2, 1), 4, 3)):
        cases.append(([rng.normal(size=(2, size, 3)) for size in sizes], world, rank))
    return cases


check_state_of = Exercise(
    name="state_of",
    solution=state_of,
    cases=make_states,
    mistakes=(
        Mistake(
            "own state again",
            lambda states, world, rank: states[min(rank, len(states) - 1)],
            "that is what the old process of this rank had: its streams are others now",
        ),
        Mistake(
            "zeros",
            lambda states, world, rank: np.zeros_like(state_of(states, world, rank)),
            "the shape is right, but the memory is lost: join the states and cut them anew",
        ),
        Mistake(
            "dealt like cards",
            lambda states, world, rank: np.concatenate(states, axis=1)[:, rank::world],
            "joined rightly; a process has neighbouring streams, not every world-th",
        ),
        Mistake(
            "backwards",
            lambda states, world, rank: state_of(states[::-1], world, rank),
            "joined in the wrong order: rank 0 has the first streams",
        ),
    ),
)


def place(updates, N, B, T):
    """Steps of each stream read in the present pass after so many updates; 0 says that the next begins a pass."""
    return updates % ((N - 1) // B // T) * T


check_place = Exercise(
    name="place",
    solution=place,
    cases=lambda rng: [(u, N, B, T) for N, B, T in ((101, 4, 6), (1000, 7, 10), (96, 4, 6)) for u in (0, 3, 4, 9, 50)],
    mistakes=(
        Mistake(
            "updates",
            lambda updates, N, B, T: updates % ((N - 1) // B // T),
            "that counts updates: each reads T steps",
        ),
        Mistake(
            "no new pass",
            lambda updates, N, B, T: updates * T,
            "the text ends: after the last whole piece the next pass begins at 0",
        ),
        Mistake(
            "part of a piece",
            lambda updates, N, B, T: updates * T % ((N - 1) // B),
            "a pass ends where no whole piece is left, so only whole pieces count",
        ),
        Mistake(
            "targets forgotten",
            lambda updates, N, B, T: updates % (N // B // T) * T,
            "almost: the last input of all needs a target, so N − 1 tokens are cut into streams",
        ),
    ),
)

EXERCISES = (check_columns, check_weighted, check_state_of, check_place)
