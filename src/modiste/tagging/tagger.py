"""The Python API of tagging: load a bundle, tag photos, read the answers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, overload

import polars as pl
from PIL import Image

from modiste.portable.bundle import Bundle, default_bundle, fingerprint, read_bundle
from modiste.portable.predictor import DEFAULT_PRECISION, Predictor
from modiste.progress import Progress, silent
from modiste.tagging.batch import Batch, schema_of
from modiste.tagging.heat_maps import HeatMaps, Method, attribute_index, explain_photo
from modiste.tagging.photos import Photo, find_photos
from modiste.tagging.runner import tag_photos
from modiste.tagging.tables import TagTable
from modiste.tagging.tagged import Tagged
from modiste.tagging.worker import check_wanted

if TYPE_CHECKING:
    from modiste.config import Device

__all__ = ["BatchCallback", "Tagger", "Tags", "Written"]

PART = 4096
"""Photos of a part of a table: what a kill can cost."""


@dataclass(frozen=True)
class Written:
    """A table that was written.

    Attributes:
        photos: How many rows it has.
        errors: How many of them have an error instead of answers.
    """

    photos: int
    errors: int


@dataclass(frozen=True, eq=False)
class Tags(Sequence[Tagged]):
    """Tagged photos, in their order.

    Attributes:
        batch: All of them, as arrays.
    """

    batch: Batch

    @cached_property
    def photos(self) -> tuple[Tagged, ...]:
        """Each photo with its answers, or the reason why there are none."""
        return tuple(self.batch)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes."""
        return tuple(attribute.name for attribute in self.batch.attributes)

    @property
    def top(self) -> int:
        """How many labels were asked for."""
        return self.batch.top

    @overload
    def __getitem__(self, index: int) -> Tagged: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Tagged, ...]: ...

    def __getitem__(self, index: int | slice) -> Tagged | tuple[Tagged, ...]:
        return self.photos[index]

    def __len__(self) -> int:
        return len(self.batch)

    def __str__(self) -> str:
        return "\n".join(str(photo) for photo in self.photos)

    def to_frame(self) -> pl.DataFrame:
        """Returns one photo a row: see `tagging.batch.schema_of`."""
        return self.batch.to_frame()


class BatchCallback(Protocol):
    """Sees each batch before anything else is done with it, as `review.enqueue` does.

    Attributes:
        name: What the table of tags depends on: parts that another onlooker saw are not gone on with.
        top: How many labels of each attribute it wants to see.
    """

    name: str
    top: int

    def look(self, photos: Sequence[Photo], batch: Batch) -> None:
        """Sees a batch and its photos."""


