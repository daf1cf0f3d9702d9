"""Data packages, loaded when they are first looked for: `rnn_utils.data` finds them as if they were installed."""

import importlib
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from io import BytesIO
from zipfile import ZipFile

import page_files

FOLDER = "/home/pyodide"
waiting = set(page_files.names)


class OnDemand(MetaPathFinder):
    """Asked last, when a package is nowhere to be found: puts its archive in place and looks again."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find a package whose archive the site has."""
        if name not in waiting:
            return None
        waiting.discard(name)
        ZipFile(BytesIO(page_files.read(name).to_bytes())).extractall(FOLDER)
        importlib.invalidate_caches()
        return PathFinder.find_spec(name)


waiting.discard("rnn_utils")
sys.meta_path.append(OnDemand())
