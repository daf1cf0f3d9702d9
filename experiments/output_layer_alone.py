"""How far does a trained output layer get on random recurrent weights, and what does training the loop add?

Chapter 05's character model (128 tanh units, read once over the training text with clipped momentum steps) is trained
whole, without clipping, and with its output layer alone. The rival is a network without a loop: tanh units that see
the last few characters, with as many parameters and the same training. Learning rates, and the rival's window, are
chosen by the loss on the last batches of one pass with a seed of its own. Within a single pass every batch is scored
before it is learned from, so that loss is one on new text. Then ten seeds of one pass are scored on the held-out text
in nats per character, and ten seeds of ten passes, for the loop and its rival also at half the learning rate. For the
whole network the loss is also taken with the state reset every so often. The full run takes about half an hour.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnn_utils import data
from rnn_utils.functional import cross_entropy, log_softmax
from rnn_utils.models import LanguageModel
from rnn_utils.optim import SGD, clip_grad_norm_

SETTINGS = {
    "candidates": {  # of each kind: window (0: none) and learning rate
        "whole": [[0, 0.25], [0, 0.5], [0, 1.0]],
        "unclipped": [[0, 0.5]],
        "output": [[0, 8.0], [0, 16.0], [0, 32.0], [0, 64.0]],
        "window": [[k, lr] for k in (3, 5, 8) for lr in (0.5, 1.0, 2.0, 4.0)],
    },
    "choosing_seed": 100,
    "seeds": list(range(10)),
    "long_seeds": list(range(10)),
    "passes": 10,
    "long": {"whole": [[0, 0.5], [0, 0.25]], "output": [[0, 32.0]], "window": [[5, 2.0], [5, 1.0]]},
    "pieces": [4, 16, 32, 128],
}
H, B, T = 128, 32, 16
UNITS = {3: 128, 5: 86, 8: 57}  # of the rival, so that it has as many parameters: 32,960, 33,174 and 32,953
BEGINNING = 40  # batches that `check_part` runs again
State = np.ndarray | None


class Window:
    """A network without a loop: the last k characters → tanh units → V logits. The context crosses batches."""

    def __init__(self, V: int, k: int, rng: np.random.Generator) -> None:
        shapes = {"weight_in": (k, V, UNITS[k]), "bias_in": (UNITS[k],), "weight": (V, UNITS[k]), "bias": (V,)}
        fan_in = {"weight_in": k, "bias_in": k, "weight": UNITS[k], "bias": UNITS[k]}
        self.params = {
            name: (rng.uniform(-1, 1, shape) / np.sqrt(fan_in[name])).astype(np.float32)
            for name, shape in shapes.items()
        }

    def loss_and_grads(self, batch: tuple[Any, ...], before: State = None) -> tuple[float, dict[str, Any], np.ndarray]:
        """Return the mean loss, the gradients and the last k − 1 characters, from which the next batch goes on."""
        (x, y), p = batch, self.params
        k, V, _ = p["weight_in"].shape
        seen = np.concatenate([np.zeros((k - 1, x.shape[1]), int) if before is None else before, x])
        context = np.stack([seen[k - 1 - j : len(seen) - j].ravel() for j in range(k)])  # (k, T B), newest first
        h = np.tanh(p["bias_in"] + sum(p["weight_in"][j][context[j]] for j in range(k)))
        loss, do = cross_entropy(h @ p["weight"].T + p["bias"], y.ravel())
        da = (1 - h**2) * (do @ p["weight"])
        grads = {"bias_in": da.sum(axis=0), "weight": do.T @ h, "bias": do.sum(axis=0)}
        grads["weight_in"] = np.stack([data.one_hot(c, V).T @ da for c in context])
        return loss, grads, seen[len(seen) - (k - 1) :]


def new_network(kind: str, V: int, k: int, seed: int) -> Any:
    """Return an untrained network of its kind."""
    rng = np.random.default_rng(seed)
    return Window(V, k, rng) if kind == "window" else LanguageModel(V, H, rng=rng)


def output_gradients(
    model: LanguageModel, batch: tuple[Any, ...], state: State
) -> tuple[float, dict[str, Any], np.ndarray]:
    """Return the mean loss, the gradients of the output layer alone, and the last state."""
    out, state, _ = model.rnn.forward(data.one_hot(batch[0], model.linear.params["weight"].shape[0]), state)
    logits, cache = model.linear.forward(out)
    loss, do = cross_entropy(logits, batch[1])
    _, grads = model.linear.backward(do, cache)
    return loss, {f"linear.{name}": grad for name, grad in grads.items()}, state


def train(kind: str, network: Any, batches: list[Any], lr: float, passes: int = 1) -> Iterator[float]:
    """Take a step for each batch, at a rate that falls in a straight line to zero; yield the loss before each."""
    trained = {name: p for name, p in network.params.items() if kind != "output" or name.startswith("linear")}
    gradients = output_gradients if kind == "output" else type(network).loss_and_grads
    optimizer, steps, state = SGD(trained, lr, momentum=0.9), passes * len(batches), None
    for n in range(steps):
        state = state if n % len(batches) else None
        loss, grads, state = gradients(network, batches[n % len(batches)], state)
        if kind != "unclipped":
            clip_grad_norm_(grads, 1.0)
        optimizer.step({name: grads[name] for name in trained}, lr * (1 - n / steps))
        yield loss


def held_out_loss(network: Any, ids: np.ndarray) -> float:
    """Return the mean loss on `ids`, read as streams with the state carried on."""
    losses, sizes, state = [], [], None
    for batch in data.contiguous_streams(ids, B, 128, drop_last=False):
        loss, _, state = network.loss_and_grads(batch, state)
        losses.append(loss)
        sizes.append(batch[0].size)
    return float(np.average(losses, weights=sizes))


def losses_in_pieces(model: LanguageModel, ids: np.ndarray, steps: int, carry: bool) -> np.ndarray:
    """Return the loss of every character (N, B), read `steps` at a time, with the state carried on or reset."""
    nats, state = [], None
    for x, y in data.contiguous_streams(ids, B, steps, drop_last=False):
        logits, end, _ = model.forward(x, state)
        nats.append(-np.take_along_axis(log_softmax(logits), y[..., None], axis=-1)[..., 0])
        state = end if carry else None
    return np.concatenate(nats)


def cost_of_resets(model: LanguageModel, ids: np.ndarray, pieces: list[int]) -> dict[str, Any]:
    """Return the loss with a reset before each piece, and the last place at which the longest pieces still pay 0.01."""
    reset = [losses_in_pieces(model, ids, steps, carry=False) for steps in pieces]
    longest = pieces[-1]
    whole = len(reset[-1]) // longest * longest
    gap = (reset[-1] - losses_in_pieces(model, ids, longest, carry=True))[:whole].reshape(-1, longest, B)
    places = np.flatnonzero(np.abs(gap.mean(axis=(0, 2))) > 0.01)
    return {"losses": [float(each.mean()) for each in reset], "last_place": int(places.max()) + 1}


def texts() -> tuple[int, list[Any], np.ndarray]:
    """Return V, the batches of the training text, and the held-out text."""
    train_text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    batches = list(data.contiguous_streams(vocabulary.encode(train_text), B, T))
    return len(vocabulary), batches, vocabulary.encode(held_out)


def long_run(kind: str, k: int, lr: float, seed: int, passes: int) -> float:
    """Train for several passes; return the held-out loss."""
    V, batches, held_ids = texts()
    network = new_network(kind, V, k, seed)
    for _ in train(kind, network, batches, lr, passes):
        pass
    return held_out_loss(network, held_ids)


def run(
    candidates: dict[str, Any],
    choosing_seed: int,
    seeds: list[int],
    long_seeds: list[int],
    passes: int,
    long: dict[str, Any],
    pieces: list[int],
) -> dict[str, Any]:
    """Choose, then train and score: for each kind of network its choice and its losses in nats per character."""
    V, batches, held_ids = texts()
    results: dict[str, Any] = {}
    for kind, grid in candidates.items():
        tried = []
        for k, lr in grid:
            losses = list(train(kind, new_network(kind, V, k, choosing_seed), batches, lr))
            tried.append([k, lr, float(np.mean(losses[-200:]))])
            print(kind, "tried", tried[-1], file=sys.stderr, flush=True)
        k, lr, _ = min(tried, key=lambda entry: entry[2])
        found: dict[str, Any] = {"tried": tried, "window": k, "rate": lr}
        found |= {"beginning": [], "one_pass": [], "long": [], "reset": []}
        for seed in seeds:
            network = new_network(kind, V, k, seed)
            found["beginning"].append(float(np.mean(list(train(kind, network, batches, lr))[:BEGINNING])))
            found["one_pass"].append(held_out_loss(network, held_ids))
            if kind == "whole":
                found["reset"].append(cost_of_resets(network, held_ids, pieces))
            print(kind, seed, found["one_pass"][-1], file=sys.stderr, flush=True)
        for k, lr in long.get(kind, []):
            losses = [long_run(kind, k, lr, seed, passes) for seed in long_seeds]
            found["long"].append({"window": k, "rate": lr, "losses": losses})
            print(kind, "long", found["long"][-1], file=sys.stderr, flush=True)
        results[kind] = found
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the first seed of each kind for a few batches; their mean loss agrees to a thousandth."""
    V, batches, _ = texts()
    for kind, found in record["results"].items():
        choice = [found["window"], found["rate"]]
        assert choice in record["settings"]["candidates"][kind], f"{kind}: {choice} was never tried"
        network = new_network(kind, V, found["window"], record["settings"]["seeds"][0])
        losses = train(kind, network, batches, found["rate"])
        mean = np.mean([next(losses) for _ in range(BEGINNING)])
        recorded = found["beginning"][0]
        assert abs(mean - recorded) < 1e-3 * recorded, f"{kind}: got {mean:.4f}, recorded {recorded:.4f}"


if __name__ == "__main__":
    from experiments import saving

    saving.main(__file__, run, SETTINGS)
