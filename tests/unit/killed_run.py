"""A training run to be killed: ``python killed_run.py PATH`` starts it, or carries on from the checkpoint at PATH."""

import sys

import numpy as np

from rnn_utils.data import contiguous_streams
from rnn_utils.history import History
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.recurrent import LSTM
from rnn_utils.training import fit

STEPS = 300
BATCHES = list(contiguous_streams(np.random.default_rng(1).integers(7, size=301), 4, 5))


def shuffled(rng: np.random.Generator) -> list:
    return [BATCHES[i] for i in rng.permutation(len(BATCHES))]


def run(path: str | None = None, save_every: int = 1) -> tuple[LanguageModel, History]:
    rng = np.random.default_rng(0)
    model = LanguageModel(7, 8, rng=rng, layer=LSTM)
    history = fit(
        model,
        shuffled,
        Adam(model.params, lr=0.02),
        steps=STEPS,
        rng=rng,
        schedule=linear_decay,
        clip_norm=0.5,
        carry_state=True,
        validation=BATCHES[:2],
        eval_every=7,
        checkpoint=path,
        save_every=save_every,
        resume=path is not None,
    )
    return model, history


if __name__ == "__main__":
    run(sys.argv[1])
