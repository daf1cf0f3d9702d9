"""What do mistakes cost that PyTorch does not report, when a model reads the last state of a recurrent layer?

The data are surnames in eleven languages, 400 of each, without those that occur in several. Embedding, an LSTM in two
directions and a linear layer guess the language. The networks differ in a few lines only: how they arrive at the last
state of each name. One way is right and six are wrong, and none of the six raises an error. The rival of all counts
runs of two to four letters in each language (naive Bayes).

Every seed draws its own names and its own split. Each way has its own learning rate, chosen on the validation names of
another seed. Two of the wrong ways answer with the states of other names; these are trained with two seeds only. Each
network keeps the parameters of its best validation score, and is scored on the test names in batches as in training,
and one name at a time. For each way the record also says what gradients reveal before any training: answers that depend
on other inputs than the steps of their own sequence, and parameters without a gradient.

Reading the padding is also scored on single names with padding added: is it the padding that such a network misses?

The full run takes about six minutes.
"""

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from experiments import saving
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    "ways": ["right", "wrong axis", "last position", "padding read", "one letter"],
    "rates": [0.004, 0.008, 0.016],  # extended where the best is the first or the last
    "rate_seeds": [100],
    "rate_passes": 12,
    "seeds": list(range(10)),
    "passes": {"right": 12, "wrong axis": 12, "last position": 48, "padding read": 12, "one letter": 12},
    "longer": {"ways": ["last position", "padding read"], "passes": 120, "seeds": [0, 1]},
    # The answers of these are those of other names: there is nothing that more of them could learn.
    "others": {"ways": ["reshape", "not put back"], "rate": 0.008, "passes": 12, "seeds": [0, 1]},
}
TRAIN, VALID = 2600, 800  # names; the rest are for the test
BATCH, D, H = 128, 32, 32
RATES = 0.001, 0.064  # beyond these the grid is not extended
PADDED = 13  # letters: the longest name of a batch has about as many
TOLERANCE = 0.03

Read = Callable[[nn.LSTM, Tensor, Tensor], Tensor]
Pair = tuple[Tensor, int]


def joined(h_n: Tensor) -> Tensor:
    """Return the final states of the last layer side by side, (B, 2H) from (2 · layers, B, H)."""
    return torch.cat([h_n[-2], h_n[-1]], dim=1)


