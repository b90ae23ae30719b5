"""More catalogues to learn from: the first one says what is learned, and the photos of the others help to learn it.

Others are split by themselves. What they have for training is learned with the rest; their validation and hold-out are
parts of their own (see `part_of`), so that the first catalogue's scores mean what they would without them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from modiste.catalogue.label_map import LabelMap
from modiste.catalogue.omissions import Omission
from modiste.catalogue.products import ID, first_few
from modiste.dataset.cache import PixelCache
from modiste.dataset.split import OF
from modiste.errors import ConfigError, nearest
from modiste.schema import Schema

__all__ = ["SOURCE", "OtherSource", "maps_of", "name_sources", "part_of", "parts_of_others", "with_known_labels"]

SOURCE = "\0source"
"""The column that names the catalogue that a photo is from, null for the first; no column of a table is called so."""


@dataclass(frozen=True, eq=False)
class OtherSource:
    """Another catalogue that is ready to learn from.

    Attributes:
        name: What it is called in parts and scores.
        photos: Its usable photos: see `Prepared.products`. Ids begin with the name.
        stratum: The column whose values a split spreads evenly.
        cache: The pixels.
        compared: The same pictures at the size at which pictures are compared.
        map: What its labels mean; None where they are the first catalogue's own.
        parts: Which product is in which part of a split, where the catalogue says so.
        omissions: What was passed over.
    """

    name: str
    photos: pl.DataFrame = field(repr=False)
    stratum: str
    cache: PixelCache = field(repr=False)
    compared: PixelCache = field(repr=False)
    map: LabelMap | None = None
    parts: pl.DataFrame | None = None
    omissions: tuple[Omission, ...] = ()

    @property
    def group(self) -> str:
        """The column whose values stand for one origin; empty where there is none."""
        return self.map.group if self.map else ""

    @property
    def times(self) -> int:
        """How often an epoch draws each of its photos."""
        return self.map.times if self.map else 1

    def describe(self) -> Iterator[str]:
        """Says what it adds and what was passed over, a line each."""
        yield f"{self.name}: {self.photos.height:,} photos of {self.photos[ID].n_unique():,} products"
        yield from (f"{self.name}: {each}" for each in self.omissions)


def part_of(part: str, source: str | None) -> str:
    """Returns what a part of a split is called: the training is one for all, the others are each source's own."""
    return part if source is None or part == "train" else f"{part}{OF}{source}"


def parts_of_others(photos: pl.DataFrame, part: str) -> Mapping[str, str]:
    """Returns source -> what its part is called, for the other sources that have any photo in it.

    Args:
        photos: With `part`, and `SOURCE` where there are several sources.
        part: `validation` or `holdout`.
    """
    if SOURCE not in photos.columns:
        return {}
    names = photos[SOURCE].drop_nulls().unique(maintain_order=True).to_list()
    there = set(photos["part"].unique())
    return {name: part_of(part, name) for name in names if part_of(part, name) in there}


def with_known_labels(photos: pl.DataFrame, schema: Schema) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Takes labels from other catalogues' photos that the first one does not have, since it says what is learned.

    Args:
        photos: Of all catalogues, with `SOURCE` where there are several.
        schema: What is learned.

    Returns:
        The photos, and a line for each attribute of which labels were taken.
    """
    if SOURCE not in photos.columns:
        return photos, ()
    notes = []
    for attribute in schema.attributes:
        label = pl.col(attribute.name).cast(pl.String)
        strange = pl.col(SOURCE).is_not_null() & ~label.is_in(list(attribute.labels))
        taken = photos.filter(strange).select(label).to_series().drop_nulls()
        if len(taken):
            named = first_few(taken.unique().sort())
            notes.append(
                f"labels of {attribute.name} that the first catalogue does not have, not learned: "
                f"{len(taken):,} photos of others ({named})"
            )
            photos = photos.with_columns(pl.when(~strange).then(label).alias(attribute.name))
    return photos, tuple(notes)


def name_sources(paths: Sequence[str]) -> dict[str, str]:
    """Returns path -> a short name, each another."""
    names: dict[str, str] = {}
    for path in paths:
        stem = Path(path).stem or "catalogue"
        taken = set(names.values())
        names[path] = stem if stem not in taken else f"{stem} {sum(name.startswith(stem) for name in taken) + 1}"
    return names


def maps_of(sources: Sequence[str], maps: Mapping[str, str]) -> dict[str, LabelMap]:
    """Reads the maps of sources: path -> map.

    Raises:
        ConfigError: One is for no source, or cannot be read.
    """
    whole = {str(Path(source).resolve()): source for source in sources}
    if len(whole) < len(sources):
        twice = next(source for source in sources if whole[str(Path(source).resolve())] != source)
        raise ConfigError("it is to be learned from twice", where=twice, fix="name each catalogue once")
    for path in maps:
        if str(Path(path).resolve()) not in whole:
            raise ConfigError(
                f"a map is for {path!r}{nearest(path, sources)}, which is no other catalogue to learn from",
                where="--map",
                fix=f"give it as CATALOGUE=FILE; the others are {', '.join(sources) or 'none'}",
            )
    return {whole[str(Path(path).resolve())]: LabelMap.load(file) for path, file in maps.items()}
