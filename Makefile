# Everything runs from .venv, which holds exactly requirements/all.lock.
PYTHON ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast lint format bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## Install everything that is needed into .venv, from locked versions

.venv/installed: pyproject.toml requirements/all.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kafkaops needs Python 3.11 or newer; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements/all.lock
	$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## Bring up a real cluster and run the whole job on it: plan, apply, prove
	$(PY) -m kafkaops demo

test: install ## Run every test, on a real cluster of its own
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-fast: install ## Run the tests that need no cluster
	$(PY) -m pytest -m "not live and not slow" -q

lint: install ## Check style, types and who imports whom
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

format: install ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: install ## Measure, as ratios against peers and floors (takes long)
	$(PY) -m benchmarks

lock: install ## Renew requirements/all.lock from pyproject.toml
	$(PY) -m uv pip compile pyproject.toml --extra dev --extra fleet --group build --group test --group lint --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements/all.lock

clean: ## Remove the virtual environment and caches of tools
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
