# Commands for this checkout; `make` lists them.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
# Each port has books of its own, so that two `make run` do not replace each other's.
DEMO := var/demo$(addprefix -,$(filter-out 8000,$(PORT))).db
WORKERS ?= auto
SEED ?= 1
STEPS ?= 5000
ENGINE ?= sqlite

# Tests start Python a thousand times, and without its files of bytecode it compiles every module
# again, which takes longer than the rest of the start. Many containers turn these files off.
export PYTHONDONTWRITEBYTECODE :=

# Licences that would oblige users of the program to publish their own. Tests run the command of
# beancount (GPL), which is not part of the program.
REFUSED_LICENCES := AGPL-3.0-only;AGPL-3.0-or-later;GPL-2.0-only;GPL-2.0-or-later;GPL-3.0-only;GPL-3.0-or-later;GNU Affero General Public License v3;GNU Affero General Public License v3 or later (AGPLv3+);GNU General Public License (GPL);GNU General Public License v2 (GPLv2);GNU General Public License v2 or later (GPLv2+);GNU General Public License v3 (GPLv3);GNU General Public License v3 or later (GPLv3+)

.PHONY: run test test-days test-cluster test-firefox simulate attack check bench bench-growth screenshots keystrokes lock audit clean
.DEFAULT_GOAL := help

help:
	@echo "make run           install, book the demo and serve it at http://127.0.0.1:$(PORT) (PORT=8000)"
	@echo "make test          install and run every test"
	@echo "make check         formatting, lint, types, import rules and the prose of the documentation"
	@echo "make bench         measure speed, as ratios within one run (ENGINE=sqlite|postgresql)"
	@echo "make bench-growth  measure books of 10,000 to a million entries (ENGINE=sqlite|postgresql)"
	@echo "make simulate      simulate weeks of work with faults (SEED=1 STEPS=5000 ENGINE=sqlite|postgresql)"
	@echo "make attack        flood and starve a service, try each limit of each field, and take away the database"
	@echo "make test-cluster  stop the primary of a real PostgreSQL cluster under load"
	@echo "make test-days     work a day in the browser in each language and width, with and without scripts"
	@echo "make test-firefox  record a team's run in the Firefox of this machine, without a network"
	@echo "make screenshots   take a picture of each page of each role into var/screenshots; needs Chromium (ROLES=… LANGUAGES=…)"
	@echo "make keystrokes    count the keys and seconds of recording a donation by keyboard; needs Chromium"
	@echo "make lock          write the versions and hashes of all dependencies into the lock files"
	@echo "make audit         look for known vulnerabilities and refused licences of the dependencies"
	@echo "make clean         remove .venv, var, build and dist"

# The environment is made once, and again when pyproject.toml changes.
.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import sqlite3, sys; sys.exit(sqlite3.sqlite_version_info < (3, 37) and "SQLite 3.37 or newer is needed; this Python has " + sqlite3.sqlite_version + ". Try another Python: make PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

.venv/installed-bench: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

run: .venv/installed
	@$(BIN)/python -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", $(PORT))) == 0 and "Port $(PORT) is taken, perhaps by another `make run`; nothing was changed. Try: make run PORT=8001")'
	@rm -rf $(DEMO) $(DEMO)-wal $(DEMO)-shm $(DEMO:.db=.key) $(DEMO:.db=.key.seals) $(DEMO:.db=.key.checkpoints) $(DEMO:.db=-papers)
	@mkdir -p $(dir $(DEMO))
	$(BIN)/supplies demo --database $(DEMO) --host http://127.0.0.1:$(PORT)
	$(BIN)/supplies serve --database $(DEMO) --port $(PORT)

# Tests of a file stay together, so that its fixtures are made by one worker.
test: .venv/installed-test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-days: .venv/installed-test
	DAYS=all $(BIN)/python -m pytest -n $(WORKERS) tests/pages/test_a_whole_day.py

test-cluster: .venv/installed-test
	$(BIN)/python -m pytest tests/cluster

test-firefox: .venv/installed-test
	$(BIN)/python -m pytest tests/firefox

MIGRATIONS := src/supplies/storage/migrations

check: .venv/installed-test
	@twice=$$(ls $(MIGRATIONS) | cut -c1-4 | uniq -d); test -z "$$twice" || { echo "$(MIGRATIONS): two migrations have the number $$twice"; exit 1; }
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --output-format concise .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.prose
	$(BIN)/python -m tools.prose --code
	$(BIN)/python -m tools.raises

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks $(if $(filter postgresql,$(ENGINE)),engines growth-postgresql)

bench-growth: .venv/installed-test
	$(BIN)/python -m benchmarks growth --entries 10000 --entries 100000 --entries 1000000 --engine $(ENGINE)

# Without addresses of an index, so that any mirror may serve the files. The hashes are of all platforms.
COMPILE := var/audit/bin/pip-compile --quiet --generate-hashes --allow-unsafe --all-build-deps --strip-extras \
	--no-header --no-annotate --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

var/audit/installed:
	$(PYTHON) -m venv var/audit
	var/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.5,<8' 'pip-audit>=2.9,<3' 'pip-licenses>=5,<6'
	touch $@

lock: var/audit/installed
	$(COMPILE) --extra test --output-file .ci/test.lock pyproject.toml
	cp .ci/test.lock deploy/service.lock
	$(COMPILE) --extra postgres --output-file deploy/service.lock pyproject.toml

audit: var/audit/installed .venv/installed-test
	var/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement .ci/test.lock
	var/audit/bin/pip-licenses --python $(BIN)/python --fail-on '$(REFUSED_LICENCES)' --ignore-packages beancount

simulate: .venv/installed-test
	PYTHONPATH=tests $(BIN)/python -m simulation --seed $(SEED) --steps $(STEPS) --engine $(ENGINE) $(if $(ONLY),--only $(ONLY))
	$(if $(ONLY),,PYTHONPATH=tests $(BIN)/python -m simulation.phones --seed $(SEED) --steps 1000 --engine $(ENGINE))
	$(if $(ONLY),,PYTHONPATH=tests $(BIN)/python -m simulation.service --seed $(SEED) --steps 500 --engine $(ENGINE))

ATTACKS := under_load any_request canaries free_text_by_role csrf rate_limits long_work broken_files database_away

attack: .venv/installed-test
	$(BIN)/python -m benchmarks.attack
	ROLES="coordinator recorder auditor courier donor" $(BIN)/python -m pytest --durations=20 $(ATTACKS:%=tests/service/test_%.py) tests/pages/test_known_devices.py tests/pages/test_one_time_codes.py

screenshots: .venv/installed-test
	$(BIN)/python -m tools.screenshots $(if $(ROLES),--roles $(ROLES)) $(if $(LANGUAGES),--languages $(LANGUAGES))

keystrokes: .venv/installed-test
	$(BIN)/python -m tools.keystrokes

clean:
	rm -rf .venv var build dist
