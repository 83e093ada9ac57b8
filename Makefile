# `make run` and `make test` set up what they need; a fresh machine needs Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PRODUCTS := better-auth django-allauth flask-security
MORE_PRODUCTS := django-two-factor-auth pgadmin
PGADMIN := examples/targets/pgadmin/.venv
NODE := examples/targets/better-auth/node_modules/.package-lock.json

.PHONY: run test test-fast check check-all mutants targets all-targets more-targets docs lab notebooks clean

run: $(VENV)/core
	$(BIN)/kmc run --profile all

test: $(VENV)/dev
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

# For the loop: the model, the features, and the harness without processes.
PROCESSES := clocks exec hosted imap journal process selftest
test-fast: $(VENV)/dev
	KMC_TEST_FAST=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal tests/model tests/harness $(PROCESSES:%=--ignore=tests/harness/test_%.py)

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Everything that takes longer than CI should: the whole of what `make check` and `make test` take samples of.
check-all: check
	KMC_TEST_ALL=1 $(BIN)/python -m pytest -q -n 3 --dist worksteal

# A quarter of an hour: the scenarios alone, on one small change of the model after another.
mutants: $(VENV)/dev
	rm -rf mutants && mkdir mutants
	$(BIN)/mutmut run --max-children 2 > mutants/log || (tail -n 20 mutants/log; exit 1)
	$(BIN)/python benchmarks/mutants.py

# Real products, whole, as they come: eight minutes. One of them needs npm.
targets: $(VENV)/targets $(NODE)
	$(call judge,$(PRODUCTS:%=examples/targets/%/target.toml),-n 2)
	$(BIN)/kmc run --profile all --report targets/model
	$(BIN)/kmc matrix targets/*

# The same in each of their configurations.
all-targets: $(VENV)/targets $(NODE)
	$(call judge,$(wildcard $(PRODUCTS:%=examples/targets/%/*.toml)),-n 2)
	$(BIN)/kmc matrix targets/*

# Two that are clicked through, page by page: half an hour where others work too. One is large, and has its own environment.
more-targets: $(VENV)/targets $(PGADMIN)/installed
	$(call judge,$(wildcard $(MORE_PRODUCTS:%=examples/targets/%/*.toml)))
	$(BIN)/kmc matrix targets/*

define judge
	for each in $(1); do \
		$(BIN)/kmc run --target $$each --profile all $(2) --report targets/$$(basename $$(dirname $$each))-$$(basename $$each .toml) \
			|| test $$? -eq 1 || exit 1; \
	done
endef

# The pages of docs/ as a site in docs/_build; a warning is an error.
docs: $(VENV)/docs
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going docs docs/_build

lab: $(VENV)/dev
	$(BIN)/jupyter lab notebooks $(if $(filter 0,$(shell id -u)),--allow-root)  # root, as in a container, must say so

# Run them and write their outputs.
notebooks: $(VENV)/dev
	$(BIN)/python notebooks/refresh.py

# What is never imported need not be compiled: that would take longer than all else of the installation.
PIP := $(BIN)/pip install --quiet --no-compile

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/core: pyproject.toml | $(BIN)/pip
	$(PIP) --editable .
	touch $@

$(VENV)/dev: pyproject.toml | $(BIN)/pip
	$(PIP) --editable '.[dev,clocks]' || { \
		echo 'No libfaketime, which takes gcc and make: what needs it is skipped.' && $(PIP) --editable '.[dev]'; }
	touch $(VENV)/core $@

$(VENV)/docs: $(VENV)/core
	$(PIP) --editable '.[docs]'
	touch $@

$(NODE): examples/targets/better-auth/package-lock.json
	npm ci --silent --prefix $(<D) --no-audit --no-fund
	touch $@

$(PGADMIN)/installed: examples/targets/pgadmin/requirements.txt
	test -d $(PGADMIN) || $(PYTHON) -m venv $(PGADMIN)
	$(PGADMIN)/bin/pip install --quiet --no-compile --requirement $<
	touch $@

$(VENV)/targets: $(VENV)/dev examples/targets/requirements.txt
	$(PIP) --requirement examples/targets/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) dist docs/_build kmc-report mutants targets
