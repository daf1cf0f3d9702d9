# `make` lists what there is; `make book` and `make test` are all that a reader or a test machine needs.
# TESTS=tests/unit/test_cells.py gives any of the goals for tests one file instead of its folder.
PYTHON ?= python3
PORT   ?= 8000
RUN     = .venv/bin/python
# The plugin that reads notebooks takes a second in every process: it is there where notebooks are tested.
PYTEST  = $(RUN) -m pytest -p no:nbval
PAGE    = tests/site/test_run_chapters.py
COVER   = --cov --cov-report=term
THREADS = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
# Also where the system's language settings name another encoding:
export PYTHONUTF8 = 1
# Compiled modules are kept in the environment: without them every process compiles torch and Sphinx again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help book serve lab pdf epub slides offline refresh counts check test unit tools notebooks structure site page \
	site-report lint bench lock permalinks clean .venv-test
help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

book:  ## install what is needed, execute every notebook, build the site
	@$(PYTHON) tools/setup_env.py book
	@$(RUN) -m tools.build

serve: book  ## open the built site in a browser, served on this machine only
	@$(RUN) -m tools.site.serve $(PORT)

lab:  ## the chapters in JupyterLab, without building the site
	@$(PYTHON) tools/setup_env.py lab
	@$(RUN) -m jupyterlab $(LAB) book

pdf: book  ## the whole book as one PDF, offered on the built site (needs Chromium)
	@$(RUN) -m tools.paper.make_pdf

epub: book  ## the whole book for e-readers, offered likewise
	@$(RUN) -m tools.epub.make_epub

slides: book  ## slides of every chapter, offered on the page for teachers
	@$(RUN) -m tools.slides.make_slides

offline: book  ## the site as a zip that any static server can serve, offered likewise
	@$(RUN) -m tools.site.pack_offline

refresh:  ## execute the notebooks in place (NB="book/01_….ipynb" for some of them)
	@$(PYTHON) tools/setup_env.py book
	@$(RUN) -m tools.refresh $(NB)

counts:  ## what each chapter asks of its reader, beside the limits (NB=… likewise)
	@$(PYTHON) tools/setup_env.py book
	@$(RUN) -m tools.counts $(NB)

check: .venv-test  ## the template, the page and the outputs of one chapter (NB="book/03_….ipynb")
	@$(THREADS) $(RUN) -m tools.check $(NB)

test: lint unit tools structure notebooks site  ## everything: code, notebooks, built pages in a real browser

.venv-test:
	@$(PYTHON) tools/setup_env.py test

lint: .venv-test  ## style of code and notebooks, types, and the site's JavaScript and CSS (this needs npm)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check rnn_utils tests tools experiments benchmarks setup.py book/_ext
	$(RUN) -m mypy
	$(RUN) -m tools.npm.lint

unit: .venv-test  ## tests of rnn_utils, with coverage
	$(THREADS) $(PYTEST) $(or $(TESTS),tests/unit $(COVER)) -q -n 2 --dist loadfile

tools: .venv-test  ## tests of the commands that are listed here
	$(PYTEST) $(or $(TESTS),tests/tools) -q -n 2 --dist loadfile

structure: .venv-test  ## does every notebook keep to the template?
	$(PYTEST) $(or $(TESTS),tests/notebooks) -q -n 2

notebooks: .venv-test  ## strict nbval: every stored text output against a fresh run
	$(THREADS) CI=true $(RUN) -m pytest -p tools.notebooks.kernel_pipes -p tools.notebooks.keep_runs \
		--nbval $(or $(NB),book) -q -n 2 --dist loadfile -p no:cacheprovider

site: book .venv-test  ## the built pages in headless Chromium
	$(THREADS) $(PYTEST) $(or $(TESTS),tests/site) -q -n 3 --dist loadfile --no-loadscope-reorder

page: book .venv-test  ## of those, the test that runs every NumPy cell of every chapter in the page
	$(THREADS) $(PYTEST) $(PAGE) -q -n 2 --dist load --durations=0

site-report: book .venv-test  ## what each page costs a reader, with Lighthouse (needs Node)
	@$(RUN) -m tools.reports.page_costs $(COSTS)

bench: .venv-test  ## speed of the layers against torch and the naive form
	$(THREADS) $(RUN) -m benchmarks.layers $(BENCH)

lock: .venv-test  ## resolve pyproject.toml into exact versions
	sh tools/lock.sh

permalinks: book  ## add new addresses to the list of those that must last
	@$(RUN) -m tools.site.permalinks

clean:  ## remove everything that was built (not the environment)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis .coverage
