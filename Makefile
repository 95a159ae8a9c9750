# Two commands do everything: `make run` and `make test`. `make help` lists the others.
SHELL := /bin/bash

.PHONY: help run test test-all newest coverage lint fmt bench mutants faults lock messages check clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set up and start the whole site (HOST, PORT, DATA_DIR … from the environment)
	@.ci/setup run
	@.venv/bin/python manage.py run

test: ## run the suite against real services; ARGS="tests/events -k clash" runs a part
	@.ci/setup test
	@.venv/bin/python -m tests.run $(ARGS)

test-all: ## run the suite with the whole tables: rights of each role, every page of the admin on every screen
	@.ci/setup test
	@.venv/bin/python -m tests.run -m "not services"

newest: ## run the suite on the newest Django 6, in .venv-newest; for every night: what is red there breaks at the next step up
	@.ci/setup newest
	@PYTEST_ADDOPTS="-W default::PendingDeprecationWarning" .venv-newest/bin/python -m tests.run $(ARGS)

coverage: ## run the suite and tell which lines and branches it does not pass (takes half as long again)
	@.ci/setup test
	@.venv/bin/python -m tests.run --coverage $(ARGS)

lint: ## check style, types and the direction of imports
	@.ci/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djangofmt --check templates
	.venv/bin/oxfmt --check config/static
	.venv/bin/lint-imports
	.venv/bin/mypy

fmt: ## format the code
	@.ci/setup test
	.venv/bin/ruff check --fix -q . || true
	.venv/bin/ruff format .
	.venv/bin/djangofmt -q templates
	.venv/bin/oxfmt config/static

bench: ## measure against real services; ARGS="programme" measures a part
	@.ci/setup test
	@.venv/bin/python -m tests.benchmarks $(ARGS)

mutants: ## put small faults into the rules and count what the suite finds; ARGS="--like FILE" compares with a run
	@.ci/setup test
	@.venv/bin/python -m tests.benchmarks.mutants $(ARGS)

faults: ## play faults on whole sites (docs/reliability.md); FULL=1 plays the long ones too
	@.ci/setup test
	@.venv/bin/python -m tests.run -m services $(ARGS)

lock: ## pin the requirements of pyproject.toml, with hashes
	@.ci/setup run
	@.ci/lock

messages: ## collect the strings for translation into config/locale
	@.ci/setup run
	@.venv/bin/python manage.py messages

check: ## look the pinned packages up in the list of known vulnerabilities (needs the network)
	@.ci/setup test
	.venv/bin/python manage.py check --deploy --fail-level ERROR
	.venv/bin/uv tool run -q pip-audit --strict --require-hashes --disable-pip -r requirements.txt

clean: ## remove what the commands made (the site's data in var/ too)
	rm -rf .venv .venv-newest var .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
