"""Many encoder–decoders at once, with or without attention: every array has a leading axis for the network.

Each network has the initialisation of the package's layers, data of its own and its own clipping. All lines of a batch
are of one length, so that nothing is padded. With "h and c" and dot scores it is the package's `EncoderDecoder`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import LSTM, Linear
from rnn_utils.data import one_hot

Arrays = dict[str, np.ndarray]
Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]


@dataclass(frozen=True)
class Form:
    """Which encoder–decoder it is.

    Attributes
    ----------
    two_way : bool
        The encoder reads from both ends, with half of the units each.
    bridge : {"h", "h and c", "every step", "h at every step"}
        What of the encoder's last state the decoder begins with: h alone or both. With "every step" h is an input of
        each step as well: after both, or after h alone.
    scores : {"none", "dot", "additive"}
        How a step of the decoder looks back at the encoder's states; "none" for not at all.

    """

    two_way: bool = False
    bridge: str = "h and c"
    scores: str = "none"

    @property
    def fed(self) -> bool:
        """Whether the vector is an input of every step."""
        return "every step" in self.bridge

    @property
    def hands_c(self) -> bool:
        """Whether the decoder's first c is the encoder's last, or zero."""
        return self.bridge in ("h and c", "every step")


def initialise(sizes: tuple[int, int, int], seeds: Iterable[int], form: Form, dtype: DTypeLike = np.float32) -> Arrays:
    """Draw each network with its own generator; sizes are those of both vocabularies, and H."""
    source, target, H = sizes
    drawn = []
    for seed in seeds:
        own: dict[str, Any] = {"rng": np.random.default_rng(seed), "dtype": dtype}
        E = H // 2 if form.two_way else H
        layers: dict[str, Any] = {"encoder": LSTM(source, E, **own)}
        if form.two_way:
            layers["reverse"] = LSTM(source, E, **own)
        layers["decoder"] = LSTM(target + (H if form.fed else 0), H, **own)
        layers["linear"] = Linear(H if form.scores == "none" else 2 * H, target, **own)
        if form.scores == "additive":
            layers |= {"query": Linear(H, H // 2, **own), "key": Linear(H, H // 2, **own)}
            layers["score"] = Linear(H // 2, 1, **own)
        drawn.append({f"{name}.{key}": w for name, layer in layers.items() for key, w in layer.params.items()})
    return {name: np.stack([each[name] for each in drawn]) for name in drawn[0]}


def flat(a: np.ndarray) -> np.ndarray:
    """Lay the steps of each network side by side: (T, S, B, H) → (S, T·B, H)."""
    return a.swapaxes(0, 1).reshape(a.shape[1], -1, a.shape[-1])


def outer(da: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum da xᵀ over steps and lines: (T, S, B, K) and (T, S, B, D) to (S, K, D)."""
    return flat(da).swapaxes(1, 2) @ flat(x)


def look_up(p: Arrays, name: str, ids: np.ndarray) -> np.ndarray:
    """Return W_ih x + both biases for tokens (T, S, B): (T, S, B, 4H)."""
    rows = p[f"{name}.weight_ih"].swapaxes(1, 2)[np.arange(ids.shape[1])[:, None], ids]
    return rows + (p[f"{name}.bias_ih"] + p[f"{name}.bias_hh"])[:, None]


def lstm(a: np.ndarray, W_hh: np.ndarray, h0: np.ndarray, c0: np.ndarray) -> tuple[np.ndarray, ...]:
    """Run all networks: h and c after 0 … T steps, (T + 1, S, B, H), gates (T, S, B, 4H) and tanh c (T, S, B, H)."""
    T, H = len(a), h0.shape[-1]
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], a.dtype), H)  # σ(a) = ½ + ½ tanh(½ a): one tanh for all four
    W = (W_hh * half[:, None]).swapaxes(1, 2).copy()
    gates = a * half
    h, c = np.empty((T + 1, *h0.shape), a.dtype), np.empty((T + 1, *h0.shape), a.dtype)
    tanh_c = np.empty((T, *h0.shape), a.dtype)
    h[0], c[0] = h0, c0
    for t in range(T):
        z = gates[t]
        z += h[t] @ W
        np.tanh(z, out=z)
        for part in (z[..., : 2 * H], z[..., 3 * H :]):
            part *= 0.5
            part += 0.5
        np.multiply(z[..., H : 2 * H], c[t], out=c[t + 1])
        c[t + 1] += z[..., :H] * z[..., 2 * H : 3 * H]
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(z[..., 3 * H :], tanh_c[t], out=h[t + 1])
    return h, c, gates, tanh_c


