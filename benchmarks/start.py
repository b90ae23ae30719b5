"""The command `modiste tag one.jpg` from a cold process to its end: beside `python -c "import keras"`."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import alternate
from benchmarks.contestants.tagger import describe
from benchmarks.options import add_tagger, common, parser, tagger_of
from benchmarks.photos import catalogue_of, photos_of
from benchmarks.rows import Row, Side, write_rows
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.runs import describe_environment


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("start", __doc__)
    add_tagger(options)
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Starts us, Keras with each backend, and Python alone, in turns."""
    shared = common(arguments)
    photo = min(photos_of(catalogue_of(shared.catalogue, shared.work), shared.work).iterdir())
    own = Path(sys.executable)
    with TemporaryDirectory() as home:
        # Keras's own default, whatever the user has set.
        default = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | {"KERAS_HOME": home}
        tag = [str(own.with_name("modiste")), "tag", str(photo), *tagger_of(arguments)]
        turns = {
            "ours": partial(_seconds, tag, os.environ),
            "tensorflow": partial(_seconds, [str(shared.peer), "-c", "import keras"], default),
            "torch": partial(_seconds, [str(own), "-c", "import keras"], default | {"KERAS_BACKEND": "torch"}),
            "nothing": partial(_seconds, [str(own), "-c", ""], os.environ),
        }
        for turn in turns.values():
            turn()
        found = alternate(turns, shared.rounds)
    bundle = read_bundle(arguments.bundle or default_bundle())
    ours = Side.of(describe(bundle, arguments.engine) | {"name": "modiste tag one.jpg", "batch": 1}, found["ours"])
    return [
        Row("from a cold process to the end", "s", "one photo", ours, Side(name, found[turn]), better="less")
        for turn, name in (
            ("tensorflow", 'python -c "import keras", the default backend, TensorFlow'),
            ("torch", 'python -c "import keras" with torch'),
            ("nothing", 'python -c ""'),
        )
    ]


def _seconds(command: list[str], environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=dict(environment), check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
