# `make` on a fresh machine shows the map; `make help` tells the rest.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
ARGS ?=

VENV := .venv
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check -qq
PROJECT := setup.cfg setup.py pyproject.toml

export PYTHON
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := serve
.PHONY: serve build test test-quick test-clients test-environment postgis postgis-stop lint bench wheel \
	environment assets components clean help

serve: components environment assets ## the map on http://127.0.0.1:8000 (PORT=…, HOST=…)
	@exec $(VENV)/bin/corridor serve --host $(HOST) --port $(PORT)

build: components environment assets ## everything that serve needs, the database included
	@$(VENV)/bin/corridor build

test: ## every test on the real components, which it installs (ARGS="-k name" goes to pytest)
	@tools/test.sh $(ARGS)

test-quick: test-environment ## the tests that this machine can run; the others skip and say why
	@$(VENV)/bin/python -m pytest $(ARGS)

test-clients: ## as test, and opens the layers in QGIS too
	@CORRIDOR_TEST_QGIS=1 tools/test.sh $(ARGS)

postgis: ## a local PostGIS in var/postgis, to try the production store
	@tools/system.sh postgis
	@url=$$(tools/postgis.sh start var/postgis); \
	printf '%s\n' "PostGIS answers at $$url" \
		"  fill it:   $(VENV)/bin/corridor build --database $$url" \
		"  serve it:  $(VENV)/bin/corridor serve --database $$url" \
		"  stop it:   make postgis-stop"

postgis-stop: ## stop it; its data stay
	@tools/postgis.sh stop var/postgis

lint: $(VENV)/.test ## ruff and mypy
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

bench: components test-environment ## how fast it is, beside TiPg, pygeoapi and folium; takes half an hour
	@tools/bench.sh $(ARGS)

wheel: environment assets ## the distribution, with its front-end assets, in dist
	@rm -rf build dist
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build
	@ls dist

clean: ## remove all that make made, but not var
	@rm -rf $(VENV) build dist *.egg-info node_modules webmap/static/vendor webmap/paper/fonts
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

# --- what these need ---------------------------------------------------------------------------

# A stamp stands for each list of pins; the longer list holds the shorter one.
environment: $(VENV)/.run

$(VENV)/.run: requirements.txt $(PROJECT)
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.test: requirements-test.txt requirements.txt $(PROJECT)
	@$(call install,requirements-test.txt)
	@touch $(VENV)/.run $@

# No network but for the pins: the project itself is built with the pinned setuptools. Compiling apart,
# on every core and without the libraries' own tests, halves the time.
install = tools/system.sh venv; \
	$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV); \
	echo "pip: installing $(1) into $(VENV)"; \
	$(PIP) install --no-compile --requirement $(1); \
	$(VENV)/bin/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib >/dev/null || true; \
	$(PIP) install --no-deps --no-build-isolation --editable .

test-environment: $(VENV)/.test
	@$(MAKE) --no-print-directory assets || echo "assets: left out; the tests that need them say so" >&2

assets: | environment
	@$(VENV)/bin/python tools/assets.py --check 2>/dev/null || \
		{ tools/system.sh node; $(VENV)/bin/python tools/assets.py; }
	@$(VENV)/bin/python tools/fonts.py --check 2>/dev/null || \
		{ tools/system.sh node; tools/system.sh ideographs || true; $(VENV)/bin/python tools/fonts.py; }

components:
	@tools/system.sh spatialite $(if $(wildcard $(VENV)/.run),,venv)
