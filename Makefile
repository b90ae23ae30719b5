# Every target installs what it needs, pinned by constraints.txt, and only when that file or pyproject.toml changed.
.DEFAULT_GOAL := help
.PHONY: help demo test test-backends test-pythons lint docs bench bench-full wheel pins clean

# The first of these that runs; or make PYTHON=/path/to/python.
PYTHON ?= $(firstword $(foreach p,python3.11 python3,$(shell $(p) -c 'print("$(p)")' 2>/dev/null)))
PYTEST_FLAGS ?= -n 2 --dist loadscope
DEMO_FLAGS ?= --epochs 3 --bn-momentum 0.9

BIN := .venv/bin
BACKENDS := .venv-backends/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INPUTS := pyproject.toml constraints.txt

help:
	@echo "make demo           install, draw 3,000 products, run the study on them, small"
	@echo "make test           install and run every test"
	@echo "make test-backends  train on TensorFlow and on JAX, in an environment of their own"
	@echo "make test-pythons   run the tests on each other Python that is here (PYTHONS names them)"
	@echo "make lint           style, types and import contracts"
	@echo "make docs           write docs/cli.md again"
	@echo "make bench          each claim about speed beside its peer, in short (15 minutes)"
	@echo "make bench-full     the same on the real catalogue, CATALOGUE=/path/to/it (hours)"
	@echo "make wheel          build the wheel into dist/"
	@echo "make pins           write constraints.txt again from the environments of test and test-backends"
	@echo "make clean          remove the environments and everything that was built"

demo: .venv/train.stamp
	rm -rf demo
	$(BIN)/modiste sample demo/catalogue --products 3000
	$(BIN)/modiste study demo/catalogue --out demo/run $(DEMO_FLAGS)

test: .venv/dev.stamp
	$(BIN)/pytest $(PYTEST_FLAGS)

test-backends: .venv-backends/stamp
	KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=2 $(BACKENDS)/pytest tests/backends
	KERAS_BACKEND=jax $(BACKENDS)/pytest tests/backends

test-pythons:
	scripts/test_pythons.sh $(PYTHONS)

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev.stamp
	$(BIN)/python scripts/write_cli_docs.py

# BENCH_FLAGS: see `python -m benchmarks --help`, for instance BENCH_FLAGS="--engine onnxruntime tagging latency".
bench: .venv/dev.stamp .venv-backends/stamp
	$(BIN)/python -m benchmarks $(if $(CATALOGUE),--catalogue "$(CATALOGUE)") $(BENCH_FLAGS)

bench-full: .venv/dev.stamp .venv-backends/stamp
	@test -n "$(CATALOGUE)" || { echo "Name the real catalogue: make bench-full CATALOGUE=/path/to/it" >&2; exit 1; }
	$(BIN)/python -m benchmarks --full --catalogue "$(CATALOGUE)" $(BENCH_FLAGS)

wheel: .venv/dev.stamp
	$(BIN)/python -m build --wheel

pins: .venv/dev.stamp .venv-backends/stamp
	$(BIN)/python scripts/write_constraints.py .venv .venv-backends

clean:
	rm -rf .venv .venv-* demo dist build

.venv/%.stamp: $(INPUTS) | .venv/bin/python
	@echo "Installing modiste[$*] into .venv (the first time takes a minute or two)"
	$(BIN)/python $(PIP_INSTALL) --editable '.[$*]'
	@touch $@

.venv-backends/stamp: $(INPUTS) | .venv-backends/bin/python
	@echo "Installing Keras with TensorFlow and JAX into .venv-backends (the first time takes two minutes)"
	$(BACKENDS)/python $(PIP_INSTALL) --editable '.[catalogue,serve]' h5py jax keras onnx pytest tensorflow-cpu
	@touch $@

.venv/bin/python .venv-backends/bin/python: %/bin/python:
	@test -n "$(PYTHON)" || { echo "No python3.11 or python3 was found; name one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "$(PYTHON) is not Python 3.11 to 3.13; name one with make PYTHON=..." >&2; exit 1; }
	@echo "Creating $* with $(PYTHON)"
	@$(PYTHON) -m venv $* || { rm -rf $*; exit 1; }
