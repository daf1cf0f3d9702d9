"""The longer run and the race of chapter 07: they run, their records are whole, the rates are inside those tried."""

import math
from functools import partial

import numpy as np
import pytest

from experiments import char_model, char_model_race
from rnn_utils import records
from rnn_utils.models import LanguageModel

REDUCED = {"hidden": 16, "window": 8, "steps": 20, "every": 10}


@pytest.fixture(scope="module")
def saved() -> dict:
    return records.load("char_model")


def test_a_reduced_run_gives_the_same_kind_of_curve(saved):
    curve = char_model.run(**char_model.SETTINGS | REDUCED, characters=5000)
    assert curve.keys() == saved["results"].keys()
    assert curve["step"] == [10, 20]
    assert len(curve["seconds"]) == 2
    assert 0 <= curve["seconds"][0] <= curve["seconds"][1] < 60
    assert curve["train"][0] == pytest.approx(math.log2(64), abs=0.15)  # ten steps from ln V
    assert curve["train"][1] < curve["train"][0]
    assert all(4 < bits < 6.2 for bits in curve["held_out"])
    assert curve["beginning"] == [pytest.approx(np.mean(curve["train"]), abs=1e-3)]


def test_a_run_cut_short_is_the_beginning_of_the_whole():
    whole = char_model.run(**char_model.SETTINGS | REDUCED, characters=5000)
    part = char_model.run(**char_model.SETTINGS | REDUCED, characters=5000, last=10)
    assert part["train"] == whole["train"][:1]


def test_the_saved_curve_is_a_long_run(saved):
    assert saved["versions"].keys() == {"python", "numpy"}
    assert saved["results"]["step"] == list(range(1000, 20_001, 1000))
    assert min(saved["results"]["held_out"]) < 2.45


def test_a_reduced_race_gives_the_same_kind_of_results():
    saved = records.load("char_model_race")
    small = {"hidden": 8, "characters": 2000, "following": 2000, "seeds": 1}
    found = char_model_race.run(**char_model_race.SETTINGS | small)
    for recipe, rows in found.items():
        assert rows.keys() == saved["results"][recipe].keys()
        for rate, row in rows.items():
            assert row.keys() == saved["results"][recipe][rate].keys()
            assert all(4 < bits < 6.5 for bits in row["held_out"])  # from ln V on, with so few steps


def test_the_saved_race_has_every_rate_and_seed():
    saved = records.load("char_model_race")
    rates = saved["settings"]["rates"]
    assert {recipe: [float(rate) for rate in rows] for recipe, rows in saved["results"].items()} == rates
    for rows in saved["results"].values():
        assert all(len(numbers) == saved["settings"]["seeds"] for row in rows.values() for numbers in row.values())


def test_both_recipes_have_their_best_rate_inside_the_rates_tried():
    for rows in records.load("char_model_race")["results"].values():
        assert 0 < list(rows).index(char_model_race.best_rate(rows)) < len(rows) - 1


def test_ours_ends_lower_in_less_time_when_each_has_its_best_rate():
    saved = records.load("char_model_race")["results"]
    his, ours = (saved[name][char_model_race.best_rate(saved[name])] for name in ("min_char_rnn", "our_recipe"))
    assert np.median(ours["held_out"]) < np.median(his["held_out"]) - 0.05
    assert np.median(ours["seconds"]) < np.median(his["seconds"]) / 2


def test_the_second_bias_of_min_char_rnn_stays_where_it_was():
    settings = char_model_race.SETTINGS | {"hidden": 4}
    model = char_model_race.min_char_rnn(np.arange(60) % 5, 5, 0.1, 0, settings)
    assert not model.params["rnn.bias_hh"].any()
    assert model.params["rnn.bias_ih"].any()


def test_the_recipe_takes_the_steps_of_the_program(monkeypatch):
    """One stream, a summed loss, entries limited to ±5, one bias, Adagrad: min-char-rnn's steps, written out."""
    settings, ids, V, lr = char_model_race.SETTINGS | {"hidden": 6, "window": 4}, np.arange(41) ** 2 % 7, 7, 0.1
    monkeypatch.setattr(char_model_race, "LanguageModel", partial(LanguageModel, dtype=np.float64))
    found = char_model_race.min_char_rnn(ids, V, lr, 3, settings)
    rng = np.random.default_rng(3)
    start = LanguageModel(V, 6, rng=rng, dtype=np.float64).params
    drawn = {name: 0.01 * rng.normal(size=p.shape) if "weight" in name else 0 * p for name, p in start.items()}
    names = ("rnn.weight_ih", "rnn.weight_hh", "rnn.bias_ih", "linear.weight", "linear.bias")
    parameters = [drawn[name] for name in names]
    W_ih, W_hh, b, W_hy, b_y = parameters
    memory, h = [np.zeros_like(p) for p in parameters], np.zeros(6)
    for x, y in zip(ids[:-1].reshape(-1, 4), ids[1:].reshape(-1, 4), strict=True):
        states, errors = [h], []
        for i, j in zip(x, y, strict=True):
            states.append(np.tanh(W_ih[:, i] + W_hh @ states[-1] + b))
            p = np.exp(W_hy @ states[-1] + b_y)
            errors.append(p / p.sum() - np.eye(V)[j])
        grads, dh = [np.zeros_like(p) for p in parameters], np.zeros(6)
        for t in reversed(range(4)):
            da = (1 - states[t + 1] ** 2) * (W_hy.T @ errors[t] + dh)
            parts = (np.outer(da, np.eye(V)[x[t]]), np.outer(da, states[t]), da, np.outer(errors[t], states[t + 1]))
            grads = [g + part for g, part in zip(grads, (*parts, errors[t]), strict=True)]
            dh, h = W_hh.T @ da, states[-1]
        for p, g, m in zip(parameters, grads, memory, strict=True):
            g = np.clip(g, -5, 5)
            m += g * g
            p -= lr * g / np.sqrt(m + 1e-8)
    for name, p in zip(names, parameters, strict=True):
        np.testing.assert_allclose(found.params[name], p, atol=1e-9)
