"""What the networks of the page "RNN Explainer" keep and forget: the numbers of its questions, and its units' contexts.

All is measured with the rounded weights that the page has, on held-out Shakespeare where nothing else is said.

- Contexts: the ends of the stretches of training text after which each unit was highest and lowest.
- Names: which cell of the LSTM follows "inside a speaker's name" best on the first half of the held-out text, how well
  on the second, and what holding each cell at its mean costs there, in bits per character.
- Erasing: the cell state, the state h, or both are set to zero at many places; what the characters after it cost
  more.
- Spelling: the cell state is set to zero after three letters of a speaker's name; how well the network goes on with
  that name, and whether it still expects what names are made of.
- Gates: the forget gate of each unit is shut, and of all together; what it costs, beside how long the unit keeps. All
  of them are held open, too.
- Gradients: within how many characters lie nine tenths of the gradient's length, and what is left of it far back, in
  each of the three networks on the same texts.

The full run takes about a minute.
"""

import html
import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from experiments import saving
from experiments._reading import Change, Reading, read
from experiments.character_units import correlation, halves, properties
from experiments.explainer import ROOT, load, texts
from rnn_utils.atomic import write_whole
from rnn_utils.data import Vocabulary
from rnn_utils.models import LanguageModel

SETTINGS: dict[str, Any] = {
    "networks": ["LSTM", "GRU", "RNN"],
    "scanned": 2000,  # characters of each of 32 streams of the training text
    "characters": 400,  # of each of 32 streams of the held-out text
    "before": 60,  # characters read before a state is erased
    "after": 100,  # and after it
    "places": 400,
    "letters": 3,  # of a name, read before the cell state is erased
    "back": 100,  # characters through which gradients go back
    "predictions": 100,
    "folder": "book/_static/explainer",  # where the page's files go; None keeps nothing
}
CONTEXT, KEPT = 12, 2  # characters of a context, and how many of them
TEXT = "First Citizen:\nWe have not slept these seven nights, my lord.\n\nROMEO:\nThen sleep, and dream of better days."
SHOWN = "ROMEO:\nThen sleep"
NAMED = {" ": "space", "\n": "new line"}
TENTH = 13  # units: a tenth of them
BETWEEN = "|"  # contexts; no character of the text
NAME = re.compile(r"\n\n([A-Z][A-Z ]{5,}):\n")  # in capitals, of six characters or more
FULL = 0.99  # |tanh(c)| of a cell that hardly changes any more
BITS = 1 / np.log(2)
Results = dict[str, Any]


class Held:
    """Held-out text: 32 streams (T, 32), what comes next, and whether a name is being read."""

    def __init__(self, characters: int) -> None:
        train, self.text, self.vocabulary = texts()
        self.train_ids, self.ids = self.vocabulary.encode(train), self.vocabulary.encode(self.text)
        length = len(self.ids) // 32

        def streams(a: np.ndarray) -> np.ndarray:
            return a[: 32 * length].reshape(32, length).T

        self.streams, self.next = streams(self.ids)[:characters], streams(self.ids)[1 : characters + 1]
        self.inside = streams(properties(self.text)["inside a name"])[:characters]

    def windows(self, count: int, length: int) -> np.ndarray:
        """Return stretches of the text that begin at even distances: (length + 1, count)."""
        starts = np.linspace(0, len(self.ids) - length - 2, count).astype(int)
        return self.ids[starts + np.arange(length + 1)[:, None]]


def costs(reading: Reading, following: np.ndarray) -> np.ndarray:
    """Return the bits that each next character costs: (T, B)."""
    return -np.take_along_axis(reading.logp, following[..., None], axis=-1)[..., 0] * BITS


def rounded(a: Any) -> Any:
    """Return numbers with four decimals, ready for JSON."""
    return np.round(np.asarray(a, np.float64), 4).tolist()


def contexts(values: np.ndarray, ids: np.ndarray, tokens: Sequence[str]) -> list[list[str]]:
    """Return the ends of texts after which a unit, (T, B), is highest and lowest, with different last characters."""
    order = np.argsort(values, axis=None)
    found: list[list[str]] = []
    for places in (order[::-1], order):
        ends: dict[str, str] = {}
        for place in places[:20_000]:
            t, b = divmod(int(place), values.shape[1])
            if t < CONTEXT:
                continue
            context = "".join(tokens[i] for i in ids[t - CONTEXT + 1 : t + 1, b])
            ends.setdefault(context[-3:], context)
            if len(ends) == KEPT:
                break
        found.append(list(ends.values()))
    return found


