"""Can chapter 05's character model do without clipping when its learning rate is chosen for that?

At the rate that is best with clipping, the network without it learns next to nothing (`output_layer_alone`). Here the
rate is chosen anew, by the loss on the last batches of one pass with a seed of its own: every batch is scored before
it is learned from, so that loss is one on new text. Then ten seeds of one pass without clipping are scored on the
held-out text, in nats per character.
"""

import sys
from typing import Any

import numpy as np

from experiments.output_layer_alone import BEGINNING, held_out_loss, new_network, texts, train

SETTINGS = {"rates": [0.02, 0.05, 0.1, 0.2], "choosing_seed": 100, "seeds": list(range(10))}


def run(rates: list[float], choosing_seed: int, seeds: list[int]) -> dict[str, Any]:
    """Choose the rate, then train and score: the rates tried, the one chosen, and the loss of each seed."""
    V, batches, held_ids = texts()
    tried = []
    for rate in rates:
        losses = list(train("unclipped", new_network("unclipped", V, 0, choosing_seed), batches, rate))
        tried.append([rate, float(np.mean(losses[-200:]))])
        print("tried", tried[-1], file=sys.stderr, flush=True)
    rate, _ = min(tried, key=lambda entry: entry[1])
    found: dict[str, Any] = {"tried": tried, "rate": rate, "beginning": [], "one_pass": []}
    for seed in seeds:
        network = new_network("unclipped", V, 0, seed)
        found["beginning"].append(float(np.mean(list(train("unclipped", network, batches, rate))[:BEGINNING])))
        found["one_pass"].append(held_out_loss(network, held_ids))
        print(seed, found["one_pass"][-1], file=sys.stderr, flush=True)
    return found


def check_part(record: dict[str, Any]) -> None:
    """Train the first seed for a few batches; their mean loss agrees to a thousandth."""
    V, batches, _ = texts()
    found = record["results"]
    losses = train("unclipped", new_network("unclipped", V, 0, record["settings"]["seeds"][0]), batches, found["rate"])
    mean = np.mean([next(losses) for _ in range(BEGINNING)])
    recorded = found["beginning"][0]
    assert abs(mean - recorded) < 1e-3 * recorded, f"got {mean:.4f}, recorded {recorded:.4f}"


if __name__ == "__main__":
    from experiments import saving

    saving.main(__file__, run, SETTINGS)
