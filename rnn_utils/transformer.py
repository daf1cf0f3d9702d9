"""A small causal Transformer in PyTorch, and torch.nn's recurrent layers in the same clothes, to compare the two.

Every model here is called as ``out, memory = model(x, memory=None)``: token ids (T, B), or vectors (T, B, D), in; an
output at every step, (T, B, O), and what it wants to be given back when the sequence goes on: a recurrent network its
state, of a fixed size; a Transformer the keys and values of all steps so far. Needs PyTorch.
"""

from collections.abc import Callable
from typing import Any

try:
    import torch
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("rnn_utils.transformer needs PyTorch: pip install torch", name=missing.name) from None
import torch.nn.functional as F
from torch import Tensor, nn

from rnn_utils.checks import check_choice, check_int

__all__ = ["Attention", "Block", "Recurrent", "Transformer", "attend", "attend_fused", "positions"]

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Mix the values of the past for every query: softmax(q kᵀ / √d) v, each step seeing itself and those before it.

    Parameters
    ----------
    q : Tensor, shape (B, heads, T, d)
        Queries of the last T steps.
    k, v : Tensor, shape (B, heads, S, d)
        Keys and values of all S ≥ T steps so far.

    Returns
    -------
    Tensor, shape (B, heads, T, d)

    Notes
    -----
    Vaswani et al. (2017), equation 1, with the mask of their section 3.2.3. It holds T × S weights for every head of
    every sequence; `attend_fused` gives the same numbers without holding them.

    """
    T, S = q.shape[2], k.shape[2]
    scores = q @ k.mT / q.shape[3] ** 0.5  # (B, heads, T, S)
    future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(S - T + 1)
    return scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v


def attend_fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Do what `attend` does by PyTorch's `scaled_dot_product_attention`, which need not hold the T × S weights.

    Parameters
    ----------
    q : Tensor, shape (B, heads, T, d)
        Queries of the last T steps.
    k, v : Tensor, shape (B, heads, S, d)
        Keys and values of all S ≥ T steps so far.

    Returns
    -------
    Tensor, shape (B, heads, T, d)

    """
    T, S = q.shape[2], k.shape[2]
    if T in (1, S):  # the last step alone may see everything; all steps together have PyTorch's own causal mask
        return F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
    past = torch.ones(T, S, dtype=torch.bool, device=q.device).tril(S - T)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=past)


class Attention(nn.Module):
    """Causal self-attention with several heads (Vaswani et al. 2017, section 3.2.2).

    Parameters
    ----------
    d_model : int
        Length of the vectors that come in and go out.
    heads : int
        Number of heads; each works with vectors of length d = d_model / heads.
    attend : callable
        `attend` or `attend_fused`.

    """

    def __init__(self, d_model: int, heads: int, attend: Attend = attend) -> None:
        super().__init__()
        self.heads, self.attend = _check_heads(heads, d_model), attend
        self.in_proj = nn.Linear(d_model, 3 * d_model)  # queries, keys and values by one product
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Let every step look at itself and at what came before.

        Parameters
        ----------
        x : Tensor, shape (T, B, d_model)
        cache : (Tensor, Tensor), each of shape (B, heads, t, d), optional
            Keys and values of the t steps before these.

        Returns
        -------
        out : Tensor, shape (T, B, d_model)
        cache : (Tensor, Tensor), each of shape (B, heads, t + T, d)

        """
        T, B, D = x.shape
        qkv = self.in_proj(x).view(T, B, 3, self.heads, D // self.heads)
        q, k, v = qkv.permute(2, 1, 3, 0, 4)  # (B, heads, T, d) each
        if cache is not None:
            k, v = (torch.cat(pair, dim=2) for pair in zip(cache, (k, v)))  # (B, heads, t + T, d)
        mixed = self.attend(q, k, v).permute(2, 0, 1, 3).reshape(T, B, D)
        return self.out_proj(mixed), (k, v)


class Block(nn.Module):
    """Attention, then a network of two layers at every step, each added to what came in (pre-norm, Xiong et al. 2020).

    It is `torch.nn.TransformerEncoderLayer` with ``norm_first=True``, ``dropout=0`` and a causal mask.

    Parameters
    ----------
    d_model, heads, attend
        As for `Attention`.
    dim_feedforward : int, optional
        Hidden units of the network at every step; 4 · d_model without it.

    """

    def __init__(self, d_model: int, heads: int, dim_feedforward: int = 0, attend: Attend = attend) -> None:
        super().__init__()
        width = check_int("dim_feedforward", dim_feedforward, minimum=0) or 4 * d_model
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.self_attn = Attention(d_model, heads, attend)
        self.linear1 = nn.Linear(d_model, width)
        self.linear2 = nn.Linear(width, d_model)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return what the block makes of x, and its cache: see `Attention.forward`.

        Parameters
        ----------
        x : Tensor, shape (T, B, d_model)
        cache : (Tensor, Tensor), each of shape (B, heads, t, d), optional
            Keys and values of the t steps before these.

        Returns
        -------
        out : Tensor, shape (T, B, d_model)
        cache : (Tensor, Tensor), each of shape (B, heads, t + T, d)

        """
        mixed, cache = self.self_attn(self.norm1(x), cache)
        x = x + mixed
        return x + self.linear2(self.linear1(self.norm2(x)).relu()), cache


