"""Is one vector enough to write a date as ISO has it, and where does attention look when it is there?

Dates of 1900 to 2099 as people write them are to be written as 2009-05-05. All networks have 64 LSTM units, an encoder
that reads both ways unless its name says otherwise, and learn from the same number of batches of 32 dates. What differs
is what the decoder is given: the encoder's h alone, h and c, the same with h as an input of every step, or h and c and
a look back at all states of the encoder, with dot or additive scores. Rates are chosen by two other networks on 250
dates kept for that, after a third of the updates; 1,000 others are the test. No day is in two of the parts.

Then: where the weight of attention is highest, relative to the digit of the source that is written at that step; what
becomes of the digits when that place is hidden from that step, another one is, or all others are; years, an order of
parts and a mixture of parts that were never seen; lines of one to four dates; and "h alone" with more updates.

The full run takes about eleven minutes.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from experiments import saving
from experiments._gru_forms import Adam
from experiments._translators import Form, Translators, initialise, lstm, rounded
from rnn_utils import data
from rnn_utils.data.dates import STYLES

SETTINGS: dict[str, Any] = {
    "forms": {
        "h alone": [True, "h", "none"],
        "h and c": [True, "h and c", "none"],
        "every step": [True, "every step", "none"],
        "attention": [True, "h and c", "dot"],
        "attention, one-way": [False, "h and c", "dot"],
        "attention, additive": [True, "h and c", "additive"],
    },
    "hidden": 64,
    "updates": 1500,
    "seeds": 10,
    "rates": [5e-3, 1e-2, 2e-2, 4e-2],
    "more": [4500, 3],  # updates and seeds of "h alone"
    "in_a_line": [1500, 5],  # updates and seeds
}
OUT = "0123456789- ."  # what a decoder may write; the last one is the mark, which begins and ends a line
MARK, STEPS, BATCH, TUNERS = len(OUT) - 1, 11, 32, 2
EVERY = 100  # updates from one look at the dates to choose by to the next
NOTED = 100  # updates of the part that is run again
FIVE = range(-2, 3)  # distances that are told apart
SHORT = ["d MMM y", "MMM d, y", "d MMMM y", "MMMM d, y"]  # the styles of lines with several dates
Grouped = dict[int, tuple[np.ndarray, np.ndarray]]  # by length n: sources (n, N), targets (11, N)


def encode(pairs: list[tuple[str, str]], vocabulary: data.Vocabulary) -> Grouped:
    """Return pairs of equal length side by side."""
    by_length: dict[int, list[tuple[str, str]]] = {}
    for pair in pairs:
        by_length.setdefault(len(pair[0]), []).append(pair)
    return {
        n: (
            np.stack([vocabulary.encode(source) for source, _ in some], axis=1),
            np.array([[OUT.index(character) for character in iso + "."] for _, iso in some]).T,
        )
        for n, some in by_length.items()
    }


class Dates:
    """The data: 8,000 pairs to learn from, 250 to choose by, 1,000 to test with, and the vocabulary of the first."""

    def __init__(self, styles: Sequence[str] = STYLES) -> None:
        pairs = data.date_pairs(10_000, np.random.default_rng(15), styles=styles)
        self.vocabulary = data.Vocabulary("".join(source for source, _ in pairs[:8000]) + ";")
        self.pairs = {"learn": pairs[:8000], "choose": pairs[8000:8250], "test": pairs[9000:]}
        self.parts = {name: encode(some, self.vocabulary) for name, some in self.pairs.items()}
        learn = self.parts["learn"]
        self.lengths = [n for n in learn if n in self.parts["test"]]
        self.share = np.array([learn[n][0].shape[1] for n in self.lengths], float)
        self.share /= self.share.sum()

    def draw(self, shared: np.random.Generator, rngs: list[np.random.Generator]) -> tuple[np.ndarray, ...]:
        """Draw a batch of one length: source (n, S, B), what the decoder reads, and what it should write (11, S, B)."""
        source, target = self.parts["learn"][int(shared.choice(self.lengths, p=self.share))]
        rows = np.stack([rng.integers(source.shape[1], size=BATCH) for rng in rngs])
        return source[:, rows], *shifted(target[:, rows])


def shifted(target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the decoder reads, one step late and with the mark in front, and what it should write."""
    return np.concatenate([np.full_like(target[:1], MARK), target[:-1]]), target


def each(S: int, a: np.ndarray) -> np.ndarray:
    """Give the same lines (T, N) to all networks: (T, S, N)."""
    return np.repeat(a[:, None], S, axis=1)