class Tagger:
    """Tags photos with a bundle.

    Args:
        bundle: What `modiste export` wrote, read.
        engine: `openvino` or `onnxruntime`; by default the first of them that is installed.
        threads: How many the engine may use; all cores by default.
        device: Where it computes; `auto` is a GPU where it can use one.
    """

    def __init__(
        self, bundle: Bundle, *, engine: str | None = None, threads: int | None = None, device: "Device" = "auto"
    ) -> None:
        self.predictor = Predictor(bundle, engine=engine, threads=threads, device=device)

    @classmethod
    def load(
        cls,
        path: Path | str | None = None,
        *,
        engine: str | None = None,
        threads: int | None = None,
        device: "Device" = "auto",
    ) -> "Tagger":
        """Loads a bundle, by default the one that comes with the package.

        Raises:
            BundleError: It is missing, damaged, or of a newer format.
        """
        bundle = read_bundle(default_bundle() if path is None else Path(path))
        return cls(bundle, engine=engine, threads=threads, device=device)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes."""
        return tuple(attribute.name for attribute in self.predictor.bundle.attributes)

    def tag(
        self,
        photos: Path | str | Iterable[Path | str],
        *,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        progress: Progress = silent,
    ) -> Tags:
        """Tags photos.

        Args:
            photos: Files, folders, zips, or tables with a column `image`; one or many.
            precision: What the accepted answers should have, in (0, 1).
            top: How many labels to name for each attribute, at least 1.
            progress: Is told of each batch.

        Raises:
            CatalogueError: A path does not exist or holds no photo.
            ConfigError: See `check_wanted`.
        """
        check_wanted(precision=precision, top=top)
        paths = [photos] if isinstance(photos, str | Path) else photos
        found = find_photos([Path(path) for path in paths])
        none = Batch.unanswered([], [], self.predictor.bundle.attributes, top)
        batches = tag_photos(self.predictor, found, precision=precision, top=top, progress=progress)
        return Tags(Batch.joined([none, *batches]))

    def stream(
        self,
        photos: Sequence[Photo],
        *,
        precision: float,
        top: int = 1,
        callback: BatchCallback | None = None,
        progress: Progress = silent,
    ) -> Iterator[Tagged]:
        """Returns photos as they are tagged, in their order: see `tag` and `write`.

        Raises:
            ConfigError: See `check_wanted`.
        """
        check_wanted(precision=precision, top=top)
        return chain.from_iterable(self._batches(photos, precision, top, callback, progress))

    def _batches(
        self, photos: Sequence[Photo], precision: float, top: int, callback: BatchCallback | None, progress: Progress
    ) -> Iterator[Batch]:
        wanted = top if callback is None else max(top, callback.top)
        done = 0
        for batch in tag_photos(self.predictor, photos, precision=precision, top=wanted, progress=progress):
            if callback is not None:
                callback.look(photos[done : done + len(batch)], batch)
            done += len(batch)
            yield batch.narrowed(top)

    def write(
        self,
        out: Path,
        photos: Sequence[Photo],
        *,
        precision: float = DEFAULT_PRECISION,
        top: int = 1,
        overwrite: bool = False,
        callback: BatchCallback | None = None,
        progress: Progress = silent,
    ) -> Written:
        """Tags photos into a table; the same call after an interruption or a kill goes on where it stopped.

        Args:
            out: The table; its suffix chooses the format (see `tagging.tables.SUFFIXES`). A folder that is missing is
                made.
            photos: See `find_photos`.
            precision: What the accepted answers should have, in (0, 1).
            top: How many labels to name for each attribute, at least 1.
            overwrite: Whether a table that is there may be replaced.
            callback: Sees each batch before it is written; after a kill, some once more.
            progress: Is told of each batch.

        Raises:
            OutputError: The table exists or cannot be written.
            ConfigError: See `check_wanted`.
        """
        check_wanted(precision=precision, top=top)
        seen_by = None if callback is None else callback.name
        key = chain((fingerprint(self.predictor.bundle), precision, top, seen_by), (photo.path for photo in photos))
        table = TagTable(out, schema_of(self.predictor.bundle.attributes, top), key=key, overwrite=overwrite)
        before = table.done

        def told(stage: str, done: int, total: int, note: str = "") -> None:
            progress(stage, before + done, before + total, note)

        for part in _parts(self._batches(photos[before:], precision, top, callback, told)):
            table.add(Batch.joined(part).to_frame())
        return Written(len(photos), table.finish())

    def explain(self, photo: Path | str, attribute: str | None = None, *, method: Method = "occlusion") -> Image.Image:
        """Returns a photo under the heat map of what an attribute's label was seen from.

        Args:
            photo: A picture file.
            attribute: By default the first.
            method: `occlusion`, by covering parts of the photo, or `activation`, by the network's last feature map.

        Raises:
            CatalogueError: There is no such photo, or it cannot be read.
            ImageError: It cannot be decoded.
            ConfigError: There is no such attribute.
        """
        (found,) = find_photos([Path(photo)])
        return explain_photo(self.predictor, found, attribute_index(self.predictor, attribute), method)

    def heat_maps(
        self, folder: Path, attribute: str | None = None, *, method: Method = "occlusion", overwrite: bool = False
    ) -> HeatMaps:
        """Prepares a folder of heat maps: see `tagging.heat_maps.HeatMaps`."""
        return HeatMaps(folder, self.predictor, attribute, method=method, overwrite=overwrite)


def _parts(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Gathers batches into parts; where an error or an interruption ends them, what is done by then is the last."""
    part: list[Batch] = []
    try:
        for batch in batches:
            part.append(batch)
            if sum(map(len, part)) >= PART:
                full, part = part, []
                yield full
    finally:
        if part:
            yield part
