# GANscope: `make help` lists the commands.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint format bench measure clean browser proxy

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## start the dashboard on http://127.0.0.1:8050; options go in ARGS="--preset quick"
	@exec $(BIN)/python app.py $(ARGS)

test: lint browser proxy ## check style and types, then run every test, two files at a time; pytest's options go in ARGS="-k engine"
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: $(VENV)/dev.stamp ## run the quick tests: no browser, no large networks, no other programs; style and types are not checked
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/browser -m "not slow" $(ARGS)

lint: $(VENV)/dev.stamp ## ruff and mypy, without changing a file
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp ## put the code into shape, in place
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/run.stamp ## measure the training speed; prints a table and writes bench.json
	@$(BIN)/python -m gan_core bench $(ARGS)

measure: $(VENV)/dev.stamp browser ## measure the page in Chromium
	@$(BIN)/python tests/browser/measure.py $(ARGS)

clean: ## remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp is written only after pip has finished; the file `unfinished` outlives an
# interrupted install, and the next call then starts from an empty environment instead of a half-filled one.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GANscope needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@if [ -e $(VENV)/unfinished ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m venv --clear $(VENV) || \
	  { echo "This Python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi
	@echo "Installing $< into $(VENV) (the first time, a few minutes)"
	@touch $(VENV)/unfinished
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r $<
	@rm $(VENV)/unfinished
	@touch $@
endef

$(VENV)/run.stamp: requirements.txt $(BIN)/python
	$(install)

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(install)

# No recipe of its own: where the interpreter has gone (deleted, or its system Python was), the stamps are stale.
$(BIN)/python: ;

# Playwright drives the system's browser, so nothing is downloaded from outside the package manager.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" -eq 0 ]; then root=env; else root=sudo; fi; \
	  command -v apt-get >/dev/null && command -v $$root >/dev/null && \
	  echo "Installing Debian's chromium for the browser tests" && \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null && \
	  command -v chromium >/dev/null; \
	} || { echo "The browser tests need Chromium or Chrome: install it so that chromium or google-chrome is on the PATH." >&2; exit 1; }

# The page is tested behind nginx, too. Where it is not there and cannot be installed, those tests are skipped.
proxy:
	@PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { \
	  if [ "$$(id -u)" -eq 0 ]; then root=env; else root=sudo; fi; \
	  command -v apt-get >/dev/null && command -v $$root >/dev/null && \
	  echo "Installing Debian's nginx for the tests behind a proxy" && \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null; \
	} || echo "Without nginx, its tests are skipped."
