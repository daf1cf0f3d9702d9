"""Recurrent layers in which a gradient has a better way back through time than in the plain one."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.base import Arrays
from rnn_utils.checks import check_array, check_choice, check_int, check_none, convert
from rnn_utils.functional import sigmoid
from rnn_utils.recurrent import RNN, product_gradients

__all__ = ["GatedRNN", "SkipRNN", "build"]

# The names that `build` knows, "plain" for the layer without a remedy.
REMEDIES = ("plain", "orthogonal", "ReLU", "ReLU + I", "skip", "leaky", "gated")


class SkipCache(NamedTuple):
    """What `SkipRNN.backward` needs; h holds the d states that were given, then those of steps 1 … T."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (d + T, B, H)


class SkipRNN(RNN):
    """A skip connection through time: h_t = tanh(W_ih x_t + W_hh h_{t−1} + W_skip h_{t−d} + b).

    Its state is the last d states, (d, B, H). It does not take `lengths`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H).
    dtype : {numpy.float32, numpy.float64}
    d : int
        How many steps the connection skips.

    References
    ----------
    Lin, Horne, Tiňo and Giles (1996), Learning long-term dependencies in NARX recurrent neural networks.

    """

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32, d: int = 10
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.d = check_int("d", d)
        skip = init.uniform((hidden_size, hidden_size), hidden_size**-0.5, rng=rng, dtype=self.dtype)
        self.params.add("weight_skip", skip)

    def _check_states(self, name: str, value: Any, batch: int, finite: bool) -> tuple[np.ndarray, ...]:
        """Return the last d states as the one entry of a tuple, (d, B, H); zeros when they are None."""
        shape = (self.d, batch, self.hidden_size)
        if value is None:
            return (np.zeros(shape, self.dtype),)
        return (convert(name, check_array(name, value, shape, finite=finite), self.dtype, strict=finite),)

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        check_none("SkipRNN", lengths=lengths)
        p, h = self.params, list(state[0])  # the d states before
        for a_x in x @ p["weight_ih"].T + p["bias_ih"] + p["bias_hh"]:
            h.append(np.tanh(a_x + h[-1] @ p["weight_hh"].T + h[-self.d] @ p["weight_skip"].T))
        states = np.stack(h)
        return states[self.d :].copy(), states[-self.d :].copy(), SkipCache(x, states)

    def _backward(
        self, dout: np.ndarray, cache: Any, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        (x, h), p, d, T = cache, self.params, self.d, len(dout)
        da, dh = np.empty_like(dout), np.zeros_like(h)
        dh[d:] = dout
        dh[-d:] += dstate[0]
        slope = 1 - h[d:] ** 2
        for t in reversed(range(T)):
            da[t] = slope[t] * dh[t + d]
            dh[t + d - 1] += da[t] @ p["weight_hh"]  # one step back
            dh[t] += da[t] @ p["weight_skip"]  # and d at once
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[d - 1 : d - 1 + T])
        grads["weight_skip"] = product_gradients("skip", da, h[:T])["weight_skip"]
        return da @ p["weight_ih"], dh[:d], grads


class GatedCache(NamedTuple):
    """What `GatedRNN.backward` needs; h holds the states after 0 … T steps."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H)
    z: np.ndarray  # gates, (T, B, H)
    n: np.ndarray  # candidates, (T, B, H)


class GatedRNN(RNN):
    """One gate: h_t = z_t h_{t−1} + (1 − z_t) tanh(a_t), with z_t = σ(W_z x_t + U_z h_{t−1} + b_z).

    At first z is σ(3) = 0.95 whatever is read. It does not take `lengths`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H); the gate's are 0, its bias 3.
    dtype : {numpy.float32, numpy.float64}
    learn_gate : bool
        False leaves z where it begins, since the gradients of W_z, U_z and b_z are given as 0: leaky units.

    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
        learn_gate: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.learn_gate = learn_gate
        self.params.add("weight_z", np.zeros((hidden_size, input_size), self.dtype))
        self.params.add("weight_u", np.zeros((hidden_size, hidden_size), self.dtype))
        self.params.add("bias_z", np.full(hidden_size, 3, self.dtype))

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, Any]:
        check_none("GatedRNN", lengths=lengths)
        p, z, n, h = self.params, [], [], [state[0]]
        z_x = x @ p["weight_z"].T + p["bias_z"]
        a_x = x @ p["weight_ih"].T + p["bias_ih"] + p["bias_hh"]
        for t in range(len(x)):
            z.append(sigmoid(z_x[t] + h[t] @ p["weight_u"].T))
            n.append(np.tanh(a_x[t] + h[t] @ p["weight_hh"].T))
            h.append(z[t] * h[t] + (1 - z[t]) * n[t])
        states = np.stack(h)
        return states[1:].copy(), h[-1], GatedCache(x, states, np.stack(z), np.stack(n))

    def _backward(
        self, dout: np.ndarray, cache: Any, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        (x, h, z, n), p, dh = cache, self.params, dstate[0]
        da, dz = np.empty_like(n), np.empty_like(n)
        to_n, to_gate = (1 - n**2) * (1 - z), z * (1 - z) * (h[:-1] - n)  # all steps
        for t in reversed(range(len(x))):
            dh = dh + dout[t]
            da[t], dz[t] = to_n[t] * dh, to_gate[t] * dh
            dh = z[t] * dh + da[t] @ p["weight_hh"] + dz[t] @ p["weight_u"]
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[:-1])
        grads |= product_gradients("z", dz, x)
        grads["weight_u"] = product_gradients("u", dz, h[:-1])["weight_u"]
        if not self.learn_gate:
            grads |= {name: np.zeros_like(p[name]) for name in ("weight_z", "weight_u", "bias_z")}
        return da @ p["weight_ih"] + dz @ p["weight_z"], dh, grads


def build(
    name: str, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
) -> RNN:
    """Return an untrained layer by the name of its remedy; called as `RNN` is, after the name.

    Parameters
    ----------
    name : str
        "plain" for the plain layer, "orthogonal", "ReLU", "ReLU + I" (the identity as the recurrent matrix), "skip",
        "leaky" or "gated".
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : {numpy.float32, numpy.float64}

    Returns
    -------
    RNN
        The layer.

    References
    ----------
    Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks of rectified linear units.

    """
    check_choice("name", name, REMEDIES)
    if name in ("leaky", "gated"):
        return GatedRNN(input_size, hidden_size, rng=rng, dtype=dtype, learn_gate=name == "gated")
    if name == "skip":
        return SkipRNN(input_size, hidden_size, rng=rng, dtype=dtype)
    kind = "relu" if "ReLU" in name else "tanh"
    layer = RNN(input_size, hidden_size, rng=rng, dtype=dtype, nonlinearity=kind)
    p = layer.params
    if name == "orthogonal":
        p["weight_hh"][...] = init.orthogonal((hidden_size, hidden_size), rng=rng)
    if name == "ReLU + I":
        p["weight_hh"][...] = init.identity(hidden_size)
        p["weight_ih"][...] = 0.1 * rng.normal(size=(hidden_size, input_size))
        p["bias_ih"][...] = p["bias_hh"][...] = 0
    return layer
