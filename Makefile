# Every command a person or CI runs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests mostly wait for sessions to end and brokers to start: more of them at once than there are cores.
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest
SECONDS ?= 60
# Byte code is kept, away from the sources: without it every process compiles anew all that it imports, its libraries
# too (they are installed without), which is half of the CPU of a start.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache
export PYTHONDONTWRITEBYTECODE :=

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## make the virtual environment from the hash-pinned requirements

$(VENV)/.ready: requirements/uv.txt requirements/dev.txt pyproject.toml $(wildcard kernels/native/* kernels/build*.py)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "driftline needs Python 3.11 or newer, found " + sys.version.split()[0] + ": set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "setup: installing the pinned packages (about 250 MB the first time)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: setup ## score real flights on a real Kafka and prove that none was lost
	@$(BIN)/driftline demo $(ARGS)

test: setup ## every test, on the embedded Kafka (ARGS="-n 0" one after the other)
	@$(PYTEST) -n $(WORKERS) --dist loadgroup $(ARGS)

test-fast: setup ## the tests that need no broker
	@$(PYTEST) -m "not broker and not observability" $(ARGS)

test-observability: setup ## metrics, rules, dashboards and alerts by a real Prometheus and Alertmanager, fetched if need be
	@$(PYTEST) -m observability $(ARGS)

dashboards: setup ## write the JSON of Grafana's dashboards from deploy/dashboards
	@$(BIN)/python -m deploy.dashboards

selftest-compose: setup ## deploy/compose on a real Docker: builds, starts, breaks, proves, takes down (as root where no Docker runs)
	@bash deploy/compose/selftest.sh $(ARGS)

soak: setup ## everything that can fail, by a seed: MINUTES=60 SEED=n
	@$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED)) $(ARGS)

soak-long: setup ## the single faults at full length: overload, members, no broker for a minute each
	@FAULT_LONG=1 OVERLOAD_SECONDS=60 $(PYTEST) tests/broker/test_scorer_overload.py tests/faults/test_members.py \
	  tests/faults/test_outage.py tests/faults/test_labeler_store.py \
	  tests/faults/test_labeler_deaths.py $(ARGS)

soak-join: setup ## the join through INTERLEAVINGS=200000 ways to read the same records
	@INTERLEAVINGS=$(or $(INTERLEAVINGS),200000) $(PYTEST) tests/services/labeler/test_interleavings.py -n 2 $(ARGS)

check: ## what CI runs
	@bash .ci/run

lint: setup ## ruff: style and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy

bench: setup ## speed as ratios measured side by side (ARGS=serving EVENTS= REPEATS= SYSTEMS= MODELS=)
	@$(BIN)/python -m load.bench $(ARGS)

bench-peers: setup ## what `make bench ARGS=serving` measures us beside: two environments, Java programs
	@for extra in peers quix; do \
	  test -x .venv-$$extra/bin/python || $(PYTHON) -m venv .venv-$$extra || exit 1; \
	  $(BIN)/uv pip install --quiet --python .venv-$$extra/bin/python --require-hashes -r requirements/$$extra.txt || exit 1; done
	@if command -v mvn >/dev/null && command -v javac >/dev/null; \
	  then mvn --quiet --batch-mode -f load/bench/peers/java/pom.xml -Dout=$(CURDIR)/out/peers-java package; \
	  else echo "bench-peers: found no JDK or no Maven, the Java programs are passed over"; fi

bench-models: setup ## make the models of the benchmarks again
	@test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	@$(BIN)/uv pip install --quiet --python .venv-train/bin/python --require-hashes -r requirements/train.txt
	@PYTHONPATH=. .venv-train/bin/python -m load.bench.rig.train
	@PYTHONPATH=. OMP_NUM_THREADS=1 .venv-train/bin/python -m load.bench.rig.distil

bench-latency: setup ## how old an event is when its prediction can be read (RATES= SECONDS= SYSTEMS= CAPACITY=)
	@$(BIN)/python -m load.bench latency

bench-gate: setup ## whether revision B (.) is slower than A (main): 1 if it is (A= B= ROUNDS= SLOWED=ms)
	@$(BIN)/python -m load.bench gate

bench-page: setup ## put the tables of the last runs, out/bench, into docs/performance.md
	@$(BIN)/python -m load.bench.rig.page

train: setup ## train the demo model again and rebuild its bundle
	@test -x .venv-train/bin/python || $(PYTHON) -m venv .venv-train
	@$(BIN)/uv pip install --quiet --python .venv-train/bin/python --require-hashes -r requirements/train.txt
	@PYTHONPATH=. OMP_NUM_THREADS=1 .venv-train/bin/python -m load.flights.train $(ARGS)

fuzz: setup ## hostile bytes for every reader for SECONDS=60, by SEED; FILE= runs a finding again
	@test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	@$(BIN)/uv pip install --quiet --python .venv-fuzz/bin/python --require-hashes -r requirements/fuzz.txt
	@PYTHONPATH=. .venv-fuzz/bin/python -m $(if $(FILE),load.fuzz.replay $(FILE),load.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)))

lock: setup ## pin the requirements again from pyproject.toml
	@for extra in dev scorer drift notifier tools image signing train fuzz peers quix nannyml pictures trees; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	    --custom-compile-command "make lock" --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit 1; done

clean: ## stop the local stack and remove what was built here
	@if [ -x $(BIN)/driftline ] && [ -d .driftline ]; then $(BIN)/driftline down || true; fi
	@rm -rf $(VENV) .venv-train .venv-fuzz .venv-peers .venv-quix .venv-nannyml .venv-pictures .venv-trees .driftline .mypy_cache .ruff_cache .hypothesis out build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup demo test test-fast test-observability soak soak-long soak-join fuzz check lint types bench bench-peers \
  bench-models bench-latency bench-gate bench-page train lock clean dashboards selftest-compose
