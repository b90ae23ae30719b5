#!/usr/bin/env bash
# Runs the tests on other Pythons, each in an environment of its own, with JAX as Keras's backend: the pinned build of
# PyTorch may not exist for them, so test files that import it are left out.
# Usage: scripts/test_pythons.sh [PYTHON...]; by default python3.12 and python3.13, those of them that are here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

works() { "$1" -c '' 2>/dev/null; }

pythons=("$@")
if [ ${#pythons[@]} -eq 0 ]; then
    for python in python3.12 python3.13; do
        if works "$python"; then pythons+=("$python"); else echo "No $python here: left out"; fi
    done
fi
if [ ${#pythons[@]} -eq 0 ]; then
    echo "No other Python was found; name one with make test-pythons PYTHONS=/path/to/python3.12" >&2
    exit 1
fi

# On JAX nothing can reach into a network while it is fitted, as this test does.
left_out=(--deselect tests/learning/test_training.py::test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_epoch)
mapfile -t -O 2 left_out < <(
    grep --recursive --files-with-matches --include='test_*.py' --extended-regexp \
        '^(import torch|from torch|from modiste.learning.step)' tests | sed 's/^/--ignore=/'
)

for python in "${pythons[@]}"; do
    version=$("$python" -c 'import sys; print("{}.{}".format(*sys.version_info))')
    environment=.venv-$version
    echo "== Python $version: installing into $environment"
    [ -x "$environment/bin/python" ] || "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
        --editable '.[catalogue,serve]' axe-playwright-python build h5py hatchling httpx2 hypothesis jax keras onnx \
        playwright psutil pytest pytest-xdist schemathesis
    echo "== Python $version: testing"
    KERAS_BACKEND=jax "$environment/bin/pytest" -n 2 --dist loadscope "${left_out[@]}" tests tests/backends
done
