"""Train a character model on any number of processes, and go on where it stopped when one of them has died.

On one process, and on two (`torchrun` is a part of PyTorch)::

    python -m rnn_utils.train_torch corpus.txt run.pt
    torchrun --standalone --nproc-per-node=2 -m rnn_utils.train_torch corpus.txt run.pt

If the checkpoint exists, the run goes on from it. Settings describe the run and not the machines: random numbers are
drawn for the whole batch, gradients are means over it, and a checkpoint holds the states of all streams in their order.
All processes read the corpus and the checkpoint, so on several machines both lie in a folder that these share.
Where a machine cannot look up its own name, torchrun waits for it; with ``--local-addr=127.0.0.1`` it does not ask.
"""

import argparse
import contextlib
import gc
import os
import signal
import socket
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

try:
    import torch
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("rnn_utils.train_torch needs PyTorch: pip install torch", name=missing.name) from None
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed import HashStore, PrefixStore  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from rnn_utils.atomic import replacing
from rnn_utils.optim import linear_decay

__all__ = ["CharModel", "Run", "Settings", "open_corpus", "process_group", "read_checkpoint", "read_piece", "same"]

V = 256  # tokens are the bytes of the corpus: the file is its own table of tokens, in any language
EVALUATED = 256  # steps at a time of the held-out text
FORMAT = "rnn_utils.train_torch 1"


@dataclass(frozen=True)
class Settings:
    """What a run is, on however many processes: runs of equal settings have equal losses.

    Attributes
    ----------
    hidden : int
        H, units of the LSTM.
    batch : int
        B, streams of all processes together.
    T : int
        Time steps between two updates.
    updates : int
        Updates in all.
    lr : float
        Learning rate at the beginning; it falls in a straight line to a twentieth.
    dropout : float
        Share of the hidden units that the output layer does not see.
    clip : float
        Longest gradient.
    seed : int
        Of the first parameters and of the dropout.

    """

    hidden: int = 128
    batch: int = 32
    T: int = 32
    updates: int = 1000
    lr: float = 4e-3
    dropout: float = 0.1
    clip: float = 1.0
    seed: int = 0


