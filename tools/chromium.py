"""The browser that prints the book, looks at its pages and measures them: one found on this machine."""

import os
import shutil

# Chromium without windows first: the same engine, and half the processor's time for a page.
COMMANDS = (
    "chromium-headless-shell",
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


class NoChromiumError(Exception):
    """There is no Chromium here, or it does not do what is asked of it; the message says what to do."""


def find(like_a_reader: bool = False) -> str:
    """Path of a Chromium: what the variable CHROMIUM names, else the first of the usual ones.

    Parameters
    ----------
    like_a_reader : bool, default False
        Prefer one with windows: the other spaces letters by fractions of a pixel, so that lines may break elsewhere.

    Returns
    -------
    path : str
        The program.

    Raises
    ------
    NoChromiumError
        When there is none; the message says how to get one.

    """
    named = os.environ.get("CHROMIUM")
    usual = sorted(COMMANDS, key=lambda command: "headless" in command) if like_a_reader else COMMANDS
    found = next(filter(None, map(shutil.which, [named] if named else usual)), None)
    if found:
        return found
    where = f"CHROMIUM={named} is no program" if named else "no Chromium, Chrome or Edge was found on this machine"
    raise NoChromiumError(
        f"{where}.\nInstall one (Debian and Ubuntu: apt-get install chromium), or name yours: CHROMIUM=/path/to/chrome"
    )
