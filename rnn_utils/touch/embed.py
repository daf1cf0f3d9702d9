"""What all figures that can be touched are: an element with a model for a script, and something to read without one."""

import html
import json
from typing import Any

import numpy as np


def embed(script: str, model: dict[str, Any], content: str, *, classes: str | None = None) -> str:
    """Return the element that a script of ``book/_static/touch`` brings to life.

    Parameters
    ----------
    script : str
        Name of the script, without ``.js``.
    model : dict
        What the script computes everything from, ready for JSON.
    content : str
        HTML that is shown in a notebook, and where scripts are off.
    classes : str, optional
        Classes of the element; the script's name without it.

    Returns
    -------
    str

    """
    data = html.escape(json.dumps(model, ensure_ascii=False, separators=(",", ":")), quote=False)
    data = data.replace("'", "&#x27;")  # JSON is full of double quotes: the attribute has single ones
    return f'<div class="{classes or script}" data-touch="{script}" data-model=\'{data}\'>\n{content}\n</div>'


def numbers(array: np.ndarray) -> list[Any]:
    """Return an array as nested lists of the shortest decimals that give its numbers back."""
    if array.ndim > 1:
        return [numbers(row) for row in array]
    return [float(str(value)) for value in array]
