"""The shared code of the book: recurrent layers in NumPy with hand-written gradients, their training, their data.

Where to find what:

==================  ============================================================================================
layers              `recurrent` RNN, LSTM, GRU · `cells` one step of each · `stacked` several layers, both
                    directions · `layers` Linear, Embedding, Dropout · `remedies` skip connections, leaky units,
                    one gate · `minimal` minGRU, minLSTM · `scan` linear recurrences · `base` what they share
models              `models` SequenceModel, LanguageModel · `seq2seq` EncoderDecoder · `ngram` NGram, counts to beat ·
                    `transformer` in PyTorch
mathematics         `attention` · `functional` activations and losses · `init` first values · `metrics` · `calibration`
                    of probabilities · `gradcheck`
training            `training` fit, evaluate · `optim` SGD, Adam · `history` of a run · `checkpoint` save and load ·
                    `train_torch` a program for any number of processes
use                 `sampling` from a language model · `forecasting` scores, leaks, intervals · `interop` to and from
                    PyTorch
data                `data` text, series, names, dates, synthetic tasks, and the batches made of them
the pages           `exercises` their checks · `touch` figures that can be touched · `plotting` · `records` of runs
                    that take longer than a page
inside              `checks` of arguments · `padding` of batches · `stream` of batches without end · `atomic` writing
                    of files · `console` printing everywhere
==================  ============================================================================================

What a module makes public by its list of all names stands on the book's page of the package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnn_utils.cells import GRUCell, LSTMCell, RNNCell
from rnn_utils.layers import Dropout, Embedding, Linear
from rnn_utils.recurrent import GRU, LSTM, RNN
from rnn_utils.stacked import Bidirectional, Stacked

if TYPE_CHECKING:
    from rnn_utils.models import LanguageModel, SequenceModel
    from rnn_utils.optim import SGD, Adam
    from rnn_utils.training import evaluate, fit

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "Bidirectional",
    "Dropout",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "LanguageModel",
    "Linear",
    "RNNCell",
    "SequenceModel",
    "Stacked",
    "evaluate",
    "fit",
]

# Imported when they are first asked for: who wants a layer alone need not wait for the rest, above all in the page.
_LATER = {"LanguageModel": "models", "SequenceModel": "models", "SGD": "optim", "Adam": "optim"}
_LATER |= {"evaluate": "training", "fit": "training"}


def __getattr__(name: str) -> Any:
    """Import a name that is not there yet."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value


def __dir__() -> list[str]:
    """List the names that are imported later too."""
    return sorted({*globals(), *__all__})
