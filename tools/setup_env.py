"""Create `.venv` and install the locked environment into it: ``python3 tools/setup_env.py book|test``.

``python tools/setup_env.py here`` installs what the notebooks need, and no more, into the Python that runs it: Binder.

Run by the system's Python, so it uses the standard library alone. Nothing happens when the environment already
matches the lock files. torch is asked for on its own, because on Linux the default index serves a build with several
gigabytes of CUDA: uv knows where the CPU build lives; where that place cannot be reached, the default index serves.
"""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UV_VERSION = "0.13.9"
MINIMUM = (3, 11)


def python() -> Path:
    """Path of the environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted_state(level: str) -> str:
    """Fingerprint of everything that decides what is installed."""
    files = [ROOT / "pyproject.toml", ROOT / "requirements/torch.txt", ROOT / f"requirements/{level}.txt"]
    parts = [sys.version, platform.machine(), UV_VERSION, *(f.read_text("utf8") for f in files)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def install(interpreter: str, requirements: Path) -> None:
    """Install uv, the locked requirements, this package and torch into the environment of `interpreter`."""
    pip = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    uv = [interpreter, "-m", "uv", "pip", "install", "--python", interpreter, "-q"]
    if version_in(interpreter, "uv") != UV_VERSION:
        subprocess.run([*pip, f"uv=={UV_VERSION}"], check=True)
    subprocess.run([*uv, "-r", str(requirements)], check=True)
    subprocess.run([*uv, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    install_torch(interpreter, pip, uv)


def version_in(interpreter: str, package: str) -> str:
    """Version of a package that an interpreter sees, without a suffix such as ``+cpu``; empty when it sees none."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True).stdout.strip().split("+")[0]


def install_torch(interpreter: str, pip: list[str], uv: list[str]) -> None:
    """Install torch: the CPU build on Linux when its index answers, else what the default index has."""
    requirement = (ROOT / "requirements/torch.txt").read_text("utf8").strip()
    if version_in(interpreter, "torch") == requirement.partition("==")[2]:
        return
    if sys.platform == "linux":
        env = {**os.environ, "UV_HTTP_RETRIES": "0"}
        command = [*uv, "--no-deps", "--torch-backend", "cpu", requirement]
        if subprocess.run(command, env=env, capture_output=True).returncode == 0:
            return
        print("    the index of CPU builds cannot be reached: asking the default index for torch", flush=True)
    # With its needs: the default index's build for Linux does not import without its CUDA packages.
    subprocess.run([*pip, "--retries", "0", requirement], check=True)


def main(level: str) -> None:
    """Bring `.venv` to the locked state of `level` ("book" or "test"), or this Python to what the notebooks need."""
    if sys.version_info < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        sys.exit(
            f"Python {wanted} or newer is needed, this is {platform.python_version()}: try PYTHON=python3.12 make book"
        )
    if level == "here":
        return install(sys.executable, ROOT / "binder/requirements.txt")
    stamp, wanted = VENV / f".installed-{level}", wanted_state(level)
    if stamp.exists() and stamp.read_text("utf8") == wanted and python().exists():
        return
    print(f"==> installing the {level} environment into .venv (once; a few minutes on a slow line)", flush=True)
    if not python().exists() or not (VENV / "pyvenv.cfg").exists():
        venv.create(VENV, with_pip=True, clear=True)
    install(str(python()), ROOT / f"requirements/{level}.txt")
    stamp.write_text(wanted, "utf8")


if __name__ == "__main__":
    if sys.argv[1:] not in (["book"], ["test"], ["here"]):
        sys.exit("usage: python3 tools/setup_env.py book|test|here")
    try:
        main(sys.argv[1])
    except subprocess.CalledProcessError as failed:
        sys.exit(f"installation stopped at: {' '.join(map(str, failed.cmd))}")
