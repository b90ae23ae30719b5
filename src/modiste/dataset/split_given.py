"""The split that a catalogue brings: the folders of its pictures are train, validation and test."""

import polars as pl

from modiste.dataset.split import NO_HOLDOUT, PARTS, Fractions, Split, by_product, leaked, split_products
from modiste.errors import CatalogueError

__all__ = ["check_parts", "cut_from_train", "split_as_given"]

NO_VALIDATION = Fractions(train=0.9, validation=0.1, holdout=0)
"""Cuts the hold-out from training, a tenth as in the study."""


def check_parts(parts: pl.DataFrame | None, *, where: str) -> pl.DataFrame:
    """Returns the parts that a catalogue brings.

    Raises:
        CatalogueError: It brings none.
    """
    if parts is None:
        raise CatalogueError(
            "its folders are no parts of a split",
            where=where,
            fix="put the classes into folders train, validation and test, or choose another --split",
        )
    return parts


def split_as_given(parts: pl.DataFrame, products: pl.DataFrame, *, label: str, seed: int) -> Split:
    """Splits products as their catalogue does. Those that it puts into no part are left out.

    Where the catalogue has no validation, a fifth of its training is cut off for that; where it has no hold-out, a
    tenth. Copies on two sides stay there; a note says how many.

    Args:
        parts: `id`, `part`.
        products: One row a product or a photo, with `id`, `label` and maybe `group`, see `split_products`.
        label: The column whose values the cut spreads evenly.
        seed: The seed of the cut.

    Raises:
        CatalogueError: No product is in training.
    """
    ours = by_product(products)
    frame = ours.select("id").join(parts, on="id").select("id", "part").sort("id")
    if "train" not in frame["part"]:
        raise CatalogueError("no usable product is in the part 'train' of the catalogue", fix="see `modiste inspect`")
    split = Split(frame)
    for part, fractions in (("holdout", NO_VALIDATION), ("validation", NO_HOLDOUT)):
        if part not in frame["part"]:
            split = cut_from_train(split, products, part, fractions, label=label, seed=seed)
            split = split.noting(f"the catalogue has no part {part}: it is cut from training")
    if absent := ours.height - frame.height:
        split = split.noting(f"products in no part of the catalogue's split, and left out: {absent:,}")
    for part in ("validation", "holdout"):
        if both := leaked(split, ours, part, column="group", seen=PARTS).len():
            split = split.noting(f"products of {part} with a picture, or nearly, that another part has, too: {both:,}")
    return split


def cut_from_train(
    split: Split, products: pl.DataFrame, part: str, fractions: Fractions, *, label: str, seed: int
) -> Split:
    """Returns a split with a part more, cut from training as validation is.

    Args:
        split: Without that part.
        products: See `split_products`.
        part: Its name.
        fractions: Which share is cut off, as that of validation.
        label: The column whose values the cut spreads evenly.
        seed: The seed of the cut.
    """
    train = products.join(split.frame.filter(pl.col("part") == "train"), on="id", how="semi")
    cut = split_products(train, label=label, seed=seed, fractions=fractions)
    new = cut.frame.with_columns(pl.col("part").replace({"validation": part}))
    whole = pl.concat([new, split.frame.filter(pl.col("part") != "train")]).sort("id")
    return Split(whole, {**split.too_few, **cut.too_few}, split.notes)
