# Everything a person runs by hand; the first target installs, the others use it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CITY ?= kota-contoh
PERIOD ?= 2025
SIZE ?= 1000000
IMAGE ?= localhost/tolok:0.1.0

.DEFAULT_GOAL := help
# Each of the hundreds of processes that the tests start would compile pandas, Great Expectations and Airflow anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help install run demo up down status test coverage test-servers test-service test-cluster test-compose test-office test-damage test-hold fuzz test-conformance test-pages test-fresh mutate check sbom audit scan lock generated bench clean

help: ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## the pinned environment in .venv, and the kernels compiled

# --without-pip: Debian's Python has no ensurepip; the machine's own pip fills the environment.
$(STAMP): requirements.lock installer.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r installer.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m kernels
	touch $@

run: $(STAMP) ## the real DAG for CITY and PERIOD (kota-contoh 2025)
	@$(BIN)/python scripts/run_dag.py "$(CITY)" "$(PERIOD)"
	@$(BIN)/tolok show "$(CITY)" "$(PERIOD)"

demo: $(STAMP) ## a province of three cities over four years, in .tolok-demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" samples/provinsi-contoh/demo.sh .tolok-demo

up: $(STAMP) ## the service on this machine: PostgreSQL, scheduler and UI on loopback (docs/service.md)
	@$(BIN)/python -m service up

down: $(STAMP) ## end the service whole
	@$(BIN)/python -m service down

status: $(STAMP) ## whether the service works
	@$(BIN)/python -m service status