def open_corpus(path: str | os.PathLike[str], batch: int, T: int) -> tuple[np.ndarray, np.ndarray]:
    """Map a text into memory: pages of it are read when they are used, and shared by the processes of a machine.

    Parameters
    ----------
    path : path-like
        Any text, whose bytes are the tokens.
    batch, T : int
        Streams, and steps of one piece: the least that the text must have.

    Returns
    -------
    train : ndarray of uint8, shape (N,)
        The first nine tenths.
    held : ndarray of uint8, shape (M,)
        The rest, to be kept for the end.

    Raises
    ------
    FileNotFoundError, ValueError
        When there is no such file, or when it is too short for one batch.

    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"corpus: got {path}, where there is no file, wanted a text")
    size = Path(path).stat().st_size
    cut = size * 9 // 10
    if cut < batch * T + 1 or size - cut < 2:
        wanted = f"at least {batch * T + 1} to learn from, for batch={batch} and T={T}"
        raise ValueError(f"corpus: got {size} bytes in {path}, nine tenths of them to learn from, wanted {wanted}")
    tokens = np.memmap(path, dtype=np.uint8, mode="r")
    return tokens[:cut], tokens[cut:]


def read_piece(tokens: np.ndarray, start: int, batch: int, T: int, columns: Sequence[int]) -> Tensor:
    """Read T steps, and the targets of the last, of some of the streams that the corpus is cut into.

    Parameters
    ----------
    tokens : ndarray of uint8, shape (N,)
        The corpus; nothing else of it is read.
    start : int
        Steps of each stream that come before.
    batch : int
        B, streams in all.
    T : int
        Steps of a piece.
    columns : sequence of int
        The streams wanted.

    Returns
    -------
    ids : Tensor of int64, shape (T + 1, len(columns))
        All rows but the last are inputs, all but the first are targets.

    """
    length = (len(tokens) - 1) // batch
    places = [b * length + start for b in columns]
    return torch.from_numpy(np.stack([tokens[at : at + T + 1] for at in places], axis=1).astype(np.int64))


class CharModel(nn.Module):
    """An LSTM that predicts the next byte.

    Parameters
    ----------
    hidden : int
        H, its units; the bytes' vectors have half as many numbers.

    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, hidden // 2)
        self.rnn = nn.LSTM(hidden // 2, hidden)
        self.linear = nn.Linear(hidden, V)

    def forward(self, ids: Tensor, state: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the logits of the next byte at every step, and the state to go on from.

        Parameters
        ----------
        ids : Tensor of int64, shape (T, B)
        state : Tensor, shape (2, 1, B, H)
            Hidden and cell state.
        mask : Tensor, shape (T, B, H), optional
            Factors of what the output layer reads: dropout.

        Returns
        -------
        logits : Tensor, shape (T, B, V)
        state : Tensor, shape (2, 1, B, H)

        """
        out, state_n = self.rnn(self.embedding(ids), (state[0], state[1]))
        return self.linear(out if mask is None else out * mask), torch.stack(state_n)


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what `Run.save` wrote; ValueError when the file is anything else. No code of the file is run."""
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch.load has no error of its own: what it raises depends on the bytes
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        raise ValueError(f"{path}: got a truncated or foreign file ({reason}), wanted a checkpoint") from error
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(f"{path}: got a file that this program did not write, wanted a checkpoint of {FORMAT!r}")
    return saved


def same(one: Any, other: Any) -> bool:
    """Whether two checkpoints, or parts of them, are equal to the last bit."""
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


class Run:
    """A training run between two updates: everything that a checkpoint holds, as one of the processes sees it.

    Parameters
    ----------
    corpus, checkpoint : path-like
        The text, and the file to save to.
    settings : Settings
        What is to be run.

    Raises
    ------
    FileNotFoundError, ValueError
        When the corpus cannot be used, or there are more processes than streams.

    """

    def __init__(
        self, corpus: str | os.PathLike[str], checkpoint: str | os.PathLike[str], settings: Settings = Settings()
    ) -> None:
        self.settings, self.path = settings, Path(checkpoint)
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        if self.world > settings.batch:
            raise ValueError(f"batch: got {settings.batch} streams for {self.world} processes, wanted one or more each")
        self.train, self.held = open_corpus(corpus, settings.batch, settings.T)
        self.columns = torch.arange(settings.batch).tensor_split(self.world)[self.rank].tolist()  # mine
        gpu = [int(os.environ.get("LOCAL_RANK", 0))] if torch.cuda.is_available() else None
        self.device = torch.device("cuda", gpu[0]) if gpu else torch.device("cpu")
        torch.manual_seed(settings.seed)
        self.model = CharModel(settings.hidden).to(self.device)
        self.ddp = DistributedDataParallel(self.model, device_ids=gpu)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.lr)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda update: linear_decay(update, settings.updates)
        )
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.place = 0  # steps of each stream read in this pass over the corpus
        self.state = torch.zeros(2, 1, len(self.columns), settings.hidden, device=self.device)
        self.losses: list[float] = []
        self._settle()

    def _settle(self) -> None:
        """Let DistributedDataParallel find its order of adding gradients up.

        It chooses a new one after the first backward pass. Sums of three numbers depend on the order, so that without
        this pass, which changes no parameter, the first update after a restart would differ in its last digits.
        """
        zeros = torch.zeros(1, len(self.columns), dtype=torch.int64, device=self.device)
        self.ddp(zeros, self.state)[0].sum().backward()
        self.optimizer.zero_grad()

    def step(self) -> None:
        """Read one piece of the corpus, all processes together, and make one update."""
        s, mine = self.settings, self.columns
        ids = read_piece(self.train, self.place, s.batch, s.T, mine).to(self.device)
        drawn = torch.rand(s.T, s.batch, s.hidden, generator=self.generator)  # for all
        mask = (drawn[:, mine] >= s.dropout).to(self.device) / (1 - s.dropout)
        logits, state = self.ddp(ids[:-1], self.state, mask)
        share = self.world * len(mine) / s.batch  # 1 if all processes have as many streams
        loss = share * F.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        self.optimizer.zero_grad()
        loss.backward()  # DistributedDataParallel takes the mean over the processes
        parameters = self.model.parameters()
        nn.utils.clip_grad_norm_(parameters, s.clip, error_if_nonfinite=True)
        self.optimizer.step()
        self.schedule.step()
        dist.all_reduce(mean := loss.detach() / self.world)
        self.losses.append(mean.item())
        self.state, self.place = state.detach(), self.place + s.T
        if self.place + s.T > (len(self.train) - 1) // s.batch:  # no piece is left
            self.state, self.place = torch.zeros_like(self.state), 0

    def save(self) -> None:
        """Collect the carried states; rank 0 writes the checkpoint, all or nothing."""
        states: list[Any] = [None] * self.world
        dist.all_gather_object(states, self.state.cpu())
        if self.rank == 0:
            saved: dict[str, Any] = {"format": FORMAT, "settings": asdict(self.settings)}
            saved |= {name: part.state_dict() for name, part in self.parts().items()}
            saved |= {"corpus": self.fingerprint(), "losses": self.losses}
            saved |= {"generator": self.generator.get_state(), "place": self.place}
            saved["state"] = torch.cat(states, dim=2)  # (2, 1, B, H), of all streams
            with replacing(self.path) as file:
                torch.save(saved, file)

    def load(self) -> None:
        """Take over what `save` wrote, on this or another number of processes; ValueError when it is another run's."""
        saved = read_checkpoint(self.path)
        mine = asdict(self.settings) | {"corpus": self.fingerprint()}
        theirs = saved["settings"] | {"corpus": saved["corpus"]}
        for name, value in mine.items():
            if theirs.get(name) != value:
                raise ValueError(f"{name}: got {value}, wanted {theirs.get(name)}, as saved in {self.path}")
        for name, part in self.parts().items():
            part.load_state_dict(saved[name])
        self.generator.set_state(saved["generator"])
        self.place, self.losses = saved["place"], saved["losses"]
        self.state = saved["state"][:, :, self.columns].to(self.device)

    def parts(self) -> dict[str, Any]:
        """What has a `state_dict`, by its name in the checkpoint."""
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}

    def fingerprint(self) -> list[int]:
        """Length of the text to learn from, and a checksum of its ends."""
        ends = np.concatenate([self.train[: 1 << 20], self.train[-(1 << 20) :]])
        return [len(self.train), zlib.crc32(ends.tobytes())]

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Return the loss on the held-out text in nats per byte, with as many streams as in training."""
        B = min(self.settings.batch, len(self.held) - 1)
        length, total = (len(self.held) - 1) // B, 0.0
        state = torch.zeros(2, 1, B, self.settings.hidden, device=self.device)
        for at in range(0, length, EVALUATED):
            ids = read_piece(self.held, at, B, min(EVALUATED, length - at), range(B)).to(self.device)
            logits, state = self.model(ids[:-1], state)
            total += F.cross_entropy(logits.flatten(0, 1), ids[1:].flatten(), reduction="sum").item()
        return total / (length * B)


@contextlib.contextmanager
def process_group() -> Iterator[None]:
    """Join the processes that torchrun has started, or be the only one."""
    if "RANK" in os.environ:
        store, rank, world = next(rendezvous("env://"))
    else:
        store, rank, world = HashStore(), 0, 1
    if os.environ.get("LOCAL_WORLD_SIZE", "1") == str(world):  # all on one machine: no other network is needed
        if "lo" in dict(socket.if_nameindex()).values():
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        # After a restart, torchrun's store still holds the addresses of the dead: look for new ones elsewhere in it.
        store = PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=world)
    try:
        yield
    finally:
        dist.destroy_process_group()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program with a command line, by default the one it was called with."""
    parser = argparse.ArgumentParser(prog="python -m rnn_utils.train_torch", description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path, help="a text")
    parser.add_argument("checkpoint", type=Path, help="where to save, and to go on from if there is one")
    parser.add_argument("--save-every", type=int, default=100, metavar="N", help="updates between two checkpoints")
    parser.add_argument("--die-at", type=int, metavar="N", help="rehearse: the last process kills itself, once")
    for field in fields(Settings):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default, metavar="X")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)  # work is shared among processes
    with process_group():
        train(asked)
        gc.collect()  # a model that outlives its group may wait for gloo's threads, and they for it, without end


def train(asked: argparse.Namespace) -> None:
    """Run to the end, from the checkpoint if there is one, and say what came of it."""
    settings = Settings(**{field.name: getattr(asked, field.name) for field in fields(Settings)})
    run = Run(asked.corpus, asked.checkpoint, settings)
    if run.path.exists():
        run.load()
    first = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0"
    while len(run.losses) < settings.updates:
        if len(run.losses) == asked.die_at and first and run.rank == run.world - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        run.step()
        if len(run.losses) % asked.save_every == 0 or len(run.losses) == settings.updates:
            run.save()
    if run.rank == 0:
        held = f"held out {run.held_out_loss():.4f}"
        print(f"{run.world} × {run.device}: {len(run.losses)} updates, loss {run.losses[-1]:.4f}, {held}")


if __name__ == "__main__":
    main()
