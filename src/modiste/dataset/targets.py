"""What a network is to say of a picture: the attributes, their labels, and each product's labels as numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import CatalogueError, nearest
from modiste.schema import Attribute

__all__ = ["ATTRIBUTES", "HIERARCHY", "MISSING", "check_targets", "encode_labels", "find_attributes"]

ATTRIBUTES = ("Class", "masterCategory", "subCategory", "articleType", "gender", "baseColour", "season", "usage")
"""The columns that are learned where nothing else is asked for, as far as a catalogue has them."""

HIERARCHY = ("masterCategory", "subCategory", "articleType", "Class")
"""The columns whose values depend on one another, so that an answer must fit together."""

MISSING = -1
"""The number of a label that is missing."""


def find_attributes(
    products: pl.DataFrame,
    schema,
    targets: Sequence[str] | None = None,
    *,
    order: Mapping[str, Sequence[str]] | None = None,
    labels=None,
):
    """Returns the attributes that can be learned from products.

    Args:
        products: The products of the training part: a label that is not in it cannot be learned.
        targets: The columns asked for; by default those of `ATTRIBUTES` that have at least two values.
        order: Attribute -> its labels in the order wanted; others follow, in the order of the alphabet.

    Raises:
        CatalogueError: A column cannot be learned (see `check_targets`), or none has two values.
    """
    check_targets(products, targets or ())
    found = []
    for name in targets or [name for name in ATTRIBUTES if name in products.columns]:
        present = set(products[name].cast(pl.String).drop_nulls().unique())
        if len(present) >= 2:
            wanted = (order or {}).get(name) or ()
            known = tuple(label for label in wanted if label in present)
            from dataclasses import replace

            found.append(
                replace(
                    schema.selected([name]).attributes[0],
                    labels=tuple((labels or {}).get(name) or (*known, *sorted(present.difference(known)))),
                )
            )
    if not found:
        raise CatalogueError(
            "no column with at least two values to learn", where="--targets", fix="name the columns with --targets"
        )
    return schema.narrowed(found)


def check_targets(products: pl.DataFrame, targets: Sequence[str]) -> None:
    """Makes sure that the columns asked for are there and hold labels.

    Raises:
        CatalogueError: A column is named twice, does not exist, has fewer than two values, or another one for every
            product.
    """
    for index, name in enumerate(targets):
        if name not in products.columns:
            what = f"no column {name!r}{nearest(name, products.columns)}" if name else "an empty name of a column"
            raise CatalogueError(what, where="--targets", fix=f"the catalogue has {', '.join(_learnable(products))}")
        if name in targets[:index]:
            raise CatalogueError(f"the column {name!r} is named twice", where="--targets", fix="name it once")
        values = products[name].drop_nulls()
        count = values.n_unique()
        if count < 2 or count == values.len():
            several = f"{count} value{'s' * (count != 1)}; two are the least"
            raise CatalogueError(
                f"the column {name!r} has {several if count < 2 else 'another value for every product'}",
                where="--targets",
                fix="leave it out",
            )


def _learnable(products: pl.DataFrame) -> list[str]:
    """The columns whose values repeat, and so may be labels."""
    named = [name for name in ATTRIBUTES if name in products.columns]
    return named or [name for name in products.columns if products[name].n_unique() <= products.height // 2]


def encode_labels(products: pl.DataFrame, attributes: Sequence[Attribute]) -> NDArray[np.int64]:
    """Returns each product's labels as numbers.

    A label that the attribute does not know, since the training never saw it, has a number of its own from the
    attribute's size on: whatever is answered, it is wrong.

    Returns:
        int64 (products, attributes), `MISSING` where there is no label; all are missing in a column that the products
        lack.
    """
    label_ids = np.full((products.height, len(attributes)), MISSING, dtype=np.int64)
    for index, attribute in enumerate(attributes):
        if attribute.name in products.columns:
            column = products[attribute.name].cast(pl.String)
            unknown = sorted(set(column.drop_nulls().unique()) - set(attribute.labels))
            known = {label: number for number, label in enumerate((*attribute.labels, *unknown))}
            label_ids[:, index] = column.replace_strict(known, default=MISSING, return_dtype=pl.Int64).fill_null(
                MISSING
            )
    return label_ids
