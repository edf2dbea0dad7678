PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HASHED := --require-hashes --requirement

.PHONY: demo test test-all test-clients bench lint lock

demo: $(VENV)/run.stamp
	@$(BIN)/gridder demo --out demo --overwrite

test: $(VENV)/test.stamp
	@sh .ci/install-chromium
	@sh .ci/install-postgresql
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not clients"

test-all: $(VENV)/test.stamp
	@sh .ci/install-chromium
	@sh .ci/install-postgresql
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not clients"

test-clients: $(VENV)/test.stamp
	@sh .ci/install-clients
	$(BIN)/python -m pytest -m clients tests/clients

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks

$(VENV)/bench.stamp: $(VENV)/test.stamp requirements/bench.txt
	$(PIP) --only-binary :all: $(HASHED) requirements/bench.txt \
	  || echo "Not all peers have wheels here: the benchmark leaves out those that are missing." >&2
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(HASHED) requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/dev.txt
	$(PIP) $(HASHED) requirements/dev.txt
	@touch $@

lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group build --output-file requirements/run.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  pyproject.toml --group build --group test --group lint --group bench \
	  --constraint requirements/run.txt --output-file requirements/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  requirements/bench.in --constraint requirements/run.txt --constraint requirements/dev.txt \
	  --output-file requirements/bench.txt
