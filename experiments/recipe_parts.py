"""What is each part of chapter 07's training recipe worth, when the rate is chosen again for every recipe?

The network is that of chapters 05 and 07: 128 tanh units, 32 streams, 16 steps a batch. The whole recipe is Adam, a
learning rate that falls in a straight line to a twentieth, clipping of the norm at 1, and a carried state. Each other
recipe changes one part. The rival is a network without a loop that sees the last few characters, has as many
parameters and is trained by the whole recipe.

A rate is chosen by training a network of its own seed on nine tenths of the training text and scoring the last tenth:
it is halved and doubled until the best one has a worse neighbour on either side, and of those that do about as well
the lowest is taken. Then ten seeds are trained on the whole training text, one pass, and scored on the held-out text in
bits per character. The networks of the whole recipe also write: greedily, before and after a push to the state, and at
several temperatures.

The full run takes about five minutes.
"""

import math
import sys
from functools import partial
from typing import Any

import numpy as np

from experiments import saving
from experiments.output_layer_alone import Window, held_out_loss
from rnn_utils import data, sampling
from rnn_utils.models import LanguageModel
from rnn_utils.optim import SGD, Adam, Optimizer, clip_grad_norm_, linear_decay

WHOLE: dict[str, Any] = {"optimizer": "Adam", "decay": True, "clip": 1.0, "carry": True, "window": 0}
SETTINGS: dict[str, Any] = {
    # name: what differs from the whole recipe, and the rate at which the search begins
    "recipes": {
        "whole": [{}, 0.008],
        "constant rate": [{"decay": False}, 0.004],
        "momentum": [{"optimizer": "momentum"}, 0.5],
        "no clipping": [{"clip": None}, 0.008],
        "window 5": [{"window": 5}, 0.008],
    },
    "choosing_seed": 100,
    "as_good": 0.02,
    "seeds": list(range(10)),
    "temperatures": [0.3, 0.5, 0.7, 1.0, 1.3, 1.6],
}
H, B, T = 128, 32, 16
BEGINNING = 40  # batches that `check_part` runs again
BITS = 1 / math.log(2)


def texts(validate: bool) -> tuple[data.Vocabulary, np.ndarray, np.ndarray]:
    """Return the vocabulary, the ids to learn from and those to score: for choosing, both from the training text."""
    train_text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    learn, score = data.split(train_text, (0.9, 0.1)) if validate else (train_text, held_out)
    return vocabulary, vocabulary.encode(learn), vocabulary.encode(score)


def new_optimizer(name: str, params: dict[str, np.ndarray], lr: float) -> Optimizer:
    """Return the optimiser of that name."""
    return Adam(params, lr) if name == "Adam" else SGD(params, lr, momentum=0.9)


def train(
    recipe: dict[str, Any], lr: float, seed: int, ids: np.ndarray, V: int, passes: int, last: int | None = None
) -> tuple[Any, list[float]]:
    """Return the network after so many passes, or after `last` batches of them, and the losses in nats."""
    how, rng = WHOLE | recipe, np.random.default_rng(seed)
    network: Any = Window(V, how["window"], rng) if how["window"] else LanguageModel(V, H, rng=rng)
    optimizer = new_optimizer(how["optimizer"], network.params, lr)
    batches, state, losses = list(data.contiguous_streams(ids, B, T)), None, []
    steps = passes * len(batches)
    for n in range(last or steps):
        if n % len(batches) == 0 or not how["carry"]:
            state = None
        loss, grads, state = network.loss_and_grads(batches[n % len(batches)], state)
        if how["clip"]:
            clip_grad_norm_(grads, how["clip"])
        optimizer.step(grads, lr * (linear_decay(n, steps) if how["decay"] else 1))
        losses.append(float(loss))
    return network, losses


def score(recipe: dict[str, Any], lr: float, seed: int, passes: int, validate: bool) -> tuple[float, Any, list[float]]:
    """Train so many passes; return the bits per character of the other text, the network, and the first losses."""
    vocabulary, ids, other = texts(validate)
    with np.errstate(all="ignore"):
        network, losses = train(recipe, lr, seed, ids, len(vocabulary), passes)
        bits = held_out_loss(network, other) * BITS
    return round(bits, 4) if math.isfinite(bits) else 99.0, network, losses[:BEGINNING]


def choose(recipe: dict[str, Any], rate: float, seed: int, passes: int) -> list[list[float]]:
    """Return the rates tried and their validation bits: halved and doubled until the best has neighbours."""
    tried = {rate: score(recipe, rate, seed, passes, validate=True)[0]}
    while True:
        best = min(tried, key=lambda each: tried[each])
        missing = [each for each in (best / 2, best * 2) if each not in tried]
        if not missing:
            return [[each, tried[each]] for each in sorted(tried)]
        for each in missing:
            tried[each] = score(recipe, each, seed, passes, validate=True)[0]


