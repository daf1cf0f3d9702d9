"""The shared code of the book: recurrent layers in NumPy with hand-written gradients, their training, their data."""

from rnn_utils.cells import GRUCell, LSTMCell, RNNCell
from rnn_utils.layers import Dropout, Embedding, Linear
from rnn_utils.recurrent import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "Dropout", "Embedding", "GRUCell", "LSTMCell", "Linear", "RNNCell"]
