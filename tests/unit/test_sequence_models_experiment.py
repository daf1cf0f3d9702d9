"""The comparison of chapters 11 and 16: its program runs, its file is whole, and its runs can be done again."""

import copy
import json
import math
import statistics
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from kinds import kind_of

from rnn_utils import records
from rnn_utils.models import LanguageModel, SequenceModel

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]
IDS = np.random.default_rng(0).integers(5, size=4000)  # a text of five characters
KINDS = ("RNN", "LSTM", "GRU", "Transformer")


@pytest.fixture(scope="module")
def program():
    from experiments import sequence_models

    return sequence_models


@pytest.fixture(scope="module")
def racers():
    from experiments import _racers

    return _racers


@pytest.fixture(scope="module")
def costs():
    from benchmarks import sequence_costs

    return sequence_costs


@pytest.fixture(scope="module")
def saved() -> dict:
    return records.load("sequence_models")


@pytest.fixture
def reduced(program, monkeypatch) -> dict:
    """Settings for a run of seconds: tiny networks, a few steps, short sequences."""
    text = 5, dict.fromkeys(("training", "validation", "test"), IDS)
    for module in (program, __import__("experiments._tasks", fromlist=["_tasks"])):
        monkeypatch.setattr(module, "shakespeare_ids", lambda: text)
    settings = copy.deepcopy(program.SETTINGS)
    settings |= {"seeds": [1, 2], "pace": {"rounds": 2, "steps": 2}}
    for name, task in settings["tasks"].items():
        task |= {"steps": 4, "evaluations": 2, "rates": [0.002, 0.008], "hidden": {"RNN": 4, "LSTM": 2, "GRU": 3}}
        task |= {"batch": 8, "T": 10 if name != "shakespeare" else 8}
        for shape in task["transformer"].values():
            shape |= {"d_model": 4, "heads": 2, "dim_feedforward": 5}
        for asked in task.get("also", {}).values():
            asked |= {"steps": 8} if "steps" in asked else {}
    settings["tasks"]["shakespeare"]["windows"]["window 128"] = {"T": 16, "batch": 4}
    return settings


def test_a_reduced_run_writes_the_same_kind_of_file_and_takes_up_what_it_finds(
    program, reduced, saved, tmp_path, capsys
):
    out = tmp_path / "sequence_models.json"
    program.main(["--tasks", "adding", "copy", "--out", str(out)], reduced)
    assert not out.exists()
    assert "adding RNN plain " in capsys.readouterr().out
    program.main(["--out", str(out)], reduced)
    printed = capsys.readouterr().out
    assert "adding RNN plain " not in printed  # done before, not done again
    assert "order RNN plain " in printed
    record = json.loads(out.read_text("utf8"))
    assert record.keys() == saved.keys()
    for name in program.SETTINGS["tasks"]:
        assert record["results"][name].keys() == saved["results"][name].keys()
        for part in ("tuning", "runs"):
            assert kind_of(record["results"][name][part][-1]) == kind_of(saved["results"][name][part][-1])
    check_rules(program, record)
    order = record["results"]["order"]
    assert order["tuning"][0]["valid"] == pytest.approx(math.log(4), abs=0.5)
    assert {row["variant"] for row in order["also"]["plain"]} == {"plain"}
    assert {row["steps"] for row in record["results"]["copy"]["also"]["longer"]} == {8}


def test_the_saved_file_is_that_of_the_settings_in_the_program(program, saved):
    assert saved["settings"] == program.SETTINGS
    assert saved["versions"].keys() == {"python", "numpy", "torch"}
    assert len(saved["settings"]["seeds"]) >= 10
    assert not set(saved["settings"]["seeds"]) & set(saved["settings"]["tuning_seeds"])
    assert (ROOT / "experiments/sequence_models.json").stat().st_size < 200_000
    check_rules(program, saved)


def mean_of(rows):
    return statistics.mean(math.inf if row["valid"] is None else row["valid"] for row in rows)


def check_rules(program, record):
    """Every kind has as many tries; the best are tried again; the best mean is trained anew."""
    settings = record["settings"]
    first, *others = settings["tuning_seeds"]
    for name, task in settings["tasks"].items():
        results = record["results"][name]
        for kind in KINDS:
            tuning = [row for row in results["tuning"] if row["kind"] == kind]
            tried = [(row["variant"], row["rate"]) for row in tuning if row["seed"] == first]
            assert tried == list(product(program.variants(kind, task), task["rates"]))
            assert len(program.variants(kind, task)) == len(program.variants("LSTM", task)) >= 2
            once = sorted((row for row in tuning if row["seed"] == first), key=lambda row: mean_of([row]))
            finals = [(row["variant"], row["rate"]) for row in once[: task["finalists"]]]
            again = [(row["variant"], row["rate"], row["seed"]) for row in tuning if row["seed"] != first]
            assert again == [(*final, seed) for final in finals for seed in others]
            means = {
                final: mean_of(row for row in tuning if (row["variant"], row["rate"]) == final) for final in finals
            }
            chosen = results["chosen"][kind]
            assert (chosen["variant"], chosen["rate"]) == min(means, key=means.get)
            assert chosen["valid"] == pytest.approx(min(means.values()), rel=1e-3)
            runs = [row for row in results["runs"] if row["kind"] == kind]
            assert [row["seed"] for row in runs] == settings["seeds"]
            assert {(row["variant"], row["rate"]) for row in runs} == {(chosen["variant"], chosen["rate"])}
            assert {row["steps"] for row in runs} == {task["steps"]}


