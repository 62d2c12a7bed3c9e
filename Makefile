# What a checkout can do with Python 3.11 or newer and make alone. `make demo LAN=1` is for phones.

VENV = .venv
BIN = $(VENV)/bin
RECENT = -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p $(RECENT) 2>/dev/null && echo $$p && break; done)

# Where it is set each process would compile all that it imports, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test sheets bench bench-tracing load faults pictures

help:
	@echo "make demo          an invented city on http://localhost:8000"
	@echo "make demo LAN=1    the same over https, for phones on the same network"
	@echo "make test          all checks"
	@echo "make sheets        lists that leave, opened by LibreOffice (needs it)"
	@echo "make bench         check-ins a second beside a bare and a textbook route (needs wrk)"
	@echo "make bench-tracing tracing in a city beside SQL's own join and DuckDB"
	@echo "make faults        the service and its database killed, cut off, stalled under load"
	@echo "make load          a supermarket's day; load-gate, load-burst, load-lunch, load-flaky, … others"
	@echo "PYTHON=…           the Python to use, if not python3 (3.11 or newer)"

# Tied to make: should make be killed, the demo ends too.
demo: $(VENV)/requirements.lock
	@exec $(BIN)/python chot.py demo --tied $$PPID $(if $(filter-out 0 no,$(LAN)),--lan)

test: $(VENV)/requirements-dev.lock
	@sh tests/run

# Skipped with a word where LibreOffice is missing.
sheets: $(VENV)/requirements-dev.lock
	@exec $(BIN)/python -m pytest -rs tests/sheets.py

bench: $(VENV)/requirements-dev.lock
	@exec $(BIN)/python -m bench.door

# SCANS=60000000 is the whole city: an estimated 20 GB of disk while it runs.
SCANS = 6000000
bench-tracing: $(VENV)/requirements-dev.lock
	@exec $(BIN)/python -m bench.tracing_city --scans $(SCANS)

# FAULTS='--kills 200 --load-seconds 8 --cuts 1000 --terminations 100 --cancels 10000' is the full campaign.
faults: $(VENV)/requirements-dev.lock
	@exec $(BIN)/python -m tests.faults $(FAULTS)

load: load-supermarket

# PAGE=1 opens Locust's own page instead of running at once.
load-%: $(VENV)/requirements-dev.lock
	@exec $(BIN)/python -m loadtest.run $* $(if $(filter-out 0 no,$(PAGE)),--page)

# The README's pictures, from a demo that runs on URL.
URL = http://localhost:8000
pictures: $(VENV)/requirements-dev.lock
	@$(BIN)/python -m tests.browser.pictures $(URL)

# The copy of a lock says what is installed; it is made last, so half an installation is redone.
$(VENV)/%.lock: %.lock
	@if ! $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		if ! "$(PYTHON)" $(RECENT) 2>/dev/null; then \
			echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=python3.12" >&2; \
			exit 1; \
		fi; \
		if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "$(PYTHON) lacks venv; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) …"; \
		"$(PYTHON)" -m venv --clear $(VENV); \
	fi
	@echo "Installing what $< lists …"
	@# Compiled when first used instead: most of it never is, and it would take as long as the rest.
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --no-compile -r $<
	@cp $< $@
