"""Where things are: the project, and what is built inside it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
EXECUTED, SOURCE, WORK, SITE = BUILD / "executed", BUILD / "source", BUILD / "work", BUILD / "html"
