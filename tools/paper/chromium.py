"""Find a Chromium on this machine and let it print: what `make pdf` asks of it, and nothing else."""

import os
import shutil
import tempfile
from pathlib import Path

from tools import processes

COMMANDS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
# The page is our own and asks nobody, so the sandbox, which containers often cannot give, protects nothing.
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf"),
)
MINUTES = 5  # for one print: it takes about ten seconds on two cores


class NoChromiumError(Exception):
    """There is no Chromium here, or it cannot print; the message says what to do."""


def find() -> str:
    """Path of a Chromium: what the variable CHROMIUM names, else the first of the usual ones.

    Raises
    ------
    NoChromiumError
        When there is none; the message says how to get one.

    """
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else COMMANDS)), None)
    if found:
        return found
    where = f"CHROMIUM={named} is no program" if named else "no Chromium, Chrome or Edge was found on this machine"
    raise NoChromiumError(
        f"The PDF cannot be made: {where}.\n"
        "Install one (Debian and Ubuntu: apt-get install chromium), or name yours: CHROMIUM=/path/to/chrome make pdf"
    )


def print_pdf(page: Path, target: Path) -> None:
    """Print a local page as a tagged PDF with an outline of its headings; its style sheet sets the paper.

    Parameters
    ----------
    page : Path
        The HTML file.
    target : Path
        The PDF; it may be unfinished when this raises.

    Raises
    ------
    NoChromiumError
        When no Chromium is here, or it prints nothing; with its last words.

    """
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [find(), *OPTIONS, f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.resolve().as_uri()]
        try:
            _, said = processes.run(command, minutes=MINUTES)
        except OSError as error:
            said = str(error)
    if not target.exists() or not target.read_bytes().rstrip().endswith(b"%%EOF"):
        raise NoChromiumError(f"The PDF cannot be made: {command[0]} printed nothing.\n{said[-1500:].strip()}")
