"""A folder per class -> products, each with its class, its pictures and, where folders say so, its part of a split."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.folders import Folder, Folders, Place, Shape, is_store, shape_of
from modiste.catalogue.omissions import Omission, Omissions
from modiste.catalogue.parts import PARTS, part_named
from modiste.catalogue.photos import IMAGES
from modiste.catalogue.products import ID

__all__ = ["Arranged", "arrange", "describe_folders", "few", "folders_of", "parts_of"]

SHOWN = 5
"""How many folders a note names."""

MOST_OF_A_PRODUCT = 20
"""A folder in a class with more pictures is hardly one product's."""

MEAN_OF_A_PRODUCT = 5
"""Nor are folders that hold so many pictures in the mean, and whose names are words."""

TEXT = dict.fromkeys(("folder", "label", "part", "product", "reason"), pl.String)


@dataclass(frozen=True, eq=False)
class Arranged:
    """Pictures in a folder per class, as products.

    Attributes:
        products: One row a product: `id`, `label`, the class, and `images`.
        parts: Which product is in which part of a split, `id` and `part`; None where the folders do not say.
        notes: How the folders were read, where a reader should know, a line each.
        omissions: The pictures of no class.
        depth: In how many folders a class lies.
    """

    products: pl.DataFrame
    parts: pl.DataFrame | None
    notes: tuple[str, ...] = ()
    omissions: tuple[Omission, ...] = ()
    depth: int = 0


def folders_of(names: pl.Series) -> Folders:
    """Returns the folders of pictures by their names."""
    found = _folder_of(names).value_counts().sort("folder")
    return {tuple(folder.split("/")) if folder else (): count for folder, count in found.iter_rows()}


def _folder_of(names: pl.Series) -> pl.Series:
    return names.str.extract("^(.*)/[^/]*$").fill_null("").alias("folder")


def arrange(names: pl.Series) -> Arranged | None:
    """Makes products of pictures in a folder per class.

    Args:
        names: The names of all pictures, sorted.

    Returns:
        The products; None where there is no folder per class.
    """
    folders = folders_of(names)
    shape = shape_of(folders)
    places = {folder: shape.place(folder) for folder in folders}
    spellings = _spellings(places, folders)
    places = {folder: each._replace(label=spellings.get(each.label or "")) for folder, each in places.items()}
    labels = set(spellings.values())
    if all(part_named(each) or is_store(each) for each in labels):
        return None
    photos = names.to_frame(IMAGES).with_columns(_folder_of(names))
    photos = photos.join(_frame(places), on="folder", how="left", maintain_order="left")
    used = photos.drop_nulls("label").select(pl.coalesce("product", IMAGES).alias(ID), "label", "part", IMAGES)
    products = used.group_by(ID, "label", "part", maintain_order=True).agg(IMAGES)
    omissions = Omissions()
    for reason, name in photos.drop_nulls("reason").select("reason", IMAGES).iter_rows():
        omissions.add(reason, name)
    return Arranged(
        products.select(ID, "label", IMAGES),
        None if shape.parts == "nowhere" else products.select(ID, "part"),
        tuple(_notes(shape, places, folders, spellings, products)),
        tuple(omissions),
        len(shape.around) + (shape.parts == "above"),
    )


def _frame(places: Mapping[Folder, Place]) -> pl.DataFrame:
    """Returns places as a table, one row a folder."""
    rows = [
        ("/".join(folder), each.label, each.part, each.product and "/".join(each.product), each.reason)
        for folder, each in places.items()
    ]
    return pl.DataFrame(rows, schema=TEXT, orient="row")


