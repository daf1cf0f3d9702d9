"""How many updates does a network need until it adds, and how many does each remedy for vanishing gradients save?

The task is `data.adding_problem`. Every network has 32 units and a linear answer, learns from batches of 32 fresh
sequences with Adam at a constant rate and clipping at 1, and has arrived when its mean squared error over the last
50 batches is below 1/12: half of the baseline, 1/6. A reader of the second half of the sequence alone scores exactly
half; a network below it uses a number at least T/2 steps back. The sequences of a batch are
new when they are scored, so that the error is one on unseen data.
The line has no margin: a network that stayed exactly on it would cross it by chance, sooner or later.

Rates lie on a ladder of half powers of ten. For every kind of network and every length, three neighbouring rates race
with four seeds; the winner is the first with which all four arrive. While the winner is not the one in the
middle, the race is run again around it. Then ten other seeds are trained with that rate until they arrive or the
budget is spent.

Three controls change nothing but the start. "orthogonal × 0.6" has the directions of an orthogonal matrix, and about
the rate of decay of the default. "identity" is a tanh network whose recurrent matrix starts as the identity. In
"gated, z = ½" the gates start half closed, so that the gradient vanishes.
"window" is a rival that has no way back through time: one layer of 32 tanh units that sees all T steps at once.

The full run takes about six minutes.
"""

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from experiments import saving
from experiments._stacks import Stack
from rnn_utils import RNN, data
from rnn_utils.models import SequenceModel
from rnn_utils.remedies import build

SETTINGS: dict[str, Any] = {
    "lengths": {"10": 4000, "20": 10_000, "40": 20_000},  # and updates at most
    # network: longest length at which it is run
    "networks": {
        "gated": 40,
        "ReLU + I": 40,
        "leaky": 40,
        "plain": 40,
        "orthogonal": 40,
        "skip": 40,
        "window": 40,
        "orthogonal × 0.6": 20,
        "gated, z = ½": 40,
        "identity": 20,
    },
    "seeds": 10,
    "tuning_seeds": 4,
}
LADDER = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0]
FIRST = LADDER.index(1e-2)  # where the first race is run
BATCH, HIDDEN = 32, 32
CHUNK, WINDOW = 10, 5  # the mean of the last 5 × 10 losses is looked at after every tenth update
HALF = 1 / 12
TOLERANCE = 0.35


def make(name: str, T: int, rng: np.random.Generator) -> SequenceModel:
    """Return an untrained network by its name."""
    if name == "window":
        return SequenceModel(2 * T, HIDDEN, 1, layer=RNN, rng=rng)
    kind, _, scale = name.partition(",")[0].replace("identity", "plain").partition(" × ")
    model = SequenceModel(2, HIDDEN, 1, layer=partial(build, kind), rng=rng)
    if scale:
        model.params["rnn.weight_hh"][...] *= float(scale)
    if name == "identity":
        model.params["rnn.weight_hh"][...] = np.eye(HIDDEN)
    if name == "gated, z = ½":
        model.params["rnn.bias_z"][...] = 0
    if name.endswith(", calm"):  # answer 1, the best constant, at first: nothing large to correct
        model.params["linear.weight"][...] *= 0.1
        model.params["linear.bias"][...] = 1
    return model