def test_no_choice_that_learned_lies_at_the_edge_of_its_grid(program, saved):
    """Learned: below the baseline by more than a twentieth."""
    for name, kind in product(saved["results"], KINDS):
        rates, results = saved["settings"]["tasks"][name]["rates"], saved["results"][name]
        chosen = results["chosen"][kind]
        if results["baseline"] is None or chosen["valid"] < 0.95 * results["baseline"]["valid"]:
            assert rates[0] < chosen["rate"] < rates[-1], (name, kind)
    altered = copy.deepcopy(saved)
    edge = altered["settings"]["tasks"]["adding"]["rates"][-1]
    altered["results"]["adding"]["chosen"]["GRU"]["rate"] = edge
    with pytest.raises(AssertionError, match=f"adding, GRU.*{edge}"):
        program.check_part(altered)


def test_all_kinds_have_about_equally_many_parameters(program, saved):
    for name, task in program.SETTINGS["tasks"].items():

        def count(kind, variant, task=task, name=name):
            model = program.build(name, kind, program.terms(task, variant), variant, 0)
            return sum(p.numel() for p in model.parameters())

        wanted = count("LSTM", "plain")
        for kind in KINDS:
            variants = program.variants(kind, task)
            assert all(abs(count(kind, variant) / wanted - 1) < 0.025 for variant in variants)
            assert saved["results"][name]["counts"][kind] in [count(kind, variant) for variant in variants]
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
        ("adding", "Transformer", 0.002),
        ("shakespeare", "LSTM", 0.01),
        ("shakespeare", "Transformer", 0.02),  # at its large rate another processor's rounding soon shows
    ],
)
def test_the_beginning_of_a_saved_run_can_be_done_again(program, saved, name, kind, tolerance):
    first, *others = (row for row in saved["results"][name]["runs"] if row["kind"] == kind)
    task = program.terms(program.SETTINGS["tasks"][name], first["variant"])
    task |= {"whole": task["steps"], "steps": -(-task["steps"] // task["evaluations"]), "evaluations": 1}
    model = program.build(name, kind, task, first["variant"], first["seed"])
    again = program.train(name, model, task, first["rate"], first["seed"], program.SETTINGS["clip"], test=False)
    assert again["valid"] == pytest.approx(first["valid"][:1], rel=tolerance)
    if tolerance < 0.01:  # then another seed's would not do
        assert any(again["valid"] != pytest.approx(row["valid"][:1], rel=10 * tolerance) for row in others)


def test_the_schedule_rules_every_step(program, monkeypatch):
    task = program.SETTINGS["tasks"]["copy"] | {"steps": 3, "evaluations": 3}
    model = program.build("copy", "GRU", task, "plain", 1)
    monkeypatch.setattr(program, "hold_then_fall", lambda step, steps: float((step, steps) == (1, 3)))
    first, second, third = program.train("copy", model, task, 0.01, 1, 1.0, test=False)["valid"]
    assert first != second == third  # the second step alone had a rate


def test_a_run_that_overflows_is_lost_and_says_so(program, monkeypatch):
    monkeypatch.setattr(program.Trainer, "step", lambda *_: math.nan)
    task = program.SETTINGS["tasks"]["copy"] | {"steps": 3, "evaluations": 3}
    lost = program.train("copy", program.build("copy", "GRU", task, "plain", 1), task, 0.01, 1, 1.0, test=True)
    assert lost["valid"] == [None]
    assert lost["test"] is None
    assert program.last([lost | {"valid": None}]) == math.inf


@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_recurrent_network_begins_as_in_the_package(racers, kind):
    from experiments._tasks import TASKS

    task, layer = TASKS["copy"](10), racers.LAYERS[kind]
    options = {"rng": np.random.default_rng(3), "layer": layer, "loss": "cross_entropy", "every_step": True}
    book, model = SequenceModel(10, 20, 9, **options), racers.recurrent(task, kind, 20, "plain", 3)
    ((x, _), *_) = task.held_out("validation")
    with torch.no_grad():
        assert model(torch.from_numpy(x))[0].numpy() == pytest.approx(book.forward(x)[0], abs=1e-6)
    task = TASKS["shakespeare"](32)
    V = task.sizes[0]
    book = LanguageModel(V, 20, rng=np.random.default_rng(3), layer=layer)
    model = racers.recurrent(task, kind, 20, "plain", 3)
    x = np.arange(40).reshape(20, 2)
    with torch.no_grad():
        assert model(torch.from_numpy(x))[0].numpy() == pytest.approx(book.forward(x)[0], abs=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_a_borrowed_layer_learns_as_that_of_torch(racers, kind):
    from experiments._tasks import TASKS

    for name in ("copy", "shakespeare"):  # the second carries its state
        task, variant = TASKS[name](10), racers.STARTS[kind][1]
        two = [
            racers.Trainer(task, racers.recurrent(task, kind, 6, variant, 3, borrow), 1.0) for borrow in (True, False)
        ]
        assert type(two[0].model.rnn) is racers.Borrowed
        begun = two[0].model.rnn.weight_hh.detach().clone()
        assert type(two[1].model.rnn) is getattr(torch.nn, kind)
        stream = racers.batches(task.training(0, 8))
        for batch, first in (next(stream) for _ in range(10)):
            ours, theirs = (trainer.step(batch, 0.02, first) for trainer in two)
            assert ours == pytest.approx(theirs, rel=1e-4)
        losses = [trainer.evaluate([batch])[0] for trainer in two]
        assert losses[0] == pytest.approx(losses[1], rel=1e-4)
        moved = (two[0].model.rnn.weight_hh.detach() - begun).abs().max()
        assert float(moved) > 0.02  # ten steps of at most 0.02


def test_starts_are_what_they_are_called(racers):
    from experiments._tasks import TASKS

    task, H = TASKS["order"](10), 6
    with pytest.raises(ValueError, match="bias1"):
        racers.recurrent(task, "LSTM", H, "bias1", 0)
    with torch.no_grad():
        W = racers.recurrent(task, "RNN", H, "orthogonal", 0).rnn.weight_hh
        assert (W @ W.T).numpy() == pytest.approx(np.eye(H), abs=1e-5)
        assert (racers.recurrent(task, "RNN", H, "identity", 0).rnn.weight_hh.numpy() == np.eye(H)).all()
        for kind, start in product(("LSTM", "GRU"), ("bias 1", "bias 3")):
            rnn = racers.recurrent(task, kind, H, start, 0, borrow=False).rnn
            bias = (rnn.bias_ih_l0 + rnn.bias_hh_l0)[H : 2 * H].numpy()  # f of i, f, g, o; z of r, z, n
            assert bias == pytest.approx(np.full(H, float(start[-1])))
        rnn = racers.recurrent(task, "LSTM", H, "bias 3, shut", 0).rnn
        assert (rnn.bias_ih_l0 + rnn.bias_hh_l0)[: 2 * H].numpy() == pytest.approx(np.repeat([-3.0, 3.0], H))
    shape = {"d_model": 4, "heads": 2, "layers": 1, "dim_feedforward": 400}
    plain, xavier = (racers.transformer(task, shape, start, 0) for start in ("", "Xavier"))
    largest = [float(model.layers[0].linear1.weight.detach().abs().max()) for model in (plain, xavier)]
    assert largest == pytest.approx([1 / 2, math.sqrt(6 / 404)], rel=0.02)


def test_windows_score_every_character_once_from_what_its_window_shows(program, reduced, racers):
    ids, T, stride = IDS[:61], 8, 4
    model = racers.Transformer(5, 4, 2, 1, 5)
    trainer = program.Trainer(program.TASKS["shakespeare"](8), model, 1.0)
    got = trainer.windows(ids, T, stride) * math.log(2)
    wanted, last = [], T - stride
    with torch.no_grad():
        for start in range(0, len(ids) - T, stride):
            for at in range(start + T - stride, start + T):
                assert at == last  # one after the other, none twice
                last += 1
                out, _ = model(torch.tensor(ids[start : at + 1])[:, None])
                wanted.append(torch.nn.functional.cross_entropy(out[-1], torch.tensor(ids[at + 1 : at + 2])))
    assert got == pytest.approx(float(torch.stack(wanted).mean()), rel=1e-5)


def test_a_recurrent_network_carries_its_state_over_batches_and_a_transformer_does_not(program, reduced, racers):
    task, x = program.TASKS["shakespeare"](8), IDS[:33][:, None]
    parts = [(x[a : a + 8], x[a + 1 : a + 9]) for a in range(0, 32, 8)]
    for model in (racers.recurrent(task, "GRU", 4, "plain", 0), racers.Transformer(5, 4, 2, 1, 5)):
        trainer = program.Trainer(task, model, 1.0)
        whole, _ = trainer.evaluate([(x[:-1], x[1:])])
        in_parts, _ = trainer.evaluate(parts)
        assert (in_parts == pytest.approx(whole, rel=1e-5)) == isinstance(model, racers.Recurrent)
        trainer.step(parts[0], 0.01)
        assert (trainer.state is not None) == isinstance(model, racers.Recurrent)
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