def units(model: LanguageModel, held: Held, scanned: int) -> list[list[Any]]:
    """Return the contexts of every unit's h, and its usual value: of the cell state in an LSTM, of h elsewhere."""
    length = len(held.train_ids) // 32
    ids = held.train_ids[: 32 * length].reshape(32, length).T[:scanned]
    found, tokens = read(model, ids), held.vocabulary.tokens
    means = np.round(found.c.mean(axis=(0, 1)).astype(float), 2).tolist()
    assert BETWEEN not in tokens
    return [[*map(BETWEEN.join, contexts(found.h[..., k], ids, tokens)), mean] for k, mean in enumerate(means)]


def names(model: LanguageModel, held: Held) -> Results:
    """Return which cell follows names best, and what holding each at its mean costs on the second half of the text."""
    first, second = (slice(16), slice(16, 32))
    c = read(model, held.streams).c
    mean = c[:, first].mean(axis=(0, 1))
    wanted = halves(held.inside.astype(float))
    r, shown = ([correlation(a, b) for a, b in zip(halves(s), wanted, strict=True)] for s in (c, np.tanh(c)))
    best, closest = (int(np.abs(one[0]).argmax()) for one in (r, shown))
    inside, base = held.inside[:, second], costs(read(model, held.streams[:, second]), held.next[:, second])

    def extra(unit: int) -> tuple[float, float]:
        change = Change("held", mean[unit], unit)
        more = costs(read(model, held.streams[:, second], [change]), held.next[:, second]) - base
        return more[inside].mean(), more[~inside].mean()

    held_costs = np.array([extra(unit) for unit in range(c.shape[2])])
    lively = np.argsort(-np.tanh(c[:, first]).std(axis=(0, 1)))
    return {
        "unit": best,
        "decoys": [int(k) for k in lively if abs(r[0][k]) < 0.1][:3],  # lively units that do not follow names
        "r": rounded(r[1][best]),
        "closest": closest,  # after tanh, as the page shows the cell state
        "r closest": rounded(shown[1][closest]),
        "inside": rounded(held_costs[:, 0]),
        "elsewhere": rounded(held_costs[:, 1]),
        "bits inside": rounded(base[inside].mean()),
        "characters": int(inside.size),
    }


def erasing(model: LanguageModel, held: Held, before: int, after: int, places: int) -> Results:
    """Return what each of the characters after an erasure costs more, on average over many places."""
    ids = held.windows(places, before + after)
    base = costs(read(model, ids[:-1]), ids[1:])
    found: Results = {"places": places}
    for name in ("c", "h", "ch"):
        changes = [Change(what, 0.0, slice(None), before, before) for what in name]
        difference = costs(read(model, ids[:-1], changes), ids[1:]) - base
        assert not difference[:before].any()
        more = difference[before:]
        found[name] = rounded(more.mean(axis=1))
        moved = np.abs(more) > 0.1
        found[f"{name}, last"] = np.where(moved.any(0), after - moved[::-1].argmax(0), 0).tolist()
    return found


def spelling(model: LanguageModel, held: Held, before: int, after: int, letters: int, every: int = 1) -> Results:
    """Return how the network goes on with names, as trained and with the cell state erased after some letters."""
    found = [(match.start(1), len(match[1])) for match in NAME.finditer(held.text)]
    found = [(start, n) for start, n in found if start > before and start + after + letters < len(held.text)][::every]
    starts = np.array([start for start, _ in found]) + letters - before
    rest = np.arange(after)[:, None] < np.array([n for _, n in found]) - letters  # up to the colon
    ids = held.ids[starts + np.arange(before + after + 1)[:, None]]
    capitals = [v for v, token in enumerate(held.vocabulary.tokens) if token.isupper() or token == ":"]

    def reading(changes: list[Change]) -> tuple[np.ndarray, Results]:
        logp = read(model, ids[:-1], changes).logp[before:]
        cost = -np.take_along_axis(logp, ids[before + 1 :, :, None], axis=-1)[..., 0] * BITS
        p = np.exp(logp[..., capitals]).sum(axis=-1)
        return cost, {"right": rounded((0.5**cost)[rest].mean()), "capital": rounded(p[rest].mean())}

    base, plain = reading([])
    cost, erased = reading([Change("c", 0.0, slice(None), before, before)])
    more = cost - base
    return {
        "names": len(found),
        "plain": plain,
        "erased": erased,
        "inside": rounded((more * rest).sum(axis=0).mean()),
        "after": rounded((more * ~rest).sum(axis=0).mean()),
        "following": round(float((~rest).sum(axis=0).mean())),
    }


