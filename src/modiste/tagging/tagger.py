"""The Python API of tagging: load a bundle, tag photos, read the answers."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.images import MAX_PIXELS
from modiste.errors import ConfigError, InputTypeError
from modiste.portable.bundle import Bundle
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor
from modiste.predictions import Prediction, Predictions, columns_of
from modiste.predictions.files import About
from modiste.progress import Progress, silent
from modiste.tagging.heat_maps import HeatMaps, Method, explain_photo
from modiste.tagging.photos import Entries, Entry
from modiste.tagging.runner import BATCH, in_threads
from modiste.tagging.sources import Thing, Things, entries_of
from modiste.tagging.tables import PartedTable, Written
from modiste.tagging.worker import Worker, check_settings

if TYPE_CHECKING:
    from modiste.config import Device

__all__ = ["BatchCallback", "Tagger"]


class BatchCallback(Protocol):
    """Is called with each batch before anything else is done with it, as `review.enqueue` is.

    Attributes:
        name: Part of what identifies a table: one that was begun with another callback is begun anew.
        top: How many labels of each attribute it wants.
    """

    name: str
    top: int

    def __call__(self, entries: Sequence[Entry], predictions: Predictions) -> None:
        """Sees a batch: its entries and, row by row, their predictions."""


class Tagger:
    """Says what is to be seen on photos.

    Args:
        worker: A bundle and how to run it.

    Attributes:
        worker: The bundle and how it is run.

    Raises:
        BundleError: The bundle is missing, damaged, or of another format.
        ConfigError: There is no such engine or device.
        MissingExtraError: The engine is not installed.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.predictor: Predictor = worker.predictor

    @classmethod
    def load(
        cls,
        path: Path | str | None = None,
        *,
        engine: str | None = None,
        threads: int | None = None,
        device: "Device" = "auto",
        max_pixels: int = MAX_PIXELS,
    ) -> "Tagger":
        """Loads a bundle.

        Args:
            path: What `modiste export` wrote; by default the bundle that comes with the package.
            engine: `onnxruntime` or `openvino`; by default the first of them that is installed.
            threads: How many cores to use; all by default.
            device: Where the engine computes; `auto` is a GPU where it can use one.
            max_pixels: How many pixels a photo may have. A JPEG file of more is decoded to a half, a quarter or an
                eighth of its width and height; any other has an error. Memory grows with it.

        Raises:
            BundleError: The bundle is missing, damaged, or of another format.
            ConfigError: There is no such engine, or it cannot compute on that device, or not even one pixel is allowed.
            MissingExtraError: The engine is not installed.
        """
        return cls(Worker(None if path is None else Path(path), engine, threads, device, max_pixels))

    @property
    def bundle(self) -> Bundle:
        """What was loaded."""
        return self.predictor.bundle

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes."""
        return self.bundle.schema.names

    def tag(
        self,
        things: Things,
        names: Sequence[str | None] | None = None,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        *,
        progress: Progress = silent,
    ) -> Predictions:
        """Says what is to be seen on photos.

        Args:
            things: Paths of photos, folders, zips, or tables that name photos (one row of the result a row of the
                table); photos' bytes, files opened in binary mode, PIL images, or uint8 arrays (height, width),
                (height, width, channels) or (n, height, width, channels); one or many.
            names: The products' names, one a row of the result, None where there is none: then the picture alone
                answers. By default those of tables, in the column that the bundle's schema calls its text, where the
                bundle reads names.
            precision: What the accepted answers should have, in (0, 1).
            top: How many labels to name for each attribute, at least 1.
            progress: Is told of each batch.

        Returns:
            One row a photo, or a row of a table, in order; one that cannot be read has its error.

        Raises:
            CatalogueError: A path does not exist or holds no photo.
            InputTypeError: A thing is of a kind that cannot be tagged.
            ConfigError: See `check_settings`, or names are given to a bundle that reads none, or are not one a row.
        """
        check_settings(precision=precision, top=top)
        entries = self._named(entries_of(things, self.bundle.schema), names)
        batches = self._batches([entries], precision=precision, top=top, progress=progress)
        told = [predictions for _, predictions in batches]
        return Predictions.concat(told or [self.predictor.empty.named(precision=precision, top=top)])

    def _named(self, entries: Entries, names: Sequence[str | None] | None = None) -> Entries:
        """Returns entries with the names that are given for them, or, where the bundle reads none, without any."""
        if names is None:
            return entries if self.bundle.naming else entries.named(None)
        if self.bundle.naming is None:
            raise ConfigError("this bundle reads pictures alone", where="names", fix="leave names out")
        if isinstance(names, str) or not all(name is None or isinstance(name, str) for name in names):
            raise InputTypeError("names must be texts, one a photo, or None", fix="give a list of them")
        if len(names) != len(entries):
            raise ConfigError(
                f"{len(names):,} names for {len(entries):,} photos", where="names", fix="give one a photo, or None"
            )
        return entries.named(pl.Series(list(names), dtype=pl.String))

    def embed(self, things: Things, *, progress: Progress = silent) -> NDArray[np.float32]:
        """Returns the embeddings of photos alone: float32 (n, d), L2-normalised; NaN where a photo cannot be read.

        The cosine of two says how alike the photos are; `tag` returns the same beside the answers and the errors.

        Args:
            things: See `tag`.
            progress: Is told of each batch.

        Raises:
            CatalogueError: A path does not exist or holds no photo.
            InputTypeError: A thing is of a kind that cannot be tagged.
        """
        return self.tag(things, progress=progress).embedding

    def stream(
        self,
        things: Things,
        *,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        callback: BatchCallback | None = None,
        progress: Progress = silent,
    ) -> Iterator[Prediction]:
        """Returns rows as photos are tagged, in order: see `tag` and `write`.

        Args:
            things: See `tag`, or what `sources.find_photos` found.
            precision: What the accepted answers should have, in (0, 1).
            top: How many labels to name for each attribute, at least 1.
            callback: Is called with each batch.
            progress: Is told of each batch.

        Raises:
            CatalogueError: A path does not exist or holds no photo.
            InputTypeError: A thing is of a kind that cannot be tagged.
            ConfigError: See `check_settings`.
        """
        check_settings(precision=precision, top=top)
        entries = self._named(entries_of(things, self.bundle.schema))
        batches = self._batches([entries], precision=precision, top=top, callback=callback, progress=progress)
        return chain.from_iterable(predictions for _, predictions in batches)

    def write(
        self,
        out: Path | str,
        things: Things,
        *,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        keep: Sequence[str] | None = None,
        overwrite: bool = False,
        callback: BatchCallback | None = None,
        progress: Progress = silent,
    ) -> Written:
        """Tags photos into a table; the same call after an interruption or a kill goes on where it stopped.

        The columns of a table that named the photos come first, row by row; one of ours whose name is taken by them
        gets the prefix `predicted_`.

        Args:
            out: The table; its suffix chooses the format (see `formats.FORMATS`). A folder that is missing is made.
            things: See `tag`, or what `sources.find_photos` found.
            precision: What the accepted answers should have, in (0, 1).
            top: How many labels to name for each attribute, at least 1.
            keep: What else to write: some of `predictions.KEPT`, with `id`, `digest` and `ood_score`; by default
                nothing of all that.
            overwrite: Whether a table that is there may be replaced.
            callback: Is called with each batch before it is written; after a kill, with some once more.
            progress: Is told of each batch.

        Raises:
            CatalogueError: A path does not exist or holds no photo.
            InputTypeError: A thing is of a kind that cannot be tagged.
            OutputError: The table exists or cannot be written.
            ConfigError: See `check_settings`.
        """
        check_settings(precision=precision, top=top, keep=keep)
        entries = self._named(entries_of(things, self.bundle.schema))
        schema, fingerprint = self.bundle.schema, self.bundle.fingerprint
        # Of all entries, not of a part: all parts have the same columns.
        notes = entries.has_several
        asked = (precision, top, keep and tuple(keep), callback and callback.name, notes)
        settings = (fingerprint, *asked, self.worker.max_pixels)
        table = PartedTable(
            Path(out),
            len(entries),
            key=settings,
            content=lambda rows: entries[rows].key(),
            carried=entries.columns,
            overwrite=overwrite,
        )
        with table:
            self._tag_missing(
                table, entries, precision=precision, top=top, keep=keep, callback=callback, progress=progress
            )
            empty = self.predictor.empty
            dimensions = empty.embedding.shape[1] if "embedding" in (keep or ()) else 0
            columns = columns_of(schema, top=top, keep=keep, dimensions=dimensions, notes=notes)
            about = About(schema, fingerprint, precision, top, table.names_of(columns), empty.combinations)
            return table.finish(columns, about.as_metadata())

    def _tag_missing(
        self,
        table: PartedTable,
        entries: Entries,
        *,
        precision: float,
        top: int,
        keep: Sequence[str] | None,
        callback: BatchCallback | None,
        progress: Progress,
    ) -> None:
        """Tags the parts that a table lacks."""
        missing = table.missing
        parts = [entries[rows] for rows in missing.values()]
        before = len(entries) - sum(map(len, parts))

        def told(stage: str, done: int, total: int, note: str = "") -> None:
            progress(stage, before + done, before + total, note)

        digests = keep is not None
        work = self._batches(parts, precision=precision, top=top, callback=callback, digests=digests, progress=told)
        # Whatever stops it, no thread works on.
        with closing(work) as batches:
            for number, part in zip(missing, parts, strict=True):
                table.add(number, _taken(batches, len(part)).to_frame(keep=keep, notes=entries.has_several))

    def _batches(
        self,
        parts: Sequence[Entries],
        *,
        precision: float,
        top: int,
        callback: BatchCallback | None = None,
        digests: bool = True,
        progress: Progress,
    ) -> Generator[tuple[Entries, Predictions]]:
        """Yields batches with their predictions; no batch holds entries of two parts."""
        predict: Callable[[Entries], Predictions] = partial(
            self.worker.predict,
            precision=precision,
            top=top if callback is None else max(top, callback.top),
            digests=digests or callback is not None,
        )
        batches = (part[start : start + BATCH] for part in parts for start in range(0, len(part), BATCH))
        done, total = 0, sum(map(len, parts))
        for batch, predictions in in_threads(batches, predict, cores=self.predictor.threads):
            if callback is not None:
                callback(batch, predictions)
            done += len(batch)
            progress("tagging", done, total)
            yield batch, predictions.named(top=top)

    def explain(self, photo: Thing, attribute: str | None = None, *, method: Method = "occlusion") -> Image.Image:
        """Returns a photo under the heat map of what an attribute's label was seen from.

        Args:
            photo: One photo: see `tag`.
            attribute: By default the first.
            method: `occlusion`, by covering parts of the photo, or `activation`, by the network's last feature map.

        Raises:
            CatalogueError: There is no such photo, or it cannot be read.
            ImageError: It cannot be decoded.
            InputTypeError: It is not one photo.
            ConfigError: There is no such attribute or method.
        """
        index = 0 if attribute is None else self.bundle.schema.index(attribute)
        found = [each for entry in entries_of(photo, self.bundle.schema) for each in entry.photos]
        if len(found) != 1:
            raise InputTypeError(f"{len(found):,} photos cannot be explained together", fix="give one of them")
        return explain_photo(self.predictor, found[0], index, method, max_pixels=self.worker.max_pixels)

    def heat_maps(
        self, folder: Path, attribute: str | None = None, *, method: Method = "occlusion", overwrite: bool = False
    ) -> HeatMaps:
        """Prepares a folder of heat maps: see `heat_maps.HeatMaps`."""
        return HeatMaps(
            folder,
            self.predictor,
            attribute,
            method=method,
            max_pixels=self.worker.max_pixels,
            overwrite=overwrite,
        )


def _taken(batches: Iterator[tuple[Entries, Predictions]], count: int) -> Predictions:
    """Returns the predictions of the next batches, of so many entries together."""
    taken: list[Predictions] = []
    while sum(map(len, taken)) < count:
        taken.append(next(batches)[1])
    return Predictions.concat(taken)
