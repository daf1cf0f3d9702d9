"""Executions that are kept: what they depend on, and a chapter's present text with the outputs that were kept.

An execution depends on the code, in the order in which it stands, not on the sentences between the cells, the captions
or the alternative texts. So a changed sentence executes nothing; the page is put together anew.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import nbformat

from rnn_utils import records
from tools.notebooks import reading_time
from tools.notebooks.execute import normalise

TAGS = {"raises-exception", "skip-execution"}  # those that change how a cell is executed
READ = re.compile(r"records\.load\(\s*[\"'](\w+)[\"']")


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def key(notebook: nbformat.NotebookNode, shared: str) -> str:
    """What an execution depends on: the code, the records that it reads, the interpreter, and what all share."""
    cells = [[cell.source, sorted(TAGS & set(cell.metadata.get("tags", [])))] for cell in code(notebook)]
    there = records.found()
    named = {name for source, _ in cells for name in READ.findall(source)}
    read = [[name, hashlib.sha256(there[name].read_bytes()).hexdigest()] for name in sorted(named & set(there))]
    return hashlib.sha256(json.dumps([cells, read, shared, sys.version]).encode()).hexdigest()


def present(page: Path, executed: Path) -> nbformat.NotebookNode:
    """A chapter as it is now, with the outputs of its kept execution and the computed reading time.

    Parameters
    ----------
    page : Path
        The notebook in the book.
    executed : Path
        Its kept execution, of the same code.

    Returns
    -------
    notebook : NotebookNode
        Text and metadata of `page`, outputs of `executed`.

    """
    notebook, kept = (nbformat.read(path, as_version=4) for path in (page, executed))
    if [cell.source for cell in code(notebook)] != [cell.source for cell in code(kept)]:
        raise ValueError(f"{executed} was executed from other code than stands in {page}")
    for cell in code(notebook):
        cell.outputs = []  # what was kept is normalised already
    normalise(notebook)
    for cell, old in zip(code(notebook), code(kept)):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    notebook.metadata["execution"] = kept.metadata.get("execution", {})
    reading_time.write(notebook)
    return notebook
