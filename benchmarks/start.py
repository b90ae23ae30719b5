"""The command `modiste tag one.jpg` from a cold process to its end: beside `python -c "import keras"`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import alternate, seconds
from benchmarks.contestants.tagger import describe
from benchmarks.harness import Benchmark, Setup
from benchmarks.rows import Row, Side
from modiste.portable.bundle import read_bundle


def measure(setup: Setup) -> list[Row]:
    """Starts us, Keras with each backend, and Python alone, in turns."""
    photo = min(setup.photos().iterdir())
    own = Path(sys.executable)
    with TemporaryDirectory() as home:
        # Keras's own default, whatever the user has set.
        default = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | {"KERAS_HOME": home}
        tag = [str(own.with_name("modiste")), "tag", str(photo), *setup.tagger_flags]
        turns = {
            "ours": partial(_seconds, tag, os.environ),
            "tensorflow": partial(_seconds, [str(setup.peer), "-c", "import keras"], default),
            "torch": partial(_seconds, [str(own), "-c", "import keras"], default | {"KERAS_BACKEND": "torch"}),
            "nothing": partial(_seconds, [str(own), "-c", ""], os.environ),
        }
        found = alternate(turns, setup.rounds, warm=True)
    facts = describe(read_bundle(setup.bundle), setup.options.engine)
    ours = Side.of(facts | {"name": "modiste tag one.jpg", "batch": 1}, found["ours"])
    return [
        Row("from a cold process to the end", "s", "one photo", ours, Side(name, found[turn]), better="less")
        for turn, name in (
            ("tensorflow", 'python -c "import keras", the default backend, TensorFlow'),
            ("torch", 'python -c "import keras" with torch'),
            ("nothing", 'python -c ""'),
        )
    ]


def _seconds(command: list[str], environment: Mapping[str, str]) -> float:
    return seconds(partial(subprocess.run, command, env=environment, check=True, capture_output=True))


BENCHMARK = Benchmark("start", __doc__, measure, tagger=True)

if __name__ == "__main__":
    BENCHMARK.main()