def right(net: Translators, grouped: Grouped) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of dates and of their ten characters that are right, (S,) each."""
    S = len(net.p["linear.bias"])
    counts, total = np.zeros((2, S)), 0
    for source, target in grouped.values():
        same = net.translate(each(S, source), MARK, STEPS)[0] == each(S, target)
        counts += same.all(axis=0).sum(axis=1), same[:10].mean(axis=0).sum(axis=1)
        total += source.shape[1]
    return counts[0] / total, counts[1] / total


def train(
    dates: Dates, form: Form, hidden: int, updates: int, seeds: list[int], rates: list[float], stop: int | None = None
) -> tuple[Translators, list[list[float]], list[float]]:
    """Return trained networks, the shares of dates to choose by at every 100th update, and the losses at the 100th."""
    net = Translators(initialise((len(dates.vocabulary), len(OUT), hidden), seeds, form), form)
    optimizer = Adam(net.p, np.array(rates))
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    shared = np.random.default_rng(15)
    curve, noted = [], []
    for update in range(updates if stop is None else stop):
        loss, grads = net.loss_and_grads(*dates.draw(shared, rngs))
        optimizer.update(grads, 1 - 0.95 * update / updates)
        if update % EVERY == EVERY - 1:
            curve.append(rounded(right(net, dates.parts["choose"])[0]))
        if update == NOTED - 1:
            noted = rounded(loss)
    return net, curve, noted


def choose(dates: Dates, form: Form, hidden: int, updates: int, rates: list[float]) -> dict[str, float]:
    """Return the mean share of characters right of two other networks for each rate."""
    seeds = [1000 + k for k in range(TUNERS)] * len(rates)
    net, _, _ = train(dates, form, hidden, updates, seeds, np.repeat(rates, TUNERS).tolist())
    found = right(net, dates.parts["choose"])[1].reshape(-1, TUNERS).mean(axis=1)
    return {str(rate): round(float(share), 4) for rate, share in zip(rates, found)}


def places(source: str) -> dict[int, int]:
    """Where in a date as people write it each digit of the ISO form stands: written at step u, read at places[u]."""
    year = re.search(r"\d{4}", source)
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", source)
    assert year and day
    found = {u: year.start() + u for u in range(4)} | {9: day.end() - 1}
    return found | ({8: day.start()} if day.end() - day.start() == 2 else {})


def alignment(net: Translators, pairs: list[tuple[str, str]], vocabulary: data.Vocabulary) -> dict[str, Any]:
    """Return for each kind of digit the share of steps, by seed, whose peak lies so many places behind its source."""
    S = len(net.p["linear.bias"])
    kinds = {"day": (8, 9), "year": (0, 1, 2, 3)}
    counts = {kind: np.zeros((S, len(FIVE))) for kind in kinds}
    totals, month, of_month = dict.fromkeys(kinds, 0), np.zeros(S), 0
    for source, iso in pairs:
        (ids, target), *_ = encode([(source, iso)], vocabulary).values()
        weights = net.translate(each(S, ids), MARK, STEPS, given=each(S, target), free=False)[1]
        assert weights is not None
        peak = weights[:, 0].argmax(axis=-1)  # (S, steps)
        where = places(source)
        for kind, steps in kinds.items():
            for u in steps:
                if u in where:
                    counts[kind] += (peak[:, u] - where[u])[:, None] == np.array(FIVE)
                    totals[kind] += 1
        word = next(m for m in re.finditer("[A-Za-z]+", source) if not re.match("Sun|Mon|Tue|Wed|Thu|Fri|Sat", m[0]))
        month += ((peak[:, 5:7] >= word.start()) & (peak[:, 5:7] < word.end())).sum(axis=1)
        of_month += 2
    shares = {k: {str(d): rounded(counts[k][:, i] / totals[k]) for i, d in enumerate(FIVE)} for k in kinds}
    return shares | {"month, inside its name": rounded(month / of_month)}


def hide(net: Translators, pairs: list[tuple[str, str]], vocabulary: data.Vocabulary) -> dict[str, list[float]]:
    """Return the share of day and year digits right by seed, with places hidden from the step that writes."""
    S, rng = len(net.p["linear.bias"]), np.random.default_rng(15)
    names = ("nothing hidden", "the peak hidden", "another place hidden", "all but the peak hidden")
    found, total = dict.fromkeys(names, np.zeros(S)), 0
    for source, iso in pairs:
        (ids, target), *_ = encode([(source, iso)], vocabulary).values()
        memory, (h0, c0), _ = net.encode(each(S, ids))
        read, _ = shifted(each(S, target))
        h = lstm(net.decoder_inputs(read, h0), net.p["decoder.weight_hh"], h0, c0)[0][1:]
        q, k = (a.transpose(1, 2, 0, 3) for a in (h, memory))
        scores, _ = net.score(q, k)  # (S, 1, steps, T)
        at = np.arange(scores.shape[-1])
        peak = scores.argmax(axis=-1)[..., None]
        other = (peak + rng.integers(1, len(at), size=peak.shape)) % len(at)
        steps = list(places(source))
        for name, hidden in zip(names, (at < 0, at == peak, at == other, at != peak)):
            s = np.where(hidden, -np.inf, scores)
            w = np.exp(s - s.max(axis=-1, keepdims=True))
            w /= w.sum(axis=-1, keepdims=True)
            seen = np.concatenate([q, w @ k], axis=-1)[:, 0]
            written = (seen @ net.p["linear.weight"].swapaxes(1, 2) + net.p["linear.bias"][:, None]).argmax(axis=-1)
            found[name] = found[name] + (written == target[:, 0])[:, steps].sum(axis=1)
        total += len(steps)
    return {name: rounded(count / total) for name, count in found.items()}


def limits(net: Translators, vocabulary: data.Vocabulary) -> dict[str, list[float]]:
    """Return the share of dates right, by seed, of three kinds that were never seen in training."""
    own = np.random.default_rng(16)
    kinds: dict[str, dict[str, Any]] = {
        "years of the 1800s": {"first": date(1800, 1, 1), "last": date(1899, 12, 31)},
        "year first": {"styles": ["y MMMM d", "y d MMM"]},
        "known parts, mixed anew": {"styles": ["EEEE d MMMM y", "EEE, MMM d, y"]},
    }
    found = {}
    for name, options in kinds.items():
        pairs = data.date_pairs(500, own, **options)
        found[name] = rounded(right(net, encode(pairs, vocabulary))[0])
    return found


def draw_lines(
    dates: Dates, part: str, n: int, shared: np.random.Generator, rngs: list[np.random.Generator], B: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw lines of n dates of one part, the lengths of their sources the same in the whole batch."""
    sources, targets = [], []
    for k, length in enumerate(shared.choice(dates.lengths, size=n, p=dates.share)):
        source, target = dates.parts[part][int(length)]
        rows = np.stack([rng.integers(source.shape[1], size=B) for rng in rngs])
        between = np.full_like(rows, OUT.index(" "))[None]
        sources += [source[:, rows]] if k == 0 else [np.full_like(between, dates.vocabulary.ids[";"]), source[:, rows]]
        targets += [target[:10, rows]] if k == 0 else [between, target[:10, rows]]
    targets.append(np.full_like(between, MARK))
    return np.concatenate(sources), *shifted(np.concatenate(targets))


