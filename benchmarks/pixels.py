"""How long it takes from a catalogue's files to pixels for an epoch: decoded once and memory-mapped, beside a `tf.data`
pipeline that decodes each epoch anew.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.contest import alternate, seconds
from benchmarks.harness import Benchmark, Setup
from benchmarks.rows import Row, Side
from modiste.catalogue.sources import Catalogue
from modiste.dataset.cache import PixelCache, open_pixels
from modiste.dataset.geometry import Size
from modiste.workflows.prepare import picture_names

BATCH = 64


def measure(setup: Setup) -> list[Row]:
    """Lets the cache, full and empty, and the peer take turns."""
    catalogue, photos = setup.catalogue(), str(setup.photos())
    with TemporaryDirectory(dir=setup.work) as folder, setup.keras("--batch", BATCH) as keras:
        root = Path(folder)
        opened = _open(catalogue, root)
        turns: dict[str, Callable[[], float]] = {
            "warm": partial(seconds, partial(_open, catalogue, root)),
            "mapped": partial(seconds, partial(_map, Catalogue.open(catalogue), root)),
            "cold": partial(_seconds_from_nothing, catalogue, setup.work),
            "epoch": partial(seconds, partial(_read, opened)),
            "peer": lambda: float(keras.go(job="decode", folder=photos)["seconds"]),
        }
        turns["peer"]()
        found = alternate(turns, setup.rounds)
        peer = Side.of(keras.facts | {"name": "tf.data decodes all files", "precision": ""}, found["peer"])
    size = setup.size(len(opened.pixels))
    return [
        Row(work, "s", size, Side("the pixel cache", found[name]), peer, better="less")
        for name, work in (
            ("warm", "from files to pixels ready, before every training but the first"),
            ("mapped", "of that, the pixels alone: the catalogue's table and list of files are read"),
            ("cold", "from files to pixels ready, the first time"),
            ("epoch", "an epoch's pixels, in shuffled batches"),
        )
    ]


def _open(catalogue: Path, root: Path) -> PixelCache:
    return _map(Catalogue.open(catalogue), root)


def _map(catalogue: Catalogue, root: Path) -> PixelCache:
    return open_pixels(catalogue.pictures, picture_names(catalogue), root=root, size=Size())


def _seconds_from_nothing(catalogue: Path, work: Path) -> float:
    with TemporaryDirectory(dir=work) as root:
        return seconds(partial(_open, catalogue, Path(root)))


def _read(cache: PixelCache) -> None:
    order = np.random.default_rng(0).permutation(len(cache.pixels))
    for first in range(0, len(order), BATCH):
        np.array(cache.pixels[order[first : first + BATCH]])


BENCHMARK = Benchmark("pixels", __doc__, measure)

if __name__ == "__main__":
    BENCHMARK.main()
