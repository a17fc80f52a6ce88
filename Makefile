# Every target is what CI calls; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: help install packages test lint types unit training bench kills soak guarantee clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/tercet: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(BIN)/tercet ## Make the virtual environment with everything the tests need

lint: install ## Style: ruff, formatting included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## Types: mypy, strict, over the tests too
	$(BIN)/mypy

packages: ## Install what the tests need of the system, where that is allowed
	scripts/system-packages.sh

unit: install packages ## The test suite
	$(BIN)/pytest

test: lint types unit ## Everything CI checks

training: install ## The trainer's own tests, with torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,train]'
	$(BIN)/pytest tests/training tests/data tests/tuning

bench: install ## The measurements of the README
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python -m benchmarks.calls --models nano mini full

kills: install ## Kill the server 200 times under background responses, and sessions 1,000 times; long
	$(BIN)/python benchmarks/kills.py
	$(BIN)/python benchmarks/session_kills.py

soak: install ## Half an hour of full load; the server's memory must stay flat
	$(BIN)/python -m benchmarks.soak

guarantee: install ## A hostile model in 3,000 cases: what is mended, and that nothing invalid passes
	$(BIN)/python benchmarks/guarantee.py

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
