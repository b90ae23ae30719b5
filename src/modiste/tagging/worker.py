"""The worker: photos in, predictions out. It is small and can be sent elsewhere: a bundle's path and settings.

Threads run it here (see `runner`); another process or machine that has the bundle at the same path can as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.images import MAX_PIXELS
from modiste.errors import CatalogueError, ConfigError, ImageError
from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.predictor import DEFAULT_PRECISION, MOST_AT_ONCE, Predictor
from modiste.predictions import Predictions, check_keep
from modiste.tagging.photos import Entry, Photo

if TYPE_CHECKING:
    from modiste.config import Device

__all__ = ["Worker", "check_settings"]


@dataclass(frozen=True)
class Worker:
    """Tags photos. Several threads may share one; pickled, it is its settings alone.

    Attributes:
        bundle: What `modiste export` wrote; None for the one that comes with the package.
        engine: `onnxruntime` or `openvino`; by default the first of them that is installed.
        threads: How many cores to use; all by default.
        device: Where the engine computes; `auto` is a GPU where it can use one.
        max_pixels: How many pixels a photo may have: see `images.decode`.
    """

    bundle: Path | None = None
    engine: str | None = None
    threads: int | None = None
    device: "Device" = "auto"
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        """Makes sure that photos may have pixels.

        Raises:
            ConfigError: They may not.
        """
        if not _is(self.max_pixels, Integral) or self.max_pixels < 1:
            what = f"must be at least 1, not {self.max_pixels!r}"
            raise ConfigError(what, where="max_pixels", fix="give how many pixels a photo may have")

    @cached_property
    def predictor(self) -> Predictor:
        """The bundle at work; opened when it is first asked for.

        Raises:
            BundleError: It is missing, damaged, or of another format.
            ConfigError: There is no such engine, or it cannot compute on that device.
            MissingExtraError: The engine is not installed.
        """
        bundle = read_bundle(self.bundle or default_bundle())
        return Predictor(bundle, engine=self.engine, threads=self.threads, device=self.device)

    def __getstate__(self) -> dict[str, Any]:
        """Returns the settings; whoever gets the worker opens the bundle anew."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def predict(
        self,
        entries: Sequence[Entry],
        *,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        digests: bool = True,
    ) -> Predictions:
        """Says what is to be seen on photos, one row an entry; one that cannot be read says why.

        Args:
            entries: What to tag. Predictions for several photos of an entry are pooled: see `predictions.pooling`.
            precision: The target of the decisions, in (0, 1).
            top: How many labels of each attribute to name.
            digests: Whether to tell photos' digests.
        """
        entries = tuple(entries)  # made once: `Entries` makes each anew whenever it is asked
        photos = [photo for entry in entries for photo in entry.photos]
        loaded = [self._load(photo, digest=digests) for photo in photos]
        names = [entry.name for entry in entries for _ in entry.photos]
        read = [(each[0], name) for each, name in zip(loaded, names, strict=True) if not isinstance(each, str)]
        told = self._answer(read, precision).spread(
            [each if isinstance(each, str) else None for each in loaded],
            paths=tuple(photo.path for photo in photos),
            digests=tuple(None if isinstance(each, str) else each[1] for each in loaded),
            top=top,
        )
        return _row_an_entry(told, entries)

    def _load(self, photo: Photo, *, digest: bool) -> tuple[NDArray[np.uint8], str | None] | str:
        """Returns a photo's pixels and digest, or the reason why it has none."""
        image = self.predictor.bundle.image
        try:
            return photo.load(image.size, image.fit, digest=digest, max_pixels=self.max_pixels)
        except (ImageError, CatalogueError) as error:
            return error.reason

    def _answer(self, read: Sequence[tuple[NDArray[np.uint8], str | None]], precision: float) -> Predictions:
        if not read:
            return self.predictor.empty.named(precision=precision)
        parts = [read[start : start + MOST_AT_ONCE] for start in range(0, len(read), MOST_AT_ONCE)]
        return Predictions.concat([self._answer_part(part, precision) for part in parts])

    def _answer_part(self, read: Sequence[tuple[NDArray[np.uint8], str | None]], precision: float) -> Predictions:
        pixels, names = zip(*read, strict=True)
        return self.predictor.predict(np.stack(pixels), precision, names if any(names) else None)


def _row_an_entry(told: Predictions, entries: Sequence[Entry]) -> Predictions:
    """Returns predictions of photos as those of the entries that they belong to."""
    ids = tuple(entry.id for entry in entries)
    if all(len(entry.photos) == 1 and not entry.left_out for entry in entries):
        return told.named(ids=ids)
    owners = [str(number) for number, entry in enumerate(entries) for _ in entry.photos]
    pooled = told.pooled(owners)
    with_photos = iter(range(len(pooled)))
    rows = [next(with_photos) if entry.photos else None for entry in entries]
    errors = [
        entry.error or "no photo" if row is None else pooled.errors[row]
        for entry, row in zip(entries, rows, strict=True)
    ]
    told_of = iter(told.errors)
    unread = [_note(entry, [next(told_of) for _ in entry.photos]) for entry in entries]
    said = [None if row is None or not pooled.notes else pooled.notes[row] for row in rows]
    notes = tuple("; ".join(filter(None, pair)) or None for pair in zip(said, unread, strict=True))
    answered = pooled.take([row for row in rows if row is not None and pooled.errors[row] is None])
    return answered.spread(
        errors,
        ids=ids,
        paths=tuple("" if row is None else pooled.paths[row] for row in rows),
        digests=tuple(None if row is None else pooled.digests[row] for row in rows),
        notes=tuple(None if error else note for error, note in zip(errors, notes, strict=True)),
    )


def _note(entry: Entry, errors: Sequence[str | None]) -> str | None:
    """Says which photos of an entry nothing was answered of, and why; None where there is none."""
    unread = [f"{photo.path}: {error}" for photo, error in zip(entry.photos, errors, strict=True) if error]
    reasons = [*entry.left_out, *unread]
    named = len(entry.left_out) + len(entry.photos)
    return f"{len(reasons)} of {named} photos left out: {'; '.join(reasons)}" if reasons else None


def check_settings(*, precision: float, top: int, keep: Sequence[str] | None = None) -> None:
    """Makes sure that a tagger can do what is asked for.

    Args:
        precision: What the accepted answers should have.
        top: How many labels to name for each attribute.
        keep: What else to keep: some of `predictions.KEPT`.

    Raises:
        ConfigError: The precision is not above 0 and below 1, not even one label is to be named, or there is nothing
            of a name that is to be kept.
    """
    if not _is(precision, Real) or not 0 < precision < 1:
        raise ConfigError(f"must be above 0 and below 1, not {precision!r}", where="precision", fix="give 0.98, say")
    if not _is(top, Integral) or top < 1:
        raise ConfigError(f"must be at least 1, not {top!r}", where="top", fix="give how many labels to name")
    check_keep(keep)


def _is(value: object, kind: type) -> bool:
    """Whether a value is of a type, whatever its annotation promises: a caller's types may be checked by nobody."""
    return isinstance(value, kind)
