"""The first half of every job: open a catalogue, label its products, decode its pictures, say what is in it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import platformdirs
import polars as pl

from modiste.catalogue.labelling import label_by_rules
from modiste.catalogue.labels import Labelled
from modiste.catalogue.photos import IMAGES
from modiste.catalogue.products import ID
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.taxonomy import Taxonomy
from modiste.dataset.cache import PixelCache, content_of, open_pixels
from modiste.dataset.health import Inspection, inspect_health, usable_photos
from modiste.dataset.images import MAX_PIXELS, Size
from modiste.dataset.stacked import Pixels, StackedPixels
from modiste.dataset.targets import check_columns, check_targets
from modiste.errors import CatalogueError
from modiste.progress import Progress, silent
from modiste.schema import Schema
from modiste.workflows.other_sources import OtherSource

__all__ = [
    "Prepared",
    "cache_root",
    "check_usable",
    "decode_pictures",
    "label_opened",
    "open_labelled",
    "picture_names",
    "prepare",
]


@dataclass(frozen=True)
class Prepared:
    """A catalogue that is ready to learn from.

    Attributes:
        products: The usable photos (readable, of a product with a label of any attribute), one a row: `id`, which comes
            repeatedly where a product has several, `image`, the picture's facts, `row`, its row in the pixel cache, and
            all columns of the product.
        schema: What is known of the products, with the columns that were asked for. The attribute that label rules
            give has their labels; there is none where the catalogue has nothing that rules look at.
        stratum: The column whose values a split spreads evenly.
        taxonomy: The label rules; None where there are none.
        cache: The pixels.
        compared: The same pictures, in the same rows, at the size at which pictures are compared, whatever the size to
            learn from; so a split does not depend on that.
        inspection: What is known of the catalogue.
        parts: Which product is in which part of a split, where the catalogue says so: see `Catalogue`.
        others: More catalogues to learn from, if any.
    """

    products: pl.DataFrame
    schema: Schema
    stratum: str
    taxonomy: Taxonomy | None
    cache: PixelCache
    compared: PixelCache
    inspection: Inspection
    parts: pl.DataFrame | None = None
    others: tuple[OtherSource, ...] = ()

    @cached_property
    def pixels(self) -> Pixels:
        """The pixels of all catalogues, this one's first."""
        caches = [self.cache, *(other.cache for other in self.others)]
        return caches[0].pixels if len(caches) == 1 else StackedPixels([cache.pixels for cache in caches])

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels of the attribute that label rules give, in the rules' order."""
        return self.schema.ruled.labels if self.schema.ruled else ()


