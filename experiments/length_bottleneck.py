"""How long may a line be before one vector is not enough to write it backwards, and what does a look back change?

Lines of 5 to 40 letters out of eight are to be reversed and ended with a mark. Four encoder–decoders of 64 LSTM units
learn from the same number of batches of 32 fresh lines. Two have nothing but the encoder's last state, handed over in
full: h and c are the decoder's first state, and h is an input of each of its steps. Two look back at all states of the
encoder by dot scores, and have h and c as their first state. Of each two, one has an encoder that reads in both
directions, with 32 units for each.

Rates are chosen by two other networks, by the lines that they have right after a third of the updates. The test has
fresh lines. Written freely: the share of lines right, and of letters right. Given the right letters before each step:
the share of letters right. "more updates" is the two-way vector with ten times as many. "own letters" is the same with
scheduled sampling: in training a step reads the network's own letter in place of the right one with a probability that
rises from 0 to ½. Beam search is tried on the first two seeds of the two-way vector.

The full run takes about fifteen minutes.
"""

from typing import Any

import numpy as np

from experiments import saving
from experiments._gru_forms import Adam
from experiments._translators import Form, Translators, initialise, one_line, rounded
from rnn_utils.sampling import beam_search

SETTINGS: dict[str, Any] = {
    "forms": {
        "vector, one-way": [False, "every step", "none"],
        "vector, two-way": [True, "every step", "none"],
        "attention, one-way": [False, "h and c", "dot"],
        "attention, two-way": [True, "h and c", "dot"],
    },
    "hidden": 64,
    "updates": 1500,
    "seeds": 10,
    "rates": [5e-3, 1e-2, 2e-2, 4e-2, 8e-2],
    "more": [15000, 3],  # updates and seeds
    "own": [0.5, 5],  # share of own letters at the end, and seeds
    "lengths": [5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 80],
    "beam": [[10, 15, 20], [1, 4, 16], 50],  # lengths, widths, lines for each of two seeds
}
K = 8  # letters; number 8 is the mark, which begins and ends a line
SHORTEST, LONGEST, BATCH = 5, 40, 32
TUNERS = 2
LOG = 50  # updates from one noted loss to the next, in the first part
NOTED = 100