def gates(model: LanguageModel, held: Held) -> Results:
    """Return mean forget gates, and what shutting one, or all, or opening all costs in bits per character."""
    part = held.streams[:, ::2]
    following = held.next[:, ::2]
    whole, opened = read(model, part), read(model, part, [Change("f", 1.0)])
    base = costs(whole, following).mean()

    def extra(unit: Any, value: float) -> float:
        return float(costs(read(model, part, [Change("f", value, unit)]), following).mean() - base)

    return {
        "forget gates": rounded(whole.gates["f"].mean(axis=(0, 1))),
        "shut": [round(extra(unit, 0.0), 4) for unit in range(whole.h.shape[2])],
        "all shut": round(extra(slice(None), 0.0), 4),
        "all open": round(float(costs(opened, following).mean() - base), 4),
        "full": [rounded((np.abs(np.tanh(one.c)) > FULL).mean()) for one in (whole, opened)],
        "bits": round(float(base), 4),
        "characters": int(part.size),
    }


def gradients(model: LanguageModel, held: Held, back: int, predictions: int) -> Results:
    """Return, for the likeliest next character of many texts, lengths of the gradient at every distance back."""
    ids = held.windows(predictions, back)[:-1]
    _, _, cache = model.rnn.forward(model.encode(ids))
    p = np.exp(read(model, ids).logp[-1])  # (predictions, V)
    dlogits = np.zeros((back, *p.shape))
    dlogits[-1] = np.eye(p.shape[1])[p.argmax(axis=1)] - p
    dx, *_ = model.rnn.backward(dlogits @ model.params["linear.weight"], cache)
    lengths = np.linalg.norm(dx, axis=2)[::-1]  # (back, predictions), the nearest first
    share = np.cumsum(lengths, axis=0) / lengths.sum(axis=0)
    return {
        "nine tenths": (np.argmax(share >= 0.9, axis=0) + 1).tolist(),
        "length": [float(f"{value:.3g}") for value in np.median(lengths, axis=1)],
        "predictions": predictions,
    }


def measured(results: Results) -> Results:
    """Return the numbers that the page's questions quote."""
    names, erased, gates, paths = (results[name] for name in ("names", "erasing", "gates", "gradients"))
    spelled = results["spelling"]
    keeps, shut = np.array(gates["forget gates"]), np.array(gates["shut"])
    inside, best, closest = np.array(names["inside"]), names["unit"], names["closest"]
    longest, shortest = np.argsort(-keeps)[:TENTH], np.argsort(keeps)[:TENTH]
    return {
        "names": {
            "unit": best,
            "decoys": names["decoys"],
            "cost": round(inside[best], 2),
            "median": round(float(np.median(inside)), 3),
            "closest": {
                "unit": closest,
                "cost": round(inside[closest], 2),
            },
            "characters": names["characters"],
        },
        "erasing": {"places": erased["places"]}
        | {
            name: {
                "first": round(erased[name][0], 1),
                "late": round(sum(erased[name][10:]), 1),
            }
            for name in ("c", "h")
        },
        "spelling": {
            "names": spelled["names"],
            "right": [round(100 * spelled[how]["right"]) for how in ("plain", "erased")],
            "capital": [round(100 * spelled[how]["capital"]) for how in ("plain", "erased")],
            "inside": round(spelled["inside"], 1),
        },
        "gates": {
            "longest": round(float(shut[longest].mean()), 3),
            "shortest": round(float(shut[shortest].mean()), 3),
            "unit": int(shut.argmax()),
            "worst": round(float(shut.max()), 2),
            "keeps": round(100 * keeps[shut.argmax()]),
            "among": int(np.isin(np.argsort(-shut)[:TENTH], longest).sum()),
            "open": round(gates["all open"], 1),
            "full": [round(100 * share) for share in gates["full"]],
            "bits": round(gates["bits"], 2),
            "characters": gates["characters"],
        },
        "gradients": {
            name: {
                "within": int(np.median(path["nine tenths"])),
                "left": float(f"{path['length'][50] / path['length'][0]:.2g}"),
            }
            for name, path in paths.items()
        }
        | {"predictions": paths["LSTM"]["predictions"]},
    }


