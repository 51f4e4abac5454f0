# Everything a newcomer, a developer and CI need. It takes Python 3.11 or newer and make; the rest it installs in .venv.

SHELL := /bin/sh
VENV := .venv
IN_VENV := $(VENV)/bin/

.DEFAULT_GOAL := help
.PHONY: help run install test test-thorough test-security fuzz faults lint format createadmin audit requirements pictures translations test-model

help: ## Say what there is to make
	@echo "make run          Install what is missing, prepare everything and serve Nono on http://127.0.0.1:8000/"
	@echo "make test         Run the tests but for the next four; ARGS= passes options on, as in make test ARGS='-k sessions -x'"
	@echo "make test-thorough  Run the tests that take longest, which make test leaves out"
	@echo "make faults       Kill, freeze, fill and cut for twenty minutes, and print what was lost"
	@echo "make test-security  Attack it in every way of docs/security.md; none may succeed"
	@echo "make fuzz         Throw random requests, frames and bytes at it for two minutes (NONO_FUZZ_SECONDS=3600)"
	@echo "make test-model   Run the tests against llama.cpp's server and the LiteLLM proxy (installs them first, 850 MB)"
	@echo "make lint         Check style, types, templates, scripts and style sheets (takes npm)"
	@echo "make format       Write the style"
	@echo "make audit        Ask whether known holes are in what Nono is built on"
	@echo "make createadmin  Make an operator, who can then sign in at /admin/"
	@echo "make install      Only install what is missing"
	@echo "Settings come from the environment or .env (see .env.example), as in PORT=9000 make run"

run: $(VENV)/installed
	@exec $(IN_VENV)python -m nono.server --share-at-home

install: $(VENV)/installed

# A file's tests stay together and share what they start; those of tests/browser, which take longest, come first.
LONGEST_FIRST := --dist loadfile --no-loadscope-reorder
# These have targets of their own and would take make test past eight minutes on two cores; CI runs all of them.
BY_THEMSELVES := tests/faults tests/fuzz tests/security
test: $(VENV)/installed-dev
	@for needed in redis-server chromium nginx strace gettext; do \
		command -v $$needed >/dev/null || echo "Without $$needed its tests are skipped (on Debian: apt-get install $$needed)"; \
	done
ifeq ($(ARGS),)
	@$(IN_VENV)python -m pytest -m "not thorough" $(addprefix --ignore ,$(BY_THEMSELVES)) --numprocesses 3 $(LONGEST_FIRST)
else
	@$(IN_VENV)python -m pytest $(ARGS)
endif

test-thorough: $(VENV)/installed-dev
	@$(IN_VENV)python -m pytest -m thorough $(ARGS)

ATTACKS := tests/security tests/web/test_bounds.py tests/web/test_socket_counts.py tests/web/test_logs.py tests/web/test_production.py
test-security: $(VENV)/installed-dev
	@$(IN_VENV)python -m pytest $(ATTACKS) tests/browser/test_two_visitors.py tests/browser/test_sink.py --numprocesses 2 $(ARGS)

fuzz: $(VENV)/installed-dev
	@$(IN_VENV)python -m pytest tests/fuzz --numprocesses 2 --dist worksteal $(ARGS)

faults: $(VENV)/installed-dev
	@NONO_TEST_FAULTS=long $(IN_VENV)python -m pytest tests/faults $(ARGS)

BIOME := $(VENV)/lint/node_modules/.bin/biome
lint: $(VENV)/installed-dev $(VENV)/lint/installed
	$(IN_VENV)ruff check .
	$(IN_VENV)ruff format --check .
	$(IN_VENV)mypy
	$(IN_VENV)djlint templates --check --quiet
	$(IN_VENV)djlint templates --lint --quiet
	$(BIOME) check --error-on-warnings
	$(IN_VENV)python manage.py check
	$(IN_VENV)python manage.py makemigrations --check --dry-run

format: $(VENV)/installed-dev $(VENV)/lint/installed
	$(IN_VENV)ruff check --fix .
	$(IN_VENV)ruff format .
	$(IN_VENV)djlint templates --reformat --quiet
	$(BIOME) format --write

# Biome checks static/js and static/css by biome.json. Nothing but make lint and make format needs it.
$(VENV)/lint/installed: tests/lint/package-lock.json $(VENV)/made
	@command -v npm >/dev/null || { echo "Biome needs npm: install it first (on Debian: apt-get install nodejs npm)" >&2; exit 1; }
	@echo "Installing the linter of scripts and style sheets (only when its version changes) ..."
	@mkdir -p $(VENV)/lint && cp tests/lint/package.json tests/lint/package-lock.json $(VENV)/lint/
	@npm ci --prefix $(VENV)/lint --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# Asks the package index about known holes in what requirements.txt pins; a package that it does not know fails, too.
audit: $(VENV)/installed-dev
	$(IN_VENV)pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict

createadmin: $(VENV)/installed
	@$(IN_VENV)python manage.py migrate --verbosity 0
	@if [ -n "$$DJANGO_SUPERUSER_USERNAME" ] && [ -n "$$DJANGO_SUPERUSER_PASSWORD" ]; then \
		DJANGO_SUPERUSER_EMAIL="$${DJANGO_SUPERUSER_EMAIL:-operator@localhost}" \
			$(IN_VENV)python manage.py createsuperuser --noinput; \
	elif [ -t 0 ]; then \
		$(IN_VENV)python manage.py createsuperuser; \
	else \
		echo "Without a terminal set DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD." >&2; exit 1; \
	fi

# Nono against servers and a client of OpenAI's protocol that others wrote, on loopback; wheels only, nothing is compiled.
MODEL_VENV := $(VENV)/model
test-model: $(VENV)/installed-dev $(MODEL_VENV)/installed
	@MODEL_PYTHON=$(CURDIR)/$(MODEL_VENV)/bin/python $(IN_VENV)python -m pytest tests/model $(ARGS)

$(MODEL_VENV)/installed: tests/model/requirements.txt $(VENV)/made
	@echo "Installing llama.cpp's server and the LiteLLM proxy (only when their versions change; a minute) ..."
	@$(IN_VENV)python -m venv --clear $(MODEL_VENV)
	@$(MODEL_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r tests/model/requirements.txt
	@touch $@

# For developers who changed the page: docs/img is made from it. Takes Chromium.
pictures: $(VENV)/installed-dev
	@$(IN_VENV)python -m docs.pictures

# For developers who changed a sentence, and for translators. Takes GNU gettext.
translations: $(VENV)/installed-dev
	@$(IN_VENV)python -m docs.translations

# For developers who changed pyproject.toml: takes uv. Each file keeps the comment that it starts with.
EXPORT := uv export --quiet --locked --no-header --no-annotate --no-emit-project
requirements:
	uv lock
	{ sed '/^[^#]/,$$d' requirements.txt; $(EXPORT) --no-dev; } > requirements.new && mv requirements.new requirements.txt
	{ sed '/^[^#]/,$$d' requirements-dev.txt; $(EXPORT); } > requirements.new && mv requirements.new requirements-dev.txt

# The stamps say which requirements are installed; pip only runs when those changed.

$(VENV)/installed: requirements.txt $(VENV)/made
	@echo "Installing what Nono needs (only when it changes) ..."
	@$(IN_VENV)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing what the tests need (only when it changes) ..."
	@$(IN_VENV)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/made:
	@python=""; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Nono needs Python 3.11 or newer, and none was found; name one with make run PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! $$python -c 'import venv, ensurepip' >/dev/null 2>&1; then \
		echo "$$python lacks venv: install it first (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; \
	fi; \
	$$python -m venv $(VENV) && touch $@
