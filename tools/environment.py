"""Create `.venv` and install locked packages into it: the work of ``python3 tools/setup_env.py book|test|lab|here``.

Run by a Python that `setup_env.py` has chosen, with the standard library alone. Nothing happens when the environment
already matches the lock files. torch is asked for on its own, because on Linux the default index serves a build with
several gigabytes of CUDA: uv knows where the CPU build lives; where that place cannot be reached, the default index
serves.

An environment belongs to its folder: the programs in it, and the place of this package, are written down as full paths.
A checkout that was moved or copied gets a new one.
"""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.9"
HOURS = 2  # for one step of an installation: torch comes over a slow line in one


def wanted_state(root: Path, level: str) -> str:
    """Fingerprint of everything that decides what is installed, and the folder for which."""
    files = [root / "pyproject.toml", root / "requirements/torch.txt", root / f"requirements/{level}.txt"]
    parts = [version(), platform.machine(), UV_VERSION, *(f.read_text("utf8") for f in files)]
    return f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}\n{root}\n"


def version() -> str:
    """Version of this Python without its last number: packages are made for ``3.12``, whatever comes after."""
    return ".".join(map(str, sys.version_info[:2]))


class Environment:
    """The folder `.venv` of a checkout.

    Parameters
    ----------
    root : Path
        The checkout.

    """

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def stamp(self, level: str) -> Path:
        """File that says what was installed."""
        return self.folder / f".installed-{level}"

    def matches(self, level: str) -> bool:
        """Is what the lock files name installed, for this folder?"""
        stamp = self.stamp(level)
        return stamp.exists() and stamp.read_text("utf8") == wanted_state(self.root, level) and self.python.exists()

    def unusable(self) -> str:
        """Why what is there has to be made again; empty when it may be kept, or nothing is there."""
        if not self.folder.is_symlink() and not self.folder.exists():
            return ""
        if self.folder.is_symlink():
            return "it is a link to the environment of another folder"
        if not self.python.exists() or not (self.folder / "pyvenv.cfg").exists():
            return "it is not complete"
        config = dict(line.split(" = ", 1) for line in self.config().splitlines() if " = " in line)
        if not config.get("version", "").startswith(f"{version()}."):
            return f"it was made by Python {config.get('version', 'unknown')}, and this is {version()}"
        made_for = {stamp.read_text("utf8").partition("\n")[2].strip() for stamp in self.folder.glob(".installed-*")}
        if made_for - {str(self.root), ""}:
            return "this folder was moved or copied, and an environment belongs to the folder that it was made in"
        return ""

    def config(self) -> str:
        """What Python has written down about the environment."""
        return (self.folder / "pyvenv.cfg").read_text("utf8")

    def create(self) -> None:
        """Make it, empty but for pip, unless it is there and may be kept."""
        reason = self.unusable()
        if reason:
            print(f"    .venv is made again: {reason}", flush=True)
        if self.folder.is_symlink():  # what it leads to belongs to somebody else
            self.folder.unlink()
        if reason or not self.folder.exists():
            venv.create(self.folder, with_pip=True, clear=True)


def install(interpreter: str, requirements: Path, root: Path) -> None:
    """Install uv, the locked requirements, this package and torch into the environment of `interpreter`."""
    pip = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    uv = [interpreter, "-m", "uv", "pip", "install", "--python", interpreter, "-q"]
    if version_in(interpreter, "uv") != UV_VERSION:
        step([*pip, f"uv=={UV_VERSION}"])
    step([*uv, "-r", str(requirements)])
    step([*uv, "--no-deps", "--no-build-isolation", "-e", str(root)])
    install_torch(interpreter, pip, uv, root)


def step(command: list[str]) -> None:
    """Run one step of the installation, its words on the terminal, within the limit."""
    subprocess.run(command, check=True, timeout=3600 * HOURS)


def version_in(interpreter: str, package: str) -> str:
    """Version of a package that an interpreter sees, without a suffix such as ``+cpu``; empty when it sees none."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    asked = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, timeout=60)
    return asked.stdout.strip().split("+")[0]


def install_torch(interpreter: str, pip: list[str], uv: list[str], root: Path) -> None:
    """Install torch: the CPU build on Linux when its index answers, else what the default index has."""
    requirement = (root / "requirements/torch.txt").read_text("utf8").strip()
    if version_in(interpreter, "torch") == requirement.partition("==")[2]:
        return
    if sys.platform == "linux":
        env = {**os.environ, "UV_HTTP_RETRIES": "0"}
        command = [*uv, "--no-deps", "--torch-backend", "cpu", requirement]
        if subprocess.run(command, env=env, capture_output=True, timeout=3600 * HOURS).returncode == 0:
            return
        print("    the index of CPU builds cannot be reached: asking the default index for torch", flush=True)
    # With its needs: the default index's build for Linux does not import without its CUDA packages.
    step([*pip, "--retries", "0", requirement])


def main(level: str) -> None:
    """Bring `.venv` to the locked state of `level`, or this Python to what the notebooks need."""
    if level == "here":
        return install(sys.executable, ROOT / "binder/requirements.txt", ROOT)
    environment = Environment(ROOT)
    if environment.matches(level):
        return
    print(f"==> installing the {level} environment into .venv (once; a few minutes on a slow line)", flush=True)
    environment.create()
    install(str(environment.python), ROOT / f"requirements/{level}.txt", ROOT)
    environment.stamp(level).write_text(wanted_state(ROOT, level), "utf8")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except subprocess.SubprocessError as failed:
        sys.exit(f"installation stopped: {failed}")
    except KeyboardInterrupt:
        sys.exit("installation stopped")
