"""A chapter as a Python program that runs from top to bottom: the percent format, which VS Code and Spyder know.

A cell begins with `# %%`; Markdown stands in comments.
"""

import re
from typing import Any

ATTACHED = re.compile(r"!\[([^\]]*)\]\(attachment:[^)]*\)")
INSTALLS = re.compile(r"^( +)get_ipython\(\)\.run_line_magic\(.*\)$", re.MULTILINE)
NOT_INSTALLED = r'\1raise ModuleNotFoundError(f"This program needs a package: pip install {package}")'
HEAD = """# {title}
#
# A chapter of the book Recurrent Neural Networks as one program: `python {name}.py` runs it from top to bottom.
# It needs the package rnn_utils of the book. With the variable MPLBACKEND=agg set it opens no windows.
"""


def as_program(notebook: dict[str, Any], name: str) -> str:
    """Write a notebook in plain Markdown as a program.

    Parameters
    ----------
    notebook : dict
        The notebook, as `plain` has made it.
    name : str
        Of the file, without its ending.

    """
    title = "".join(notebook["cells"][0]["source"]).splitlines()[0].lstrip("# ")
    return "\n\n".join([HEAD.format(title=title, name=name).rstrip(), *map(written, notebook["cells"])]) + "\n"


def written(cell: dict[str, Any]) -> str:
    """One cell."""
    text = "".join(cell["source"])
    if cell["cell_type"] == "code":
        return f"# %%\n{INSTALLS.sub(NOT_INSTALLED, text).strip()}"
    lines = ATTACHED.sub(r"(Picture: \1)", text).strip().splitlines()
    return "\n".join(["# %% [markdown]", *(f"# {line}".rstrip() for line in lines)])