def right(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Read each sequence, and nothing else, from both ends."""
    return joined(rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))[1][0])


def wrong_axis(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Hand a batch-first tensor to a time-first layer: it reads from name to name."""
    out = rnn(x.transpose(0, 1))[0].transpose(0, 1)  # (T, B, 2H), as one would expect
    return out[lengths - 1, torch.arange(len(lengths))]


def last_position(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Take the output at the last position, which is padding for most names."""
    return rnn(x)[0][-1]


def padding_read(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Take the final states of a layer that has read the padding too."""
    return joined(rnn(x)[1][0])


def reshaped(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Reshape (2, B, H) to (B, 2H): rows are made of several names."""
    h_n = rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))[1][0]
    return h_n.reshape(len(lengths), -1)


def not_put_back(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Sort the names by length for packing, and leave them in that order."""
    order = lengths.argsort(descending=True, stable=True)
    return joined(rnn(pack_padded_sequence(x[:, order], lengths[order]))[1][0])


def one_letter(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Take both directions at the last true step, where the backward one has read a single letter."""
    out, _ = pad_packed_sequence(rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))[0])
    return out[lengths - 1, torch.arange(len(lengths))]


READS: dict[str, Read] = {
    "right": right,
    "wrong axis": wrong_axis,
    "last position": last_position,
    "padding read": padding_read,
    "reshape": reshaped,
    "not put back": not_put_back,
    "one letter": one_letter,
}


class Classifier(nn.Module):
    """Letters → vectors → LSTM in two directions → logits of K classes."""

    def __init__(self, V: int, K: int, read: Read) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, D, padding_idx=0)
        self.rnn = nn.LSTM(D, H, bidirectional=True)
        self.linear = nn.Linear(2 * H, K)
        self.read = read

    def answer(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, K) of vectors x (T, B, D)."""
        return self.linear(self.read(self.rnn, x, lengths))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, K) of ids (T, B)."""
        return self.answer(self.embedding(ids), lengths)


@functools.cache
def names(seed: int) -> tuple[list[Pair], list[Pair], list[Pair], int, int]:
    """Return the pairs (ids, label) to learn from, to choose by and to test, V and K."""
    rng = np.random.default_rng(seed)
    all_names = data.surnames(per_class=400, rng=rng)
    _, place, count = np.unique(all_names.names, return_inverse=True, return_counts=True)
    order = rng.permutation(np.flatnonzero(count[place] == 1))
    vocabulary = data.Vocabulary("".join(all_names.names[order[:TRAIN]]), unknown="?")
    pairs = [(torch.tensor(vocabulary.encode(all_names.names[i]) + 1), int(all_names.labels[i])) for i in order]
    cut = TRAIN + VALID
    return pairs[:TRAIN], pairs[TRAIN:cut], pairs[cut:], len(vocabulary) + 1, len(all_names.classes)


def collate(pairs: list[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids (T, B), lengths (B,) and labels (B,) of a list of pairs."""
    sequences, labels = zip(*pairs)
    return pad_sequence(list(sequences)), torch.tensor([len(s) for s in sequences]), torch.tensor(labels)


def share_right(net: nn.Module, pairs: list[Pair], size: int, at_least: int = 0) -> float:
    """Return the share of right answers, in batches of `size` that are padded to a length."""
    correct = 0
    net.eval()
    with torch.no_grad():
        for i in range(0, len(pairs), size):
            ids, lengths, labels = collate(pairs[i : i + size])
            ids = F.pad(ids, (0, 0, 0, max(0, at_least - len(ids))))
            correct += int((net(ids, lengths).argmax(dim=1) == labels).sum())
    net.train()
    return correct / len(pairs)


def shuffled(pairs: list[Pair], rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield one pass of batches in random order; what does not fill a batch is left out."""
    order = rng.permutation(len(pairs))
    for i in range(0, len(pairs) - BATCH + 1, BATCH):
        yield collate([pairs[j] for j in order[i : i + BATCH]])


def train(way: str, lr: float, seed: int, passes: int) -> tuple[Classifier, float, int]:
    """Return a network at its best point on the validation names, its share right there and the number of passes."""
    learn, choose, _, V, K = names(seed)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Classifier(V, K, READS[way])
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    valid, at, best = -1.0, 0, net.state_dict()
    for done in range(passes):
        for ids, lengths, labels in shuffled(learn, rng):
            loss = F.cross_entropy(net(ids, lengths), labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        if (share := share_right(net, choose, BATCH)) > valid:
            valid, at, best = share, done + 1, copy.deepcopy(net.state_dict())
    net.load_state_dict(best)
    return net, valid, at


def best_rate(way: str, rates: list[float], seeds: list[int], passes: int) -> dict[str, Any]:
    """Return the rate with the best mean on the validation names, and those means by rate."""
    means: dict[float, float] = {}
    wanted = list(rates)
    while wanted:
        for lr in wanted:
            means[lr] = float(np.mean([train(way, lr, seed, passes)[1] for seed in seeds]))
        best = max(means, key=lambda lr: means[lr])
        beyond = best / 2 if best == min(means) else best * 2 if best == max(means) else None
        wanted = [beyond] if beyond and RATES[0] <= beyond <= RATES[1] else []
    return {"rate": best, "tried": {f"{lr:g}": round(means[lr], 4) for lr in sorted(means)}}


def scores(way: str, lr: float, seeds: list[int], passes: int) -> dict[str, list[Any]]:
    """Return by seed the shares right on validation and test names, the latter in batches and one at a time."""
    rows: dict[str, list[Any]] = {"valid": [], "pass": [], "test": [], "alone": []}
    if way == "padding read":
        rows["padded"] = []
    for seed in seeds:
        net, valid, at = train(way, lr, seed, passes)
        test = names(seed)[2]
        row = {"valid": valid, "pass": at, "test": share_right(net, test, BATCH), "alone": share_right(net, test, 1)}
        if "padded" in rows:
            row["padded"] = share_right(net, test, 1, at_least=PADDED)
        for name, value in row.items():
            rows[name].append(round(value, 4))
    return rows


def checked(way: str) -> dict[str, Any]:
    """Return what one batch and its gradients reveal before training."""
    learn, _, _, V, K = names(0)
    torch.manual_seed(0)
    net = Classifier(V, K, READS[way])
    ids, lengths, _ = collate(learn[:16])
    x = net.embedding(ids)
    logits = net.answer(x, lengths)
    grads = [torch.autograd.grad(a, x, retain_graph=True)[0] for a in logits @ torch.randn(K)]
    steps = torch.arange(len(ids))[:, None] < lengths  # (T, B), true at true steps
    own = torch.eye(len(lengths), dtype=torch.bool)[:, None] & steps
    wrong = (torch.stack(grads).ne(0).any(dim=3) != own).flatten(1).any(dim=1)
    logits.square().sum().backward()
    idle = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    return {"wrong answers": int(wrong.sum()), "without a gradient": idle}


def naive_bayes(seed: int) -> dict[str, float]:
    """Return the shares right of counting runs of letters; which runs and what is added to a count are chosen."""
    learn, choose, test, V, K = names(seed)
    tried = []
    for added in (0.1, 0.3, 1.0):
        tables = {n: count(learn, n, V, K, added) for n in (2, 3, 4)}
        for runs in ((2, 3), (2, 3, 4)):
            chosen = {n: tables[n] for n in runs}
            tried.append([bayes_right(chosen, part, V) for part in (choose, test)])
    valid, tested = max(tried, key=lambda pair: pair[0])
    return {"valid": round(valid, 4), "test": round(tested, 4)}


def bayes_right(tables: dict[int, np.ndarray], pairs: list[Pair], V: int) -> float:
    """Return the share of names whose likeliest language is theirs; tables by the length of the runs."""
    correct = 0
    for ids, label in pairs:
        scores = sum(log_p[grams(ids, n, V)].sum(axis=0) for n, log_p in tables.items())
        correct += int(np.argmax(scores) == label)
    return correct / len(pairs)


def grams(ids: Tensor, n: int, V: int) -> np.ndarray:
    """Return the runs of n letters of a name with an edge on both sides, each as a number in base V."""
    edged = np.concatenate([[0], ids.numpy(), [0]])
    return sum(edged[j : len(edged) - n + 1 + j] * V ** (n - 1 - j) for j in range(n))


def count(pairs: list[Pair], n: int, V: int, K: int, k: float) -> np.ndarray:
    """Return the log-probabilities of runs of n letters in each language, (V**n, K)."""
    counts = np.full((V**n, K), k)
    for ids, label in pairs:
        np.add.at(counts[:, label], grams(ids, n, V), 1)
    return np.log(counts / counts.sum(axis=0))


def run(
    ways: list[str],
    rates: list[float],
    rate_seeds: list[int],
    rate_passes: int,
    seeds: list[int],
    passes: dict[str, int],
    longer: dict[str, Any],
    others: dict[str, Any],
) -> dict[str, Any]:
    """Return what counting gets right, and for each way its rate, its scores by seed and what its check found."""
    torch.set_num_threads(1)
    counted = [naive_bayes(seed) for seed in seeds]
    results: dict[str, Any] = {"naive Bayes": {part: [row[part] for row in counted] for part in counted[0]}}
    for way in ways:
        results[way] = checked(way) | best_rate(way, rates, rate_seeds, rate_passes)
        results[way] |= scores(way, results[way]["rate"], seeds, passes[way])
    for way in longer["ways"]:
        results[way]["longer"] = scores(way, results[way]["rate"], longer["seeds"], longer["passes"])
    for way in others["ways"]:
        rate = others["rate"]
        results[way] = checked(way) | {"rate": rate} | scores(way, rate, others["seeds"], others["passes"])
    return results


def check_part(record: dict[str, Any]) -> None:
    """Count again, check every way again and train one network again."""
    results, settings = record["results"], record["settings"]
    new, old = naive_bayes(settings["seeds"][0])["test"], results["naive Bayes"]["test"][0]
    assert abs(new - old) <= 1e-3, f"naive Bayes: got {new}, wanted {old}"
    for way in READS:
        found = checked(way)
        assert found == {name: results[way][name] for name in found}, f"{way}: got {found}, wanted what the record has"
    row = results["padding read"]
    again = scores("padding read", row["rate"], settings["seeds"][:1], settings["passes"]["padding read"])
    for name in ("test", "alone", "padded"):
        new, old = again[name][0], row[name][0]
        assert abs(new - old) <= TOLERANCE, f"padding read, {name}: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
