# Commands of this project. `make help` lists them; docs/developer/setup.md explains them.
SHELL := /bin/bash
RUNTIME ?= $(CURDIR)/.runtime
override RUNTIME := $(abspath $(RUNTIME))
# settings that may be given on the command line: make run PORT=8070
export RUNTIME PORT HTTP_INTERFACE ODOO_SRC ODOO_DEB_FILE PYTHON
export ADDONS TEST ONLY JOBS FRESH MODULES RECORD CHECK
PYTHON_OF_PROJECT := $(RUNTIME)/venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench test-odoo docs i18n clean clean-odoo clean-all

help: ## what the commands do
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS=$$'\t' read -r name text; do printf "  make %-11s %s\n" "$$name" "$$text"; done

setup: ## install Odoo 19, its Python packages and PostgreSQL below .runtime
	@config/setup.sh test

run: ## serve the demo company at http://localhost:8069 (another port: PORT=8070)
	@config/serve.sh

test: ## all tests; a part of them with ADDONS=a,b TEST=file|class|method
	@config/test.sh run_tests.py

lint: ## ruff, pylint-odoo, OCA checks of XML and translations, house rules
	@config/lint.sh

format: ## lay out the Python files as lint wants them
	@config/setup.sh lint && $(RUNTIME)/lint/bin/ruff check --quiet --select I --fix . && $(RUNTIME)/lint/bin/ruff format .

bench: ## measure against the floors (long)
	@if [ -e tests/bench/run.py ]; then config/test.sh ../tests/bench/run.py; else echo "There is no benchmark yet (tests/bench/run.py)."; fi

test-odoo: ## Odoo's own tests without and with our addons (long, can be interrupted)
	@config/test.sh test_odoo.py

docs: ## check the links of the documentation and build it where docs/build.py exists
	@python3 config/check_docs.py
	@if [ -e docs/build.py ]; then config/test.sh ../docs/build.py; fi

i18n: ## export the terms of the addons and merge them into zh_CN.po (CHECK=1: only look)
	@config/test.sh i18n.py

clean: ## remove test databases, logs and tools; keeps the demo company and Odoo
	@config/clean.sh tests

clean-odoo: ## remove Odoo and its Python packages, to fetch them again
	@config/clean.sh odoo

clean-all: ## remove everything below .runtime, the demo company included
	@config/clean.sh all
