"""Runs the benchmarks one after another: a short version of each, or all of it on a real catalogue.

One that fails does not stop the others; it is named at the end. Each can be run alone as well, with more options:
`python -m benchmarks.tagging --help`.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.contest import ROOT
from benchmarks.harness import RESULTS

HERE = Path(__file__).parent

SHORT: dict[str, tuple[str, ...]] = {
    "tagging": ("--photos", "2000"),
    "tagging-openvino": ("--photos", "2000", "--engine", "openvino"),
    "latency": ("--photos", "100"),
    "start": (),
    "serving": ("--seconds", "3", "--rounds", "3"),
    "mixed": ("--requests", "300"),
    "memory": ("--photos", "2000"),
    "growth": ("--photos", "500", "1000", "2000"),
    "disk": (),
    "pixels": (),
    "candidates": (),
    "arithmetic": ("--steps", "8"),
    "training": ("--products", "1000", "--epochs", "5", "--patience", "2", "--turn", "20", "--race-epochs", "4"),
    "quantisation": (),
    "kills": ("--kills", "3"),
}
"""Name -> the size of the short version; their order, for the quantisation looks at what the training left. What
follows a hyphen makes a variant of the benchmark before it."""

FULL: dict[str, tuple[str, ...]] = SHORT | {
    "tagging": ("--photos", "44441"),
    "tagging-openvino": ("--photos", "44441", "--engine", "openvino"),
    "latency": ("--photos", "500"),
    "serving": ("--seconds", "10"),
    "mixed": ("--requests", "20000"),
    "memory": ("--photos", "44441"),
    "growth": ("--photos", "1000", "10000", "44441", "400000"),
    "candidates": ("--photos", "4096"),
    "arithmetic": ("--steps", "20"),
    "kills": ("--kills", "20"),
    "training": ("--config", str(HERE / "tagger.toml"), "--teacher", str(HERE / "teacher.toml")),
}

TAG = frozenset({"tagging", "tagging-openvino", "latency", "start", "serving", "mixed", "memory", "growth"})

OPTIONS: Mapping[str, frozenset[str]] = {
    "catalogue": frozenset(SHORT) - {"disk", "candidates", "quantisation", "kills"},
    "bundle": TAG | {"quantisation"},
    "engine": TAG - {"tagging-openvino"} | {"quantisation"},
    "run": frozenset({"quantisation"}),
    "config": frozenset({"training", "arithmetic"}),
    "teacher": frozenset({"training"}),
}
"""Option -> who takes it."""


def main() -> None:
    """Runs them, and says how long each took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(SHORT)}")
    parser.add_argument("--full", action="store_true", help="all of it, on the catalogue; takes hours")
    parser.add_argument("--catalogue", type=Path, help="a real catalogue; the short version draws one by default")
    parser.add_argument("--bundle", type=Path, help="the tagger; by default the one that ships")
    parser.add_argument("--engine", help="openvino or onnxruntime; by default the tagger's own choice")
    parser.add_argument("--run", type=Path, help="the run that the bundle was made of; by default the training's")
    parser.add_argument(
        "--config", type=Path, help="settings of the tagger; by default, with --full, of the one that ships"
    )
    parser.add_argument("--teacher", type=Path, help="settings of its teacher; likewise")
    arguments = parser.parse_args()
    if arguments.full and arguments.catalogue is None:
        parser.error("--full measures a real catalogue: name it with --catalogue")
    if unknown := set(arguments.names) - set(SHORT):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(SHORT)}")
    failed = [name for name in arguments.names or SHORT if not _run(name, arguments)]
    if failed:
        sys.exit(f"these failed, see above: {', '.join(failed)}")


def _run(name: str, arguments: argparse.Namespace) -> bool:
    """Runs one benchmark in a process of its own; returns whether it went well."""
    size = (FULL if arguments.full else SHORT)[name]
    out = RESULTS / f"{name}{'' if arguments.full else '-short'}.csv"
    options = [*size, "--out", out]
    for option, those in OPTIONS.items():
        if name in those and (value := getattr(arguments, option)) is not None:
            # The scripts run in the repository's root, wherever this was started.
            options += [f"--{option}", value.resolve() if isinstance(value, Path) else value]
    print(f"== {name}", flush=True)
    start = time.monotonic()
    command = [sys.executable, "-m", f"benchmarks.{name.partition('-')[0]}", *map(str, options)]
    # TensorFlow tells of itself at length.
    environment = {"KERAS_BACKEND": "torch", "TF_CPP_MIN_LOG_LEVEL": "2"} | dict(os.environ)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    print(f"== {name}: {time.monotonic() - start:.0f} s, {out}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
