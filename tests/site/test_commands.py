"""Every command that the Makefile and the pages for readers name is run as it stands there, at its smallest size.

All of them run in a copy of the project with a book of one page. Its environment borrows the packages of this one.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from small_book import ROOT, project

from tools.chromium import NoChromiumError, find
from tools.environment import Environment, wanted_state
from tools.npm.install import NoNodeError, npm_folder

MADE_BEFORE = ("book", "lab", "test")
TYPES = "_build/mypy"


@dataclass
class Trial:
    """How a command is tried: what is added to it, and what it must say."""

    added: str = ""
    says: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    stops: bool = False  # only when it is told to


ONE = "TESTS=tests/unit/test_atomic.py"
LAB = 'LAB="--no-browser --allow-root --ServerApp.port={port} --IdentityProvider.token= --ServerApp.password="'
TRIALS = {
    "make": Trial(says="list these commands"),
    "make help": Trial(says="list these commands"),
    "make book": Trial(says="`make serve` opens it; opened as a file it can be read, but runs no code"),
    "make serve": Trial("PORT=0", says="The book is at", variables={"BROWSER": "true"}, stops=True),
    "make lab": Trial(LAB, says="http", stops=True),
    "make pdf": Trial(says="the first page of the site offers it"),
    "make epub": Trial(says="the first page of the site offers it"),
    "make slides": Trial(says="slides of"),
    "make offline": Trial(says="the first page of the site offers it"),
    "make refresh": Trial(says="[1/1] small.ipynb"),
    "make counts": Trial("NB=book/small.ipynb", says="small"),
    "make check": Trial("NB=book/small.ipynb || true", says="the page is at"),
    "make test": Trial(
        "-n", says="-m pytest -p no:nbval tests/site"
    ),  # that it comes to its end is seen where this runs
    "make lint": Trial(says="passed"),
    "make unit": Trial(ONE, says="passed"),
    "make tools": Trial(ONE, says="passed"),
    "make structure": Trial(ONE, says="passed"),
    "make notebooks": Trial("NB=book/small.ipynb", says="passed"),
    "make site": Trial(ONE, says="passed"),
    "make page": Trial(f"PAGE={ONE.partition('=')[2]}", says="passed"),
    "make site-report": Trial("COSTS=--no-lighthouse", says="book/small.html"),
    "make bench": Trial('BENCH="--repeats 1 --sizes 2,1,2,3"', says="geometric mean"),
    "make lock": Trial(says="asked 20 times"),
    "make permalinks": Trial(says="new addresses"),
    "make clean": Trial("-n", says="rm -rf _build"),
}


def named_in_makefile() -> set[str]:
    goals = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf8"), re.MULTILINE)
    return {f"make {goal}" for goal in goals}


def named_in(page: str) -> set[str]:
    """Commands of make in a page's code, each goal by itself, without variables."""
    text = (ROOT / page).read_text("utf8")
    calls = re.findall(r"`(make(?: [^`]*)?)`", text) + re.findall(r"^(make .*?)(?:\s+#.*)?$", text, re.MULTILINE)
    goals = {word for call in calls for word in call.split()[1:] if "=" not in word}
    return {f"make {goal}" for goal in goals} | ({"make"} & set(calls))


def test_every_command_is_tried() -> None:
    assert named_in_makefile() == set(TRIALS) - {"make"}
    for page in ("README.md", "CONTRIBUTING.md", "book/index.md", "book/testing.md"):
        assert named_in(page) <= set(TRIALS), page


def test_the_two_lines_without_make_build_the_book(checkout: Path) -> None:
    """As the README has them for Windows, with this machine's names of programs and folders."""
    text = (ROOT / "README.md").read_text("utf8")
    found = re.search(r"as on Windows.*?```\n(.*?)```", text, re.DOTALL)
    assert found
    set_up, build = found[1].splitlines()
    here = {"py -3.13": sys.executable, "\\": "/", ".venv/Scripts/python": ".venv/bin/python"}
    said = ""
    for line in (set_up, build):
        for theirs, ours in here.items():
            line = line.replace(theirs, ours)
        done = subprocess.run(
            line, shell=True, cwd=checkout, env=shell_variables(checkout), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said += done.stdout
    assert "the book is at" in said


def rows() -> dict[str, list[str]]:
    """Commands of the README's table for pip, by system."""
    text = (ROOT / "README.md").read_text("utf8")
    cells = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r" *\| (Linux|macOS|Windows) ", line)]
    return {system.strip(): re.findall("`([^`]+)`", "".join(commands)) for system, *commands in cells}


def test_the_table_for_pip_says_the_same_for_every_system() -> None:
    linux, mac, windows = (rows()[system] for system in ("Linux", "macOS", "Windows"))
    assert [
        command.replace("\\", "/").replace("Scripts", "bin").replace("py -3.13", "python3") for command in windows
    ] == mac
    assert linux[0] == mac[0]
    assert linux[-1] == mac[-1]
    assert linux[2].replace(".venv/bin/uv pip", ".venv/bin/pip").replace(" --torch-backend cpu", "") == mac[1]


