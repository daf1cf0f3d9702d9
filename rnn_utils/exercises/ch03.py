"""Checks of chapter 03, The layers of an RNN."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import log_softmax, sigmoid, softmax


def parameters(V, E, H, K):
    """Parameters of a network with an embedding of length E, H hidden units and K outputs: an int."""
    return V * E + H * E + H * H + H + K * H + K


check_parameters = Exercise(
    name="parameters",
    solution=parameters,
    cases=lambda rng: [(16, 3, 6, 16), (65, 32, 128, 65), (1000, 50, 20, 1)],
    mistakes=(
        Mistake(
            "no embedding",
            lambda V, E, H, K: parameters(V, E, H, K) - V * E,
            "the table of embeddings is missing: one vector of E numbers for each of V tokens",
        ),
        Mistake(
            "one-hot input",
            lambda V, E, H, K: parameters(V, E, H, K) - H * E + H * V,
            "W_ih reads the embedded vector, of length E, not the one-hot vector of length V",
        ),
        Mistake(
            "no recurrent matrix",
            lambda V, E, H, K: parameters(V, E, H, K) - H * H,
            "the recurrent matrix is missing: every unit reads all units of the previous step",
        ),
        Mistake(
            "no biases",
            lambda V, E, H, K: parameters(V, E, H, K) - H - K,
            "the biases are missing: one for each hidden unit and one for each output",
        ),
        Mistake(
            "output reads the embedding",
            lambda V, E, H, K: parameters(V, E, H, K) - K * H + K * E,
            "the output layer reads the state, so it has K times H weights, not K times E",
        ),
        Mistake(
            "output of size V",
            lambda V, E, H, K: parameters(V, E, H, K) + (V - K) * (H + 1),
            "the output layer has K outputs: V is the number of tokens that are read",
        ),
        Mistake(
            "no output bias",
            lambda V, E, H, K: parameters(V, E, H, K) - K,
            "the output layer has a bias too, one for each output",
        ),
        Mistake(
            "two biases",
            lambda V, E, H, K: parameters(V, E, H, K) + H,
            "that is PyTorch's count, with two biases for the hidden layer: count one",
        ),
    ),
)


def states(x: np.ndarray, W_ih: np.ndarray, W_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Every state (T, B, H) of reading x (T, B, D)."""
    h, out = np.zeros((x.shape[1], len(b))), []
    for x_t in x:
        h = np.tanh(x_t @ W_ih.T + h @ W_hh.T + b)
        out.append(h)
    return np.stack(out)


def draw(rng: np.random.Generator, D: int, H: int) -> tuple[np.ndarray, ...]:
    """W_ih (H, D), W_hh (H, H), b (H,) of a hidden layer that is not saturated."""
    return rng.normal(size=(H, D)) / 2, rng.normal(size=(H, H)) / 2, rng.normal(size=H) / 2


def yes_at_the_end(x, W_ih, W_hh, b, w, c):
    """Probability of yes after the last step of x (T, B, D), weights w (H,) and bias c: shape (B,)."""
    h = np.zeros((x.shape[1], len(b)))
    for x_t in x:
        h = np.tanh(x_t @ W_ih.T + h @ W_hh.T + b)
    return sigmoid(h @ w + c)