def several(form: Form, hidden: int, updates: int, seeds: int, rate: float) -> dict[str, list[float]]:
    """Train networks on lines of one to four dates, and return the share of lines right by number of dates and seed."""
    dates = Dates(SHORT)
    net = Translators(initialise((len(dates.vocabulary), len(OUT), hidden), range(seeds), form), form)
    optimizer = Adam(net.p, np.full(seeds, rate))
    rngs = [np.random.default_rng([seed, 1]) for seed in range(seeds)]
    shared = np.random.default_rng(15)
    for update in range(updates):
        batch = draw_lines(dates, "learn", int(shared.integers(1, 5)), shared, rngs, BATCH)
        optimizer.update(net.loss_and_grads(*batch)[1], 1 - 0.95 * update / updates)
    found = {}
    own, same = np.random.default_rng(16), [np.random.default_rng(17) for _ in range(seeds)]
    for n in range(1, 5):
        share = np.zeros(seeds)
        for _ in range(25):
            source, _, target = draw_lines(dates, "test", n, own, same, 8)
            share += (net.translate(source, MARK, len(target))[0] == target).all(axis=0).mean(axis=1) / 25
        found[str(n)] = rounded(share)
    return found


def run(
    forms: dict[str, list[Any]],
    hidden: int,
    updates: int,
    seeds: int,
    rates: list[float],
    more: list[int],
    in_a_line: list[int],
) -> dict[str, Any]:
    """Return for every form its rate, its curve and what it has right by seed; and where attention looks."""
    dates, results = Dates(), {}
    for name, parts in forms.items():
        form = Form(*parts)
        tried = choose(dates, form, hidden, updates // 3, rates)
        rate = float(max(tried, key=lambda key: tried[key]))
        net, curve, noted = train(dates, form, hidden, updates, list(range(seeds)), [rate] * seeds)
        exact, characters = right(net, dates.parts["test"])
        row: dict[str, Any] = {"rates tried": tried, "rate": rate, "losses": noted, "curve": curve}
        row |= {"parameters": sum(w[0].size for w in net.p.values())}
        row |= {"right": rounded(exact), "characters": rounded(characters), "limits": limits(net, dates.vocabulary)}
        if form.scores != "none":
            row["alignment"] = alignment(net, dates.pairs["test"], dates.vocabulary)
            row["hidden"] = hide(net, dates.pairs["test"], dates.vocabulary)
        if name in ("every step", "attention"):
            row["in a line"] = several(form, hidden, in_a_line[0], in_a_line[1], rate)
        results[name] = row
    form, rate = Form(*forms["h alone"]), results["h alone"]["rate"]
    net, curve, _ = train(dates, form, hidden, more[0], list(range(more[1])), [rate] * more[1])
    results["h alone, more updates"] = {"right": rounded(right(net, dates.parts["test"])[0]), "curve": curve}
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train two networks of two forms again for 100 updates, and compare their losses."""
    settings, dates = record["settings"], Dates()
    for name in ("h and c", "attention, additive"):
        old = record["results"][name]
        form, rate = Form(*settings["forms"][name]), old["rate"]
        _, _, new = train(dates, form, settings["hidden"], settings["updates"], [0, 1], [rate] * 2, stop=NOTED)
        assert np.allclose(new, old["losses"][:2], atol=0.02), f"{name}: got losses {new}, wanted {old['losses'][:2]}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
