#!/bin/sh
# Resolve pyproject.toml's extras into exact versions for every supported Python and platform: `make lock`.
set -eu
export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() { .venv/bin/python -m uv pip compile -q --universal --python-version 3.11 --no-annotate "$@"; }
compile pyproject.toml requirements/torch-needs.in -c requirements/limits.txt --extra book -o requirements/book.txt
compile pyproject.toml requirements/torch-needs.in -c requirements/book.txt --extra book --extra test -o requirements/test.txt
compile pyproject.toml requirements/torch-needs.in -c requirements/book.txt --extra notebooks -o binder/requirements.txt
