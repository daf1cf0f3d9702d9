"""How much of the lead of counting on surnames comes from forms of one surname on both sides of the split?

Splits by name, as in `surname_classifiers`, put *puskar* among the names to learn and *puskarova* among the test names.
Here all names with the same stem are in one part; `_surnames.stem` says roughly which these are. Three models that count
and two networks, with the learning rates chosen in `surname_classifiers`, are compared on ten such splits. The full run
takes about ten minutes.

``results[model]`` holds a list over the splits of every score in `_surnames.scores`; ``results["related"]`` the share
of test names with a relative of the same label among the names to learn when the split is by name.
"""

from typing import Any

import numpy as np
import torch

from experiments import saving
from experiments._surnames import (
    LogP,
    Surnames,
    ahead,
    language_models,
    logistic,
    naive_bayes,
    scores,
    stem,
    surnames,
)
from experiments.surname_classifiers import PLAIN, by_model, train

SETTINGS: dict[str, Any] = {
    "seeds": list(range(10)),
    "rate": 0.008,
    "networks": {
        "LSTM, two ways": PLAIN,
        "LSTM, 128 units, dropout": PLAIN | {"dropout": 0.5, "hidden": 128, "passes": 20},
    },
}


def related(s: Surnames) -> float:
    """Return the share of test names that have a relative of the same label among the names to learn."""
    known = {(stem(name), label) for name, label in zip(s.names["learn"], s.labels["learn"])}
    return round(float(np.mean([(stem(n), k) in known for n, k in zip(s.names["test"], s.labels["test"])])), 4)


def split_scores(seed: int, networks: dict[str, Any], rate: float) -> dict[str, Any]:
    """Return the scores of every model on one split by stem."""
    s = surnames(seed, families=True)
    models: dict[str, LogP] = {"naive Bayes": naive_bayes(s)[0][1], "logistic": logistic(s, 4)[1]}
    models["language models"] = language_models(s)[1]
    counting = list(models)
    for name, given in networks.items():
        models[name] = train(s, given, rate, seed)[1]
    table: dict[str, Any] = {name: scores(log_p, s) for name, log_p in models.items()}
    for one in counting:
        for other in networks:
            table[f"{one} : {other}"] = {"only right": ahead(models[one], models[other], s.labels["test"])}
    print(seed, {name: row.get("right") for name, row in table.items()}, flush=True)
    return table


def run(**settings: Any) -> dict[str, Any]:
    """Return the scores of every model on splits by stem, and how many test names have relatives in splits by name."""
    torch.set_num_threads(1)
    rows = [split_scores(seed, settings["networks"], settings["rate"]) for seed in settings["seeds"]]
    return by_model(rows) | {"related": [related(surnames(seed)) for seed in settings["seeds"]]}


def check_part(record: dict[str, Any]) -> None:
    """Count relatives and runs of letters again for the first split."""
    torch.set_num_threads(1)
    seed, results = record["settings"]["seeds"][0], record["results"]
    share = related(surnames(seed))
    assert share == results["related"][0], f"related: got {share}, wanted {results['related'][0]}"
    s = surnames(seed, families=True)
    again = scores(naive_bayes(s)[0][1], s)
    for key, value in again.items():
        old = results["naive Bayes"][key][0]
        assert abs(value - old) <= 2e-3, f"naive Bayes, {key}: got {value}, wanted {old}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
