"""Execute notebooks in place and normalise them: ``python -m tools.refresh [book/01_sequence_data.ipynb …]``.

Each notebook is written whole after all its cells succeeded; one that fails is left as it was.
"""

import sys
from pathlib import Path

from tools.build import notebooks
from tools.notebooks import reading_time
from tools.notebooks.execute import NotebookFailedError, execute, write
from tools.places import ROOT


def main(arguments: list[str]) -> None:
    """Refresh the named notebooks, or all of them."""
    pages = [Path(argument).resolve() for argument in arguments] or notebooks()
    for leftover in (ROOT / "book").glob(".*.tmp"):  # of a run that was killed
        leftover.unlink()
    failures = []
    for count, page in enumerate(pages, 1):
        print(f"    [{count}/{len(pages)}] {page.name}", end="", flush=True)
        try:
            notebook, seconds = execute(page)
        except NotebookFailedError as error:
            failures.append(str(error))
            print("  FAILED, left as it was", flush=True)
            continue
        reading_time.write(notebook)
        write(notebook, page)
        print(f"  {seconds:.1f} s", flush=True)
    if failures:
        sys.exit("\n" + "\n\n".join(failures))


if __name__ == "__main__":
    main(sys.argv[1:])
