#!/bin/sh
# Resolve pyproject.toml's extras into exact versions for every supported Python and platform: `make lock`.
set -eu
export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() { .venv/bin/python -m uv pip compile -q --universal --python-version 3.11 --no-annotate "$@"; }
compile pyproject.toml requirements/torch-needs.in -c requirements/limits.txt --extra book -o requirements/book.txt
compile pyproject.toml requirements/torch-needs.in -c requirements/book.txt --extra book --extra test -o requirements/test.txt
compile pyproject.toml requirements/torch-needs.in -c requirements/test.txt --extra lab -o requirements/lab.txt
compile pyproject.toml requirements/torch-needs.in -c requirements/book.txt --extra notebooks -o binder/requirements.txt
# Nothing may have to be compiled on a reader's machine: a wheel for every Python that is served, on every system.
for python in $(.venv/bin/python -c 'from tools.setup_env import SERVED, dotted; print(*map(dotted, SERVED))'); do
  for system in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin x86_64-pc-windows-msvc; do
    cat requirements/test.txt requirements/torch.txt | MACOSX_DEPLOYMENT_TARGET=14.0 .venv/bin/python -m uv pip compile \
      -q --no-deps --only-binary :all: --python-version "$python" --python-platform "$system" - >/dev/null ||
      { echo "the lock has no wheels for Python $python on $system: see SERVED in tools/setup_env.py" >&2; exit 1; }
  done
done
