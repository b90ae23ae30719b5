"""Which products a tagger learns from: the splits that `modiste train --split` knows."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl

from modiste.catalogue.label_map import one_of
from modiste.catalogue.sources import Catalogue
from modiste.config import StudyConfig, TrainConfig
from modiste.dataset.cache import PixelCache
from modiste.dataset.duplicates import picture_groups
from modiste.dataset.split import PARTS, Split, joined_groups, split_products
from modiste.dataset.split_file import read_parts, split_from_file
from modiste.dataset.split_given import check_parts, split_as_given
from modiste.dataset.split_year import check_years, split_by_year
from modiste.errors import CatalogueError, nearest
from modiste.progress import Progress
from modiste.runs import Run
from modiste.schema import Schema
from modiste.workflows.other_sources import SOURCE, part_of
from modiste.workflows.prepare import Prepared
from modiste.workflows.task import Config

__all__ = ["ORDINARY", "check_split", "grouped", "settled", "split_for"]

METHODS = ("auto", "given", "grouped", "random", "year")

ORDINARY: Mapping[type, Literal["grouped", "random"]] = {TrainConfig: "grouped", StudyConfig: "random"}
"""How a catalogue is split that does not say how."""


def settled(config: Config, catalogue: Path, begun: Run | None) -> Config:
    """Returns settings that say how to split a catalogue, where they left it to the catalogue.

    Args:
        config: The settings.
        catalogue: The catalogue.
        begun: The run that is resumed, and has its split; None for a new run.

    Raises:
        CatalogueError: The catalogue cannot be read.
    """
    if config.split != "auto":
        return config
    if begun is not None and begun.config["split"] != "auto":
        return replace(config, split=begun.config["split"])
    given = _opened(config, catalogue, Schema.load(config.schema or None)).parts is not None
    return replace(config, split="given" if given else ORDINARY[type(config)])


def _opened(config: StudyConfig | TrainConfig, catalogue: Path, schema: Schema) -> Catalogue:
    images = Path(config.images) if config.images else None
    return Catalogue.open(catalogue, schema=schema, columns=config.columns, images=images)


def check_split(config: StudyConfig | TrainConfig, catalogue: Path, schema: Schema) -> None:
    """Makes sure, before any picture is decoded, that the settings name one of `METHODS`, or a file of ids and parts.

    Raises:
        CatalogueError: They do not, or the catalogue cannot be read, or has no years, or no parts, to be split by.
    """
    if config.split == "year":
        check_years(_opened(config, catalogue, schema).products.frame)
    if config.split == "given":
        check_parts(_opened(config, catalogue, schema).parts, where=str(catalogue))
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
    split = _split(products, prepared, config)
    for part in PARTS:
        if split.ids(part).is_empty():
            raise CatalogueError(
                f"no product is left for the part {part!r}",
                where=prepared.inspection.source,
                fix="give more products: a label needs three for a split",
            )
    return products.join(split.frame, on="id", how="inner", maintain_order="left"), split


def grouped(prepared: Prepared, *, progress: Progress) -> pl.DataFrame:
    """Returns the usable photos of all catalogues with `group`: near-identical pictures share it, a product's photos
    do, and so do those of one origin, where a map names it.

    Those of other catalogues have `SOURCE`, and their rows and groups go on where those before end.
    """
    photos = _grouped(prepared.products, prepared.compared, progress)
    if not prepared.others:
        return photos
    all_photos, rows = [photos.with_columns(pl.lit(None, pl.String).alias(SOURCE))], len(prepared.cache.pixels)
    for other in prepared.others:
        theirs = _grouped(other.photos, other.compared, progress, origin=other.group)
        groups = int(max(each["group"].to_numpy().max() for each in all_photos)) + 1
        moved = [pl.col("row") + rows, pl.col("group") + groups]
        kept = [name for name in theirs.columns if name in photos.columns or name in {other.stratum} | _sets(theirs)]
        all_photos.append(theirs.select(kept).with_columns(*moved, pl.lit(other.name).alias(SOURCE)))
        rows += len(other.cache.pixels)
    return pl.concat(all_photos, how="diagonal_relaxed")


def _sets(photos: pl.DataFrame) -> set[str]:
    return {name for name in photos.columns if name.startswith(one_of(""))}


def _grouped(photos: pl.DataFrame, compared: PixelCache, progress: Progress, *, origin: str = "") -> pl.DataFrame:
    alike = pl.Series(picture_groups(compared, progress=progress)[photos["row"].to_numpy()])
    relations = [photos["id"], alike, *([photos[origin]] if origin else [])]
    return photos.with_columns(pl.Series("group", joined_groups(*relations)))


def _split(products: pl.DataFrame, prepared: Prepared, config: TrainConfig) -> Split:
    """Splits each catalogue by itself."""
    if not prepared.others:
        return _split_first(products, prepared, config)
    first = _split_first(products.filter(pl.col(SOURCE).is_null()), prepared, config)
    frames = [first.frame]
    for other in prepared.others:
        theirs = products.filter(pl.col(SOURCE) == other.name)
        if other.parts is not None and config.split in {"auto", "given"}:
            split = split_as_given(other.parts, theirs, label=other.stratum, seed=config.seed)
        else:
            split = split_products(theirs, label=other.stratum, seed=config.seed)
        names = {part: part_of(part, other.name) for part in PARTS}
        frames.append(split.frame.with_columns(pl.col("part").replace(names)))
    return replace(first, frame=pl.concat(frames).sort("id"))


def _split_first(products: pl.DataFrame, prepared: Prepared, config: TrainConfig) -> Split:
    label, way = prepared.stratum, config.split
    if way == "auto":
        way = ORDINARY[TrainConfig] if prepared.parts is None else "given"
    if way == "given":
        parts = check_parts(prepared.parts, where=prepared.inspection.source)
        return split_as_given(parts, products, label=label, seed=config.seed)
    if way == "grouped":
        return split_products(products, label=label, seed=config.seed)
    if way == "random":
        return split_products(products.drop("group"), label=label, seed=config.seed)
    if way == "year":
        return split_by_year(products, label=label, seed=config.seed)
    return split_from_file(Path(way), products, label=label, seed=config.seed)