def draw(name: str, T: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return CHUNK batches for one network, (CHUNK, T, B, 2) and (CHUNK, B); a window has one step of 2T numbers."""
    x, y = data.adding_problem(T, CHUNK * BATCH, rng)
    x, y = x.reshape(T, CHUNK, BATCH, 2).swapaxes(0, 1), y.reshape(CHUNK, BATCH)
    return (x.swapaxes(1, 2).reshape(CHUNK, 1, BATCH, 2 * T) if name == "window" else x), y


def way_back(model: SequenceModel, T: int) -> list[float] | None:
    """Return the spectral radius of W_hh, and how the lengths of ∂L/∂x at the first step and at the last compare."""
    if model.input_size > 2:
        return None  # a window has no way back
    rng = np.random.default_rng(0)
    out, _, cache = model.rnn.forward(data.adding_problem(T, BATCH, rng)[0])
    dout = np.zeros_like(out)
    dout[-1] = rng.normal(size=out[-1].shape)
    first, last = np.linalg.norm(model.rnn.backward(dout, cache)[0], axis=2).mean(axis=1)[[0, -1]]
    radius = np.abs(np.linalg.eigvals(model.params["rnn.weight_hh"])).max()
    return [float(f"{value:.3g}") for value in (radius, first / last)]


class Race:
    """Networks of one kind that are trained side by side, at several rates with several seeds.

    Attributes
    ----------
    arrived : dict of list
        For every rate and seed the updates that were needed; None if it did not arrive.
    ways : dict of list
        For every rate and seed what `way_back` found before training, and on arrival.
    error : dict of float
        For every rate the least mean error of those under way.

    """

    def __init__(self, name: str, T: int, rates: Sequence[float], seeds: Sequence[int]) -> None:
        self.name, self.T, self.seeds = name, T, list(seeds)
        self.pairs = [(rate, seed) for rate in rates for seed in seeds]
        self.rngs = [np.random.default_rng(seed) for _, seed in self.pairs]
        models = [self.make(rng) for rng in self.rngs]
        self.stack, self.spare = self.side_by_side(models, np.array([rate for rate, _ in self.pairs])), models[0]
        self.arrived: dict[float, list[int | None]] = {rate: [None] * len(self.seeds) for rate in rates}
        self.ways: dict[float, list[Any]] = {rate: [[] for _ in self.seeds] for rate in rates}
        for i, (rate, seed) in enumerate(self.pairs):
            self.ways[rate][self.seeds.index(seed)].append(self.look(i))
        self.error = dict.fromkeys(rates, np.inf)
        self.done = 0
        self.recent: list[np.ndarray] = []

    def make(self, rng: np.random.Generator) -> SequenceModel:
        """Return one untrained network."""
        return make(self.name, self.T, rng)

    def side_by_side(self, models: list[SequenceModel], lr: np.ndarray) -> Stack:
        """Return the networks as one stack, with a learning rate for each."""
        return Stack(models, lr)

    def look(self, i: int) -> Any:
        """Return what is noted of network i before training and on arrival."""
        return way_back(self.model(i), self.T)

    def model(self, i: int) -> SequenceModel:
        """Return network i of the stack as a model of the package."""
        for name, values in self.stack.views(self.stack.flat).items():
            self.spare.params[name][...] = values[i]
        return self.spare

    def run(self, budget: int, enough: int) -> None:
        """Train, or go on, until at one rate `enough` seeds have arrived, or so many updates are done."""
        while self.pairs and self.done + CHUNK <= budget:
            mean = self.train()
            self.done += CHUNK
            here = (mean < HALF) & (len(self.recent) == WINDOW)
            for i in np.flatnonzero(here):
                rate, seed = self.pairs[i]
                self.arrived[rate][self.seeds.index(seed)] = self.done
                self.ways[rate][self.seeds.index(seed)].append(self.look(int(i)))
            self.keep(np.flatnonzero(~here & np.isfinite(mean)))
            if any(sum(n is not None for n in each) >= enough for each in self.arrived.values()):
                return

    def train(self) -> np.ndarray:
        """Train on the next batches, and return every network's mean error over the last ones: (S,)."""
        batches = [draw(self.name, self.T, rng) for rng in self.rngs]
        x, y = (np.stack(each, axis=1) for each in zip(*batches, strict=True))  # (CHUNK, S, …)
        with np.errstate(over="ignore", invalid="ignore"):
            losses = np.mean([self.stack.update(*batch) for batch in zip(x, y, strict=True)], axis=0)
        self.recent = [*self.recent[1 - WINDOW :], losses]
        mean = np.mean(self.recent, axis=0)
        for rate in self.error:
            left = [m for m, pair in zip(mean, self.pairs, strict=True) if pair[0] == rate and np.isfinite(m)]
            self.error[rate] = float(min(left, default=np.inf))
        return mean

    def keep(self, stays: np.ndarray) -> None:
        """Go on with these networks only."""
        if len(stays) == len(self.pairs):
            return
        self.stack.keep(stays)
        self.pairs, self.rngs = [self.pairs[i] for i in stays], [self.rngs[i] for i in stays]
        self.recent = [each[stays] for each in self.recent]


def choose(
    name: str, T: int, middle: int, seeds: Sequence[int], budget: int, race_of: type[Race] = Race
) -> tuple[int, dict[str, Any]]:
    """Return the best rate's place on the ladder, and the races: the updates of the seeds by rate."""
    races: dict[str, Any] = {}
    while True:
        rates = LADDER[middle - 1 : middle + 2]
        race = race_of(name, T, rates, seeds)
        race.run(budget, enough=len(seeds))
        races[f"{rates[1]:g}"] = {f"{rate:g}": each for rate, each in race.arrived.items()}
        here = {rate: sum(n is not None for n in each) for rate, each in race.arrived.items()}
        best = max(rates, key=lambda rate: (here[rate], -race.error[rate], rate == rates[1]))
        place = LADDER.index(best)
        if place == middle or place in (0, len(LADDER) - 1):
            return place, races
        middle = place


def run(lengths: dict[str, int], networks: dict[str, int], seeds: int, tuning_seeds: int) -> dict[str, Any]:
    """Return for every length and network the rate, the races for it, the updates of all seeds, and their way back."""
    results: dict[str, Any] = {length: {} for length in lengths}
    places: dict[str, int] = {}
    for length, budget in lengths.items():
        for name in (name for name, longest in networks.items() if int(length) <= longest):
            others = range(1000, 1000 + tuning_seeds)  # the rate is chosen with other seeds
            places[name], races = choose(name, int(length), places.get(name, FIRST), others, budget)
            rate = LADDER[places[name]]
            race = Race(name, int(length), [rate], range(seeds))
            race.run(budget, enough=seeds)
            row = {"rate": rate, "updates": race.arrived[rate], "ways": race.ways[rate], "races": races}
            results[length][name] = row
            print(length, name, row, file=sys.stderr, flush=True)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train two kinds of network at the shortest length again, and compare the middle of their updates."""
    for name in ("gated", "ReLU + I"):
        row = record["results"]["10"][name]
        race = Race(name, 10, [row["rate"]], range(len(row["updates"])))
        race.run(1000, enough=len(row["updates"]))
        new, old = (np.median([n or np.inf for n in each]) for each in (race.arrived[row["rate"]], row["updates"]))
        assert abs(new - old) <= TOLERANCE * old, f"{name}: got {new} updates, wanted {old} ± {TOLERANCE:.0%}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
