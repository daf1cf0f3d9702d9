"""How long a reader waits after the first click, and when Python is there.

By the processor's time of the thread that Python runs in: on a machine with nothing else to do the clock shows hardly
more, and on a busy one it shows anything. `make site-report` shows the clock.
"""

import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from run_page import cells, opened

FIRST, WARM = 5, 0.5  # seconds


def in_workers() -> float:
    """Seconds of the processor that workers of the browser's pages have taken so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        for task in Path(f"/proc/{process.pid}/task").glob("*/stat"):
            name, _, fields = task.read_text().partition("(")[2].rpartition(")")
            if name.startswith("DedicatedWorker"):
                total += sum(map(int, fields.split()[11:13])) / 100
    return total


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of each thread")
def test_the_first_result_of_numpy_and_the_next(browser: Any, server: str) -> None:
    with opened(browser, f"{server}book/05_rnn_from_scratch.html") as page:
        cell = cells(page)[1]
        cell.write("import numpy as np\nnp.arange(4) ** 2")
        before = in_workers()
        assert cell.run(), cell.error
        first = in_workers()
        assert cell.output == "array([0, 1, 4, 9])"
        assert cell.run()
        assert 0.5 < first - before < FIRST
        assert in_workers() - first < WARM


def test_time_of_the_processor_goes_on_in_the_page(browser: Any, server: str) -> None:
    with opened(browser, f"{server}book/05_rnn_from_scratch.html") as page:
        cell = cells(page)[1]
        cell.write("import time\nt = time.process_time()\nsum(range(10**6))\nprint(time.process_time() > t)")
        assert cell.run(), cell.error
        assert cell.output == "True"