def lines(rngs: list[np.random.Generator], n: int, B: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw B lines of n letters for each network: source (n, S, B), what the decoder reads, what it should write."""
    source = np.stack([rng.integers(K, size=(n, B)) for rng in rngs], axis=1)
    mark = np.full_like(source[:1], K)
    target = np.concatenate([source[::-1], mark])
    return source, np.concatenate([mark, target[:-1]]), target


def train(
    form: Form,
    hidden: int,
    updates: int,
    seeds: list[int],
    rates: list[float],
    own: float = 0.0,
    stop: int | None = None,
) -> tuple[Translators, list[list[float]]]:
    """Return trained networks, and their losses at every 50th of the first 100 updates."""
    net = Translators(initialise((K, K + 1, hidden), seeds, form), form)
    optimizer = Adam(net.p, np.array(rates))
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    shared = np.random.default_rng(15)
    noted = []
    for update in range(updates if stop is None else stop):
        source, ids, target = lines(rngs, int(shared.integers(SHORTEST, LONGEST + 1)), BATCH)
        if own:
            free = shared.random(target.shape) < own * update / updates
            written, _ = net.translate(source, K, len(target), given=target, free=free)
            ids[1:] = np.where(free, written, target)[:-1]
        loss, grads = net.loss_and_grads(source, ids, target)
        optimizer.update(grads, 1 - 0.95 * update / updates)
        if update < NOTED and update % LOG == LOG - 1:
            noted.append(rounded(loss))
    return net, noted


def score(net: Translators, seeds: list[int], lengths: list[int], B: int = 200) -> dict[str, Any]:
    """Return shares by length and seed: lines right; letters right when written freely, and when given the right."""
    found: dict[str, Any] = {"lines": {}, "free": {}, "given": {}}
    for n in lengths:
        source, _, target = lines([np.random.default_rng([seed, 2, n]) for seed in seeds], n, B)
        free, _ = net.translate(source, K, n + 1)
        given, _ = net.translate(source, K, n + 1, given=target, free=False)
        right = free == target
        assert np.array_equal(right.all(axis=0), (given == target).all(axis=0))  # the same lines, whoever writes
        found["lines"][str(n)] = rounded(right.all(axis=0).mean(axis=1))
        found["free"][str(n)] = rounded(right.mean(axis=(0, 2)))
        found["given"][str(n)] = rounded((given == target).mean(axis=(0, 2)))
    return found


def choose(form: Form, hidden: int, updates: int, rates: list[float]) -> dict[str, float]:
    """Return the lines right on average, of all lengths, of two other networks for each rate."""
    seeds = [1000 + k for k in range(TUNERS)] * len(rates)
    each = np.repeat(rates, TUNERS).tolist()
    net, _ = train(form, hidden, updates, seeds, each)
    lines_right = np.mean([values for values in score(net, seeds, [5, 10, 20, 30, 40], 100)["lines"].values()], axis=0)
    return {str(rate): round(float(v), 4) for rate, v in zip(rates, lines_right.reshape(-1, TUNERS).mean(axis=1))}


def beams(net: Translators, seeds: list[int], lengths: list[int], widths: list[int], B: int) -> dict[str, Any]:
    """Return the share of lines right by length and width, and the mean log-probability of what was written."""
    found: dict[str, Any] = {}
    for n in lengths:
        source, _, target = lines([np.random.default_rng([seed, 3, n]) for seed in seeds], n, B)
        for width in widths:
            right, gain = [], []
            for s, b in np.ndindex(len(seeds), B):
                step, state = one_line(net, s, source[:, s, b])
                best = beam_search(step, K, width=width, length=n + 1, end=K, state=state)[0]
                right.append(best.ids == tuple(target[:, s, b]))
                gain.append(best.log_prob)
            found[f"{n} letters, width {width}"] = {"right": round(float(np.mean(right)), 4)}
            found[f"{n} letters, width {width}"]["log-probability"] = round(float(np.mean(gain)), 3)
    return found


def run(
    forms: dict[str, list[Any]],
    hidden: int,
    updates: int,
    seeds: int,
    rates: list[float],
    more: list[int],
    own: list[Any],
    lengths: list[int],
    beam: list[Any],
) -> dict[str, Any]:
    """Return for every form its rate, and the shares by length and seed."""
    results: dict[str, Any] = {}
    for name, parts in forms.items():
        form, each = Form(*parts), list(range(seeds))
        tried = choose(form, hidden, updates // 3, rates)
        rate = float(max(tried, key=lambda key: tried[key]))
        net, noted = train(form, hidden, updates, each, [rate] * seeds)
        size = sum(w[0].size for w in net.p.values())
        results[name] = {"rates tried": tried, "rate": rate, "parameters": size, "losses": noted}
        results[name] |= score(net, each, lengths)
        if name == "vector, two-way":
            few = Translators({key: w[:2] for key, w in net.p.items()}, form)
            results["beam"] = beams(few, [0, 1], *beam)
    form, rate = Form(*forms["vector, two-way"]), results["vector, two-way"]["rate"]
    long = list(range(more[1]))
    net, _ = train(form, hidden, more[0], long, [rate] * more[1])
    results["more updates"] = score(net, long, lengths)
    half = list(range(own[1]))
    net, _ = train(form, hidden, updates, half, [rate] * own[1], own=own[0])
    results["own letters"] = score(net, half, lengths)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train two networks of two forms again for 100 updates, and compare their losses."""
    settings = record["settings"]
    for name in ("vector, two-way", "attention, two-way"):
        old = record["results"][name]
        rate, hidden = old["rate"], settings["hidden"]
        _, noted = train(Form(*settings["forms"][name]), hidden, settings["updates"], [0, 1], [rate] * 2, stop=NOTED)
        for new, wanted in zip(noted, old["losses"]):
            assert np.allclose(new, wanted[:2], atol=0.02), f"{name}: got losses {new}, wanted {wanted[:2]} ± 0.02"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
