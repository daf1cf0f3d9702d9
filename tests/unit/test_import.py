"""Importing the package is quick and brings nothing but NumPy."""

import subprocess
import sys

import rnn_utils

IMPORT = """
import sys, time
began, before = time.process_time(), set(sys.modules)
import rnn_utils
seconds = time.process_time() - began
outside = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(seconds, *sorted(name for name in outside if not name.startswith("_")))
"""


def test_the_package_imports_in_0_3_seconds_and_nothing_but_numpy():
    seconds = []
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        taken, *packages = run.stdout.split()
        assert packages == ["cython_runtime", "numpy", "rnn_utils"]  # the first is a part of NumPy
        seconds.append(float(taken))
        if seconds[-1] <= 0.3:
            return
    raise AssertionError(f"importing rnn_utils took {min(seconds):.2f} s of the processor's time, wanted ≤ 0.3")


def test_every_public_name_is_there_and_documented():
    for name in rnn_utils.__all__:
        assert getattr(rnn_utils, name).__doc__
