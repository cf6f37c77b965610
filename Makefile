# Everything a person runs by hand; the first target installs, the others use it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CITY ?= kota-contoh
PERIOD ?= 2025
SIZE ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help install run test test-servers check lock suites systems bench clean

help: ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## the pinned environment in .venv

# --without-pip: Debian's Python has no ensurepip; the machine's own pip fills the environment.
$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check "uv==0.13.9"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

run: $(STAMP) ## the real DAG for CITY and PERIOD (kota-contoh 2025)
	@$(BIN)/python scripts/run_dag.py "$(CITY)" "$(PERIOD)"
	@$(BIN)/tolok show "$(CITY)" "$(PERIOD)"

test: $(STAMP) ## all tests, on SQLite and PostgreSQL, through a real Airflow
	$(BIN)/python -m pytest --cov=connectors --cov=pipeline --cov-report=term:skip-covered

# A server that cannot be installed is named; its tests fail, the others run.
test-servers: $(STAMP) ## the connectors against real servers; as root, installs them from Debian first
	-scripts/install_servers.sh
	TOLOK_SERVERS=required $(BIN)/python -m pytest -m servers tests/servers

check: $(STAMP) ## lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --extra dev --no-header --no-annotate \
		--no-emit-index-url pyproject.toml --output-file requirements.lock

systems: $(STAMP) ## write docs/systems.md anew from connectors/presets/
	$(BIN)/python -m connectors.catalogue

suites: $(STAMP) ## write expectations/ anew from pipeline/tables.py
	$(BIN)/python -m pipeline.suites

bench: $(STAMP) ## targets of speed and memory against peers, SIZE lines or rows (1000000)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --editable ".[bench]"
	@$(BIN)/python -m benchmarks --size $(SIZE) $(ARGS)

clean: ## remove the environment and caches, not the data
	rm -rf $(VENV) .servers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