def best_of(tried: list[list[float]], as_good: float) -> float:
    """Return the lowest rate that is within so many bits of the best one: near the highest, runs begin to fail."""
    lowest = min(bits for _, bits in tried)
    return min(rate for rate, bits in tried if bits <= lowest + as_good)


def cycle(model: LanguageModel, vocabulary: data.Vocabulary, longest: int = 400) -> dict[str, Any]:
    """Write greedily: the period of the loop that it falls into, and whether it returns after pushes to the state."""
    step, state = model.step, None
    for i in vocabulary.encode("ROMEO:\n"):
        logits, state = step(np.array([i]), state)
    written, states = [], []
    for _ in range(4 * longest):
        written.append(int(logits.argmax()))
        logits, state = step(np.array(written[-1:]), state)
        states.append(state[0])
    tail = np.array(written[-2 * longest :])
    periods = [k for k in range(1, longest + 1) if (tail[k:] == tail[:-k]).all()]
    if not periods:
        return {"period": None}
    loop, back, rng = np.array(states[-periods[0] :]), [], np.random.default_rng(0)
    before = states[-2]  # it has not read the last character yet
    for _ in range(20):  # pushes of a tenth of the state's length
        push = rng.normal(size=H)
        pushed = before + 0.1 * np.linalg.norm(before) * push / np.linalg.norm(push)
        logits, h = step(np.array(written[-1:]), pushed[None].astype(np.float32))
        for _ in range(longest):
            logits, h = step(logits.argmax(axis=1), h)
        back.append(bool(np.abs(loop - h[0]).max(axis=1).min() < 1e-3))
    return {"period": periods[0], "returns": sum(back), "pushes": len(back)}


def words(texts_written: list[str], known: set[str]) -> list[float]:
    """Return the share of known words, and the share of different ones; words at the ends may be cut."""
    found = [w for text in texts_written for w in data.words(text)[1:-1] if w.isalpha()]
    return [round(float(np.mean([w in known for w in found])), 4), round(len(set(found)) / len(found), 4)]


def write(model: LanguageModel, vocabulary: data.Vocabulary, temperatures: list[float]) -> list[list[float]]:
    """Return what `words` counts in 16 texts of 300 characters for each temperature."""
    known = set(data.words(data.split(data.shakespeare(), (0.9, 0.1))[0]))
    prompts = np.repeat(vocabulary.encode("ROMEO:\n")[:, None], 16, axis=1)
    found = []
    for tau in temperatures:
        draw = partial(sampling.temperature, tau=tau, rng=np.random.default_rng(5))
        found.append(words([vocabulary.decode(ids) for ids in model.generate(prompts, 300, draw).T], known))
    return found


def real_words() -> list[float]:
    """Return what `words` counts in as much held-out text."""
    train_text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    pieces = [held_out[k : k + 300] for k in range(0, 16 * 7000, 7000)]
    return words(pieces, set(data.words(train_text)))


def run(
    recipes: dict[str, Any],
    choosing_seed: int,
    as_good: float,
    seeds: list[int],
    temperatures: list[float],
) -> dict[str, Any]:
    """Choose, train and score every recipe: rates tried, bits per held-out character, what the networks write."""
    found: dict[str, Any] = {"recipes": {}, "greedy": [], "words": [], "real words": real_words()}
    for name, (recipe, rate) in recipes.items():
        row: dict[str, Any] = {"tried": choose(recipe, rate, choosing_seed, 1), "bits": [], "beginning": []}
        row["rate"] = best_of(row["tried"], as_good)
        for seed in seeds:
            bits, network, first = score(recipe, row["rate"], seed, 1, validate=False)
            row["bits"].append(bits)
            row["beginning"].append(round(float(np.mean(first)), 4))
            if name == "whole":
                vocabulary = texts(False)[0]
                found["greedy"].append(cycle(network, vocabulary))
                found["words"].append(write(network, vocabulary, temperatures))
        found["recipes"][name] = row
        print(name, row, file=sys.stderr, flush=True)
    print(found["greedy"], found["words"], found["real words"], file=sys.stderr, flush=True)
    return found


def check_part(record: dict[str, Any]) -> None:
    """Train the first seed of each recipe for a few batches; their mean loss agrees to a thousandth."""
    vocabulary, ids, _ = texts(validate=False)
    for name, row in record["results"]["recipes"].items():
        recipe, _ = record["settings"]["recipes"][name]
        seed = record["settings"]["seeds"][0]
        assert row["rate"] == best_of(row["tried"], record["settings"]["as_good"]), f"{name}: rate {row['rate']}"
        _, losses = train(recipe, row["rate"], seed, ids, len(vocabulary), 1, BEGINNING)
        mean, recorded = np.mean(losses), row["beginning"][0]
        assert abs(mean - recorded) < 1e-3 * recorded, f"{name}: got {mean:.4f}, recorded {recorded:.4f}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
