# Two commands do it all: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
WORKERS ?= 2
MINUTES ?= 10

.PHONY: help run test check lint format types stories faults mutants bench corpus fuzz pictures lock clean

help: ## list the chores
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

run: $(VENV)/.run ## set everything up and start Drip with its example on this machine
	@$(BIN)/drip up

test: $(VENV)/.dev ## set everything up and run all tests on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not long"

stories: $(VENV)/.dev ## half a year through real processes on both databases, about ten minutes
	@$(BIN)/python -m pytest -m long

faults: $(VENV)/.dev ## kill at every line, race and storm, whole: hours; writes docs/fault-report.md
	@$(BIN)/python -m tests.faults --long

mutants: $(VENV)/.dev ## break the product on purpose; every break must be caught
	@$(BIN)/python -m tests.faults.mutants

check: lint types test ## what CI runs

lint: $(VENV)/.dev ## rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.dev ## put the code in shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(VENV)/.dev ## strict types
	@$(BIN)/mypy

bench: $(VENV)/.dev ## mails, imported rows and events a second beside the ceiling; what the size of a house costs
	@$(BIN)/python -m bench.send
	@$(BIN)/python -m bench.kill_switch
	@$(BIN)/python -m bench.stages
	@$(BIN)/python -m bench.inbound
	@$(BIN)/python -m bench.imports
	@$(BIN)/python -m bench.events
	@$(BIN)/python -m bench.scale

corpus: $(VENV)/.dev ## figures on real replies, bounces and malformed mail, where their folder lies beside this one
	@$(BIN)/python -m bench.reply_corpus
	@$(BIN)/python -m bench.inbound

fuzz: $(VENV)/.dev ## ten minutes of mail that nobody would write (MINUTES=10)
	@$(BIN)/python -m tests.mail.fuzz --minutes $(MINUTES)

pictures: $(VENV)/.dev ## take the pictures of README.md anew (needs Chromium)
	@$(BIN)/python docs/pictures.py

lock: $(VENV)/.dev ## write the lock files anew from pyproject.toml
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --extra build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --extra build --extra dev pyproject.toml -o requirements-dev.lock

clean: ## forget the virtual environment and all data of this folder
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Drip needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing: install your system's python3-venv package."; exit 1; }

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Drip needs (once) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Drip and its tests need (once) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.run