def compact(data: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def poster(model: LanguageModel, vocabulary: Vocabulary) -> str:
    """Return what the page shows before it is touched, and where scripts are off: a table of one short text."""
    ids = vocabulary.encode(SHOWN)
    logp = read(model, ids[:, None]).logp[:, 0]

    def named(v: Any) -> str:
        return NAMED.get(vocabulary.tokens[v], f"“{html.escape(vocabulary.tokens[v], quote=False)}”")

    rows = []
    for t, v in enumerate(ids):
        expected = f"{100 * np.exp(logp[t - 1, v]):.0f}\N{NO-BREAK SPACE}%" if t else "–"
        likeliest = ", ".join(
            f"{named(u)} {100 * np.exp(logp[t, u]):.0f} %".replace(" ", "\N{NO-BREAK SPACE}")
            for u in np.argsort(-logp[t])[:3]
        )
        rows.append(f'<tr><th scope="row">{named(v)}</th><td>{expected}</td><td>{likeliest}</td></tr>')
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("it reads", "it had given this", "it expects next"))
    text = html.escape(TEXT).replace("\n", "&#10;")
    return (
        f'<div class="explainer touch-frame" data-text="{text}">\n<table>\n'
        "<caption>What the LSTM expects while it reads the beginning of a speech</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>\n</div>\n"
    )


def page_files(results: Results, of_units: Results, tokens: str, shown: str) -> dict[str, str]:
    """Return the page's files by name: what it says of units, the numbers of its questions, and the table."""
    files = {f"{name.lower()}.json": compact(found) for name, found in of_units.items()}
    facts = {"tokens": tokens, "hidden": len(results["gates"]["shut"]), "measured": measured(results)}
    return files | {"facts.json": compact(facts), "../../figures/explainer.html": shown}


def run(networks: list[str], folder: str | None, scanned: int, characters: int, **settings: int) -> Results:
    """Measure all, and write the page's files."""
    held = Held(characters)
    models = {name: load(name, np.float32) for name in networks}
    lstm = models["LSTM"]
    results: Results = {
        "names": names(lstm, held),
        "erasing": erasing(lstm, held, settings["before"], settings["after"], settings["places"]),
        "spelling": spelling(lstm, held, settings["before"], settings["before"], settings["letters"]),
        "gates": gates(lstm, held),
        "gradients": {
            name: gradients(load(name), held, settings["back"], settings["predictions"]) for name in networks
        },
    }
    of_units = {name: units(model, held, scanned) for name, model in models.items()}
    files = page_files(results, of_units, "".join(held.vocabulary.tokens), poster(load("LSTM"), held.vocabulary))
    for name, text in files.items() if folder else ():
        write_whole(ROOT / str(folder) / name, text)
    return results | {"files": {name: sha256(text.encode()).hexdigest() for name, text in files.items()}}


def check_part(record: dict[str, Any]) -> None:
    """Compare the page's files with the record, and measure some of it again."""
    settings, results = record["settings"], record["results"]
    for name, digest in results["files"].items():
        assert sha256((ROOT / settings["folder"] / name).read_bytes()).hexdigest() == digest, f"{name}: another file"
    held, lstm = Held(settings["characters"]), load("LSTM", np.float32)
    again = erasing(lstm, held, settings["before"], settings["after"], settings["places"])
    for name in ("c", "h", "ch"):
        np.testing.assert_allclose(again[name], results["erasing"][name], atol=0.01, err_msg=f"{name} erased")
    some = spelling(lstm, held, settings["before"], settings["before"], settings["letters"], every=10)
    for name, atol in (("inside", 2), ("after", 0.5)):  # a tenth of the names
        np.testing.assert_allclose(some[name], results["spelling"][name], atol=atol, err_msg=f"spelling, {name}")
    path = gradients(load("RNN"), held, settings["back"], settings["predictions"])["length"]
    np.testing.assert_allclose(path, results["gradients"]["RNN"]["length"], rtol=0.02, err_msg="gradients")
    shut = [Change("f", 0.0)]
    part, following = held.streams[:, ::2], held.next[:, ::2]
    more = costs(read(lstm, part, shut), following).mean() - results["gates"]["bits"]
    np.testing.assert_allclose(more, results["gates"]["all shut"], atol=0.01, err_msg="all forget gates shut")


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
