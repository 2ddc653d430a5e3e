# Every command a person or CI runs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
export PYTHONDONTWRITEBYTECODE := 1

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## make the virtual environment from the hash-pinned requirements

$(VENV)/.ready: requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "driftline needs Python 3.11 or newer, found " + sys.version.split()[0] + ": set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "setup: installing the pinned packages (about 250 MB the first time)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: setup ## score real flights on a real Kafka and prove that none was lost
	@$(BIN)/driftline demo $(ARGS)

test: setup ## every test, on the embedded Kafka
	@$(PYTEST) $(ARGS)

test-fast: setup ## the tests that need no broker
	@$(PYTEST) -m "not broker" $(ARGS)

check: ## what CI runs
	@bash .ci/run

lint: setup ## ruff: style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy

bench: setup ## speed as ratios measured side by side
	@$(BIN)/python -m load.bench $(ARGS)

train: setup ## train the demo model again and rebuild its bundle
	@test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	@$(BIN)/uv pip install --quiet --python .venv-train/bin/python --require-hashes -r requirements/train.txt
	@PYTHONPATH=. OMP_NUM_THREADS=1 .venv-train/bin/python -m load.flights.train $(ARGS)

lock: setup ## pin the requirements again from pyproject.toml
	@for extra in dev scorer train; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	    --custom-compile-command "make lock" --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit 1; done

clean: ## stop the local stack and remove what was built here
	@if [ -x $(BIN)/driftline ] && [ -d .driftline ]; then $(BIN)/driftline down || true; fi
	@rm -rf $(VENV) .venv-train .driftline .mypy_cache .ruff_cache .hypothesis out build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test test-fast check lint types bench train lock clean
