"""The program of chapter 18: the same losses on any number of processes, and after any kill."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from rnn_utils import train_torch
from rnn_utils.data import contiguous_streams
from rnn_utils.optim import linear_decay
from rnn_utils.train_torch import (
    CharModel,
    Run,
    Settings,
    open_corpus,
    process_group,
    read_checkpoint,
    read_piece,
    same,
)

ROOT = Path(__file__).parents[2]
SMALL = Settings(hidden=6, batch=4, T=5, updates=12)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("COV_")} | {
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Words in random order: 1,800 bytes to learn from."""
    words = np.random.default_rng(0).choice(["to", "be", "or", "not", "é", "question"], size=600)
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_bytes(" ".join(words).encode()[:2000])
    return path


@pytest.fixture
def alone():
    """A group of one process, in this one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with process_group():
        yield
    torch.set_num_threads(threads)


def advance(run, updates):
    for _ in range(updates):
        run.step()
    return run


# The corpus ----------------------------------------------------------------------------------------------------------


def test_pieces_are_those_of_the_streams_of_chapter_2(corpus):
    tokens, held = open_corpus(corpus, 4, 5)
    assert isinstance(tokens, np.memmap) and bytes(tokens) + bytes(held) == corpus.read_bytes()
    for number, (x, y) in enumerate(contiguous_streams(tokens, 4, 5)):
        ids = read_piece(tokens, 5 * number, 4, 5, range(4))
        np.testing.assert_array_equal(ids[:-1], x)
        np.testing.assert_array_equal(ids[1:], y)
        np.testing.assert_array_equal(read_piece(tokens, 5 * number, 4, 5, [1, 3]), ids[:, [1, 3]])
    assert number == 88


def test_a_corpus_that_is_missing_empty_or_too_short_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"corpus: got .*none\.txt, where there is no file, wanted a text"):
        open_corpus(tmp_path / "none.txt", 4, 5)
    with pytest.raises(FileNotFoundError, match="corpus: got"):
        open_corpus(tmp_path, 4, 5)
    for size in (0, 1, 23):
        (tmp_path / "short.txt").write_bytes(b"a" * size)
        with pytest.raises(ValueError, match=rf"corpus: got {size} bytes in .*wanted at least 21 .*batch=4 and T=5"):
            open_corpus(tmp_path / "short.txt", 4, 5)
    (tmp_path / "short.txt").write_bytes(b"a" * 24)
    assert [len(part) for part in open_corpus(tmp_path / "short.txt", 4, 5)] == [21, 3]


def test_a_corpus_of_one_batch_is_read_again_and_again_from_a_state_of_zero(tmp_path, alone):
    (tmp_path / "short.txt").write_bytes(b"abcdefghijklmnopqrstuvwx")
    run = advance(Run(tmp_path / "short.txt", tmp_path / "run.pt", SMALL), 3)
    assert run.place == 0 and not run.state.any()
    assert run.losses[2] < run.losses[0]
    assert run.held_out_loss() > 0


# One process ---------------------------------------------------------------------------------------------------------


def test_the_updates_are_those_of_a_plain_loop(corpus, tmp_path, alone):
    """Nothing of the program but the model: streams of chapter 2, a state that is carried, Adam, decay, clipping."""
    how = Settings(hidden=6, batch=4, T=5, updates=12, dropout=0.0, clip=0.1)
    torch.manual_seed(how.seed)
    model, state, losses = CharModel(6), torch.zeros(2, 1, 4, 6), []
    optimizer = torch.optim.Adam(model.parameters())
    for update, (x, y) in enumerate(list(contiguous_streams(open_corpus(corpus, 4, 5)[0], 4, 5))[:12]):
        logits, state = model(torch.tensor(x).long(), state.detach())
        loss = F.cross_entropy(logits.flatten(0, 1), torch.tensor(y).long().flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.param_groups[0]["lr"] = how.lr * linear_decay(update, 12)
        optimizer.step()
        losses.append(loss.item())
    run = advance(Run(corpus, tmp_path / "run.pt", how), 12)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-6)
    assert abs(losses[0] - np.log(256)) < 0.1


def test_the_held_out_loss_is_the_mean_over_all_its_streams(corpus, tmp_path, alone, monkeypatch):
    run = advance(Run(corpus, tmp_path / "run.pt", SMALL), 12)
    [(x, y)] = contiguous_streams(run.held, 4, 49)
    with torch.no_grad():
        logits, _ = run.model(torch.tensor(x).long(), torch.zeros(2, 1, 4, 6))
    assert run.held_out_loss() == pytest.approx(F.cross_entropy(logits.flatten(0, 1), torch.tensor(y).long().flatten()))
    monkeypatch.setattr(train_torch, "EVALUATED", 7)
    assert run.held_out_loss() == pytest.approx(F.cross_entropy(logits.flatten(0, 1), torch.tensor(y).long().flatten()))


def test_dropout_leaves_out_its_share_and_keeps_the_mean(corpus, tmp_path, alone, monkeypatch):
    run, masks = Run(corpus, tmp_path / "run.pt", Settings(hidden=64, batch=4, T=5, dropout=0.25)), []
    forward = run.ddp.forward
    monkeypatch.setattr(run.ddp, "forward", lambda ids, state, mask: (masks.append(mask), forward(ids, state, mask))[1])
    advance(run, 5)
    mask = torch.stack(masks)
    np.testing.assert_allclose(mask.unique(), [0, 4 / 3])
    assert abs((mask == 0).float().mean() - 0.25) < 0.02
    assert not torch.equal(masks[0], masks[1])


def test_a_gradient_that_is_not_finite_stops_the_run_before_the_update(corpus, tmp_path, alone):
    run = advance(Run(corpus, tmp_path / "run.pt", SMALL), 2)
    with torch.no_grad():
        run.model.linear.bias[3] = float("nan")
    before = [p.clone() for p in run.model.parameters()]
    with pytest.raises(RuntimeError, match="non-finite"):
        run.step()
    assert all(torch.equal(p, old) for p, old in zip(run.model.parameters(), before) if old.isfinite().all())
    assert len(run.losses) == 2


# The checkpoint ------------------------------------------------------------------------------------------------------

PARTS = ("model", "optimizer", "schedule", "generator", "place", "state")


@pytest.fixture
def halfway(corpus, tmp_path, alone):
    """A run that was saved after 6 of 12 updates and went on to the end."""
    run = advance(Run(corpus, tmp_path / "run.pt", SMALL), 6)
    run.save()
    return advance(run, 6)


def test_a_resumed_run_is_equal_to_the_last_bit(halfway, corpus):
    again = Run(corpus, halfway.path, SMALL)
    again.load()
    advance(again, 6)
    assert again.losses == halfway.losses
    assert again.held_out_loss() == halfway.held_out_loss()
    contents = []
    for run in (halfway, again):
        run.save()
        contents.append(read_checkpoint(run.path))
    assert same(*contents)


@pytest.mark.parametrize("part", PARTS)
def test_without_any_part_of_the_checkpoint_it_is_not(part, halfway, corpus):
    saved, new = read_checkpoint(halfway.path), Run(corpus, halfway.path, SMALL)
    new.path = halfway.path.with_name("new.pt")
    new.save()
    torch.save(saved | {part: read_checkpoint(new.path)[part]}, new.path)
    new.load()
    assert advance(new, 6).losses != halfway.losses


@pytest.mark.parametrize("name", ["hidden", "batch", "T", "updates", "lr", "dropout", "clip", "seed", "corpus"])
def test_the_checkpoint_of_another_run_is_refused(name, halfway, corpus, tmp_path):
    other = corpus
    if name == "corpus":
        other = tmp_path / "other.txt"
        other.write_bytes(corpus.read_bytes().replace(b"question", b"solution"))
    how = SMALL if name == "corpus" else Settings(**vars(SMALL) | {name: 1 + getattr(SMALL, name)})
    run = Run(other, halfway.path, how)
    before = {key: value.clone() for key, value in run.model.state_dict().items()}
    with pytest.raises(ValueError, match=rf"^{name}: got .*, wanted .*, as saved in .*run\.pt"):
        run.load()
    assert same(before, run.model.state_dict()) and run.losses == []


def test_a_truncated_checkpoint_is_refused(halfway):
    whole = halfway.path.read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        halfway.path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"run\.pt: got a truncated or foreign file .*, wanted a checkpoint"):
            halfway.load()


FOREIGN = {
    "text": lambda path: path.write_text("step,loss\n1,2.5\n"),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "arrays": lambda path: np.savez(path, w=np.zeros(3)),
    "parameters": lambda path: torch.save(CharModel(4).state_dict(), path),
    "a list": lambda path: torch.save([1, 2], path),
    "a whole model": lambda path: torch.save(CharModel(4), path),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_refused(kind, tmp_path):
    path = tmp_path / "run.npz"
    FOREIGN[kind](path)
    with pytest.raises(ValueError, match=r"run\.npz: got a .*, wanted a checkpoint"):
        read_checkpoint(path)


def test_a_missing_checkpoint_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "none.pt")


def test_a_file_that_would_run_code_does_not(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"format": train_torch.FORMAT, "trap": Trap()}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="truncated or foreign"):
        read_checkpoint(tmp_path / "run.pt")
    assert not (tmp_path / "sprung").exists()


def test_a_save_that_fails_leaves_the_old_checkpoint(halfway, monkeypatch):
    save = torch.save

    def full(contents, file, **options):
        if not isinstance(contents, dict):  # what the processes send each other
            return save(contents, file, **options)
        file.write(b"half of it")
        raise OSError("no space left on device")

    before = halfway.path.read_bytes()
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="no space"):
        halfway.save()
    assert halfway.path.read_bytes() == before
    assert [path.name for path in halfway.path.parent.iterdir()] == ["run.pt"]


CHANGES = {
    "losses": lambda saved: saved["losses"].append(0.0),
    "moment": lambda saved: saved["optimizer"]["state"][0]["exp_avg"].view(-1)[:1].add_(1e-12),
    "setting": lambda saved: saved["settings"].update(lr=0.1),
    "place": lambda saved: saved.update(place=3),
    "part": lambda saved: saved.pop("schedule"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_bit_makes_two_checkpoints_different(what, halfway):
    one, other = read_checkpoint(halfway.path), read_checkpoint(halfway.path)
    assert same(one, other)
    CHANGES[what](other)
    assert not same(one, other)


# Several processes ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranks(corpus):
    """Runs on one, two and three processes, whole and killed: their checkpoints' folder, and how they ended."""
    program = [sys.executable, str(ROOT / "tests/unit/forked_ranks.py"), str(corpus.parent)]
    ended = subprocess.run(program, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    return corpus.parent, json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.parametrize("world", [2, 3])
def test_two_processes_are_one_and_so_are_three_with_unequal_shards(world, ranks):
    folder, ended = ranks
    assert ended["1 whole"] == [0] and ended[f"{world} whole"] == [0] * world
    one, several = read_checkpoint(folder / "1.pt"), read_checkpoint(folder / f"{world}.pt")
    assert len(one["losses"]) == 60
    np.testing.assert_allclose(several["losses"], one["losses"], rtol=0, atol=5e-6)
    assert several["state"].shape == one["state"].shape == (2, 1, 8, 32)
    torch.testing.assert_close(several["state"], one["state"], rtol=0, atol=2e-5)
    assert torch.equal(several["generator"], one["generator"])


def test_killed_at_any_moment_and_started_again_the_run_is_equal_to_the_last_bit(ranks):
    folder, ended = ranks
    after = ended["3 killed after"]
    assert after == sorted(after) and sum(0 < updates < 60 for updates in after) >= 3
    assert same(read_checkpoint(folder / "3.pt"), read_checkpoint(folder / "killed.pt"))
    assert not list(folder.glob(".killed.pt.*"))


def test_killed_while_writing_twenty_times_the_checkpoint_is_whole_twenty_times(ranks):
    during, version = ranks[1]["writers"]
    assert during >= 5
    assert version >= 5


def test_another_number_of_processes_goes_on_with_the_same_batch(ranks):
    folder, ended = ranks
    assert -9 in ended["3 first half"] and ended["2 second half"] == [0, 0]
    moved, three, two = (read_checkpoint(folder / f"{name}.pt") for name in ("moved", "3", "2"))
    assert moved["losses"][:25] == three["losses"][:25]
    np.testing.assert_allclose(moved["losses"], two["losses"], rtol=0, atol=5e-6)


ISOLATED = ["unshare", "--map-root-user", "--net", "--uts"]


@pytest.fixture(scope="module")
def isolated(ranks):
    """The page's own way to start two processes, one of which dies, where there is no network but loopback."""
    folder, _ = ranks
    if not shutil.which("unshare") or subprocess.run([*ISOLATED, "true"], capture_output=True).returncode:
        pytest.skip("this system gives no process a network of its own (unshare --map-root-user --net --uts)")
    program = [sys.executable, str(ROOT / "tests/unit/only_loopback.py"), str(folder)]
    ended = subprocess.run([*ISOLATED, *program], env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    return folder, json.loads(ended.stdout.splitlines()[-1])


def test_loopback_is_network_enough_and_the_name_of_the_machine_need_not_be_known(isolated):
    folder, found = isolated
    assert found["interfaces"] == ["lo"] and not found["outside"] and not found["name is known"]
    assert "exitcode: -9" in found["messages"]
    assert same(read_checkpoint(folder / "2.pt"), read_checkpoint(folder / "restarted.pt"))
    assert len(read_checkpoint(folder / "alone.pt")["losses"]) == 1


def test_torchrun_restarts_two_processes_and_the_run_is_equal_to_the_last_bit(ranks):
    folder, _ = ranks
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    program = ["--max-restarts=1", "--monitor-interval=0.1", "-m", "rnn_utils.train_torch"]
    how = ["--hidden", "32", "--batch", "8", "--T", "6", "--updates", "60", "--save-every", "25", "--die-at", "33"]
    command = [*torchrun, *program, str(folder / "corpus.txt"), str(folder / "started.pt"), *how]
    ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert "2 × cpu: 60 updates" in ended.stdout
    assert "exitcode: -9" in ended.stderr
    assert same(read_checkpoint(folder / "2.pt"), read_checkpoint(folder / "started.pt"))


def test_the_model_is_gone_before_the_group(corpus, tmp_path, monkeypatch):
    """What frees the group last must not be the model, which keeps Python's lock while it waits for gloo's threads.

    These need the lock to give back the tensors of the last exchange, so that the process would never end.
    """
    models, wrap, destroy = [], train_torch.DistributedDataParallel, train_torch.dist.destroy_process_group

    def remember(*arguments, **options):
        models.append(weakref.ref(ddp := wrap(*arguments, **options)))
        vars(ddp)["itself"] = ddp  # a cycle, like those that PyTorch's first optimiser leaves behind
        return ddp

    def look():
        models.append([ref() for ref in models])
        destroy()

    monkeypatch.setattr(train_torch, "DistributedDataParallel", remember)
    monkeypatch.setattr(train_torch.dist, "destroy_process_group", look)
    train_torch.main([str(corpus), str(tmp_path / "run.pt"), "--batch=4", "--T=5", "--hidden=6", "--updates=2"])
    assert models[1:] == [[None]]


def test_more_processes_than_streams_are_refused(corpus, tmp_path, alone, monkeypatch):
    monkeypatch.setattr(train_torch.dist, "get_world_size", lambda: 5)
    with pytest.raises(ValueError, match="batch: got 4 streams for 5 processes, wanted one or more each"):
        Run(corpus, tmp_path / "run.pt", SMALL)