def lstm_back(
    dout: np.ndarray, dh: np.ndarray, dc: np.ndarray, W_hh: np.ndarray, run: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, ...]:
    """Go back through `lstm`: the gradients of a, of W_hh, of h_0 and of c_0."""
    h, c, gates, tanh_c = run
    i, f, g, o = np.split(gates, 4, axis=-1)
    slopes = np.concatenate([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g**2), tanh_c * o * (1 - o)], axis=-1)
    to_c = o * (1 - tanh_c**2)
    H = dh.shape[-1]
    da = slopes
    for t in reversed(range(len(dout))):
        dh = dh + dout[t]
        dc = dc + dh * to_c[t]
        d = da[t].reshape(*da.shape[1:-1], 4, H)
        d[..., :3, :] *= dc[..., None, :]
        d[..., 3, :] *= dh
        dh, dc = da[t] @ W_hh, dc * f[t]
    return da, outer(da, h[:-1]), dh, dc


def cross_entropy(logits: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss of each network (S,) for logits (S, U·B, V) and ids (U, S, B), and the logits' gradient."""
    wanted = target.swapaxes(0, 1).reshape(len(logits), -1, 1)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    d = np.exp(shifted)
    total = d.sum(axis=-1, keepdims=True)
    loss = (np.log(total) - np.take_along_axis(shifted, wanted, -1)).mean(axis=(1, 2))
    d /= total
    np.put_along_axis(d, wanted, np.take_along_axis(d, wanted, -1) - 1, -1)
    return loss, d / wanted.shape[1]


class Translators:
    """S encoder–decoders of one form.

    Parameters
    ----------
    params : dict of ndarray
        From `initialise`.
    form : Form

    """

    def __init__(self, params: Arrays, form: Form) -> None:
        self.p, self.form = params, form

    def encode(self, source: np.ndarray) -> tuple[np.ndarray, Any, list[Any]]:
        """Read ids (T, S, B): states of every step (T, S, B, H), what is handed over, and what the way back needs."""
        _, S, B = source.shape
        runs, outs, finals = [], [], []
        for name in ("encoder", "reverse")[: 1 + self.form.two_way]:
            ids = source[::-1] if name == "reverse" else source
            W = self.p[f"{name}.weight_hh"]
            zero = np.zeros((S, B, W.shape[-1]), W.dtype)
            run = lstm(look_up(self.p, name, ids), W, zero, zero)
            runs.append((name, ids, run))
            outs.append(run[0][:0:-1] if name == "reverse" else run[0][1:])
            finals.append((run[0][-1], run[1][-1]))
        h, c = (np.concatenate(parts, axis=-1) for parts in zip(*finals))
        if not self.form.hands_c:
            c = np.zeros_like(c)
        return np.concatenate(outs, axis=-1), (h, c), runs

    def decoder_inputs(self, ids: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return the input products of the decoder, (U, S, B, 4H)."""
        a = look_up(self.p, "decoder", ids)
        if self.form.fed:
            a += vector @ self.p["decoder.weight_ih"][:, :, -vector.shape[-1] :].swapaxes(1, 2)
        return a

    def answer(self, h: np.ndarray, memory: np.ndarray) -> tuple[np.ndarray, Any]:
        """From the decoder's states (U, S, B, H) to logits (S, U·B, V), and what the way back needs."""
        seen, kept = h, None
        if self.form.scores != "none":
            q, k = (a.transpose(1, 2, 0, 3) for a in (h, memory))  # (S, B, U or T, H)
            scores, hidden = self.score(q, k)
            w = np.exp(scores - scores.max(axis=-1, keepdims=True))
            w /= w.sum(axis=-1, keepdims=True)  # (S, B, U, T)
            seen = np.concatenate([h, (w @ k).transpose(2, 0, 1, 3)], axis=-1)
            kept = q, k, w, hidden
        logits = flat(seen) @ self.p["linear.weight"].swapaxes(1, 2) + self.p["linear.bias"][:, None]
        return logits, (seen, kept)

    def score(self, q: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, Any]:
        """How well each step of the source suits each query: (S, B, U, T)."""
        if self.form.scores == "dot":
            return q @ k.swapaxes(2, 3), None
        W_q, W_k, v = (self.p[f"{name}.weight"].swapaxes(1, 2)[:, None] for name in ("query", "key", "score"))
        b = (self.p["query.bias"] + self.p["key.bias"])[:, None, None, None]
        hidden = np.tanh((q @ W_q)[:, :, :, None] + (k @ W_k)[:, :, None] + b)  # (S, B, U, T, A)
        return (hidden @ v[:, None])[..., 0], hidden

    def score_back(self, ds: np.ndarray, kept: Any, grads: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients of queries and keys from that of the scores."""
        q, k, _, hidden = kept
        if self.form.scores == "dot":
            return ds @ k, ds.swapaxes(2, 3) @ q
        grads["score.weight"] = np.einsum("sbut,sbuta->sa", ds, hidden)[:, None]
        grads["score.bias"] = np.zeros_like(self.p["score.bias"])  # softmax does not see it
        da = ds[..., None] * (1 - hidden**2) * self.p["score.weight"][:, None, None]
        dq, dk = da.sum(axis=3), da.sum(axis=2)
        for name, d, x in (("query", dq, q), ("key", dk, k)):
            d, x = (a.reshape(len(a), -1, a.shape[-1]) for a in (d, x))
            grads[f"{name}.weight"], grads[f"{name}.bias"] = d.swapaxes(1, 2) @ x, d.sum(axis=1)
        return dq @ self.p["query.weight"][:, None], dk @ self.p["key.weight"][:, None]

    def loss_and_grads(self, source: np.ndarray, ids: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Arrays]:
        """Return the mean loss of each network (S,) in nats, and its gradients; ids and target are (U, S, B)."""
        memory, (h0, c0), runs = self.encode(source)
        run = lstm(self.decoder_inputs(ids, h0), self.p["decoder.weight_hh"], h0, c0)
        logits, (seen, kept) = self.answer(run[0][1:], memory)
        loss, dlogits = cross_entropy(logits, target)
        grads = {"linear.weight": dlogits.swapaxes(1, 2) @ flat(seen), "linear.bias": dlogits.sum(axis=1)}
        dseen = (dlogits @ self.p["linear.weight"]).reshape(len(loss), *target.shape[::2], -1).swapaxes(0, 1)
        H = h0.shape[-1]
        dh, dmemory = dseen[..., :H], np.zeros_like(memory)
        if kept is not None:
            _, k, w, _ = kept
            dcontext = dseen[..., H:].transpose(1, 2, 0, 3)
            dw = dcontext @ k.swapaxes(2, 3)
            ds = w * (dw - (w * dw).sum(axis=-1, keepdims=True))
            dq, dk = self.score_back(ds, kept, grads)
            dk = dk + w.swapaxes(2, 3) @ dcontext
            dh, dmemory = dh + dq.transpose(2, 0, 1, 3), dk.transpose(2, 0, 1, 3)
        self.back(dh, dmemory, run, runs, ids, grads)
        return loss, grads

    def back(self, dh: np.ndarray, dmemory: np.ndarray, run: Any, runs: list[Any], ids: Any, grads: Arrays) -> None:
        """Go back through decoder and encoder."""
        h0, zero = run[0][0], np.zeros_like(run[0][0])
        da, dW, dh0, dc0 = lstm_back(dh, zero, zero, self.p["decoder.weight_hh"], run)
        V = self.p["linear.weight"].shape[1]
        dW_ih = outer(da, one_hot(ids, V, da.dtype))
        if self.form.fed:
            total = da.sum(axis=0)  # (S, B, 4H): the vector is an input of every step
            dW_ih = np.concatenate([dW_ih, total.swapaxes(1, 2) @ h0], axis=-1)
            dh0 = dh0 + total @ self.p["decoder.weight_ih"][:, :, V:]
        self.keep("decoder", dW_ih, dW, da, grads)
        if not self.form.hands_c:
            dc0 = np.zeros_like(dc0)
        at = 0
        for name, read, one in runs:
            E = one[0].shape[-1]
            here = slice(at, at + E)
            at += E
            dout = dmemory[::-1, ..., here] if name == "reverse" else dmemory[..., here]
            da, dW, *_ = lstm_back(dout, dh0[..., here], dc0[..., here], self.p[f"{name}.weight_hh"], one)
            dW_ih = outer(da, one_hot(read, self.p[f"{name}.weight_ih"].shape[-1], da.dtype))
            self.keep(name, dW_ih, dW, da, grads)

    @staticmethod
    def keep(name: str, dW_ih: np.ndarray, dW_hh: np.ndarray, da: np.ndarray, grads: Arrays) -> None:
        """Enter the gradients of one layer."""
        bias = da.sum(axis=(0, 2))
        grads |= {f"{name}.weight_ih": dW_ih, f"{name}.weight_hh": dW_hh}
        grads |= {f"{name}.bias_ih": bias, f"{name}.bias_hh": bias}

    def translate(
        self, source: np.ndarray, mark: int, steps: int, given: np.ndarray | None = None, free: Any = 1.0
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Write greedily: ids (steps, S, B), and the weights of attention (S, B, steps, T) if there is any.

        With `given`, the wanted ids (steps, S, B), a step reads the wanted one unless `free` (steps, S, B) says that it
        reads its own.
        """
        memory, (h, c), _ = self.encode(source)
        ids = np.full((1, *source.shape[1:]), mark)
        vector, W = h, self.p["decoder.weight_hh"]
        written, weights = [], []
        for u in range(steps):
            hs, cs, *_ = lstm(self.decoder_inputs(ids, vector), W, h, c)
            h, c = hs[-1], cs[-1]
            logits, (_, kept) = self.answer(hs[1:], memory)
            own = logits.argmax(axis=-1)[None]
            written.append(own[0])
            ids = own if given is None else np.where(np.broadcast_to(free, given.shape)[u], own, given[u])
            if kept is not None:
                weights.append(kept[2])
        return np.array(written), np.concatenate(weights, axis=2) if weights else None


def one_line(net: Translators, s: int, source: np.ndarray) -> tuple[Step, Any]:
    """Return a step and a first state for `rnn_utils.sampling`, for one line (T,) and network s."""
    alone = Translators({name: w[s : s + 1] for name, w in net.p.items()}, net.form)
    memory, (h, c), _ = alone.encode(source[:, None, None])

    def step(ids: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        h, c, vector, memory = state  # (K, H) three times, (K, T, H): a row for each line that is being written
        a = alone.decoder_inputs(ids[None, None], vector[None])
        hs, cs, *_ = lstm(a, alone.p["decoder.weight_hh"], h[None], c[None])
        logits, _ = alone.answer(hs[1:], memory.swapaxes(0, 1)[:, None])
        return logits[0], (hs[1, 0], cs[1, 0], vector, memory)

    return step, (h[0], c[0], h[0], memory[:, 0].swapaxes(0, 1))


def rounded(values: np.ndarray, digits: int = 4) -> list[float]:
    """Return numbers for a record."""
    return np.round(np.asarray(values, np.float64), digits).tolist()