def positions(T: int, d_model: int, start: int = 0, device: Any = None) -> Tensor:
    """Return waves that tell the steps apart: sin(t / 10000^(i/d_model)) for even i, the cosine beside it.

    Parameters
    ----------
    T : int
        Number of steps.
    d_model : int
        Length of the vectors, even.
    start : int
        Number of the first step.
    device : torch.device, optional
        Where to make them.

    Returns
    -------
    Tensor, shape (T, d_model)
        Vaswani et al. (2017), section 3.5.

    """
    t = torch.arange(start, start + T, device=device)[:, None]  # (T, 1)
    rates = 10000.0 ** (-torch.arange(0, d_model, 2, device=device) / d_model)  # radians a step
    return torch.stack(((t * rates).sin(), (t * rates).cos()), dim=-1).flatten(1)


class Transformer(nn.Module):
    """A causal Transformer: vector of the input + waves of its position → blocks → norm → linear, at every step.

    Parameters
    ----------
    input_size : int
        Number of different tokens, or D of vectors.
    d_model : int
        Length of the vectors inside, even.
    heads : int
        Heads of attention, a divisor of d_model.
    layers : int
        Number of blocks.
    output_size : int
        O.
    tokens : bool
        Whether token ids (T, B) come in, or vectors (T, B, D).
    how
        Options of every `Block`: ``dim_feedforward``, the hidden units inside (4 · d_model without it), and ``attend``,
        `attend` or `attend_fused`, equal numbers at different costs.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need; the decoder's masked half of it, as a language model.

    """

    def __init__(
        self, input_size: int, d_model: int, heads: int, layers: int, output_size: int, tokens: bool = True, **how: Any
    ) -> None:
        super().__init__()
        self.input_size = _check_sizes(input_size, d_model, layers, output_size)
        self.encoder = (nn.Embedding if tokens else nn.Linear)(input_size, d_model)
        self.layers = nn.ModuleList(Block(d_model, heads, **how) for _ in range(layers))
        self.norm = nn.LayerNorm(d_model)
        self.linear = nn.Linear(d_model, output_size)

    def forward(self, x: Tensor, cache: Any = None) -> tuple[Tensor, Any]:
        """Return the output at every step, and the cache to go on from.

        Parameters
        ----------
        x : Tensor, int of shape (T, B), or float of shape (T, B, D) without `tokens`
        cache : list of (Tensor, Tensor), optional
            What an earlier call returned: x then goes on where that call's sequences ended.

        Returns
        -------
        out : Tensor, shape (T, B, O)
        cache : list of (Tensor, Tensor), each of shape (B, heads, t, d)
            Keys and values of all t steps so far, a pair for every block.

        Raises
        ------
        TypeError, ValueError
            When x has another kind of number or another shape, or an id is out of range; when the cache is that of
            another number of blocks or sequences.

        """
        _check(x, self.input_size, tokens=isinstance(self.encoder, nn.Embedding))
        start = 0 if cache is None else _steps(cache, len(self.layers), x.shape[1])
        x = self.encoder(x)  # (T, B, d_model)
        x = x + positions(len(x), x.shape[2], start, x.device)[:, None].to(x.dtype)
        kept = []
        for block, past in zip(self.layers, cache or [None] * len(self.layers)):
            x, present = block(x, past)
            kept.append(present)
        return self.linear(self.norm(x)), kept


