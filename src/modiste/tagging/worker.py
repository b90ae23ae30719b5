"""The worker: photos in, predictions out. It is small and can be sent elsewhere: a bundle's path and settings.

Threads run it here (see `runner`); another process or machine that has the bundle at the same path can as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.images import Size
from modiste.errors import CatalogueError, ConfigError, ImageError
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.predictor import DEFAULT_PRECISION, MOST_AT_ONCE, Predictor
from modiste.predictions import Predictions
from modiste.tagging.photos import Entry, Photo

__all__ = ["Worker", "check_settings"]


@dataclass(frozen=True)
class Worker:
    """Tags photos. Several threads may share one; pickled, it is its settings alone.

    Attributes:
        bundle: What `modiste export` wrote; None for the one that comes with the package.
        engine: `onnxruntime` or `openvino`; by default the first of them that is installed.
        threads: How many cores to use; all by default.
    """

    bundle: Path | None = None
    engine: str | None = None
    threads: int | None = None

    @cached_property
    def predictor(self) -> Predictor:
        """The bundle at work; opened when it is first asked for.

        Raises:
            BundleError: It is missing, damaged, or of another format.
            ConfigError: There is no such engine.
            MissingExtraError: The engine is not installed.
        """
        return Predictor(read_bundle(self.bundle or default_bundle()), engine=self.engine, threads=self.threads)

    def __getstate__(self) -> dict[str, Any]:
        """Returns the settings; whoever gets the worker opens the bundle anew."""
        return {"bundle": self.bundle, "engine": self.engine, "threads": self.threads}

    def predict(self, entries: Sequence[Entry], *, precision: float = DEFAULT_PRECISION, top: int = 1) -> Predictions:
        """Says what is to be seen on photos, one row an entry; one that cannot be read says why.

        Args:
            entries: What to tag. What is said of an entry with several photos is pooled: see `predictions.pooling`.
            precision: The target of the decisions, in (0, 1).
            top: How many labels of each attribute to name.
        """
        photos = [(number, photo) for number, entry in enumerate(entries) for photo in entry.photos]
        loaded = [self._load(photo) for _, photo in photos]
        errors = [each if isinstance(each, str) else None for each in loaded]
        read = [each for each in loaded if not isinstance(each, str)]
        digests = tuple(None if isinstance(each, str) else each[1] for each in loaded)
        paths = tuple(photo.path for _, photo in photos)
        owners = [str(number) for number, _ in photos]
        answers = self._answer([pixels for pixels, _ in read], precision)
        told = answers.spread(errors, paths=paths, ids=tuple(owners), digests=digests, top=top)
        return _row_an_entry(told, entries)

    def _load(self, photo: Photo) -> tuple[NDArray[np.uint8], str] | str:
        image = self.predictor.bundle.image
        try:
            return photo.load(Size(image.width, image.height))
        except (ImageError, CatalogueError) as error:
            return error.what

    def _answer(self, pixels: Sequence[NDArray[np.uint8]], precision: float) -> Predictions:
        predict, bundle = self.predictor.predict, self.predictor.bundle
        if not pixels:
            return Predictions.failed(bundle.schema, [], bundle=bundle.fingerprint, precision=precision)
        return Predictions.concat([predict(np.stack(part), precision) for part in _parts(pixels)])


def _parts(pixels: Sequence[NDArray[np.uint8]]) -> Iterator[Sequence[NDArray[np.uint8]]]:
    return (pixels[start : start + MOST_AT_ONCE] for start in range(0, len(pixels), MOST_AT_ONCE))


def _row_an_entry(told: Predictions, entries: Sequence[Entry]) -> Predictions:
    """Returns predictions of photos as those of the entries that they belong to."""
    ids = tuple(entry.id for entry in entries)
    if all(len(entry.photos) == 1 for entry in entries):
        return told.named(ids=ids)
    pooled = told.pooled()
    where = {number: row for row, number in enumerate(pooled.ids)}
    rows = [where.get(str(number)) for number in range(len(entries))]
    errors = ["no photo" if row is None else pooled.errors[row] for row in rows]
    for number, entry in enumerate(entries):
        errors[number] = entry.error or errors[number]
    paths = tuple("" if row is None else pooled.paths[row] for row in rows)
    digests = tuple(None if row is None else pooled.digests[row] for row in rows)
    read = pooled.take([row for row, error in zip(rows, errors, strict=True) if row is not None and error is None])
    return read.spread(errors, ids=ids, paths=paths, digests=digests)


def check_settings(*, precision: float, top: int) -> None:
    """Makes sure that a tagger can do what is asked for.

    Args:
        precision: What the accepted answers should have.
        top: How many labels to name for each attribute.

    Raises:
        ConfigError: The precision is not above 0 and below 1, or not even one label is to be named.
    """
    if not 0 < precision < 1:
        raise ConfigError(f"must be above 0 and below 1, not {precision}", where="precision", fix="give 0.98, say")
    if top < 1:
        raise ConfigError(f"must be at least 1, not {top}", where="top", fix="give how many labels to name")
