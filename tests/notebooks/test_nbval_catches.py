"""The strict comparison can fail: a changed number and a broken cell are caught, an ignored output is not."""

import re
import subprocess
import sys

import nbformat
from structure import ROOT

CELLS = [  # source, stored output, tags
    ("x = 7\nprint(6 * x)", "42\n", []),
    ("print(5 * x)", "36\n", []),  # a changed number
    ("print(5 * x)", "36\n", ["nbval-ignore-output"]),
    ("print(5 * y)", "35\n", []),  # a broken cell
]


def test_strict_comparison_catches_what_it_should(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, (source, stored, tags) in enumerate(CELLS):
        output = nbformat.v4.new_output("stream", name="stdout", text=stored)
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}", outputs=[output], execution_count=number + 1)
        cell.metadata["tags"] = tags
        notebook.cells.append(cell)
    nbformat.write(notebook, tmp_path / "planted.ipynb")
    plugins = ["-p", "tools.notebooks.kernel_pipes", "-p", "no:cacheprovider", "--nbval"]
    command = [sys.executable, "-m", "pytest", *plugins, "-q", "-rA"]
    settings = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run([*command, *settings], capture_output=True, text=True, cwd=ROOT)
    report = done.stdout + done.stderr
    assert done.returncode == 1, report
    states = {cell: state for state, cell in re.findall(r"^(PASSED|FAILED) \S+::(Cell \d)", report, re.MULTILINE)}
    assert states == {"Cell 0": "PASSED", "Cell 1": "FAILED", "Cell 2": "PASSED", "Cell 3": "FAILED"}, report