def test_the_table_for_pip_opens_the_notebooks(tmp_path: Path) -> None:
    """Its commands for Linux, in order, from what uv keeps. Left out is torch, whose index may be out of reach."""
    folder = project(tmp_path / "project", "README.md")
    make, _, install, start = rows()["Linux"]  # the second installs uv, which is here
    without_torch = install.replace(" --torch-backend cpu", "").replace(" -r requirements/torch.txt", "")
    assert without_torch != install
    uv = f"{sys.executable} -m uv pip install --python .venv/bin/python --offline"
    commands = [
        f"{make} --without-pip".replace("python3", sys.executable),
        without_torch.replace(".venv/bin/uv pip install", uv),
        f"{start.replace('lab book', 'lab --version')}",
    ]
    for command in commands:
        done = subprocess.run(
            command, shell=True, cwd=folder, env=shell_variables(folder), capture_output=True, text=True, timeout=300
        )
        if done.returncode and "network was disabled" in done.stderr and "CI" not in os.environ:
            pytest.skip("uv has not kept the packages, and the network is not asked")
        assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"4\.\d", done.stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the small book, the tests, and an environment."""
    folder = project(
        tmp_path_factory.mktemp("commands") / "project", "tests", "benchmarks", "experiments", "setup.py", "Makefile"
    )
    borrow_environment(folder)
    if (ROOT / TYPES).exists():  # where nothing is known of the types of the libraries, mypy takes a minute
        shutil.copytree(ROOT / TYPES, folder / TYPES)
    return folder


def borrow_environment(folder: Path) -> None:
    """Make `.venv` in a copy, with the packages of the running environment and the copy's own code."""
    environment = Environment(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([environment.python, "-c", asked], capture_output=True, text=True, check=True).stdout
    borrowed = Path(packages.strip()) / "borrowed.pth"
    borrowed.write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n", "utf8")
    for level in MADE_BEFORE:
        environment.stamp(level).write_text(wanted_state(folder, level), "utf8")


def shell_variables(folder: Path) -> dict[str, str]:
    foreign = ("GITHUB_", "REPO_", "SITE_", "PYTHON", "COV_", "PYTEST_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    own = {"PYODIDE_MIRROR": str(ROOT / "_build/pyodide"), "PYTHON": sys.executable}
    return kept | own | {"JUPYTERLAB_DIR": str(Path(sys.prefix) / "share/jupyter/lab"), "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("command", TRIALS)
def test_command(command: str, checkout: Path) -> None:
    trial = TRIALS[command]
    needs(command)
    if command == "make lock":
        return lock(checkout)
    with subprocess.Popen(
        f"{command} {trial.added.replace('{port}', str(free_port()))}",
        shell=True,
        cwd=checkout,
        env=shell_variables(checkout) | trial.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = until_it_serves(process, trial) if trial.stops else process.communicate(timeout=900)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0 or trial.stops, said
    assert trial.says in said


def until_it_serves(process: subprocess.Popen[str], trial: Trial) -> str:
    """Read until an address is told, open it, and press Ctrl+C."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/\S*", line):
            assert status(found[0]) == 200
            os.killpg(process.pid, signal.SIGINT)
            break
    return said + process.communicate(timeout=60)[0]


def status(address: str) -> int:
    """What a server answers with, which may tell its address a moment before it listens."""
    for pause in (0.5, 1, 2, 4, 8):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.status
        except urllib.error.URLError:
            time.sleep(pause)
    pytest.fail(f"nothing answers at {address}")


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def needs(command: str) -> None:
    """Skip what this machine cannot do, unless it is a test machine."""
    try:
        if command in ("make pdf", "make site-report"):
            find()
        if command == "make lint":
            npm_folder()
    except (NoChromiumError, NoNodeError) as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))


def lock(checkout: Path) -> None:
    """`make lock` asks the index about everything, so a stand-in for uv counts what it is asked."""
    stand_in = checkout / "uv"
    stand_in.mkdir()
    (stand_in / "__init__.py").touch()
    (stand_in / "__main__.py").write_text(
        "import pathlib, sys\n"
        "words = sys.argv[1:]\n"
        "assert words[:2] == ['pip', 'compile']\n"
        "files = [word for word in words if '/' in word or word.endswith('.toml')]\n"
        "assert all(pathlib.Path(file).exists() for file in files), files\n"
        "assert words[-1] != '-' or 'torch==' in sys.stdin.read()\n"
        "with open('asked', 'a') as file: file.write(' '.join(words) + '\\n')\n"
    )
    done = subprocess.run(
        "make lock", shell=True, cwd=checkout, env=shell_variables(checkout), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    asked = (checkout / "asked").read_text().splitlines()
    written = [words.split()[words.split().index("-o") + 1] for words in asked if " -o " in words]
    assert written == [
        "requirements/book.txt",
        "requirements/test.txt",
        "requirements/lab.txt",
        "binder/requirements.txt",
    ]
    assert sum("--only-binary :all:" in words for words in asked) == 16  # four Pythons on four systems
