# A fresh machine needs Python 3.11 or newer and make: everything else is brought by these targets.

PYTHON3 ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test test-browser bench lint format texts lock stop psql

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# HOST, PORT (default 127.0.0.1:8000), PAASOO_VAR (state, default var/), DEMO=no
run: runtime ## Run the portal: make run [PORT=8123] [HOST=0.0.0.0] [DEMO=no]
	@exec $(PY) -m paasoo_portal.supervisor

test: dev ## Unit, HTTP, process and the telling browser tests: make test [ARGS="tests/run -k lock"]
	@exec $(PY) scripts/test.py main $(ARGS)

test-browser: dev ## The full browser matrix
	@exec $(PY) scripts/test.py browser $(ARGS)

bench: dev ## Benchmarks with their floors: make bench [ONLY=name]
	@exec $(PY) -m benchmarks $(ONLY)

lint: dev ## Style, types, layers, templates, production settings, migrations
	@exec $(PY) scripts/lint.py $(ONLY)

format: dev ## Bring the code into its form
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format .

stop: runtime ## Stop the embedded services started by hand (python -m paasoo_portal.embedded start)
	@exec $(PY) -m paasoo_portal.embedded stop

psql: runtime ## A psql on the running embedded cluster: make psql [DB=paasoo_sg]
	@exec $(PY) -m paasoo_portal.embedded psql $(DB)

texts: dev ## Gather the texts to translate into locale/, and compile them
	@exec $(PY) scripts/texts.py

lock: dev ## Write requirements*.txt anew from requirements*.in (ARGS=--upgrade for newer versions)
	@exec $(PY) scripts/lock.py $(ARGS)

.PHONY: runtime dev
runtime:
	@$(PYTHON3) scripts/bootstrap.py

dev:
	@$(PYTHON3) scripts/bootstrap.py --dev
