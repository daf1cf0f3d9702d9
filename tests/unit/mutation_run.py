"""Plant one fault after another in copies of rnn_utils, run the tests named, and print each run's exit code as JSON.

A process of its own, started by test_mutations.py. It imports the heavy packages once and then forks, so that a fault
costs no more than its tests. Not a test itself.
"""

import gc
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

# Loaded once, before the forks. The last is what torch.optim loads at its first use.
import hypothesis.strategies  # noqa: F401
import numpy  # noqa: F401
import pytest
import torch._dynamo  # noqa: F401

TESTS = Path(__file__).parent
PACKAGE = TESTS.parents[1] / "rnn_utils"


OPTIONS = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider"]


def run_tests(folder: str, tests: list[str]) -> int:
    """Run tests on the copy of the package in `folder`, in a child process; 0 when all pass, 1 when one fails."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 99
    try:
        os.dup2(2, 1)  # standard output is for the exit codes
        os.environ |= {"HYPOTHESIS_STORAGE_DIRECTORY": folder, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        sys.path[:0] = [folder, str(PACKAGE.parent)]  # the copy first; some tests compare it with the experiments
        import rnn_utils

        if rnn_utils.__file__.startswith(folder):
            code = int(pytest.main([*OPTIONS, *(str(TESTS / test) for test in tests)]))
    finally:
        os._exit(code)  # whatever happened, the child must not go on as its parent


def main() -> None:
    """Read the faults as JSON lists (file, old line, new line, tests) from standard input."""
    sys.dont_write_bytecode = True  # a fault's byte code must not outlive it; that of the right files is copied along
    gc.freeze()  # spares every child a search of all that is loaded by now
    codes = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(PACKAGE, Path(folder) / "rnn_utils")
        for file, old, new, tests in json.load(sys.stdin):
            right, copy = PACKAGE / file, Path(folder) / "rnn_utils" / file
            copy.write_text(right.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
            codes.append(run_tests(folder, tests))
            shutil.copy2(right, copy)
    print(json.dumps(codes))


if __name__ == "__main__":
    main()
