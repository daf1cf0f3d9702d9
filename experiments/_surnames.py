"""Surnames for classifiers: ten splits, and the models that count runs of letters."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from torch import Tensor

from rnn_utils import data
from rnn_utils.calibration import calibration_error, fit_temperature, log_loss, with_temperature
from rnn_utils.metrics import macro_f1
from rnn_utils.ngram import NGram

PARTS = ("learn", "choose", "test")
LONGEST = 6  # letters in a run, edges included
ADDED = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
PENALTIES = (0.3, 1.0, 3.0, 10.0)
LogP = dict[str, np.ndarray]  # log-probabilities (N, K) of the names of "choose" and "test"


@dataclass
class Surnames:
    """The names of one split, by part."""

    names: dict[str, list[str]]
    labels: dict[str, np.ndarray]
    ids: dict[str, list[Tensor]]  # letters from 1 on
    V: int
    K: int
    grams: dict[int, dict[str, csr_matrix]]  # by length of run and part: (N, F) counts


@functools.cache
def surnames(seed: int, per_class: int | None = None) -> Surnames:
    """Return a split of all names or of some a class: a name that several languages share is in one part only."""
    rng = np.random.default_rng(seed)
    every = data.surnames(per_class=per_class, rng=rng) if per_class else data.surnames()
    parts = data.grouped_split(every.names, rng, (0.7, 0.1, 0.2))
    names = {part: every.names[at].tolist() for part, at in zip(PARTS, parts)}
    labels = {part: every.labels[at] for part, at in zip(PARTS, parts)}
    vocabulary = data.Vocabulary("".join(names["learn"]), unknown="?")
    ids = {part: [torch.tensor(vocabulary.encode(name) + 1) for name in names[part]] for part in PARTS}
    return Surnames(names, labels, ids, len(vocabulary) + 1, len(every.classes), gram_counts(names))


def runs(name: str, n: int) -> list[str]:
    """Return the runs of n letters of a name, an edge on both sides."""
    edged = f"<{name}>"
    return [edged[at : at + n] for at in range(len(edged) - n + 1)]


def gram_counts(names: dict[str, list[str]]) -> dict[int, dict[str, csr_matrix]]:
    """Count the runs of every length that occur among the names to learn."""
    found: dict[int, dict[str, csr_matrix]] = {}
    for n in range(1, LONGEST + 1):
        known = {gram: at for at, gram in enumerate(sorted({g for name in names["learn"] for g in runs(name, n)}))}
        found[n] = {}
        for part, listed in names.items():
            cells = [(row, known[g]) for row, name in enumerate(listed) for g in runs(name, n) if g in known]
            rows, columns = np.array(cells).T
            found[n][part] = csr_matrix((np.ones(len(rows)), (rows, columns)), (len(listed), len(known)))
    return found


def normalised(scores: np.ndarray) -> np.ndarray:
    """Return log-probabilities, given logits (N, K)."""
    return with_temperature(scores, 1.0)


def best(tried: Sequence[tuple[Any, LogP]], labels: np.ndarray) -> tuple[Any, LogP]:
    """Return the try with the most right answers among the names to choose by; the first of equals."""
    return max(tried, key=lambda pair: (pair[1]["choose"].argmax(axis=1) == labels).mean())


def naive_bayes(s: Surnames) -> tuple[tuple[Any, LogP], tuple[Any, LogP]]:
    """Multiply the probabilities of a name's runs in each language; which runs and what is added are chosen.

    Returns the try with the most right answers and the try with the lowest log loss.
    """
    K, tried = s.K, []
    own = np.eye(K)[s.labels["learn"]]
    prior = np.log(own.mean(axis=0))
    for low in (1, 2, 3):
        for high in range(max(low, 3), LONGEST + 1):
            counts = [(s.grams[n]["learn"].T @ own) for n in range(low, high + 1)]  # (F, K) each
            for added in ADDED:
                tables = [np.log((c + added) / (c + added).sum(axis=0)) for c in counts]
                log_p = {
                    part: normalised(prior + sum(s.grams[low + at][part] @ t for at, t in enumerate(tables)))
                    for part in PARTS[1:]
                }
                tried.append(([low, high, added], log_p))
    labels = s.labels["choose"]
    return best(tried, labels), min(tried, key=lambda pair: log_loss(pair[1]["choose"], labels))


def logistic(s: Surnames, longest: int) -> tuple[Any, LogP]:
    """Logistic regression on the counts of runs of up to `longest` letters; the penalty on squares is chosen."""
    X = {part: hstack([s.grams[n][part] for n in range(1, longest + 1)]).tocsr() for part in PARTS}
    own = np.eye(s.K)[s.labels["learn"]]
    transposed = X["learn"].T.tocsr()
    prior = np.log(own.mean(axis=0))
    shape = (X["learn"].shape[1], s.K)
    tried, W = [], np.zeros(shape)
    for penalty in sorted(PENALTIES, reverse=True):  # each begins where the last ended

        def loss(flat: np.ndarray, penalty: float = penalty) -> tuple[float, np.ndarray]:
            W = flat.reshape(shape)
            log_p = normalised(prior + X["learn"] @ W)
            grad = transposed @ (np.exp(log_p) - own) + penalty * W
            return float(-(log_p * own).sum() + penalty * (W**2).sum() / 2), grad.ravel()

        W = minimize(loss, W.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x.reshape(shape)
        tried.append((penalty, {part: normalised(prior + X[part] @ W) for part in PARTS[1:]}))
    return best(tried, s.labels["choose"])


def language_models(s: Surnames) -> tuple[Any, LogP]:
    """Spell each name with a language model a class; order and strength of smoothing are chosen."""
    tried = []
    prior = np.log(np.bincount(s.labels["learn"], minlength=s.K) / len(s.labels["learn"]))
    for order in (3, 4, 5, 6):
        edge = torch.zeros(order - 1, dtype=torch.long)
        streams = {part: [torch.cat([edge, ids]) for ids in s.ids[part]] for part in PARTS}
        models = []
        for k in range(s.K):
            own = [ids for ids, label in zip(streams["learn"], s.labels["learn"]) if label == k]
            models.append(NGram(torch.cat([*own, edge]).numpy(), order, s.V, smoothing="witten-bell", strength=1))
        for strength in (1.0, 3.0, 10.0):
            log_p = {part: normalised(prior - spelled(models, strength, streams[part], edge)) for part in PARTS[1:]}
            tried.append(([order, strength], log_p))
    return best(tried, s.labels["choose"])


def spelled(models: list[NGram], strength: float, streams: list[Tensor], edge: Tensor) -> np.ndarray:
    """Return −log of the probability of each name's letters and its end under each model, (N, K)."""
    ids = torch.cat([*streams, edge]).numpy()
    starts = np.cumsum([0, *(len(stream) for stream in streams)])[:-1] + len(edge)  # first letter of each name
    ends = np.append(starts[1:] - len(edge), len(ids) - len(edge))  # the edge after it
    columns = []
    for each in models:
        each.strength = strength
        total = np.concatenate([[0.0, 0.0], np.cumsum(each.losses(ids))])  # total[t]: losses of ids[:t]
        columns.append(total[ends + 1] - total[starts])
    return np.stack(columns, axis=1)


