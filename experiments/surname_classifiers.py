"""Whose name is this, and how sure is the answer: counting runs of letters, or a network that reads them?

All 11,624 surnames of eleven languages, split ten times at random into names to learn (70 %), to choose by (10 %) and
to test (20 %). A name that several languages share is in one part only, so none of the test names has been learned.
The ten splits overlap: their spread is that of one choice of names and initial numbers, not of ten data sets.

Counting: naive Bayes and logistic regression on the runs of letters, logistic regression on the letters alone, a
language model for each language. Networks: letters to vectors, then a convolution or an LSTM, then a linear layer.
Every network learns with Adam at a rate that falls to a tenth; each has a rate of its own, chosen with another split.
It is tested as it was when its log loss on the names to choose by was lowest; `right, chosen by right` is its score
where its share right was highest, which is how the settings of the models that count were chosen. Naive Bayes is there
a second time with the settings of the lowest log loss.

``results[model]`` holds a list over the splits of every score in `_surnames.scores`, and what was chosen. A name with
" + " is the sum of several models' log-probabilities with a weight each, fitted on the names to choose by, beside the
number of test names that only this sum gets right and that only the sum without its last model does, and by how much
its log loss is lower, with the standard error. A name with " : "
counts the test names that only the one of two models gets right. ``ensemble`` is the mean of the probabilities of the
networks. ``results["400 a class"]`` is the same for at most 400 names of each language, with three networks and
three times the passes, which is about as many updates. The full run takes about half an hour.
"""

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from experiments import saving
from experiments._surnames import (
    PARTS,
    LogP,
    Surnames,
    ahead,
    language_models,
    log_loss_gained,
    logistic,
    mixed,
    naive_bayes,
    normalised,
    scores,
    surnames,
)
from rnn_utils import data
from rnn_utils.calibration import log_loss

PLAIN: dict[str, Any] = {
    "reads": "last",
    "dropout": 0.0,
    "smoothing": 0.0,
    "weights": False,
    "hidden": 64,
    "passes": 8,
}
SETTINGS: dict[str, Any] = {
    "seeds": list(range(10)),
    "rates": [0.002, 0.004, 0.008, 0.016],
    "rate_seed": 100,
    "networks": {
        "convolution": PLAIN | {"reads": "convolution"},
        "convolution, dropout": PLAIN | {"reads": "convolution", "dropout": 0.3, "passes": 16},
        "LSTM, one way": PLAIN | {"reads": "one way"},
        "LSTM, two ways": PLAIN,
        "LSTM, mean of the states": PLAIN | {"reads": "mean"},
        "LSTM, dropout": PLAIN | {"dropout": 0.3, "passes": 16},
        "LSTM, label smoothing": PLAIN | {"smoothing": 0.1},
        "LSTM, class weights": PLAIN | {"weights": True},
        "LSTM, 128 units, dropout": PLAIN | {"dropout": 0.5, "hidden": 128, "passes": 20},
    },
    "per_class": 400,
    "passes_per_class": 3,  # times as many
    "networks_per_class": ["convolution", "LSTM, two ways", "LSTM, dropout"],
    # Each is compared with the sum without its last.
    "mixes": [
        ["naive Bayes", "logistic"],
        ["naive Bayes", "LSTM, two ways"],
        ["logistic", "language models"],
        ["logistic", "LSTM, two ways"],
        ["language models", "LSTM, two ways"],
        ["logistic", "language models", "naive Bayes"],
        ["logistic", "language models", "LSTM, two ways"],
        ["logistic", "language models", "ensemble"],
    ],
    "pairs": [["naive Bayes", "LSTM, two ways"], ["logistic", "LSTM, two ways"], ["language models", "ensemble"]],
}
BATCH, D = 128, 32
TOLERANCE = 0.05
Saved = tuple[dict[str, Any], LogP]


