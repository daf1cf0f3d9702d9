"""Let kernels talk over files instead of network ports.

Jupyter looks for free ports first and lets the kernel open them later. Two notebooks that start at once may pick the
same ones, and one kernel dies. Sockets with names of their own cannot collide, and need no network. Windows has none,
and stays as it is, as does a machine where every folder for temporary files has a path too long for a socket.
`tools.notebooks.execute` calls `use_pipes`; strict nbval loads this file as a plugin,
``pytest -p tools.notebooks.kernel_pipes``.
"""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

LONGEST = 80  # letters of a folder: a socket's whole path may have 103 on macOS, 107 on Linux


def short_folder() -> Path | None:
    """A new folder for sockets, removed at the end: where temporary files go, or /tmp where that path is too long."""
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(parent)) <= LONGEST and os.access(parent, os.W_OK):
            folder = tempfile.mkdtemp(prefix="kernel-", dir=parent)
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            return Path(folder)
    return None


def use_pipes() -> None:
    """Make every kernel manager of this process use named sockets, unless told otherwise."""
    if os.name == "nt" or hasattr(KernelManager.__init__, "__wrapped__"):
        return
    original = KernelManager.__init__

    @functools.wraps(original)
    def initialise(self: KernelManager, *arguments: Any, **options: Any) -> None:
        folder = short_folder()
        pipes = {"transport": "ipc", "ip": str(folder / "socket")} if folder else {}
        original(self, *arguments, **{**pipes, **options})

    KernelManager.__init__ = initialise  # type: ignore[method-assign]  # jupyter_client has no setting for it


def pytest_configure() -> None:
    """As a pytest plugin: before any notebook is collected."""
    use_pipes()