def mixed(models: Sequence[LogP], labels: np.ndarray) -> tuple[list[float], LogP]:
    """Add up the log-probabilities with the weights of the lowest log loss on the names to choose by."""

    def total(weights: np.ndarray, part: str) -> np.ndarray:
        return normalised(sum(weight * each[part] for weight, each in zip(weights, models)))

    def loss(weights: np.ndarray) -> float:
        return log_loss(total(weights, "choose"), labels)

    start = np.full(len(models), 1 / len(models))
    weights = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6}).x
    return [round(float(weight), 3) for weight in weights], {part: total(weights, part) for part in PARTS[1:]}


def scores(log_p: LogP, s: Surnames) -> dict[str, float]:
    """Return how good the answers to the test names are, and how sure, before and after one fitted temperature."""
    labels, temperature = s.labels["test"], fit_temperature(log_p["choose"], s.labels["choose"])
    answers, cooled = log_p["test"].argmax(axis=1), with_temperature(log_p["test"], temperature)
    row = {
        "right": float((answers == labels).mean()),
        "macro F1": macro_f1(answers, labels, s.K),
        "log loss": log_loss(log_p["test"], labels),
        "calibration error": calibration_error(log_p["test"], labels),
        "temperature": temperature,
        "log loss, fitted": log_loss(cooled, labels),
        "calibration error, fitted": calibration_error(cooled, labels),
    }
    return {name: round(value, 4) for name, value in row.items()}


def ahead(one: LogP, other: LogP, labels: np.ndarray) -> list[int]:
    """Count the test names that only the one gets right, and those that only the other does."""
    first, second = (log_p["test"].argmax(axis=1) == labels for log_p in (one, other))
    return [int((first & ~second).sum()), int((second & ~first).sum())]


def log_loss_gained(one: LogP, other: LogP, labels: np.ndarray) -> list[float]:
    """Return by how much the log loss of the one is below the other's on the test names, and its standard error."""
    own = np.arange(len(labels)), labels
    gained = one["test"][own] - other["test"][own]
    return [round(float(each), 5) for each in (gained.mean(), gained.std(ddof=1) / len(gained) ** 0.5)]