class Classifier(nn.Module):
    """Letters → vectors → convolution or LSTM → logits of K languages."""

    def __init__(self, V: int, K: int, reads: str, dropout: float, H: int) -> None:
        super().__init__()
        self.reads = reads
        self.embedding = nn.Embedding(V, D, padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        if reads == "convolution":
            self.widths = nn.ModuleList([nn.Conv1d(D, H, n, padding=n - 1) for n in (2, 3, 4)])
            self.linear = nn.Linear(3 * H, K)
        else:
            self.rnn = nn.LSTM(D, H, bidirectional=reads != "one way")
            self.linear = nn.Linear(H if reads == "one way" else 2 * H, K)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, K) of ids (T, B)."""
        x = self.dropout(self.embedding(ids))
        return self.linear(self.dropout(self.convolved(x) if self.reads == "convolution" else self.read(x, lengths)))

    def convolved(self, x: Tensor) -> Tensor:
        """Return the largest answer of every filter, (B, 3H)."""
        return torch.cat([layer(x.permute(1, 2, 0)).relu().amax(dim=2) for layer in self.widths], dim=1)

    def read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the final states, or the mean of all states, (B, 2H), one way the final state (B, H)."""
        out, (h_n, _) = self.rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))
        if self.reads in ("last", "one way"):
            return torch.cat(list(h_n), dim=1)
        padded, _ = pad_packed_sequence(out)
        true = (torch.arange(len(padded))[:, None] < lengths)[..., None]
        return (padded * true).sum(dim=0) / lengths[:, None]


def collate(ids: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return ids (T, B) and lengths (B,)."""
    return pad_sequence(ids), torch.tensor([len(each) for each in ids])


def answers(net: Classifier, ids: list[Tensor]) -> np.ndarray:
    """Return the log-probabilities (N, K) of names, short ones with short ones."""
    order = np.argsort([len(each) for each in ids], kind="stable")
    net.eval()
    with torch.no_grad():
        found = [net(*collate([ids[i] for i in order[at : at + 512]])) for at in range(0, len(ids), 512)]
    net.train()
    result = np.empty((len(ids), found[0].shape[1]))
    result[order] = normalised(torch.cat(found).double().numpy())
    return result


def train(
    s: Surnames, given: dict[str, Any], lr: float, seed: int, stop: int | None = None
) -> tuple[dict[str, Any], LogP]:
    """Return what was chosen and the log-probabilities of a network at its lowest log loss, of `stop` passes or all."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Classifier(s.V, s.K, given["reads"], given["dropout"], given["hidden"])
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    labels = torch.from_numpy(s.labels["learn"])
    shares = torch.bincount(labels, minlength=s.K) / len(labels)
    weight = 1 / (s.K * shares) if given["weights"] else None
    lengths = [len(each) for each in s.ids["learn"]]
    best: dict[str, tuple[float, int, dict[str, Tensor]]] = {}
    passes = given["passes"]
    losses = []
    for done in range(stop or passes):
        for number, at in enumerate(batches := data.length_batches(lengths, BATCH, rng)):
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 - 0.9 * (done + number / len(batches)) / passes)
            logits = net(*collate([s.ids["learn"][i] for i in at]))
            loss = F.cross_entropy(logits, labels[at], weight, label_smoothing=given["smoothing"])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        log_p = answers(net, s.ids["choose"])
        right = float((log_p.argmax(axis=1) == s.labels["choose"]).mean())
        losses.append(round(log_loss(log_p, s.labels["choose"]), 4))
        for key, cost in (("loss", losses[-1]), ("right", -right)):
            if key not in best or cost < best[key][0]:
                best[key] = cost, done + 1, copy.deepcopy(net.state_dict())
    net.load_state_dict(best["right"][2])
    chosen_by_right = answers(net, s.ids["test"]).argmax(axis=1) == s.labels["test"]
    net.load_state_dict(best["loss"][2])
    row = {"pass": best["loss"][1], "right, chosen by right": round(float(chosen_by_right.mean()), 4)}
    row |= {"loss after one pass": losses[0], "lowest loss": min(losses)}
    return row, {part: answers(net, s.ids[part]) for part in PARTS[1:]}


def ensemble(networks: list[LogP]) -> LogP:
    """Return the logarithm of the mean of the networks' probabilities."""
    return {part: np.log(np.mean([np.exp(each[part]) for each in networks], axis=0)) for part in PARTS[1:]}


