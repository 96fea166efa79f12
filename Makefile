# `make` alone lists what there is. Each target installs what it needs first, in .venv.
PYTHON  ?= python3
PORT    ?= 8000
SECONDS ?= 300
PAGE    ?= book/forward_process

VENV := .venv
BIN  := $(VENV)/bin
SITE := _build/html
PINS := requirements.txt requirements.lock pyproject.toml
EXERCISES := $(wildcard exercises solutions)

BOOK_SOURCES = _config.yml _toc.yml $(shell find book course_lib $(EXERCISES) -type f \
	-not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' -not -name '* *')
NOTEBOOKS = find book $(EXERCISES) -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*' -print0

.DEFAULT_GOAL := help
.PHONY: help book lab test serve lint format bench lock clean picture
.DELETE_ON_ERROR:

help: ## list these targets
	@echo 'make book is where to begin.  Targets:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

book: $(SITE)/.built ## install, run every notebook, build the book in _build/html
	@echo
	@echo 'The book is in $(SITE)/. Open this file in your browser:'
	@echo '  $(CURDIR)/$(SITE)/index.html'
	@echo 'or type `make serve` and open http://127.0.0.1:$(PORT)/'

lab: $(VENV)/.installed ## copy the chapters and exercises that are missing in work/, open JupyterLab
	$(BIN)/course-lib start --all
	cd work && ../$(BIN)/jupyter lab

test: $(VENV)/.installed-dev $(SITE)/.built ## pass every test (builds the book first)
	$(BIN)/python -m pytest -n 2 --dist loadscope

serve: $(SITE)/.built ## serve the built book on 127.0.0.1
	@echo 'http://127.0.0.1:$(PORT)/  (Ctrl-C stops it)'
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

lint: $(VENV)/.installed-dev ## ruff, import-linter, nbstripout, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(NOTEBOOKS) | xargs -0 -r $(BIN)/nbstripout --verify
	$(BIN)/codespell

format: $(VENV)/.installed-dev ## let ruff and nbstripout tidy code and notebooks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NOTEBOOKS) | xargs -0 -r $(BIN)/nbstripout

bench: $(VENV)/.installed-dev ## compare training and sampling with peers (SECONDS=60: a quick look)
	$(BIN)/python -m benchmarks --seconds $(SECONDS)

lock: $(VENV)/.installed-dev ## choose the pins of requirements.lock anew
	$(BIN)/uv pip compile --universal --python-version 3.11 --all-extras --upgrade \
		--no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package course-lib \
		--custom-compile-command 'make lock' --quiet \
		--output-file requirements.lock requirements.txt pyproject.toml

clean: ## remove the built book and the caches (keeps .venv and work/)
	rm -rf _build .pytest_cache .ruff_cache .import_linter_cache
	find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This course needs Python 3.11 or newer, and '$(PYTHON)' is not that: install it, or name one with make PYTHON=python3.12 book" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: on Debian or Ubuntu, install python3-venv" >&2; exit 1; }

$(VENV)/.installed: $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check -c requirements.lock -e '.[dev,instructor]'
	@touch $@

$(SITE)/.built: $(VENV)/.installed $(BOOK_SOURCES)
	$(BIN)/jupyter-book build . -W --keep-going
	@touch $@

picture: $(SITE)/.built # the README's picture, from the book as it is
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,800 \
		--screenshot=book/images/book.png '$(CURDIR)/$(SITE)/$(PAGE).html'
