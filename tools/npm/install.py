"""Lighthouse and the HTML validator, from npm, in exact versions: installed into `_build/npm` when first asked for.

Only reports and the test of valid HTML use them, so neither `make book` nor a reader ever needs Node.
"""

import hashlib
import shutil
from pathlib import Path

from tools import processes
from tools.places import BUILD, ROOT

LOCKED, PLACE = Path(__file__).parent, BUILD / "npm"
FILES = ("package.json", "package-lock.json")
MINUTES = 10  # for an installation, which takes one on a slow line


class NoNodeError(RuntimeError):
    """npm is missing, or could not install; the message says which."""


def npm_folder() -> Path:
    """The folder `node_modules` with everything installed as locked.

    Raises
    ------
    NoNodeError
        If there is no npm, or it fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NoNodeError("npm is not installed")
    wanted = hashlib.sha256(b"".join((LOCKED / name).read_bytes() for name in FILES)).hexdigest()
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text("utf8") != wanted:
        PLACE.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(LOCKED / name, PLACE / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            code, said = processes.run(command, minutes=MINUTES, folder=PLACE)
        except OSError as error:
            code, said = 1, str(error)
        if code:
            raise NoNodeError(f"npm cannot install what {LOCKED.relative_to(ROOT)} locks:\n{said[-1500:]}")
        stamp.write_text(wanted, "utf8")
    return PLACE / "node_modules"
