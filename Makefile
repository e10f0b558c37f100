# `make run` on a fresh machine serves everything at http://localhost:5001; `make test` and `make check` are what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: run test check demo docs bench screenshots clean browser

run: $(VENV)/.run
	@exec $(BIN)/python manage.py serve

demo: $(VENV)/.run
	$(BIN)/python manage.py demo build

test: $(VENV)/.dev browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/docs -n 0
	$(BIN)/python -m scripts.check_migrations

docs: $(VENV)/.dev
	$(BIN)/python -m scripts.write_docs

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

screenshots: $(VENV)/.dev browser
	$(BIN)/python -m scripts.screenshots

# Chromium: Debian's where there is apt and the right to use it, else Playwright's own.
browser: $(VENV)/.dev
	@$(BIN)/python -m scripts.install_browser

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Calos needs Python 3.11 or newer; set PYTHON=python3.12 or the like") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.txt requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c requirements.lock
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
