"""The comparison of chapter 16: its programs run, its files are whole, and its runs can be done again."""

import copy
import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from kinds import kind_of

from rnn_utils import records

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]
IDS = np.random.default_rng(0).integers(5, size=4000)  # a text of five characters
KINDS = ("RNN", "LSTM", "GRU", "Transformer")
CONTESTS = ("parameters", "time")


@pytest.fixture(scope="module")
def program():
    from experiments import sequence_models

    return sequence_models


@pytest.fixture(scope="module")
def costs():
    from benchmarks import sequence_costs

    return sequence_costs


def flat(record: dict) -> dict:
    """A record with its results beside its settings."""
    return {key: value for key, value in record.items() if key != "results"} | record["results"]


@pytest.fixture(scope="module")
def saved() -> dict:
    return flat(records.load("sequence_models"))


@pytest.fixture
def reduced(program, monkeypatch) -> dict:
    """Settings for a run of seconds: tiny networks, a few steps, short sequences."""
    text = 5, dict.fromkeys(("training", "validation", "test"), IDS)
    monkeypatch.setattr(program.compare, "shakespeare_ids", lambda: text)
    settings = copy.deepcopy(program.SETTINGS)
    settings |= {"seeds": [1, 2], "pace": {"rounds": 2, "steps": 2}}
    for name, task in settings["tasks"].items():
        task |= {"steps": 4, "evaluations": 2, "rates": [0.002, 0.008], "hidden": {"RNN": 4, "LSTM": 2, "GRU": 3}}
        task |= {"batch": 8, "T": 10 if name != "shakespeare" else 8}
        for shape in task["transformer"].values():
            shape |= {"d_model": 4, "heads": 2, "dim_feedforward": 5}
    settings["tasks"]["shakespeare"]["windows"] = {
        "window 32": {"T": 8, "batch": 8},
        "window 128": {"T": 16, "batch": 4},
    }
    return settings


def test_a_reduced_run_writes_the_same_kind_of_file_and_takes_up_what_it_finds(
    program, reduced, saved, tmp_path, capsys
):
    out = tmp_path / "sequence_models.json"
    program.main(["--tasks", "adding", "copy", "--out", str(out)], reduced)
    assert not out.exists()
    assert "adding 10 8 " in capsys.readouterr().out
    program.main(["--out", str(out)], reduced)
    printed = capsys.readouterr().out
    assert "adding 10 8 " not in printed  # done before, not done again
    assert "order 10 8 " in printed
    assert [path.name for path in tmp_path.iterdir()] == ["sequence_models.json"]
    record = flat(json.loads(out.read_text("utf8")))
    assert record.keys() == saved.keys()
    for name in program.SETTINGS["tasks"]:
        assert record[name].keys() == saved[name].keys()
        for part in (part for part, rows in saved[name].items() if isinstance(rows, list)):
            assert kind_of(record[name][part][-1]) == kind_of(saved[name][part][-1])
    check_rules(program, record)
    assert record["order"]["tuning"][0]["valid"] == pytest.approx(math.log(4), abs=0.5)
    for row in record["shakespeare"]["windows"]:
        assert set(row["contexts"]) == (
            {"fresh", "half", "most"} if row["kind"] == "Transformer" else {"fresh", "carried"}
        )


def test_the_saved_file_is_that_of_the_settings_in_the_program(program, saved):
    assert saved["settings"] == program.SETTINGS
    assert saved["versions"].keys() == {"python", "numpy", "torch"}
    assert (ROOT / "experiments/sequence_models.json").stat().st_size < 90_000
    check_rules(program, saved)
    for name, task in program.SETTINGS["tasks"].items():
        earlier = program.compare.SETTINGS["tasks"][name]
        assert {key: task[key] for key in ("T", "batch", "steps", "hidden")} == {
            key: earlier[key] for key in ("T", "batch", "steps", "hidden")
        }


