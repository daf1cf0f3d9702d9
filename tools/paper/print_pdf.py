"""What `make pdf` asks of Chromium: a page of our own, printed."""

import tempfile
from pathlib import Path

from tools import processes
from tools.chromium import NoChromiumError, find

# The page is our own and asks nobody, so the sandbox, which containers often cannot give, protects nothing.
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf"),
)
MINUTES = 5  # for one print: it takes about ten seconds on two cores


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
        raise NoChromiumError(f"{command[0]} printed nothing.\n{said[-1500:].strip()}")