def cache_root() -> Path:
    """Returns the folder of pixel caches: ``MODISTE_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("MODISTE_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("modiste") / "pixels"


def prepare(  # noqa: PLR0913 - how to read a catalogue, and how its pictures
    path: Path,
    *,
    schema: Schema | Path | str | None = None,
    taxonomy: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | str | None = None,
    targets: Sequence[str] | None = (),
    size: Size | None = None,
    max_pixels: int = MAX_PIXELS,
    progress: Progress = silent,
) -> Prepared:
    """Makes a catalogue ready to learn from; its pictures are decoded only where that has not been done before.

    Args:
        path: See `Catalogue.open`.
        schema: What is known of its products, or its file; None for the shipped schema.
        taxonomy: A file of label rules, or None for the shipped one.
        columns: See `Catalogue.open`.
        images: See `Catalogue.open`.
        targets: See `open_labelled`. None where a finished run is opened, whose split says which products it needs:
            then those without any label are kept, too.
        size: The size to bring the pictures to; 60x80 by default.
        max_pixels: How many pixels a picture may have: see `images.decode`.
        progress: Is told of each picture.

    Raises:
        CatalogueError: The catalogue cannot be read, or nothing in it is usable.
        TaxonomyError: The rules do not fit it.
        OutputError: The cache cannot be written.
    """
    learned = targets or ()
    catalogue, labelled = open_labelled(
        path, schema=schema, taxonomy=taxonomy, columns=columns, images=images, targets=learned
    )
    pixels, compared = decode_pictures(catalogue, size=size, max_pixels=max_pixels, progress=progress)
    inspection = check_usable(inspect_health(catalogue, labelled, pixels.facts, targets=learned))
    return Prepared(
        products=usable_photos(labelled, pixels.facts, unlabelled=targets is None),
        schema=labelled.schema,
        stratum=_stratum(labelled, learned),
        taxonomy=labelled.taxonomy,
        cache=pixels,
        compared=compared,
        inspection=inspection,
        parts=catalogue.parts,
    )


def _stratum(labelled: Labelled, targets: Sequence[str]) -> str:
    """Returns the column whose values a split spreads evenly: what label rules give, or what is learned first."""
    ruled = labelled.schema.ruled
    names = [*([ruled.name] if ruled else []), *targets, *labelled.schema.names]
    return next((name for name in names if name in labelled.frame.columns), ID)


def decode_pictures(
    catalogue: Catalogue, *, size: Size | None, max_pixels: int, progress: Progress
) -> tuple[PixelCache, PixelCache]:
    """Decodes a catalogue's pictures, where that has not been done before.

    Args:
        catalogue: The catalogue.
        size: The size to learn from; 60x80 by default.
        max_pixels: How many pixels a picture may have: see `images.decode`.
        progress: Is told of each picture.

    Returns:
        The pixels to learn from, and those of the size at which pictures are compared; the same where that is one.

    Raises:
        OutputError: The cache cannot be written.
    """
    names = picture_names(catalogue)
    content = content_of(catalogue.pictures, names)

    def pixels_of(wanted: Size) -> PixelCache:
        told = partial(progress, f"decoding to {wanted.width}x{wanted.height}", total=len(names))
        return open_pixels(
            catalogue.pictures,
            names,
            root=cache_root(),
            size=wanted,
            max_pixels=max_pixels,
            content=content,
            on_progress=told,
            on_wait=lambda holder: progress("waiting", 0, 0, f"{holder} is decoding the same pictures"),
        )

    compared = pixels_of(Size())
    pixels = compared if size is None or size == Size() else pixels_of(size)
    return pixels, compared


def open_labelled(
    path: Path,
    *,
    schema: Schema | Path | str | None = None,
    taxonomy: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | str | None = None,
    targets: Sequence[str] = (),
) -> tuple[Catalogue, Labelled]:
    """Opens a catalogue and labels its products.

    See `labelling.label_by_rules` for the attribute that the schema leaves to label rules.

    Args:
        path: See `Catalogue.open`.
        schema: What is known of its products, or its file; None for the shipped schema.
        taxonomy: A file of label rules, or None for the shipped one.
        columns: See `Catalogue.open`.
        images: See `Catalogue.open`.
        targets: The columns that are to be learned, if that is known. The schema gets those that it does not know.

    Raises:
        CatalogueError: The catalogue cannot be read, or a target cannot be learned.
        TaxonomyError: The rules do not fit it.
    """
    schema = Schema.of(schema).extended(targets)
    catalogue = Catalogue.open(path, schema=schema, columns=columns, images=images)
    return catalogue, label_opened(catalogue, taxonomy, targets)


def label_opened(catalogue: Catalogue, taxonomy: Path | str | None = None, targets: Sequence[str] = ()) -> Labelled:
    """Labels the products of a catalogue that is open: see `open_labelled`."""
    frame, where = catalogue.products.frame, str(catalogue.path)
    check_columns(frame, catalogue.schema, where=where)
    labelled = label_by_rules(frame, catalogue.schema, taxonomy, targets, where=where)
    check_targets(labelled.frame, targets, labelled.schema)
    return labelled


def picture_names(catalogue: Catalogue) -> list[str]:
    """Returns the names of the pictures that products have, sorted, each once."""
    return catalogue.products.frame[IMAGES].explode().drop_nulls().unique().sort().to_list()


def check_usable(inspection: Inspection) -> Inspection:
    """Returns the inspection of a catalogue that has something to learn from.

    Raises:
        CatalogueError: It has nothing.
    """
    if inspection.products == 0:
        raise CatalogueError(
            f"none of {inspection.rows} rows has both a label and a readable picture",
            where=inspection.source,
            fix="check the picture files and the taxonomy",
        )
    return inspection