def _spellings(places: Mapping[Folder, Place], folders: Folders) -> dict[str, str]:
    """Returns for each class its most frequent spelling: some differ in capitals and blanks only."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for folder, place in places.items():
        if place.label:
            counts["".join(place.label.split()).casefold()][place.label] += folders[folder]
    return {name: each.most_common(1)[0][0] for each in counts.values() for name in each}


def _notes(
    shape: Shape, places: Mapping[Folder, Place], folders: Folders, spellings: Mapping[str, str], products: pl.DataFrame
) -> Iterator[str]:
    """Says how folders were read, where a reader should know."""
    if shape.around:
        yield f"the classes are the folders in {'/'.join(shape.around)}"
    for kept in sorted(set(spellings.values())):
        if len(alike := [name for name, taken in spellings.items() if taken == kept]) > 1:
            yield f"folders that differ in capitals or blanks are one class, {kept!r}: {few(map(repr, sorted(alike)))}"
    if shape.parts == "nowhere":
        tops = {folder[len(shape.around)] for folder, place in places.items() if place.label}
        if called := sorted(filter(part_named, tops)):
            yield f"folders that are called like parts of a split are classes: {few(called)}"
    else:
        yield from _notes_on_parts(shape, places, products)
    yield from _notes_on_products(places, folders)


def _notes_on_parts(shape: Shape, places: Mapping[Folder, Place], products: pl.DataFrame) -> Iterator[str]:
    """Says how a split's parts are read, which classes training lacks, and which products are in two parts."""
    counts = dict(products["part"].value_counts().iter_rows())
    held = ", ".join(f"{part} {counts[part]:,}" for part in PARTS if part in counts)
    where = "above" if shape.parts == "above" else "in"
    yield f"the folders {where} the classes are parts of a split; products: {held}"
    known = products.group_by("label").agg(learned=(pl.col("part") == "train").any(), count=pl.len()).sort("label")
    if unseen := [f"{label} ({count:,})" for label, learned, count in known.iter_rows() if not learned]:
        yield f"classes without a product in train, which cannot be learned: {few(unseen)}"
    parts = defaultdict(set)
    for place in places.values():
        if place.product:
            parts[f"{place.label}/{place.product[-1]}"].add(place.part)
    if several := sorted(name for name, each in parts.items() if len(each) > 1):
        yield f"folders of products of one name in several parts of the split: {len(several):,} ({few(several)})"


def _notes_on_products(places: Mapping[Folder, Place], folders: Folders) -> Iterator[str]:
    """Names folders of products that look like classes."""
    counts: Counter[Folder] = Counter()
    for folder, place in places.items():
        if place.product:
            counts[place.product] += folders[folder]
    words = {product: count for product, count in counts.items() if not any(map(str.isdigit, product[-1]))}
    many = words if sum(words.values()) >= MEAN_OF_A_PRODUCT * max(len(words), 1) else {}
    many = many | {product: count for product, count in counts.items() if count > MOST_OF_A_PRODUCT}
    if many:
        named = (f"{'/'.join(product)} ({count:,} pictures)" for product, count in sorted(many.items()))
        yield (
            "a folder in a class is one product with all of its pictures, and these may be classes of their own: "
            f"{few(named)}; if they are, put them side by side in one folder"
        )


def few(names: Iterable[str]) -> str:
    """Returns the first of some names, and how many there are: ``a, b, c, d, e, ... (7 in all)``."""
    every = list(names)
    return ", ".join(every[:SHOWN]) + (f", ... ({len(every):,} in all)" if len(every) > SHOWN else "")


def describe_folders(names: pl.Series) -> str:
    """Says where pictures lie that are in no folder per class."""
    if names.is_empty():
        return "no picture"
    counts: Counter[str] = Counter()
    for folder, count in folders_of(names).items():
        counts["/".join(folder)] += count
    places = [f"{count:,} in {folder}" if folder else f"{count:,} loose" for folder, count in counts.items()]
    return f"pictures: {few(places)}"


def parts_of(products: pl.DataFrame) -> pl.DataFrame | None:
    """Returns which product is in which part of a split, where all of their pictures lie in folders of parts.

    A product with pictures in several parts is in the first of them, so that the training keeps what it has seen.

    Args:
        products: With `id` and `images`.

    Returns:
        `id`, `part`; None where the folders do not say.
    """
    photos = products.select(ID, IMAGES).explode(IMAGES).drop_nulls(IMAGES)
    folders = folders_of(photos[IMAGES])
    at = len(shape_of(folders).around)
    parts = {"/".join(folder): part_named(folder[at]) if len(folder) > at else None for folder in folders}
    if None in parts.values() or len(set(parts.values())) < 2:
        return None
    part = _folder_of(photos[IMAGES]).replace_strict(parts, return_dtype=pl.Enum(PARTS))
    return photos.select(ID, part=part).group_by(ID, maintain_order=True).agg(pl.col("part").min().cast(pl.String))
