"""Ways to choose the next token: the likeliest, at random by temperature or among the top k, or by beam search.

Generation needs only a *step function* ``logits, state = step(ids, state)``: token ids (B,) and the state before them
in, scores (B, V) of the next token and the state after them out. A `LanguageModel` has one as its method ``step``; so
may any decoder.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnn_utils.checks import check_array, check_int, check_number, check_rng
from rnn_utils.functional import log_softmax, softmax

__all__ = ["Hypothesis", "beam_search", "generate", "greedy", "temperature", "top_k"]

Step = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]
Choose = Callable[[np.ndarray], np.ndarray]


def greedy(logits: np.ndarray) -> np.ndarray:
    """Return the index of the highest score, the first of equals.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Scores of the next token.

    Returns
    -------
    ndarray of int, shape (...)

    """
    return _check_logits(logits).argmax(axis=-1)


def temperature(logits: np.ndarray, tau: float = 1.0, *, rng: np.random.Generator) -> np.ndarray:
    """Draw from softmax(logits / τ): bold below τ = 1, the model's own distribution at 1, towards uniform above.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Scores of the next token.
    tau : float
        Temperature τ > 0.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (...)

    """
    tau = check_number("tau", tau, 0, open_ends=True)
    logits = _check_logits(logits)
    p = softmax((logits - logits.max(axis=-1, keepdims=True)) / tau)
    cumulative = p.cumsum(axis=-1)
    cumulative /= cumulative[..., -1:]  # exactly 1 at the end, where rounding may have left .9999…
    u = check_rng(rng).random(p.shape[:-1])
    return (cumulative > u[..., None] if p.ndim > 1 else cumulative > u).argmax(axis=-1)


def top_k(logits: np.ndarray, k: int, tau: float = 1.0, *, rng: np.random.Generator) -> np.ndarray:
    """Draw by `temperature` among the k highest scores alone, so that no unlikely token ever slips in.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Scores of the next token.
    k : int
        How many stay in; all when k ≥ V.
    tau : float
        Temperature τ > 0.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (...)

    References
    ----------
    Fan, Lewis and Dauphin (2018), Hierarchical neural story generation, section 3.

    """
    logits = _check_logits(logits)
    k = min(check_int("k", k), logits.shape[-1])
    best = np.argsort(-logits, axis=-1, kind="stable")[..., :k]
    kept = np.full_like(logits, -np.inf)
    np.put_along_axis(kept, best, np.take_along_axis(logits, best, axis=-1), axis=-1)
    return temperature(kept, tau, rng=rng)


def generate(step: Step, prompt: Any, length: int, choose: Choose = greedy, state: Any = None) -> np.ndarray:
    """Read a prompt, then feed each chosen token back in as the next input.

    Parameters
    ----------
    step : callable
        ``logits, state = step(ids, state)``, as at the top of this module.
    prompt : array_like of int, shape (T,) or (T, B)
        Token ids to begin with, at least one.
    length : int
        How many tokens to add.
    choose : callable
        From logits (B, V) to ids (B,): `greedy`, or for example ``lambda z: temperature(z, 0.8, rng=rng)``.
    state : optional
        State before the prompt; the step function's own beginning without it.

    Returns
    -------
    ndarray of int, shape (length,) or (length, B)
        The tokens added.

    """
    if isinstance(prompt, str):
        raise TypeError(f"prompt: got {prompt[:20]!r}, wanted its token ids: vocabulary.encode({prompt[:20]!r})")
    if np.size(prompt) == 0:
        raise ValueError("prompt: got none, wanted at least one token id to begin with, such as that of a line's end")
    shape = ("T", "B")[: max(1, np.ndim(prompt))]
    prompt = check_array("prompt", prompt, shape, kind="int")
    batch = prompt if prompt.ndim == 2 else prompt[:, None]  # (T, B)
    for ids in batch[:-1]:
        _, state = step(ids, state)
    ids, chosen = batch[-1], []
    for _ in range(check_int("length", length, 0)):
        logits, state = step(ids, state)
        ids = choose(logits)
        chosen.append(ids)
    added = np.array(chosen, dtype=np.intp).reshape(len(chosen), batch.shape[1])
    return added if prompt.ndim == 2 else added[:, 0]


class Hypothesis(NamedTuple):
    """A sequence that `beam_search` found: its ids, its log-probability in nats, and the score it is ranked by."""

    ids: tuple[int, ...]
    log_prob: float
    score: float


def beam_search(
    step: Step,
    start: int,
    *,
    width: int,
    length: int,
    end: int | None = None,
    state: Any = None,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """Follow the `width` likeliest sequences side by side, where greedy choice follows one.

    Parameters
    ----------
    step : callable
        ``logits, state = step(ids, state)`` with B sequences at once; logits or log-probabilities (B, V). The state may
        be an array, or tuples, lists and dicts of arrays, each with the batch on its first axis.
    start : int
        Token that every sequence begins with; not part of the result.
    width : int
        Sequences kept at each step. 1 is greedy; V to the power of `length` searches everything.
    length : int
        Most tokens a sequence may have.
    end : int, optional
        Token that finishes a sequence, and is its last.
    state : optional
        State before `start`, for a batch of one.
    length_penalty : float
        α ≥ 0 in score = log-probability / lengthᵅ. At 0 short sequences win, for every token costs probability.

    Returns
    -------
    list of Hypothesis
        At most `width`, best score first.

    References
    ----------
    Sutskever, Vinyals and Le (2014), section 3.2. Wu et al. (2016), section 7, give the length penalty another form.

    """
    width, length = check_int("width", width), check_int("length", length)
    alpha = check_number("length_penalty", length_penalty, 0)
    done: list[Hypothesis] = []
    alive: list[tuple[int, ...]] = [()]
    total = np.zeros(1)  # (K,) log-probability of each sequence alive
    last = np.array([check_int("start", start, 0)])
    while alive:
        logits, state = step(last, state)
        if end is not None and not 0 <= check_int("end", end, 0) < np.shape(logits)[-1]:
            raise ValueError(f"end: got {end}, wanted a token in 0 … {np.shape(logits)[-1] - 1}")
        total, parents, tokens = _best_continuations(total, logits, width)
        ids = [(*alive[parent], int(token)) for parent, token in zip(parents, tokens)]
        finished = (tokens == end) if end is not None else np.zeros(len(ids), bool)
        if len(ids[0]) == length:
            finished[:] = True
        done += [Hypothesis(s, float(p), float(p) / len(s) ** alpha) for s, p, f in zip(ids, total, finished) if f]
        alive = [s for s, f in zip(ids, finished) if not f]
        total, last, state = total[~finished], tokens[~finished], _rows(state, parents[~finished])
        done = sorted(done, key=lambda hypothesis: -hypothesis.score)[:width]
        if alpha == 0 and len(done) == width and alive and total.max() <= done[-1].score:
            break  # a log-probability only falls: nothing alive can still overtake
    return done


def _best_continuations(total: np.ndarray, logits: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-probability, parent and token of the `width` likeliest one-token continuations of K sequences."""
    logits = check_array("logits", logits, (len(total), "V"), finite=False)
    scores = total[:, None] + log_softmax(logits.astype(np.float64))  # (K, V)
    order = np.argsort(-scores, axis=None, kind="stable")[:width]
    order = order[scores.ravel()[order] > -np.inf]  # a forbidden token is no continuation
    if not len(order):
        raise ValueError("logits: got none above −infinity, wanted at least one possible token")
    parents, tokens = np.divmod(order, logits.shape[1])
    return scores.ravel()[order], parents, tokens


def _rows(state: Any, rows: np.ndarray) -> Any:
    """Pick rows of the batch axis from every array of a nested state."""
    if state is None:
        return None
    if isinstance(state, dict):
        return {key: _rows(value, rows) for key, value in state.items()}
    if isinstance(state, tuple | list):
        return type(state)(_rows(value, rows) for value in state)
    return state[rows]


def _check_logits(logits: Any) -> np.ndarray:
    """Return the scores in double precision; NaN and +infinity are refused, −infinity means impossible."""
    logits = np.asarray(logits)
    if logits.ndim == 0 or logits.dtype.kind not in "fiu" or logits.shape[-1] == 0:
        raise TypeError(f"logits: got {logits.dtype} of shape {logits.shape}, wanted numbers of shape (..., V)")
    highest = logits.max(axis=-1)
    if not np.isfinite(highest).all():  # NaN and +inf win the maximum; all −inf leaves nothing to choose
        raise ValueError(
            f"logits: got a highest score of {highest[~np.isfinite(highest)].flat[0]}, wanted a finite one"
        )
    return logits.astype(np.float64)
