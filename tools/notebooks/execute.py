"""Execute notebooks: the one place where a notebook meets a kernel, for the site build and for `make refresh`."""

import base64
import io
import os
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image

from rnn_utils.atomic import write_whole
from rnn_utils.plotting import themed
from tools.notebooks.kernel_pipes import use_pipes

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}
KEPT_CELL_METADATA = ("tags", "mystnb")
CELL_TIMEOUT = 180  # seconds
START_TIMEOUT = 120  # seconds; a kernel starts in one or two, but not on a machine that is busy with something else


class NotebookFailedError(Exception):
    """A cell failed: the message names the notebook, the cell and the error."""


def smaller(png: str) -> str:
    """Give a base64 PNG a palette of 128 colours: half the size or less, and no difference that an eye could find."""
    drawn = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    packed = io.BytesIO()
    drawn.quantize(128, dither=Image.Dither.NONE).save(packed, "png", optimize=True)
    return base64.b64encode(packed.getvalue()).decode()


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Keep only the metadata that a reader or the build needs, so that two runs give the same file."""
    info = notebook.metadata.get("language_info", {})
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": info.get("name", "python")},
    }
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        for output in cell.get("outputs", []):
            output.pop("metadata", None)
            if output.output_type in ("display_data", "execute_result"):
                output["metadata"] = {}
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
            if "image/svg+xml" in output.get("data", {}):
                output.data["image/svg+xml"] = themed(output.data["image/svg+xml"])


def merge_streams(outputs: list[Any]) -> list[Any]:
    """Join neighbouring pieces of one stream: how a kernel cuts its printing depends on timing, not on the code."""
    merged: list[Any] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if output.output_type == "stream" and last and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def execute(path: Path, *, figures: str = "png") -> tuple[nbformat.NotebookNode, float]:
    """Run every cell of a notebook in a fresh kernel, one thread, in the notebook's own folder.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    figures : {"png", "svg"}
        The picture format, handed to `rnn_utils.plotting.use_style`.

    Returns
    -------
    notebook : NotebookNode
        With fresh outputs and normalised metadata.
    seconds : float
        Wall time, the start of the kernel included.

    Raises
    ------
    NotebookFailedError
        When a cell fails, hangs or kills its kernel.

    """
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, **ONE_THREAD, "RNN_FIGURES": figures, "PYTHONHASHSEED": "0", "CI": "true"}
    use_pipes()
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        startup_timeout=START_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.extra_arguments = ["--log-level=ERROR"]  # no remark about its connection, which stays on this machine
    start = time.perf_counter()
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookFailedError(describe(path, notebook, error)) from None
    except RuntimeError as error:  # nbclient's, when the kernel does not answer at all
        raise NotebookFailedError(f"{path.name}: {error}: is the machine very busy? Try again.") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    normalise(notebook)
    return notebook, time.perf_counter() - start


def describe(path: Path, notebook: nbformat.NotebookNode, error: Exception) -> str:
    """Say which notebook and which cell failed, how the cell begins, and with what error."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    bad = next((c for c in code if any(o.output_type == "error" for o in c.get("outputs", []))), None)
    if bad is None:  # a time-out or a dead kernel: the first cell that did not finish
        bad = next((c for c in code if c.source.strip() and c.get("execution_count") is None), code[-1])
    number, lines = code.index(bad) + 1, bad.source.splitlines()
    shown = "\n".join(f"    | {line}" for line in lines[:12])
    failed = next((o for o in bad.get("outputs", []) if o.output_type == "error"), None)
    reason = f"{failed.ename}: {failed.evalue}" if failed else f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return f"{path.name}, code cell {number} of {len(code)} failed\n{shown}\n    {reason}"


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all, with the line ends of the repository on every system."""
    write_whole(path, nbformat.writes(notebook).rstrip("\n") + "\n")