# One process more than there are cores, because a test waits for its disk a fifth of the time, for a server longer.
test: $(STAMP) ## all tests, or those of ARGS, on SQLite and PostgreSQL, through a real Airflow
	$(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

# Apart, because following every line costs three quarters more.
coverage: $(STAMP) ## the same, with the lines that no test reaches
	@$(MAKE) --no-print-directory test ARGS="--cov=connectors --cov=pipeline --cov-report=term-missing:skip-covered $(ARGS)"

# A server that cannot be installed is named; its tests fail, the others run.
test-servers: $(STAMP) ## the connectors against real servers; as root, installs them from Debian first
	-scripts/install_servers.sh
	TOLOK_SERVERS=required $(BIN)/python -m pytest -m servers tests/servers

# The scheduler's years, and fifty orders of form, REST, schedule and command line.
test-service: $(STAMP) ## two years of three cities in a real Airflow, a backfill beside them, 50 random orders
	TOLOK_ORDERS=50 $(BIN)/python -m pytest -m "not compose" tests/acceptance/test_random_orders.py tests/dags/test_years_in_airflow.py tests/service

# CITIES x MONTHS; with the defaults some half an hour on two cores.
test-cluster: $(STAMP) ## two workers, a queue and an object storage, each killed on the way; CITIES=3 MONTHS=24
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --no-build-isolation --editable ".[cluster]"
	TOLOK_HOLD=full TOLOK_CLUSTER=$(or $(CITIES),3)x$(or $(MONTHS),24) $(BIN)/python -m pytest -m cluster -s tests/cluster

test-compose: $(STAMP) ## the image and docker-compose.yml by podman; without podman skipped
	$(BIN)/python -m pytest -m compose -rs tests/service/test_compose.py

test-damage: $(STAMP) ## two hundred flipped bits, cut and missing files anywhere; as root, power cuts too
	TOLOK_DAMAGES=$(or $(DAMAGES),200) $(BIN)/python -m pytest -m "power or not power" tests/pipeline/test_damage.py tests/pipeline/test_power_cut.py

# What else tells rows of docs/robustness.md: bits flipped anywhere, each column of the warehouse altered.
HOLD := tests/hold tests/pipeline/test_damage.py tests/acceptance/test_altered_warehouse.py

test-hold: $(STAMP) ## the long form of tests/hold, or of ARGS: crashes, crowds, faults of the disk; writes docs/robustness.md
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock --no-build-isolation --editable ".[cluster]"
	TOLOK_HOLD=full TOLOK_DAMAGES=$(or $(DAMAGES),200) $(BIN)/python -m pytest -m "not servers" $(or $(ARGS),$(HOLD))

# Atheris is no part of the lock. What breaks a parser is printed and kept in the folder it names: mend it, and keep the
# input in tests/fuzz/seeds.
fuzz: $(STAMP) ## each parser of our own by coverage-guided fuzzing, SECONDS=600 each; writes docs/robustness.md
	$(BIN)/uv pip install --quiet --python $(BIN)/python atheris
	TOLOK_HOLD=full TOLOK_FUZZ_SECONDS=$(or $(SECONDS),600) $(BIN)/python -m pytest tests/hold/test_parsers_fuzzed.py $(ARGS)

# DuckDB is no part of the lock: with it the reference queries run on two databases.
test-conformance: $(STAMP) ## every case of the conformance pack through Tolok, and its reference queries by DuckDB too
	$(BIN)/uv pip install --quiet --python $(BIN)/python duckdb
	TOLOK_CONFORMANCE=full $(BIN)/python -m pytest tests/conformance

test-office: $(STAMP) ## five hundred distorted workbooks of each kind instead of the few of `make test`
	TOLOK_EXAMPLES=500 $(BIN)/python -m pytest --hypothesis-show-statistics tests/office/test_distortions.py tests/office/test_declared_distortions.py

# Some sixteen thousand mutants, hours on two cores; a room of them: MUTANTS="pipeline.indicators.*", and of each room a
# sample that is the same every time: SAMPLE=200.
mutate: $(STAMP) ## the code that makes the number, broken line by line: how much of it the tests notice, and what they do not
	$(BIN)/uv pip install --quiet --python $(BIN)/python mutmut==3.8.1
	@$(BIN)/python -m scripts.mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(MUTANTS)

# Without npm all but the audit by axe-core runs.
test-pages: $(STAMP) ## the pages in Chromium: phone, dark, print, keyboard, and audited by axe-core
	test -d .axe || ! command -v npm >/dev/null || (mkdir .axe && cd .axe && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz)
	$(BIN)/python -m pytest -m browser -rs tests/report

test-fresh: ## run and test (or ARGS of it) in a bare Debian 12: as root, as a user, in a folder with spaces
	tests/fresh_machine.sh $(ARGS)

check: $(STAMP) ## lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff check --quiet --preview --select PLC2701 .
	@! grep -rnE '"(benchmarks|connectors|kernels|pipeline|service)[a-z_.]*\._|(setattr|patch\.object)\([a-z_.]+, "_' --include=*.py tests \
		|| (echo "Tests patch private names, above: act on public ones." >&2; exit 1)
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --quiet --schemafile conformance/schema/manifest.schema.json conformance/manifest.json
	$(BIN)/check-jsonschema --quiet --schemafile conformance/schema/rules.schema.json conformance/rules/*.json
	$(BIN)/check-jsonschema --quiet --schemafile conformance/schema/case.schema.json conformance/cases/*/*/case.json
	$(BIN)/check-jsonschema --quiet --schemafile conformance/schema/answer.schema.json conformance/cases/*/*/answer.json

# In an environment of their own, because what they need is not what Tolok runs on.
.tools/.installed: $(STAMP) tools.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools
	$(BIN)/uv pip install --quiet --python .tools/bin/python --require-hashes -r tools.lock
	touch $@

sbom: .tools/.installed ## tolok.cdx.json: what Tolok is made of (CycloneDX), held against the lock
	.tools/bin/cyclonedx-py requirements requirements.lock --output-reproducible --output-file tolok.cdx.json
	$(BIN)/python -m scripts.check_sbom tolok.cdx.json requirements.lock

# --strict, because a package that the service could not be asked about is not one without weaknesses.
audit: .tools/.installed ## known weaknesses of what the lock holds; needs the service that lists them
	.tools/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.lock || { echo \
	"Ada kelemahan di atas, atau daftar kelemahannya tidak dapat ditanya tentang semua paket: jalankan di jaringan yang mencapainya. /" \
	"There are weaknesses above, or the service that lists them could not be asked about every package: run it where that is reached." >&2; exit 1; }

# What Debian's packages in the image hold is known to these scanners alone. They are no part of Tolok.
scan: ## known weaknesses of the image (IMAGE=localhost/tolok:0.1.0), by trivy or grype where there is one
	@if command -v trivy >/dev/null; then trivy image --exit-code 1 --ignore-unfixed "$(IMAGE)"; \
	elif command -v grype >/dev/null; then grype --fail-on medium --only-fixed "$(IMAGE)"; \
	else echo "Belum ada pemindai di mesin ini: pasang trivy atau grype, lalu ulangi di jaringan yang mencapai daftar kelemahannya. /" \
	"There is no scanner on this machine: install trivy or grype, then repeat where its list of weaknesses is reached." >&2; exit 1; fi

LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url

lock: ## renew requirements.lock from pyproject.toml, and those of the installer and of `make sbom` and `make audit`
	$(LOCK) --extra dev --extra service --extra celery pyproject.toml --output-file requirements.lock
	echo "uv==0.13.9" | $(LOCK) - --output-file installer.lock
	printf 'cyclonedx-bom\npip-audit\n' | $(LOCK) --python-version 3.11 - --output-file tools.lock

generated: $(STAMP) ## write anew what is made from declarations: indicator catalogue, suites, pages of docs/, checksums of conformance/
	$(BIN)/python -m pipeline.indicators
	$(BIN)/python -m pipeline.suites
	$(BIN)/python -m scripts.docs
	cd conformance && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS

bench: $(STAMP) ## targets of speed and memory against peers, SIZE lines or rows (1000000)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --editable ".[bench]"
	@$(BIN)/python -m benchmarks --size $(SIZE) $(ARGS)

clean: ## remove the environment and caches, not the data
	rm -rf $(VENV) mutants .tools tolok.cdx.json .servers .axe .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
