"""Makes more catalogues ready to learn from, beside the first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from modiste.catalogue.label_map import THEIRS, LabelMap
from modiste.catalogue.omissions import EXAMPLES, Omission
from modiste.catalogue.photos import IMAGE, one_a_photo
from modiste.catalogue.products import ID
from modiste.catalogue.sources import Catalogue
from modiste.dataset.geometry import Fit, Size
from modiste.dataset.health import readable_photos
from modiste.dataset.targets import find_attributes
from modiste.errors import CatalogueError
from modiste.progress import Progress
from modiste.workflows.other_sources import OtherSource, name_sources
from modiste.workflows.prepare import Prepared, decode_pictures, label_opened

__all__ = ["with_others"]


def with_others(
    first: Prepared,
    sources: Sequence[str],
    maps: Mapping[str, LabelMap],
    *,
    size: Size,
    fit: Fit,
    max_pixels: int,
    progress: Progress,
) -> Prepared:
    """Returns a prepared catalogue with others beside it.

    Args:
        first: The catalogue that says what is learned.
        sources: The paths of the others.
        maps: Path -> what its labels mean; one without a map has the first catalogue's columns and labels.
        size: The size to bring the pictures to.
        fit: How to bring them to it.
        max_pixels: See `prepare`.
        progress: Is told of each picture.

    Raises:
        CatalogueError: One cannot be read, or nothing in it is usable.
        ConfigError: A map names an attribute or a label that the first catalogue does not have.
    """
    known = find_attributes(first.products, first.schema)
    for each in maps.values():
        each.check(known)
    others = []
    for path, name in name_sources(sources).items():
        opened = _mapped(path, maps[path], first) if path in maps else _with_our_labels(path, first)
        catalogue, products, omissions = opened
        pixels, compared = decode_pictures(catalogue, size=size, fit=fit, max_pixels=max_pixels, progress=progress)
        photos = readable_photos(products, pixels.facts)
        if photos.is_empty():
            raise CatalogueError(
                "no photo that can be read has a label", where=path, fix="check the picture files and the map"
            )
        others.append(
            OtherSource(
                name=name,
                photos=photos.with_columns(pl.format(f"{name}/{{}}", pl.col(ID)).alias(ID)),
                stratum=THEIRS if path in maps else first.stratum,
                cache=pixels,
                compared=compared,
                map=maps.get(path),
                parts=_named_parts(catalogue, name),
                omissions=(*omissions, *_unreadable(products, pixels.facts)),
            )
        )
    text = pl.col(ID).cast(pl.String)
    parts = None if first.parts is None else first.parts.with_columns(text)
    return replace(first, products=first.products.with_columns(text), parts=parts, others=tuple(others))


_Opened = tuple[Catalogue, pl.DataFrame, tuple[Omission, ...]]
"""A catalogue, its products with our labels, and what was passed over."""


def _mapped(path: str, label_map: LabelMap, first: Prepared) -> _Opened:
    catalogue = Catalogue.open(path, schema=first.schema, columns=label_map.columns)
    mapped = label_map.apply(catalogue.products.frame, where=path)
    # A column of theirs that is called like an attribute of ours need not mean the same.
    unsaid = [name for name in first.schema.names if name not in label_map.attributes]
    return catalogue, mapped.frame.drop(unsaid, strict=False), (*catalogue.omissions, *mapped.omissions)


def _with_our_labels(path: str, first: Prepared) -> _Opened:
    catalogue = Catalogue.open(path, schema=first.schema)
    labelled = label_opened(catalogue)
    there = [name for name in first.schema.names if name in labelled.frame.columns]
    if not there:
        raise CatalogueError(
            f"it has none of the columns {', '.join(first.schema.names)}",
            where=path,
            fix="say what its labels mean with --map CATALOGUE=FILE",
        )
    wanted = pl.col("reason").ne_missing("excluded") & pl.any_horizontal(pl.col(name).is_not_null() for name in there)
    return catalogue, labelled.frame.filter(wanted), tuple(catalogue.omissions)


def _unreadable(products: pl.DataFrame, facts: pl.DataFrame) -> tuple[Omission, ...]:
    broken = facts.filter(pl.col("error").is_not_null() & pl.col(IMAGE).is_in(one_a_photo(products)[IMAGE].implode()))
    if broken.is_empty():
        return ()
    return (Omission("pictures that cannot be read", broken.height, tuple(broken[IMAGE].head(EXAMPLES))),)


def _named_parts(catalogue: Catalogue, name: str) -> pl.DataFrame | None:
    if catalogue.parts is None:
        return None
    return catalogue.parts.with_columns(pl.format(f"{name}/{{}}", pl.col(ID)).alias(ID))
