"""Look for mistakes in the site's JavaScript and CSS: ``python -m tools.npm.lint``, a part of `make lint`.

Biome does it, one program for both, by the rules of `biome.json`. Without npm this is left out, and said, except on a
test machine.
"""

import os
import sys
from pathlib import Path

from tools import processes
from tools.npm.install import NoNodeError, npm_folder
from tools.places import ROOT

CONFIGURATION = Path(__file__).with_name("biome.json")
FOLDERS = ("book/_static", "book/_head", "tools/paper", "tools/epub")
KINDS = {".js", ".css"}


def files() -> list[Path]:
    """The site's own scripts and style sheets."""
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    return sorted(path for path in found if path.suffix in KINDS)


def main(checked: list[Path]) -> str | int:
    """Check some files; returns what to exit with."""
    try:
        modules = npm_folder()
    except NoNodeError as missing:
        said = f"JavaScript and CSS were not looked at: {missing}"
        if "CI" in os.environ:
            return said
        print(said)
        return 0
    biome = modules / "@biomejs/biome/bin/biome"
    options = [f"--config-path={CONFIGURATION}", "--error-on-warnings"]
    command = ["node", str(biome), "lint", *options, *map(str, checked)]
    code, said = processes.run(command, minutes=5, folder=ROOT)
    print(said.strip().splitlines()[-1] if code == 0 else said)
    return code


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or files()))
