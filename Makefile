# The verb list, for people and for CI alike. `make` alone shows it.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The first Python on PATH that is new enough; name another with PYTHON=...
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)
AUDIT := $(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner=off --timeout=5
# Known to be vulnerable: whoever finds nothing in it has no data to audit with.
CANARY := jinja2==2.4.1
# More words for the command behind a verb, as in `make test ARGS="-k leash"`.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo up test check bench soak chaos pictures pins
# Two verbs at once would install into one environment at once.
.NOTPARALLEL:

help: ## Show the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## Run the whole stack against a festival's rush, and prove the outcome
	@$(BIN)/fulfiller demo $(ARGS)

up: $(VENV)/installed ## Run the whole stack on this machine until you stop it
	@$(BIN)/fulfiller up $(ARGS)

test: $(VENV)/installed ## Run the tests on real servers
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/installed-dev ## Check format, style, types, import order and known vulnerabilities
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive fulfiller workers config
	@mkdir -p build && echo "$(CANARY)" > build/canary.txt
	@if $(AUDIT) --requirement build/canary.txt 2>&1 | grep -q '^Found'; then \
		$(AUDIT) --requirement config/constraints.txt; \
	else echo "pip-audit: its data can't be reached from here, so nothing was audited"; fi

bench: $(VENV)/installed-bench ## Measure against plain Celery and other task queues, same servers
	@$(BIN)/fulfiller bench $(ARGS)

soak: $(VENV)/installed ## Break real processes for four hours, then simulated ones, then play the day
	@mkdir -p build && cd build && ../$(BIN)/fulfiller chaos run --hours 4 $(ARGS)
	@$(BIN)/fulfiller chaos sim --hours 4 $(ARGS)
	@$(BIN)/fulfiller bench --day

pictures: $(VENV)/installed ## Play the demo, and take the pictures of Flower's pages for README
	@$(BIN)/python -m tests.ops.flower.pictures

chaos: $(VENV)/installed ## Run every chaos scenario, and what else a push can't wait for
	@$(BIN)/python -m pytest -m chaos $(ARGS)

# Renews config/constraints.txt from the newest packages that fit.
pins:
	@rm -rf build/pins && $(PYTHON) -m venv build/pins
	@build/pins/bin/pip install --quiet -e '.[local,test,dev,bench,otel]'
	@{ sed '/^$$/q' config/constraints.txt; \
		build/pins/bin/pip freeze --exclude-editable; } > build/constraints.txt
	@mv build/constraints.txt config/constraints.txt && rm -rf build/pins

# Installing happens once, and again when what is to be installed has changed.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Fulfiller needs Python 3.11 or newer on PATH" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml config/constraints.txt
	@echo "Installing into $(VENV) (this happens once) ..."
	@$(PIP) install -c config/constraints.txt -e '.[local,test]'
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	@echo "Installing the bench's other task queues into $(VENV) (this happens once) ..."
	@$(PIP) install -c config/constraints.txt -e '.[local,test,bench]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml config/constraints.txt
	@echo "Installing into $(VENV), tools for development included (this happens once) ..."
	@$(PIP) install -c config/constraints.txt -e '.[local,test,dev]'
	@touch $(VENV)/installed $@
