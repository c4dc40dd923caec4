# make demo   set everything up, then find the example object in the example image
# make test   set everything up, then lint, check the types and run the fast tests
# make sanitize   the C++ core on drawn and absurd input under sanitizers, for every instruction set here
# make bench  the side-by-side timings of benchmarks/
# A second call finds the set-up done and goes straight to work.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.objpose-ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test lint sanitize bench
help:
	@sed -n '1,/^$$/s/^# //p' Makefile

setup: $(READY)

demo: $(READY)
	$(BIN)/objpose demo

# Files go to the workers in the order of tests/conftest.py. The bytecode of package and tests is kept, whatever the
# shell says: else every process compiles them anew. Memory stays with its process: else the pages of every larger
# tensor are got from the system and given back, a twelfth of the time.
TESTING := PYTHONDONTWRITEBYTECODE= MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=2000000000
test: lint
	$(TESTING) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

sanitize:
	$(PYTHON) tests/raster/fuzz/run.py

bench: $(READY)
	$(BIN)/python benchmarks/mesh_raster.py
	$(BIN)/python benchmarks/registration.py
	$(BIN)/python benchmarks/splats.py
	$(BIN)/python benchmarks/synchronisation.py

# The editable install compiles the core, so it is repeated when the core's source changes.
$(READY): pyproject.toml CMakeLists.txt $(wildcard objpose/raster/csrc/*/*)
	@test -n "$(PYTHON)" || { echo "error: found no python3, expected Python 3.10 or newer" >&2; exit 2; }
	$(PYTHON) .ci/system_packages.py
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --editable '.[dev]'
	@touch $@