class Recurrent(nn.Module):
    """A recurrent layer of torch.nn and a linear one, called like `Transformer`. Token ids become one-hot vectors.

    Parameters
    ----------
    kind : {"RNN", "LSTM", "GRU"}
    input_size : int
        Number of different tokens, or D of vectors.
    hidden_size : int
        H.
    output_size : int
        O.
    tokens : bool
        Whether token ids (T, B) come in, or vectors (T, B, D).

    """

    def __init__(self, kind: str, input_size: int, hidden_size: int, output_size: int, *, tokens: bool = True) -> None:
        super().__init__()
        sizes = check_int("input_size", input_size), check_int("hidden_size", hidden_size)
        self.rnn = getattr(nn, check_choice("kind", kind, ("RNN", "LSTM", "GRU")))(*sizes)
        self.linear = nn.Linear(hidden_size, check_int("output_size", output_size))
        self.tokens = tokens

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return the output at every step, and the state to go on from.

        Parameters
        ----------
        x : Tensor, int of shape (T, B), or float of shape (T, B, D) without `tokens`
        state : Tensor, shape (1, B, H), or two of them (h, c) for an LSTM; optional
            What an earlier call returned.

        Returns
        -------
        out : Tensor, shape (T, B, O)
        state : as `state`

        Raises
        ------
        TypeError, ValueError
            When x has another kind of number or another shape, or an id is out of range.

        """
        _check(x, self.rnn.input_size, tokens=self.tokens)
        if self.tokens:
            x = F.one_hot(x.long(), self.rnn.input_size).to(self.linear.weight.dtype)  # (T, B, V)
        out, state = self.rnn(x, state)  # (T, B, H)
        return self.linear(out), state


def _check_heads(heads: int, d_model: int) -> int:
    """Return `heads` when it divides `d_model`; ValueError otherwise."""
    if check_int("d_model", d_model) % check_int("heads", heads):
        raise ValueError(f"heads: got {heads}, wanted a divisor of d_model = {d_model}")
    return heads


def _check_sizes(input_size: int, d_model: int, layers: int, output_size: int) -> int:
    """Return `input_size` when all sizes of a Transformer will do; TypeError or ValueError otherwise."""
    check_int("layers", layers)
    check_int("output_size", output_size)
    if check_int("d_model", d_model, minimum=2) % 2:
        raise ValueError(f"d_model: got {d_model}, wanted an even number: each wave is a sine and a cosine")
    return check_int("input_size", input_size)


def _check(x: Any, size: int, tokens: bool) -> None:
    """Raise TypeError or ValueError when x is not what a model of that input size takes."""
    wanted = f"token ids (T, B), 0 to {size - 1}" if tokens else f"vectors (T, B, {size})"
    if not isinstance(x, Tensor):
        raise TypeError(f"x: got {type(x).__name__}, wanted a Tensor of {wanted}")
    whole = not (x.is_floating_point() or x.is_complex() or x.dtype == torch.bool)
    if whole != tokens:
        raise TypeError(f"x: got numbers of {x.dtype}, wanted {wanted}")
    if x.dim() != (2 if tokens else 3) or 0 in x.shape or (not tokens and x.shape[2] != size):
        raise ValueError(f"x: got shape {tuple(x.shape)}, wanted {wanted}")
    if tokens and not 0 <= int(x.min()) <= int(x.max()) < size:
        raise ValueError(f"x: got ids from {int(x.min())} to {int(x.max())}, wanted {wanted}")


def _steps(cache: Any, layers: int, B: int) -> int:
    """Return how many steps a cache holds; ValueError when it is not that of so many blocks and sequences."""
    sizes = len(cache), cache[0][0].shape[0] if cache else 0
    if sizes != (layers, B):
        raise ValueError(f"cache: got {sizes[0]} blocks, {sizes[1]} sequences, wanted {layers} and {B}, as in x")
    return cache[0][0].shape[2]
