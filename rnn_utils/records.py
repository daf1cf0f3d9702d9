"""Saved records of experiments that took longer than a page: ``records.load("char_model_race")``.

The records lie in a checkout beside the package, in `experiments/` and `benchmarks/`; a wheel and the Python in the
page carry them along. So a chapter reads them in the same way everywhere.
"""

import json
from pathlib import Path
from typing import Any

__all__ = ["load"]

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "recorded", HERE.parent / "experiments", HERE.parent / "benchmarks")


def found() -> dict[str, Path]:
    """All records by name, with their files."""
    paths = (path for folder in reversed(FOLDERS) for path in sorted(folder.glob("[a-z]*.json")))
    return {path.stem: path for path in paths}


def load(name: str) -> dict[str, Any]:
    """Read a record.

    Parameters
    ----------
    name : str
        The experiment's name, without folder and ending.

    Returns
    -------
    record : dict
        ``settings``, with which it ran; ``results``; ``seconds``, the processor time that it took.

    Raises
    ------
    FileNotFoundError
        When there is no record of that name; the message says where it was looked for and which there are.

    """
    there = found()
    if name not in there:
        places = ", ".join(str(folder) for folder in FOLDERS)
        known = ", ".join(sorted(there)) or "none"
        raise FileNotFoundError(f"name is {name!r}, wanted the name of a record in {places}; there are: {known}")
    return json.loads(there[name].read_text("utf8"))
