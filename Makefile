# make demo | test | test-frameworks | build | bench | bench-peers | stats | lint | sanitize | wheel | clean
#
# demo and test need Python 3.10+ and a C++17 compiler, nothing else: they make a .venv with the versions that
# constraints.txt pins, compile what has changed, and go. ARGS="..." is handed on; PYTHON=... picks the Python.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
PEERS := build/peers
FRAMEWORKS := build/frameworks
PIP := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
ARGS ?=

.PHONY: help build demo test test-frameworks bench bench-peers stats lint sanitize wheel clean

help:
	@sed -n '1,4s/^# \{0,1\}//p' Makefile

$(VENV)/made:
	@python="$$(sh cmake/find_python.sh $(PYTHON))" || exit 1; \
	test -x $(PY) || { echo "seedaug: making $(VENV) with $$python"; "$$python" -m venv $(VENV); }
	@touch $@

# torchvision's wheel asks for another build of torch than the pinned one, hence --no-deps.
$(VENV)/requirements: $(VENV)/made constraints.txt pyproject.toml
	@echo "seedaug: installing the pinned requirements (the first time takes minutes)"
	@$(PIP) setuptools cmake ninja pybind11 torch numpy
	@$(PY) cmake/requirements.py dev >$(VENV)/dev.txt
	@$(PIP) -r $(VENV)/dev.txt
	@$(PIP) --no-deps torchvision
	@touch $@

build: $(VENV)/requirements
	@$(PY) cmake/seedaug_build.py inplace
	@test $(VENV)/installed -nt pyproject.toml || { \
	  $(PIP) --no-build-isolation --no-deps --editable . && touch $(VENV)/installed; }

demo: build
	@$(PY) -m seedaug demo $(ARGS)

test: build
	@$(PY) -m pytest $(ARGS)

# The frameworks that people train with, in an environment of their own, and seedaug from here.
$(FRAMEWORKS)/installed: $(VENV)/made tests/frameworks/requirements.txt
	@test -x $(FRAMEWORKS)/bin/python || { echo "seedaug: making $(FRAMEWORKS)"; $(PY) -m venv $(FRAMEWORKS); }
	@echo "seedaug: installing the frameworks (the first time takes minutes and gigabytes)"
	@$(FRAMEWORKS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/frameworks/requirements.txt
	@touch $@

# First every cell of docs/frameworks.md, then what is tested of single frameworks.
test-frameworks: build $(FRAMEWORKS)/installed
	@PYTHONPATH=. $(FRAMEWORKS)/bin/python -m tests.frameworks.run $(ARGS)
	@PYTHONPATH=. $(FRAMEWORKS)/bin/python -m pytest -p no:cacheprovider -n 2 --dist loadfile tests/frameworks/test_*.py

bench: build
	@$(PY) -m benchmarks $(ARGS)

# Beside libraries that ask for other versions than .venv has: an environment of their own, and seedaug from here.
$(PEERS)/installed: $(VENV)/made benchmarks/requirements-peers.txt
	@test -x $(PEERS)/bin/python || { echo "seedaug: making $(PEERS)"; $(PY) -m venv $(PEERS); }
	@echo "seedaug: installing what is compared (the first time takes minutes and gigabytes)"
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements-peers.txt
	@touch $@

bench-peers: build $(PEERS)/installed
	@PYTHONPATH=. $(PEERS)/bin/python -m benchmarks --seconds 8 --large --out benchmarks/results $(ARGS)

stats: build
	@SEEDAUG_STATS=long $(PY) -m pytest -m stats -rA $(ARGS)

lint: build
	@$(PY) cmake/lint.py

sanitize: build
	@$(PY) cmake/sanitize.py $(ARGS)

wheel: $(VENV)/requirements
	@$(PY) -m build --no-isolation --outdir dist .

clean:
	rm -rf build dist seedaug.egg-info seedaug/*.so
