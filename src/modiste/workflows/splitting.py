"""Which products a tagger learns from: the splits that `modiste train --split` knows."""

from pathlib import Path

import polars as pl

from modiste.catalogue.sources import Catalogue
from modiste.config import TrainConfig
from modiste.dataset.duplicates import picture_groups
from modiste.dataset.split import PARTS, Split, joined_groups, split_products
from modiste.dataset.split_file import read_parts, split_from_file
from modiste.dataset.split_year import check_years, split_by_year
from modiste.errors import CatalogueError, nearest
from modiste.progress import Progress
from modiste.schema import Schema
from modiste.workflows.prepare import Prepared

__all__ = ["check_split", "grouped", "split_for"]

METHODS = ("grouped", "random", "year")


def check_split(config: TrainConfig, catalogue: Path, schema: Schema) -> None:
    """Makes sure, before any picture is decoded, that the settings name one of `METHODS`, or a file of ids and parts.

    Raises:
        CatalogueError: They do not, or the catalogue cannot be read, or has no years to be split by.
    """
    if config.split == "year":
        images = Path(config.images) if config.images else None
        opened = Catalogue.open(catalogue, schema=schema, columns=config.columns, images=images)
        check_years(opened.products.frame)
    if config.split in METHODS:
        return
    path = Path(config.split)
    if not path.is_file():
        raise CatalogueError(
            f"neither a way to split{nearest(config.split, METHODS)} nor a file",
            where=f"--split {config.split}",
            fix=f"give {', '.join(METHODS)}, or a table of id and part",
        )
    read_parts(path)


def split_for(prepared: Prepared, config: TrainConfig, *, progress: Progress) -> tuple[pl.DataFrame, Split]:
    """Splits a catalogue as the settings ask; see `check_split`.

    Returns:
        The photos of products that are in a part, with `part`, and `group`, see `grouped`; and the split.

    Raises:
        CatalogueError: The catalogue lacks what the split needs, its file does not fit, or a part is empty.
    """
    products = grouped(prepared, progress=progress)
    split = _split(products, prepared.stratum, config)
    for part in PARTS:
        if split.ids(part).is_empty():
            raise CatalogueError(
                f"no product is left for the part {part!r}",
                where=prepared.inspection.source,
                fix="give more products: a label needs three for a split",
            )
    return products.join(split.frame, on="id", how="inner", maintain_order="left"), split


def grouped(prepared: Prepared, *, progress: Progress) -> pl.DataFrame:
    """Returns a catalogue's usable photos with `group`: near-identical pictures share it, and a product's photos do."""
    photos = prepared.products
    alike = pl.Series(picture_groups(prepared.compared, progress=progress)[photos["row"].to_numpy()])
    return photos.with_columns(pl.Series("group", joined_groups(photos["id"], alike)))


def _split(products: pl.DataFrame, label: str, config: TrainConfig) -> Split:
    if config.split == "grouped":
        return split_products(products, label=label, seed=config.seed)
    if config.split == "random":
        return split_products(products.drop("group"), label=label, seed=config.seed)
    if config.split == "year":
        return split_by_year(products, label=label, seed=config.seed)
    return split_from_file(Path(config.split), products, label=label, seed=config.seed)