def check_rules(program, record):
    """Every kind has as many tries; the best is trained anew; equal time is the slowest kind's."""
    for name, task in record["settings"]["tasks"].items():
        contests, pace = record[name], record[name]["pace"]
        slowest = max(pace, key=pace.get)
        for kind in KINDS:
            rows = {part: [row for row in contests[part] if row["kind"] == kind] for part in ("tuning", *CONTESTS)}
            tried = [(row["variant"], row["rate"]) for row in rows["tuning"]]
            assert tried == list(product(program.variants(kind, task), task["rates"]))
            best = min((row for row in rows["tuning"] if row["valid"] is not None), key=lambda row: row["valid"])
            for part in CONTESTS:
                assert [row["seed"] for row in rows[part]] == record["settings"]["seeds"]
                assert {(row["rate"], row["variant"]) for row in rows[part]} == {(best["rate"], best["variant"])}
            assert {row["steps"] for row in rows["parameters"]} == {task["steps"]}
            assert {row["steps"] for row in rows["time"]} == {round(task["steps"] * pace[slowest] / pace[kind])}
            assert (rows["time"] == rows["parameters"]) or kind != slowest
        for kind, window in product(KINDS, task.get("windows", ())):
            size = task["windows"][window]
            rows = [row for row in contests["windows"] if row["kind"] == kind and row["T"] == size["T"]]
            assert [(row["seed"], row["batch"]) for row in rows] == [
                (seed, size["batch"]) for seed in record["settings"]["seeds"]
            ]


def test_all_kinds_have_about_equally_many_parameters(program, saved):
    for name, task in program.SETTINGS["tasks"].items():

        def count(kind, variant, task=task, name=name):
            model = program.build(name, kind, program.terms(task, variant), variant, 0)
            return sum(p.numel() for p in model.parameters())

        wanted = count("LSTM", "plain")
        for kind in KINDS:
            variants = program.variants(kind, task)
            assert all(abs(count(kind, variant) / wanted - 1) < 0.025 for variant in variants)
            assert saved[name]["counts"][kind] in [count(kind, variant) for variant in variants]
        for variant, shape in task["transformer"].items():
            gaps = {}
            for more in (-1, 0, 1):
                other = copy.deepcopy(task)
                other["transformer"][variant]["dim_feedforward"] = shape["dim_feedforward"] + more
                gaps[more] = abs(count("Transformer", variant, other) - wanted)
            assert min(gaps, key=gaps.get) == 0


