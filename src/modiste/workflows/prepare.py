"""The first half of every job: open a catalogue, label its products, decode its pictures, say what is in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import polars as pl

from modiste.catalogue.labels import Labelled, label_products
from modiste.catalogue.sources import Catalogue, open_catalogue
from modiste.catalogue.taxonomy import Label, Rule, Taxonomy, load_taxonomy
from modiste.dataset.cache import PixelCache, open_pixels
from modiste.dataset.health import Inspection, inspect_health, usable_products
from modiste.dataset.images import Size
from modiste.errors import CatalogueError
from modiste.progress import Progress, silent

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
        inspection: What is known of the catalogue.
    """

    products: pl.DataFrame
    labels: tuple[str, ...]
    taxonomy: Taxonomy
    cache: PixelCache
    inspection: Inspection


def cache_root() -> Path:
    """Returns the folder of pixel caches: ``MODISTE_CACHE``, or the user's cache folder."""
    chosen = os.environ.get("MODISTE_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("modiste") / "pixels"


def prepare(
    path: Path,
    *,
    taxonomy: Path | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | None = None,
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
        size: The size to bring the pictures to; 60x80 by default.
        cache: The folder of pixel caches, or None for `cache_root`.
        progress: Is told of each picture.

    Raises:
        CatalogueError: The catalogue cannot be read, or nothing in it is usable.
        TaxonomyError: The rules do not fit it.
        OutputError: The cache cannot be written.
    """
    catalogue, labelled = open_labelled(path, taxonomy, columns, images)
    names = picture_names(catalogue)

    def decoded(count: int) -> None:
        progress("decoding", count, len(names))

    pixels = open_pixels(catalogue.pictures, names, root=cache or cache_root(), size=size, on_progress=decoded)
    inspection = check_usable(inspect_health(catalogue, labelled, pixels.facts))
    products = usable_products(labelled.frame, pixels.facts)
    return Prepared(products, labelled.taxonomy.label_names, labelled.taxonomy, pixels, inspection)


def open_labelled(
    path: Path, taxonomy: Path | None, columns: Mapping[str, str] | None, images: Path | None
) -> tuple[Catalogue, Labelled]:
    """Opens a catalogue and labels its products; one that comes with a column `Class` is taken at its word.

    Raises:
        CatalogueError: The catalogue cannot be read.
        TaxonomyError: The rules do not fit it.
    """
    catalogue = open_catalogue(path, columns=columns, images=images)
    frame = catalogue.products.frame
    own = taxonomy is None and "Class" in frame.columns
    return catalogue, label_products(frame, _own_classes(frame["Class"], str(path)) if own else load_taxonomy(taxonomy))


def _own_classes(classes: pl.Series, source: str) -> Taxonomy:
    """Makes the taxonomy in which each value of a column is a label."""
    names = classes.drop_nulls().unique().sort()
    return Taxonomy("own classes", tuple(Label(name, (Rule({"Class": (name,)}),)) for name in names), source=source)


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
