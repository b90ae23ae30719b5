"""How long it takes from a catalogue's files to pixels for an epoch: decoded once and memory-mapped, beside a `tf.data`
pipeline that decodes each epoch anew.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.contest import Contestant, alternate
from benchmarks.options import common, parser
from benchmarks.photos import catalogue_of, photos_of
from benchmarks.rows import Row, Side, write_rows
from modiste.catalogue.sources import Catalogue
from modiste.dataset.cache import PixelCache, open_pixels
from modiste.dataset.images import Size
from modiste.runs import describe_environment
from modiste.workflows.prepare import picture_names

BATCH = 64


def main() -> None:
    """Measures, prints and writes the table."""
    arguments = parser("pixels", __doc__).parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Lets the cache, full and empty, and the peer take turns."""
    shared = common(arguments)
    catalogue = catalogue_of(shared.catalogue, shared.work)
    photos = photos_of(catalogue, shared.work)
    with (
        TemporaryDirectory(dir=shared.work) as root,
        Contestant("peers.tagging", "--batch", BATCH, python=shared.peer) as keras,
    ):
        opened = _open(catalogue, Path(root))
        turns: dict[str, Callable[[], float]] = {
            "warm": partial(_seconds_to_open, catalogue, Path(root)),
            "mapped": partial(_seconds_to_map, Catalogue.open(catalogue), Path(root)),
            "cold": partial(_seconds_from_nothing, catalogue, shared.work),
            "epoch": partial(_seconds_to_read, opened),
            "peer": lambda: float(keras.go(job="decode", folder=str(photos))["seconds"]),
        }
        turns["peer"]()
        found = alternate(turns, shared.rounds)
        peer = Side.of(keras.facts | {"name": "tf.data decodes all files", "precision": ""}, found["peer"])
    size = f"{len(opened.pixels):,} photos, {catalogue.stem}"
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


def _seconds_to_map(catalogue: Catalogue, root: Path) -> float:
    start = time.perf_counter()
    _map(catalogue, root)
    return time.perf_counter() - start


def _seconds_to_open(catalogue: Path, root: Path) -> float:
    start = time.perf_counter()
    _open(catalogue, root)
    return time.perf_counter() - start


def _seconds_from_nothing(catalogue: Path, work: Path) -> float:
    with TemporaryDirectory(dir=work) as root:
        return _seconds_to_open(catalogue, Path(root))


def _seconds_to_read(cache: PixelCache) -> float:
    order = np.random.default_rng(0).permutation(len(cache.pixels))
    start = time.perf_counter()
    for first in range(0, len(order), BATCH):
        np.array(cache.pixels[order[first : first + BATCH]])
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
