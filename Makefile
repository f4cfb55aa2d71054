# make demo   derives three real examples, step by step
# make test   runs the tests
# Both set up .venv by themselves; all they need is python3 (3.11 or newer), git and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
PYTEST ?= -q

.DEFAULT_GOAL := help
.PHONY: help demo test oracle lint format types layers bench clean

help:
	@sed -n 's/^\([a-z]*\):.*## /make \1|/p' Makefile | awk -F'|' '{printf "%-14s%s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else f"chainrule needs Python 3.11 or newer; {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(VENV)/.installed $@

demo: $(VENV)/.installed ## derive three real examples, step by step
	@$(BIN)/chainrule demo

test: $(VENV)/.installed-dev ## run the tests (PYTEST="-x -k softmax" passes options)
	$(BIN)/python -m pytest $(PYTEST)

oracle: $(VENV)/.installed-dev ## compare with JAX and PyTorch (installs both)
	$(PIP) install --quiet jax torch==2.13.0
	$(BIN)/python -m pytest $(PYTEST) tests/oracle

lint: $(VENV)/.installed-dev ## ruff, pyright, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.installed-dev ## measure derivation times
	$(BIN)/python benchmarks/derivation.py

clean: ## remove what make and the tools made
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -exec rm -rf {} +
