"""Figures that can be touched on the website: what a notebook hands to a script of ``book/_static/touch``.

A notebook shows such a figure as a plain table, and so does the site where scripts are off. The table's element
carries the model as JSON in its attribute ``data-model``. The script reads it and computes everything it shows from
these numbers. Leave an instance on the last line of a cell.
"""

from rnn_utils.touch.alignment import Alignment
from rnn_utils.touch.gradients import Gradients
from rnn_utils.touch.lstm import GatedCell
from rnn_utils.touch.sampler import Sampler, rounded
from rnn_utils.touch.scan import Scan
from rnn_utils.touch.tokens import TokenView
from rnn_utils.touch.unrolled import Unrolled

__all__ = ["Alignment", "GatedCell", "Gradients", "Sampler", "Scan", "TokenView", "Unrolled", "rounded"]
