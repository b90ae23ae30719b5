"""Our side: a tagger that waits for photos."""

import argparse
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import Job, Seat, milliseconds, peak_memory, serve
from modiste.portable.bundle import Bundle
from modiste.portable.engine import ENGINES
from modiste.portable.predictor import MOST_AT_ONCE, Predictor
from modiste.predictions import Predictions
from modiste.runs import describe_environment
from modiste.tagging.sources import find_photos
from modiste.tagging.tagger import Tagger

__all__ = ["TagPhotos", "describe", "precision_of", "predict"]

AT_A_TIME = 512
"""Pictures in memory that are answered in one call; the predictor shares them out to the cores."""


class TagPhotos:
    """Tags photos by the Python API.

    Args:
        bundle: Its file, or None for the one that ships.
        engine: Its name, or None for the default one.

    Attributes:
        bundle: The bundle.
    """

    def __init__(self, bundle: Path | None, engine: str | None) -> None:
        self._tagger = Tagger.load(bundle, engine=engine)
        self.bundle = self._tagger.bundle

    def tag(self, folder: str, out: str) -> dict[str, float]:
        """Tags a folder of photos into a table."""
        start = time.perf_counter()
        written = self._tagger.write(Path(out), find_photos([Path(folder)]), overwrite=True)
        return {"photos": written.photos, "seconds": time.perf_counter() - start, "peak": peak_memory()}

    def one(self, photo: str, count: int) -> dict[str, Any]:
        """Tags one photo again and again; returns milliseconds, each from the file to the answers."""
        return milliseconds(partial(self._tagger.tag, photo), count)

    def answer(self, count: int) -> dict[str, float]:
        """Answers for pixels in memory: all that is not reading, decoding and writing."""
        image = self.bundle.image
        shape = (AT_A_TIME, image.height, image.width, 3)
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        start = time.perf_counter()
        for _ in range(0, count, AT_A_TIME):
            self._tagger.predictor.predict(pixels)
        return {"photos": -(-count // AT_A_TIME) * AT_A_TIME, "seconds": time.perf_counter() - start}


def predict(bundle: Bundle, engine: str | None, pixels: NDArray[np.uint8]) -> Predictions:
    """Returns what a bundle says of pictures."""
    return Predictor(bundle, engine=engine).predict(pixels)


def describe(bundle: Bundle, engine: str | None) -> dict[str, Any]:
    """Returns what a tagger is, for the tables."""
    used = engine or next(name for name in ENGINES if find_spec(name))
    versions = describe_environment((used,))
    return {
        "name": f"modiste on {used}",
        "precision": precision_of(bundle),
        "batch": MOST_AT_ONCE,
        "versions": versions,
    }


def precision_of(bundle: Bundle) -> str:
    """Returns what a bundle's network computes with.

    By the names of operators in the file's bytes: to read it, one would need a package that tagging does without.
    """
    return "int8" if b"QuantizeLinear" in bundle.network or b"LinearConv" in bundle.network else "float32"


def main() -> None:
    """Takes its seat."""
    seat = Seat()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--engine")
    arguments = parser.parse_args()
    tagger = TagPhotos(arguments.bundle, arguments.engine)
    jobs: dict[str, Job] = {"tag": tagger.tag, "one": tagger.one, "answer": tagger.answer}
    serve(describe(tagger.bundle, arguments.engine), jobs, seat)


if __name__ == "__main__":
    main()