def counted(s: Surnames) -> dict[str, Saved]:
    """Return the models that count, by name: what was chosen, and the log-probabilities."""
    found: dict[str, Saved] = {}
    shares = np.log(np.bincount(s.labels["learn"], minlength=s.K) / len(s.labels["learn"]))
    found["majority"] = {}, {part: np.tile(shares, (len(s.names[part]), 1)) for part in PARTS[1:]}
    by_right, by_loss = naive_bayes(s)
    tried = {"letters": logistic(s, 1), "naive Bayes": by_right, "naive Bayes, chosen by loss": by_loss}
    tried |= {"logistic": logistic(s, 4), "language models": language_models(s)}
    return found | {name: ({"chosen": chosen}, log_p) for name, (chosen, log_p) in tried.items()}


def best_rates(networks: dict[str, Any], rates: list[float], seed: int) -> dict[str, Any]:
    """Return the rate at which each network has the lowest log loss on the names to choose by, and the losses."""
    s, found = surnames(seed), {}
    for name, given in networks.items():
        tried = {f"{lr:g}": train(s, given, lr, seed)[0]["lowest loss"] for lr in rates}
        found[name] = {"rate": float(min(tried, key=lambda lr, tried=tried: tried[lr])), "tried": tried}
        print(name, found[name], flush=True)
    return found


def all_scores(
    s: Surnames, networks: dict[str, Any], rates: dict[str, Any], seed: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """Return the scores of every model on one split, of mixtures, and the names on which two models differ."""
    models = counted(s)
    for name, given in networks.items():
        models[name] = train(s, given, rates[name]["rate"], seed)
    models["ensemble"] = {}, ensemble([models[name][1] for name in networks])
    table = {name: chosen | scores(log_p, s) for name, (chosen, log_p) in models.items()}
    sums: dict[str, LogP] = {name: log_p for name, (_, log_p) in models.items()}
    for names in settings["mixes"]:
        weights, log_p = mixed([models[name][1] for name in names], s.labels["choose"])
        before = sums[" + ".join(names[:-1])]
        gain = {
            "against the sum without the last": ahead(log_p, before, s.labels["test"]),
            "log loss gained": log_loss_gained(log_p, before, s.labels["test"]),
        }
        sums[name := " + ".join(names)] = log_p
        table[name] = {"weights": weights} | gain | scores(log_p, s)
    for one, other in settings["pairs"]:
        table[f"{one} : {other}"] = {"only right": ahead(models[one][1], models[other][1], s.labels["test"])}
    print(seed, {name: row.get("right") for name, row in table.items()}, flush=True)
    return table


def by_model(rows: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return lists over the splits by model and score, given a table a split."""
    return {name: {key: [row[name][key] for row in rows] for key in rows[0][name]} for name in rows[0]}


def run(**settings: Any) -> dict[str, Any]:
    """Return the scores of every model on every split, of all names and of as many a class."""
    torch.set_num_threads(1)
    networks, seeds, same = settings["networks"], settings["seeds"], settings["per_class"]
    rates = best_rates(networks, settings["rates"], settings["rate_seed"])
    every = [all_scores(surnames(seed), networks, rates, seed, settings) for seed in seeds]
    few = {name: networks[name] for name in settings["networks_per_class"]}
    few = {name: given | {"passes": given["passes"] * settings["passes_per_class"]} for name, given in few.items()}
    balanced = [all_scores(surnames(seed, same), few, rates, seed, settings) for seed in seeds]
    return {"rates": rates} | by_model(every) | {f"{same} a class": by_model(balanced)}


def check_part(record: dict[str, Any]) -> None:
    """Count runs of letters again for the first split, and train one network for a single pass."""
    torch.set_num_threads(1)
    settings, results = record["settings"], record["results"]
    seed = settings["seeds"][0]
    s = surnames(seed)
    chosen, log_p = naive_bayes(s)[0]
    again, row = scores(log_p, s), {key: value[0] for key, value in results["naive Bayes"].items()}
    assert chosen == row["chosen"], f"naive Bayes: got {chosen}, wanted {row['chosen']}"
    for key, value in again.items():
        assert abs(value - row[key]) <= 2e-3, f"naive Bayes, {key}: got {value}, wanted {row[key]}"
    name = "LSTM, two ways"
    new = train(s, settings["networks"][name], results["rates"][name]["rate"], seed, stop=1)[0]["loss after one pass"]
    old = results[name]["loss after one pass"][0]
    assert abs(new - old) <= TOLERANCE, f"{name}, loss after one pass: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