@pytest.mark.parametrize(
    ("name", "kind", "tolerance"),
    [
        ("shakespeare", "GRU", 0.002),
        ("adding", "Transformer", 0.002),
        ("shakespeare", "Transformer", 0.02),  # at its large rate another processor's rounding soon shows
    ],
)
def test_the_beginning_of_a_saved_run_can_be_done_again(program, saved, name, kind, tolerance, monkeypatch):
    first, *others = (row for row in saved[name]["parameters"] if row["kind"] == kind)
    task = program.terms(program.SETTINGS["tasks"][name], first["variant"])
    task |= {"steps": -(-task["steps"] // task["evaluations"]), "evaluations": 1}
    model = program.build(name, kind, task, first["variant"], first["seed"])
    monkeypatch.setattr(program.compare, "hold_then_fall", lambda step, steps: 1.0)  # the rate is held so long
    clip = program.SETTINGS["clip"]
    again = program.train(name, model, task, first["rate"], first["seed"], clip, test=False)
    assert again["valid"] == pytest.approx(first["valid"][:1], rel=tolerance)
    if tolerance < 0.01:  # then another seed's would not do
        assert any(again["valid"] != pytest.approx(row["valid"][:1], rel=10 * tolerance) for row in others)


def test_the_schedule_rules_every_step(program, monkeypatch):
    task = program.SETTINGS["tasks"]["copy"] | {"steps": 3, "evaluations": 3}
    model = program.build("copy", "GRU", task, "plain", 1)
    monkeypatch.setattr(program.compare, "hold_then_fall", lambda step, steps: float((step, steps) == (1, 3)))
    first, second, third = program.train("copy", model, task, 0.01, 1, 1.0, test=False)["valid"]
    assert first != second == third  # the second step alone had a rate


def test_recurrent_runs_begin_as_those_of_chapter_11(saved):
    earlier, met = flat(records.load("compare")), 0
    for name, kind in product(("adding", "shakespeare"), ("RNN", "LSTM", "GRU")):
        for row in saved[name]["parameters"]:
            for old in earlier[name]["parameters"]:
                same = ("kind", "rate", "seed")
                if row["kind"] == kind and row["variant"] == old["start"] and all(row[k] == old[k] for k in same):
                    assert row["valid"][0] == pytest.approx(old["valid"][0], rel=0.01)
                    met += 1
    assert met == 6  # the tanh network, for which the wider grid has chosen the same as chapter 11


def test_windows_score_every_character_once_from_what_its_window_shows(program):
    ids, T, stride = IDS[:61], 8, 4
    model = program.Transformer(5, 4, 2, 1, 5)
    trainer = program.Trainer("shakespeare", model, True, 1.0)
    got = trainer.windows(ids, T, stride)
    wanted, last = [], T - stride
    with torch.no_grad():
        for start in range(0, len(ids) - T, stride):
            for at in range(start + T - stride, start + T):
                assert at == last  # one after the other, none twice
                last += 1
                out, _ = model(torch.tensor(ids[start : at + 1])[:, None])
                wanted.append(torch.nn.functional.cross_entropy(out[-1], torch.tensor(ids[at + 1 : at + 2])))
    assert got == pytest.approx(float(torch.stack(wanted).mean()), rel=1e-5)


def test_a_recurrent_network_carries_its_state_over_batches_and_a_transformer_does_not(program):
    x = IDS[:33][:, None]
    parts = [(x[a : a + 8], x[a + 1 : a + 9]) for a in range(0, 32, 8)]
    for model in (program.Recurrent("GRU", 5, 4, 5), program.Transformer(5, 4, 2, 1, 5)):
        trainer = program.Trainer("shakespeare", model, True, 1.0)
        whole, _ = trainer.evaluate([(x[:-1], x[1:])])
        in_parts, _ = trainer.evaluate(parts)
        assert (in_parts == pytest.approx(whole, rel=1e-5)) == isinstance(model, program.Recurrent)
        trainer.step(parts[0], 0.01)
        assert (trainer.state is not None) == isinstance(model, program.Recurrent)
        assert trainer.state is None or not trainer.state.requires_grad


def test_what_is_kept_for_the_way_back_is_counted_once(costs):
    class Squares(torch.nn.Module):
        def forward(self, x):
            vectors = torch.nn.functional.one_hot(x, 3).float().requires_grad_()
            return vectors.exp() ** 2, None  # each keeps its own result or input: the same piece of memory

    ids = torch.zeros(5, 2, dtype=int)
    numbers = 4 * 2 * 3 * 4  # T, B, V, four bytes each
    # exp's result, once; log_softmax's result; the ids, a part of which are the targets; the weight of the mean
    assert costs.kept_bytes(Squares(), ids) == 2 * numbers + ids.numel() * 8 + 4


def test_kept_and_remembered_bytes_grow_as_they_must(costs):
    kept: dict[str, list[int]] = {}
    for T in (64, 128, 256):
        ids = torch.randint(64, (T + 1, 2))
        for name, model in costs.networks(costs.SETTINGS).items():
            kept.setdefault(name, []).append(costs.kept_bytes(model, ids))
            memory = costs.remembered_bytes(model(ids[:-1])[1])
            shape = costs.SETTINGS["transformer"]
            if name.startswith("Transformer"):
                assert memory == 2 * shape["layers"] * shape["d_model"] * T * 2 * 4  # keys and values, B = 2, float32
            else:
                assert memory == costs.SETTINGS["hidden"][name] * 2 * 4 * (2 if name == "LSTM" else 1)
    for name, (one, two, four) in kept.items():
        if name == "Transformer":
            assert four - two > 3 * (two - one)  # T × T weights: a part grows fourfold
        else:
            assert four - two == pytest.approx(2 * (two - one), rel=0.01)


def test_a_reduced_run_of_the_costs_writes_the_same_kind_of_file(costs, tmp_path):
    out = tmp_path / "sequence_costs.json"
    costs.main(["--out", str(out)], costs.SETTINGS | {"T": [4, 8], "rounds": 1})
    record, saved = json.loads(out.read_text("utf8")), records.load("sequence_costs")
    assert saved["settings"] == costs.SETTINGS
    assert record.keys() == saved.keys()
    for part in ("training", "generation"):
        names = [
            {**row, "T": 0, "kept": 0, "remembered": 0, "seconds": 0} for row in record[part][: len(record[part]) // 2]
        ]
        assert [{**row, "T": 0, "kept": 0, "remembered": 0, "seconds": 0} for row in saved[part][: len(names)]] == names
        assert len(saved[part]) == len(names) * len(costs.SETTINGS["T"])
    assert torch.backends.mkldnn.enabled


def test_the_saved_bytes_are_those_of_the_program(costs):
    saved = records.load("sequence_costs")
    ids = torch.randint(64, (33, costs.SETTINGS["batch"]))
    for name, model in costs.networks(costs.SETTINGS).items():
        (row,) = (row for row in saved["training"] if (row["model"], row["T"]) == (name, 32))
        assert costs.kept_bytes(model, ids) == pytest.approx(row["kept"], rel=0.1 if name != "LSTM" else 1.0)
