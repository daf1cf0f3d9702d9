"""The training loop: equal to the open one, resumed bit for bit, stopped when it should be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import killed_run
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils.checkpoint import load_params, save_params
from rnn_utils.data import contiguous_streams, random_windows
from rnn_utils.models import LanguageModel, SequenceModel
from rnn_utils.optim import SGD, Adam, clip_grad_norm_, linear_decay
from rnn_utils.recurrent import GRU, LSTM, RNN
from rnn_utils.training import evaluate, fit

V, H, B, T = 7, 8, 4, 5
IDS = np.random.default_rng(11).integers(V, size=301).cumsum() % V
STREAMS = list(contiguous_streams(IDS, B, T))  # 15 batches
HELD_OUT = list(contiguous_streams((IDS * 3 + 1) % V, 2, T))


def language_model(layer=LSTM, seed=0):
    return LanguageModel(V, H, rng=np.random.default_rng(seed), layer=layer)


def draw(rng):
    return random_windows(IDS, B, T, rng)


def shuffled(rng):
    return [STREAMS[i] for i in rng.permutation(len(STREAMS))]


def lazily_drawn(rng):
    return (random_windows(IDS, B, T, rng) for _ in range(6))


def copies(model):
    return {name: p.copy() for name, p in model.params.items()}


def assert_same(model, other):
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, other.params[name], err_msg=name)


def test_fit_takes_the_same_steps_as_an_open_loop():
    steps = 40
    model = language_model()
    optimizer = Adam(model.params, lr=0.01)
    losses, norms, state = [], [], None
    for step in range(steps):
        batch = STREAMS[step % len(STREAMS)]
        if step % len(STREAMS) == 0:
            state = model.zero_state(B)
        loss, grads, state = model.loss_and_grads(batch, state)
        norms.append(clip_grad_norm_(grads, 0.3))
        optimizer.step(grads, lr=0.01 * linear_decay(step, steps))
        losses.append(loss)

    other = language_model()
    history = fit(
        other, STREAMS, Adam(other.params, lr=0.01), steps=steps, schedule=linear_decay, clip_norm=0.3, carry_state=True
    )
    assert history.loss == losses
    assert history.grad_norm == norms
    assert min(norms) < 0.3 < max(norms)
    assert_same(model, other)


def test_without_options_nothing_is_clipped_carried_or_scheduled():
    model, other = language_model(RNN), language_model(RNN)
    optimizer = SGD(model.params, lr=0.5)
    losses = []
    for batch in (STREAMS + STREAMS)[:20]:
        loss, grads, _ = model.loss_and_grads(batch)
        optimizer.step(grads)
        losses.append(loss)
    history = fit(other, STREAMS, SGD(other.params, lr=0.5), steps=20)
    assert history.loss == losses
    assert history.valid_loss == [] and history.steps == len(history.seconds) == 20
    assert np.all(np.diff(history.seconds) > 0)


@pytest.mark.parametrize(("layer", "module"), [(RNN, torch.nn.RNN), (LSTM, torch.nn.LSTM), (GRU, torch.nn.GRU)])
def test_training_is_torchs_training(layer, module):
    """Embedding, recurrent layer, carried state, cross-entropy, clipping, Adam: thirty steps of them all."""
    model = LanguageModel(V, H, rng=np.random.default_rng(0), layer=layer, embedding_size=3, dtype=np.float64)
    embedding, rnn, linear = torch.nn.Embedding(V, 3), module(3, H), torch.nn.Linear(H, V)
    tensors = [*embedding.parameters(), *rnn.parameters(), *linear.parameters()]
    for tensor, p in zip(tensors, model.params.values()):
        tensor.data = torch.tensor(p)
    optimizer, losses, state = torch.optim.Adam(tensors, lr=0.01), [], None
    for step in range(30):
        x, y = map(torch.tensor, STREAMS[step % len(STREAMS)])
        state = None if step % len(STREAMS) == 0 else state
        out, state = rnn(embedding(x), state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = torch.nn.functional.cross_entropy(linear(out).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tensors, 0.3)
        optimizer.step()
        losses.append(loss.item())
    history = fit(model, STREAMS, Adam(model.params, lr=0.01), steps=30, clip_norm=0.3, carry_state=True)
    np.testing.assert_allclose(history.loss, losses, rtol=0, atol=1e-10)
    for tensor, p in zip(tensors, model.params.values()):
        np.testing.assert_allclose(p, tensor.detach().numpy(), rtol=0, atol=1e-10)


def test_training_lowers_the_held_out_loss():
    model = language_model(GRU)
    before = evaluate(model, HELD_OUT)
    fit(model, STREAMS, Adam(model.params, lr=0.02), steps=150, carry_state=True)
    assert before == pytest.approx(np.log(V), rel=0.05)
    assert evaluate(model, STREAMS) < before - 0.02


def test_evaluate_weighs_batches_by_their_targets_and_carries_the_state():
    model = language_model()
    ids = IDS[:23]
    whole = model.loss((ids[:-1, None], ids[1:, None]))[0]
    parts = list(contiguous_streams(ids, 1, 8, drop_last=False))
    assert [len(x) for x, _ in parts] == [8, 8, 6]
    assert evaluate(model, parts, carry_state=True) == pytest.approx(whole, rel=1e-6)
    fresh = sum(len(x) * model.loss((x, y))[0] for x, y in parts) / 22
    assert evaluate(model, parts) == pytest.approx(fresh, rel=1e-12) != pytest.approx(whole, rel=1e-6)
    assert evaluate(model, lambda: contiguous_streams(ids, 1, 8)) == evaluate(model, parts[:2])
    assert evaluate(model, parts[0]) == model.loss(parts[0])[0]


def test_evaluate_reports_a_loss_that_is_not_finite():
    model = language_model()
    model.params["linear.bias"][:] = np.nan
    assert np.isnan(evaluate(model, STREAMS))


def test_evaluations_come_on_time_and_at_the_end():
    model = language_model()
    history = fit(model, STREAMS, Adam(model.params), steps=25, validation=HELD_OUT, eval_every=10, carry_state=True)
    assert history.valid_steps == [10, 20, 25]
    assert history.valid_loss[-1] == evaluate(model, HELD_OUT, carry_state=True)


@pytest.mark.parametrize("batches", [draw, shuffled, lazily_drawn])
def test_functions_draw_from_the_generator_given(batches):
    losses = [
        fit(model := language_model(), batches, SGD(model.params, 0.1), steps=20, rng=np.random.default_rng(seed)).loss
        for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_a_function_without_generator_begins_every_pass():
    calls = []

    def batches():
        calls.append(1)
        return iter(STREAMS[:3])

    model, other = language_model(), language_model()
    assert (
        fit(model, batches, SGD(model.params, 0.1), steps=7).loss
        == fit(other, STREAMS[:3], SGD(other.params, 0.1), steps=7).loss
    )
    assert len(calls) == 3


def run(batches, path=None, steps=30, layer=LSTM, stop_at=None, optimizer=Adam, **options):
    """Fit a new model with one set of options; with `stop_at`, pull the plug before that many steps are done."""
    model = language_model(layer)
    if stop_at is not None:
        step = type(model).loss_and_grads
        taken = []

        def loss_and_grads(batch, state=None):
            taken.append(1)
            if len(taken) > stop_at:
                raise KeyboardInterrupt
            return step(model, batch, state)

        model.loss_and_grads = loss_and_grads
    rng = np.random.default_rng(3) if batches in (draw, shuffled, lazily_drawn) else None
    keep = {"carry_state": batches is not draw, "clip_norm": 0.7, "validation": HELD_OUT, "eval_every": 6}
    keep |= {"schedule": linear_decay, "rng": rng, "save_every": 4} | options
    history = fit(model, batches, optimizer(model.params, lr=0.02), steps=steps, checkpoint=path, **keep)
    return model, history, rng


@pytest.mark.parametrize("batches", [STREAMS, draw, shuffled, lazily_drawn])
@pytest.mark.parametrize("stop_at", [1, 4, 17, 29])
def test_a_resumed_run_is_the_run_that_never_stopped(tmp_path, batches, stop_at):
    straight, history, rng = run(batches)
    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        run(batches, path, stop_at=stop_at)
    assert path.exists() == (stop_at >= 4)
    resumed, again, other_rng = run(batches, path, resume=True)
    assert again == history
    assert_same(straight, resumed)
    if rng is not None:
        assert rng.bit_generator.state == other_rng.bit_generator.state


@pytest.mark.parametrize("layer", [RNN, GRU])
def test_resuming_with_other_layers_and_another_optimizer(tmp_path, layer, optimizer=SGD):
    path = tmp_path / "run.npz"
    straight, history, _ = run(STREAMS, layer=layer, optimizer=optimizer)
    with pytest.raises(KeyboardInterrupt):
        run(STREAMS, path, layer=layer, optimizer=optimizer, stop_at=21)
    resumed, again, _ = run(STREAMS, path, layer=layer, optimizer=optimizer, resume=True)
    assert again == history
    assert_same(straight, resumed)


def test_resuming_when_training_draws_from_the_same_generator_as_the_data(tmp_path):
    """As dropout does: the draws after the last batch belong to the position too."""

    def noisy(path=None, steps=20, **options):
        rng = np.random.default_rng(5)
        model = language_model()
        exact = model.loss_and_grads

        def loss_and_grads(batch, state=None):
            loss, grads, state = exact(batch, state)
            return loss, {name: grad + rng.normal(0, 0.01, grad.shape) for name, grad in grads.items()}, state

        model.loss_and_grads = loss_and_grads
        history = fit(model, shuffled, SGD(model.params, 0.1), steps=steps, rng=rng, checkpoint=path, **options)
        return model, history

    straight, history = noisy()
    noisy(tmp_path / "run.npz", steps=7)
    resumed, again = noisy(tmp_path / "run.npz", resume=True)
    assert again == history
    assert_same(straight, resumed)


def test_the_resumed_run_goes_on_from_the_last_save(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        run(STREAMS, path, stop_at=18)
    with pytest.raises(KeyboardInterrupt):
        run(STREAMS, path, stop_at=0, resume=True)  # would train, so the step before the plug is pulled is the 17th
    model = language_model()
    load_params(path, model.params)
    reached, _, _ = run(STREAMS, steps=16, schedule=lambda step, _: linear_decay(step, 30))
    assert_same(model, reached)


def test_a_finished_run_resumes_to_itself_and_can_be_made_longer(tmp_path):
    path = tmp_path / "run.npz"
    model, history, _ = run(STREAMS, path, schedule=None)
    same, again, _ = run(STREAMS, path, schedule=None, resume=True, stop_at=0)
    assert again == history
    assert again.seconds == history.seconds
    assert_same(model, same)
    straight, _, _ = run(STREAMS, schedule=None, steps=42)
    longer, history, _ = run(STREAMS, path, schedule=None, steps=42, resume=True)
    assert history.steps == 42
    assert_same(longer, straight)


def test_resume_without_a_file_starts_anew_and_without_resume_the_file_is_replaced(tmp_path):
    path = tmp_path / "run.npz"
    model, history, _ = run(STREAMS, path, resume=True)
    other, again, _ = run(STREAMS, path)
    assert history == again
    assert_same(model, other)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_real_kill_at_any_moment_loses_nothing_that_was_saved(tmp_path):
    path = tmp_path / "run.npz"
    script = str(Path(killed_run.__file__))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    steps = []
    for moment in (0.0, 0.0171, 0.0523, 0.0877):  # seconds after the first save; a save takes a few milliseconds
        process = subprocess.Popen([sys.executable, script, str(path)], env=environment, stderr=subprocess.PIPE)
        before = path.stat().st_mtime_ns if path.exists() else 0
        while process.poll() is None and (not path.exists() or path.stat().st_mtime_ns == before):
            time.sleep(0.001)
        time.sleep(moment)
        process.kill()
        assert process.wait() == -signal.SIGKILL, process.stderr.read().decode()
        process.stderr.close()
        with np.load(path, allow_pickle=False) as file:
            steps.append(len(file["history/loss"]))
    assert steps == sorted(steps) and 0 < steps[0] < steps[-1] < killed_run.STEPS
    straight, history = killed_run.run()
    resumed, again = killed_run.run(path, save_every=1000)
    assert again == history
    assert_same(straight, resumed)
    assert list(tmp_path.iterdir()) == [path]


class Scripted:
    """A model whose losses are told beforehand; its one parameter counts the steps, as the gradient is −1 and lr 1."""

    def __init__(self, losses=(), held_out=()):
        self.params = {"w": np.zeros(1)}
        self.losses, self.held_out = list(losses), list(held_out)

    def loss_and_grads(self, batch, state=None):
        return (self.losses.pop(0) if self.losses else 1.0), {"w": -np.ones(1)}, None

    def loss(self, batch, state=None):
        return (self.held_out.pop(0) if batch is HELD_OUT_ONE else 1.0), None

    def count(self, batch):
        return 1


ONE, HELD_OUT_ONE = (np.zeros(1), np.zeros(1)), (np.ones(1), np.ones(1))


def test_early_stop_keeps_the_best_parameters(tmp_path):
    path = tmp_path / "run.npz"
    model = Scripted(held_out=[3.0, 2.0, 2.5, 2.0, 2.1, 0.0])
    options = {"steps": 100, "validation": HELD_OUT_ONE, "eval_every": 2, "patience": 3, "checkpoint": path}
    history = fit(model, [ONE], SGD(model.params, 1.0), **options)
    assert history.valid_loss == [3.0, 2.0, 2.5, 2.0, 2.1]
    assert history.valid_steps[history.best] == 4
    assert history.steps == 10
    assert model.params["w"] == 4
    again = Scripted()
    assert fit(again, [ONE], SGD(again.params, 1.0), resume=True, **options) == history
    assert again.params["w"] == 4


def test_patience_ends_with_the_best_parameters_when_the_steps_run_out_too(tmp_path):
    path = tmp_path / "run.npz"
    model = Scripted(held_out=[3.0, 1.0, 2.0])
    options = {"validation": HELD_OUT_ONE, "eval_every": 2, "patience": 3, "checkpoint": path, "save_every": 3}
    fit(model, [ONE], SGD(model.params, 1.0), steps=6, **options)
    assert model.params["w"] == 4
    saved = {"w": np.zeros(1)}
    load_params(path, saved)
    assert saved["w"] == 6  # the file holds the run, so that it can go on
    longer = Scripted(held_out=[0.5])
    fit(longer, [ONE], SGD(longer.params, 1.0), steps=8, resume=True, **options)
    assert longer.params["w"] == 8


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step(tmp_path, bad):
    path = tmp_path / "run.npz"
    model = Scripted(losses=[1.0] * 12 + [bad])
    message = rf"step 13 of 50: got loss {bad} and gradient norm 1 at learning rate 1, .* {path}, saved after step 10"
    with pytest.raises(FloatingPointError, match=message):
        fit(model, [ONE], SGD(model.params, 1.0), steps=50, checkpoint=path, save_every=5)
    assert model.params["w"] == 12
    model = Scripted(losses=[bad])
    with pytest.raises(FloatingPointError, match=r"step 1 of 5: .* no checkpoint was saved"):
        fit(model, [ONE], SGD(model.params, 1.0), steps=5)


def test_an_exploding_model_stops_before_it_is_spoilt(tmp_path):
    """Real layers, an absurd learning rate: no warning, no ValueError from deep inside, a good last checkpoint."""
    rng = np.random.default_rng(0)
    model = SequenceModel(1, 8, 1, rng=rng)
    x = rng.normal(size=(40, 4, 1)).astype(np.float32)
    path = tmp_path / "run.npz"
    with pytest.raises(FloatingPointError, match=r"step \d+ of 500: got .* the last good checkpoint is"):
        fit(model, (x, x[0]), SGD(model.params, lr=1e3), steps=500, checkpoint=path, save_every=1)
    good = SequenceModel(1, 8, 1, rng=rng)
    load_params(path, good.params)
    assert np.isfinite(good.loss((x, x[0]))[0])


def test_a_gradient_or_held_out_loss_that_is_not_finite_stops_too():
    model = Scripted()
    model.loss_and_grads = lambda batch, state=None: (1.0, {"w": np.array([np.inf])}, None)
    with pytest.raises(FloatingPointError, match="step 1 of 5: got loss 1 and gradient norm inf"):
        fit(model, [ONE], SGD(model.params, 1.0), steps=5, clip_norm=1.0)
    assert model.params["w"] == 0
    model = Scripted(held_out=[1.0, np.nan])
    with pytest.raises(FloatingPointError, match="step 4 of 5: got held-out loss nan"):
        fit(model, [ONE], SGD(model.params, 1.0), steps=5, validation=HELD_OUT_ONE, eval_every=2)


def test_an_update_after_which_the_loss_is_not_finite_is_never_saved(tmp_path):
    model = Scripted()
    model.loss = lambda batch, state=None: (np.inf if model.params["w"] == 3 else 1.0, None)
    path = tmp_path / "run.npz"
    with pytest.raises(FloatingPointError, match=r"step 3 of 5: got loss inf on the same batch .* saved after step 2"):
        fit(model, [ONE], SGD(model.params, 1.0), steps=5, checkpoint=path, save_every=1)
    saved = {"w": np.zeros(1)}
    load_params(path, saved)
    assert saved["w"] == 2


def test_bad_parameters_are_never_saved(tmp_path):
    model = Scripted()
    path = tmp_path / "run.npz"
    with pytest.raises(FloatingPointError, match=r"step 3 of 5: got values of w that are not, .* saved after step 2"):
        fit(
            model, [ONE], SGD(model.params, 1.0), steps=5, checkpoint=path, save_every=1,
            schedule=lambda step, steps: 1.7e308 if step in (1, 2) else 1.0,
        )  # fmt: skip
    saved = {"w": np.zeros(1)}
    load_params(path, saved)
    assert np.isfinite(saved["w"])


def other_text(rng):
    return random_windows(IDS[::-1], B, T, rng)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": SGD}, "optimizer: got SGD, wanted Adam"),
        ({"clip_norm": None}, "clip_norm: got None, wanted 0.7"),
        ({"carry_state": True}, "carry_state: got True, wanted False"),
        ({"layer": GRU}, r"rnn.weight_ih: got float32 of shape \(32, 7\), wanted float32 of shape \(24, 7\)"),
        ({"rng": None, "batches": STREAMS, "carry_state": False}, "rng: got no generator, wanted one"),
        ({"rng": np.random.Generator(np.random.SFC64(3))}, "rng: got a SFC64 generator, wanted PCG64"),
        ({"batches": other_text}, "batches: got another batch 1 of pass 8 than the saved run had"),
    ],
)
def test_mismatched_checkpoints_are_refused_with_the_reason(tmp_path, change, message):
    path = tmp_path / "run.npz"
    run(draw, path, steps=8)
    before = path.read_bytes()
    options = {"batches": draw, "rng": np.random.default_rng(3), "carry_state": False, **change}
    with pytest.raises(ValueError, match=message):
        run(path=path, resume=True, **options)
    assert path.read_bytes() == before


def test_a_generator_that_the_saved_run_had_not_is_refused(tmp_path):
    run(STREAMS, tmp_path / "run.npz", steps=8)
    with pytest.raises(ValueError, match="rng: got a generator, wanted none"):
        run(STREAMS, tmp_path / "run.npz", rng=np.random.default_rng(0), resume=True)


def test_files_that_hold_no_run_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    save_params(path, language_model().params)
    with pytest.raises(ValueError, match=r"run.npz: got parameters alone, wanted a checkpoint written by fit"):
        run(draw, path, resume=True)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"run.npz: got a truncated, damaged or foreign file"):
        run(draw, path, resume=True)


def test_other_data_are_refused_before_anything_changes(tmp_path):
    path = tmp_path / "run.npz"
    run(STREAMS, path, steps=8)
    model = language_model()
    before = copies(model)
    with pytest.raises(ValueError, match="batches: got another batch 8 of pass 1"):
        fit(
            model, STREAMS[1:], Adam(model.params, lr=0.02), steps=30, checkpoint=path, resume=True,
            clip_norm=0.7, carry_state=True,
        )  # fmt: skip
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, before[name])


def test_bad_arguments_are_refused_before_the_first_step(tmp_path):
    model = language_model()
    optimizer = Adam(model.params)

    def refuse(error, message, batches=STREAMS, optimizer=optimizer, **options):
        before = copies(model)
        with pytest.raises(error, match=message):
            fit(model, batches, optimizer, **{"steps": 3, **options})
        for name, p in model.params.items():
            np.testing.assert_array_equal(p, before[name])

    refuse(TypeError, "batches: got a generator, which can be gone through only once", contiguous_streams(IDS, B, T))
    refuse(TypeError, "batches: got int, wanted a batch", 3)
    refuse(ValueError, "batches: got none in a whole pass", [])
    refuse(TypeError, "validation: got a generator", validation=contiguous_streams(IDS, B, T))
    refuse(ValueError, "steps: got 0", steps=0)
    refuse(ValueError, "eval_every: got 0", eval_every=0)
    refuse(ValueError, "save_every: got -1", save_every=-1)
    refuse(ValueError, "clip_norm: got 0, wanted a number > 0", clip_norm=0)
    refuse(ValueError, "patience: got 0", patience=0, validation=HELD_OUT)
    refuse(ValueError, "validation: got None, wanted held-out batches", patience=2)
    refuse(ValueError, "checkpoint: got None, wanted the file to resume from", resume=True)
    refuse(
        FileNotFoundError, "checkpoint: got .*absent.*, wanted a file in a folder", checkpoint=tmp_path / "absent" / "a"
    )
    refuse(TypeError, "rng: got 3", rng=3)
    refuse(ValueError, "optimizer: got other parameters", optimizer=Adam(language_model().params))
    refuse(ValueError, "optimizer: got other parameters", optimizer=Adam({"w": np.zeros(1)}))
    with pytest.raises(ValueError, match="batches: got no targets"):
        evaluate(model, [])


@settings(max_examples=30)
@given(st.one_of(st.integers(max_value=0), st.booleans(), st.floats(), st.none(), st.text(max_size=3)))
def test_steps_must_be_a_whole_number_from_one_up(steps):
    model = language_model()
    with pytest.raises((ValueError, TypeError), match="steps: got"):
        fit(model, STREAMS, Adam(model.params), steps=steps)


def test_carrying_needs_more_than_one_batch_in_a_pass():
    model = language_model()
    with pytest.raises(ValueError, match="carry_state: got True with one batch in a pass"):
        fit(model, draw, SGD(model.params, 0.1), steps=5, carry_state=True, rng=np.random.default_rng(0))


class Terminal:
    def __init__(self, tty):
        self.text, self.tty = "", tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return self.tty


@pytest.mark.parametrize(
    ("tty", "environment", "kernel", "progress", "shown"),
    [
        (True, {}, False, None, True),
        (True, {"CI": "true"}, False, None, False),
        (False, {}, False, None, False),
        (False, {}, True, None, False),  # a notebook that a program executes
        (False, {"JPY_SESSION_NAME": "a.ipynb"}, True, None, True),  # a notebook that somebody has open
        (False, {"JPY_SESSION_NAME": "a.ipynb", "CI": "1"}, True, None, False),
        (False, {"JPY_SESSION_NAME": "a.ipynb"}, False, None, False),  # a process started from one
        (True, {}, False, False, False),
        (False, {"CI": "true"}, False, True, True),
    ],
)
def test_the_progress_bar_shows_itself_to_people_only(monkeypatch, capsys, tty, environment, kernel, progress, shown):
    for name in ("CI", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    else:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    terminal = Terminal(tty)
    monkeypatch.setattr(sys, "stderr", terminal)
    model = Scripted(losses=[2.0, 1.5])
    fit(model, [ONE], SGD(model.params, 1.0), steps=2, progress=progress)
    monkeypatch.undo()
    assert ("0/2" in terminal.text) == bool(terminal.text) == shown
    stays = shown and (tty or progress is True)
    assert ("2/2" in terminal.text and "loss 1.500" in terminal.text) == stays
    assert capsys.readouterr().out == ""


def test_nothing_heavy_is_imported_with_the_training_loop():
    code = "import sys, rnn_utils.training, rnn_utils.models; print({'torch', 'matplotlib', 'tqdm'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
