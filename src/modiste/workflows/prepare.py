"""The first half of every job: open a catalogue, label its products, decode its pictures, say what is in it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import platformdirs
import polars as pl

from modiste.catalogue.labels import Labelled, label_products
from modiste.catalogue.sources import Catalogue, open_catalogue
from modiste.catalogue.taxonomy import Label, Rule, Taxonomy, load_taxonomy
from modiste.dataset.cache import PixelCache, content_of, open_pixels
from modiste.dataset.health import Inspection, inspect_health, usable_products
from modiste.dataset.images import Size
from modiste.dataset.targets import check_targets
from modiste.errors import CatalogueError
from modiste.progress import Progress, silent
from modiste.schema import Schema

__all__ = ["Prepared", "cache_root", "check_usable", "open_labelled", "picture_names", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A catalogue that is ready to learn from.

    Attributes:
        products: The usable products (labelled, with a readable picture), each with its picture's facts and `row`, its
            row in the pixel cache.
        labels: All labels, in the taxonomy's order.
        taxonomy: The rules that gave them.
        cache: The pixels.
        compared: The same pictures, in the same rows, at the size at which pictures are compared, whatever the size to
            learn from; so a split does not depend on that.
        inspection: What is known of the catalogue.
    """

    products: pl.DataFrame
    labels: tuple[str, ...]
    taxonomy: Taxonomy
    cache: PixelCache
    compared: PixelCache
    inspection: Inspection
    schema: Schema = None
    label_column: str = "Class"


def cache_root() -> Path:
    """Returns the folder of pixel caches: ``MODISTE_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("MODISTE_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("modiste") / "pixels"


def prepare(
    path: Path,
    *,
    schema: Schema | None = None,
    taxonomy: Path | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | None = None,
    targets: Sequence[str] = (),
    size: Size | None = None,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Prepared:
    """Makes a catalogue ready to learn from; its pictures are decoded only where that has not been done before.

    Args:
        path: See `open_catalogue`.
        taxonomy: A file of label rules, or None for the shipped one.
        columns: See `open_catalogue`.
        images: See `open_catalogue`.
        targets: See `open_labelled`.
        size: The size to bring the pictures to; 60x80 by default.
        cache: The folder of pixel caches, or None for `cache_root`.
        progress: Is told of each picture.

    Raises:
        CatalogueError: The catalogue cannot be read, or nothing in it is usable.
        TaxonomyError: The rules do not fit it.
        OutputError: The cache cannot be written.
    """
    catalogue, labelled = open_labelled(path, taxonomy, columns, images, targets)
    names = picture_names(catalogue)
    content = content_of(catalogue.pictures, names)

    def pixels_of(wanted: Size) -> PixelCache:
        told = partial(progress, f"decoding to {wanted.width}x{wanted.height}", total=len(names))
        root = cache or cache_root()
        return open_pixels(catalogue.pictures, names, root=root, size=wanted, content=content, on_progress=told)

    compared = pixels_of(Size())
    pixels = compared if size is None or size == Size() else pixels_of(size)
    inspection = check_usable(inspect_health(catalogue, labelled, pixels.facts, targets=targets))
    products = usable_products(labelled.frame, pixels.facts)
    return Prepared(
        products,
        labelled.taxonomy.label_names,
        labelled.taxonomy,
        pixels,
        compared,
        inspection,
        schema or Schema.load(),
    )


def open_labelled(
    path: Path,
    taxonomy: Path | None,
    columns: Mapping[str, str] | None,
    images: Path | None,
    targets: Sequence[str] = (),
) -> tuple[Catalogue, Labelled]:
    """Opens a catalogue and labels its products; one that comes with a column `Class` is taken at its word.

    Args:
        path: See `open_catalogue`.
        taxonomy: A file of label rules, or None for the shipped one.
        columns: See `open_catalogue`.
        images: See `open_catalogue`.
        targets: The columns that are to be learned, if that is known: where `Class` is none of them and the catalogue
            lacks what the shipped rules look at, the first one takes its place.

    Raises:
        CatalogueError: The catalogue cannot be read, or a target cannot be learned.
        TaxonomyError: The rules do not fit it.
    """
    catalogue = open_catalogue(path, columns=columns, images=images)
    frame = catalogue.products.frame
    rules = load_taxonomy(taxonomy)
    if taxonomy is None and "Class" in frame.columns:
        rules = _own_labels(frame["Class"], str(path))
    elif taxonomy is None and targets and "Class" not in targets and not set(rules.columns) <= set(frame.columns):
        check_targets(frame, targets)
        rules = _own_labels(frame[targets[0]], str(path))
    labelled = label_products(frame, rules, where=str(path))
    check_targets(labelled.frame, targets)
    return catalogue, labelled


def _own_labels(column: pl.Series, source: str) -> Taxonomy:
    """Makes the taxonomy in which each value of a column is a label."""
    names = column.cast(pl.String).drop_nulls().unique().sort()
    labels = tuple(Label(name, (Rule({column.name: (name,)}),)) for name in names)
    return Taxonomy(f"own {column.name}", labels, source=source)


def picture_names(catalogue: Catalogue) -> list[str]:
    """Returns the names of the pictures that products have, sorted, each once."""
    return catalogue.products.frame["image"].drop_nulls().unique().sort().to_list()


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
