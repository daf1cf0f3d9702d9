"""The shared code of the book: recurrent layers in NumPy with hand-written gradients, their training, their data."""

from rnn_utils.cells import GRUCell, LSTMCell, RNNCell
from rnn_utils.layers import Dropout, Embedding, Linear
from rnn_utils.recurrent import GRU, LSTM, RNN
from rnn_utils.stacked import Bidirectional, Stacked

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "Dropout",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "Linear",
    "RNNCell",
    "Stacked",
]