def linear_state(x: np.ndarray, W_ih: np.ndarray, W_hh: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Last state (B, H) of a layer without its tanh."""
    h = np.zeros((x.shape[1], len(b)))
    for x_t in x:
        h = x_t @ W_ih.T + h @ W_hh.T + b
    return h


def make_x(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Batches with T, B, D and H all different."""
    sizes = [(6, 3, 4, 5), (9, 2, 5, 3), (5, 4, 2, 6)]
    return [(rng.normal(size=(T, B, D)), *draw(rng, D, H), rng.normal(size=H), 0.5) for T, B, D, H in sizes]


check_yes_at_the_end = Exercise(
    name="yes_at_the_end",
    solution=yes_at_the_end,
    cases=make_x,
    axes={"x": "T B D", "W_ih": "H D", "b": "H", "result": "B"},
    mistakes=(
        Mistake(
            "every step",
            lambda x, W_ih, W_hh, b, w, c: sigmoid(states(x, W_ih, W_hh, b) @ w + c),
            "that is an answer at every step: use only the last state",
        ),
        Mistake(
            "first step",
            lambda x, W_ih, W_hh, b, w, c: sigmoid(states(x[:1], W_ih, W_hh, b)[0] @ w + c),
            "that is the answer after the first step: is `return` inside the loop?",
        ),
        Mistake(
            "mean state",
            lambda x, W_ih, W_hh, b, w, c: sigmoid(states(x, W_ih, W_hh, b).mean(axis=0) @ w + c),
            "that reads the mean of all states: use only the last one",
        ),
        Mistake(
            "no sigmoid",
            lambda x, W_ih, W_hh, b, w, c: states(x, W_ih, W_hh, b)[-1] @ w + c,
            "that is the logit: put it through the sigmoid to get a probability",
        ),
        Mistake(
            "no tanh",
            lambda x, W_ih, W_hh, b, w, c: sigmoid(linear_state(x, W_ih, W_hh, b) @ w + c),
            "the tanh is missing: each new state is squashed into the range from −1 to 1",
        ),
        Mistake(
            "no output bias",
            lambda x, W_ih, W_hh, b, w, c: yes_at_the_end(x, W_ih, W_hh, b, w, 0),
            "the output layer's bias c is missing",
        ),
        Mistake(
            "softmax over the batch",
            lambda x, W_ih, W_hh, b, w, c: softmax(states(x, W_ih, W_hh, b)[-1] @ w + c),
            "softmax shares out one unit of probability: each sequence has its own yes or no",
        ),
        Mistake(
            "no recurrence",
            lambda x, W_ih, W_hh, b, w, c: yes_at_the_end(x, W_ih, 0 * W_hh, b, w, c),
            "the previous state is not used: the term with W_hh is missing",
        ),
        Mistake(
            "W_hh not transposed",
            lambda x, W_ih, W_hh, b, w, c: yes_at_the_end(x, W_ih, W_hh.T, b, w, c),
            "W_hh is the wrong way round: a row of states is multiplied by its transpose",
        ),
    ),
)


def log_probability(ids, W_ih, W_hh, b, W_hy, b_y):
    """ln p of the words 1 … T of a sentence ids (T + 1,) given those before: a float, in nats."""
    log_p = log_answers(ids[:-1], W_ih, W_hh, b, W_hy, b_y)
    return np.sum(log_p[np.arange(len(log_p)), ids[1:]])


def log_answers(ids: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """ln of the probabilities (T, V) after each word of ids (T,)."""
    W_ih, W_hh, b, W_hy, b_y = weights
    x = np.eye(W_ih.shape[1])[ids][:, None]
    return log_softmax(states(x, W_ih, W_hh, b)[:, 0] @ W_hy.T + b_y)


def make_sentences(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Sentences that do not repeat a word, and one of two words."""
    made = []
    for T, V, H in ((7, 9, 4), (2, 5, 3), (5, 12, 6)):
        made.append((rng.permutation(V)[:T], *draw(rng, V, H), rng.normal(size=(V, H)), rng.normal(size=V)))
    return made


check_log_probability = Exercise(
    name="log_probability",
    solution=log_probability,
    cases=make_sentences,
    axes={"ids": "T", "W_ih": "H V", "b": "H"},
    mistakes=(
        Mistake(
            "word just read",
            lambda ids, *weights: np.sum(log_answers(ids[:-1], *weights)[np.arange(len(ids) - 1), ids[:-1]]),
            "that scores the word that was just read: the answer at step t is about word t + 1",
        ),
        Mistake(
            "mean",
            lambda ids, *weights: log_probability(ids, *weights) / (len(ids) - 1),
            "that is the mean over the words: the logarithm of a product is the sum",
        ),
        Mistake(
            "loss",
            lambda ids, *weights: -log_probability(ids, *weights),
            "that is the loss: a logarithm of a probability is negative",
        ),
        Mistake(
            "bits",
            lambda ids, *weights: log_probability(ids, *weights) / np.log(2),
            "that is in bits: take the natural logarithm",
        ),
        Mistake(
            "probability",
            lambda ids, *weights: np.exp(log_probability(ids, *weights)),
            "that is the probability itself: take its logarithm",
        ),
        Mistake(
            "logits",
            lambda ids, W_ih, W_hh, b, W_hy, b_y: np.sum(
                (states(np.eye(W_ih.shape[1])[ids[:-1]][:, None], W_ih, W_hh, b)[:, 0] @ W_hy.T + b_y)[
                    np.arange(len(ids) - 1), ids[1:]
                ]
            ),
            "these are sums of logits: turn the logits into probabilities with softmax first",
        ),
        Mistake(
            "no memory",
            lambda ids, W_ih, W_hh, *others: log_probability(ids, W_ih, 0 * W_hh, *others),
            "every word is read without a past: carry the state from step to step",
        ),
    ),
)


def influence(ids, s, others, W_ih, W_hh, b, W_hy, b_y):
    """How far the last answer moves on average when word s of ids (T,) is replaced by each of others (N,): a float."""
    return np.mean(distances(answers(ids, s, others, W_ih, W_hh, b, W_hy, b_y)[-1]))


def answers(ids: np.ndarray, s: int, others: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """Probabilities (T, 1 + N, V) after each word of a text as it is, and with word s replaced by each other."""
    W_ih, W_hh, b, W_hy, b_y = weights
    batch = np.repeat(ids[:, None], 1 + len(others), axis=1)  # (T, 1 + N)
    batch[s, 1:] = others
    return softmax(states(np.eye(W_ih.shape[1])[batch], W_ih, W_hh, b) @ W_hy.T + b_y)


def distances(last: np.ndarray) -> np.ndarray:
    """Half the sum of the absolute differences between the first of (1 + N, V) and each of the others: shape (N,)."""
    return np.abs(last[1:] - last[0]).sum(axis=1) / 2


def make_replacements(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Texts with a word to be replaced at the start, in the middle and at the end."""
    cases = []
    for (ids, *weights), s, n in zip(make_sentences(rng), (2, 0, 4), (2, 3, 4)):
        others = np.setdiff1d(np.arange(len(weights[-1])), ids)[:n]
        cases.append((ids, s, others, *weights))
    return cases


check_influence = Exercise(
    name="influence",
    solution=influence,
    cases=make_replacements,
    axes={"ids": "T", "W_ih": "H V", "b": "H"},
    mistakes=(
        Mistake(
            "not halved",
            lambda *case: 2 * influence(*case),
            "the differences are added but not halved, so a complete change counts 2 instead of 1",
        ),
        Mistake(
            "plain sum",
            lambda *case: 0.0,
            "the differences always add up to zero: take their absolute values first",
        ),
        Mistake(
            "squares",
            lambda *case: np.mean(np.sum((answers(*case)[-1][1:] - answers(*case)[-1][0]) ** 2, axis=1)) / 2,
            "these are squares: add up the absolute differences",
        ),
        Mistake(
            "largest",
            lambda *case: np.mean(np.abs(answers(*case)[-1][1:] - answers(*case)[-1][0]).max(axis=1)),
            "that is the largest difference of each answer: take half the sum of all",
        ),
        Mistake(
            "sum over the others",
            lambda *case: np.sum(distances(answers(*case)[-1])),
            "the distances are added up: take their mean over the other words",
        ),
        Mistake(
            "mean counts the text itself",
            lambda *case: np.sum(distances(answers(*case)[-1])) / (1 + len(case[2])),
            "the unchanged text is in the mean, with its distance of 0: leave it out",
        ),
        Mistake(
            "answer at s",
            lambda *case: np.mean(distances(answers(*case)[case[1]])),
            "that is the answer right after the changed word: compare the last ones",
        ),
        Mistake(
            "mean answer",
            lambda *case: np.abs(answers(*case)[-1][1:].mean(axis=0) - answers(*case)[-1][0]).sum() / 2,
            "the answers were averaged before the distance was taken: average the distances",
        ),
    ),
)

EXERCISES = (check_parameters, check_yes_at_the_end, check_log_probability, check_influence)
