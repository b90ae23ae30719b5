"""What a network is to say of a picture: the attributes, their labels, and each product's label ids."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.photos import IMAGES
from modiste.dataset.images import FACTS
from modiste.dataset.partial import PartialLabels
from modiste.errors import CatalogueError, nearest
from modiste.predictions import NO_LABEL
from modiste.schema import Attribute, Schema

__all__ = ["RESERVED", "check_columns", "check_targets", "encode_labels", "find_attributes"]

RESERVED = frozenset({*FACTS, IMAGES, "row", "group", "part", "reason", "similarity"})
"""Columns that photos get on their way to a training; a catalogue's own of these names cannot be learned."""


def find_attributes(products: pl.DataFrame, schema: Schema, targets: Sequence[str] = ()) -> Schema:
    """Returns the schema of what can be learned from products: its attributes have two labels or more.

    Args:
        products: The products of the training part, or their photos: a label that is not in it cannot be learned.
        schema: What is known of them. The labels that an attribute names come first, in their order, and others follow
            in the order of the alphabet.
        targets: The columns asked for; by default those of the schema that have at least two values.

    Raises:
        CatalogueError: A column cannot be learned (see `check_targets`), or none has two values.
    """
    check_targets(products, targets, schema)
    found = []
    for attribute in (schema.selected(targets) if targets else schema).attributes:
        if attribute.name in products.columns:
            present = set(_labels(products[attribute.name]).drop_nulls().unique())
            known = tuple(label for label in attribute.labels if label in present)
            if len(present) >= 2:
                found.append(replace(attribute, labels=(*known, *sorted(present.difference(known)))))
    if not found:
        raise CatalogueError(
            "no column with at least two values to learn", where="--targets", fix="name the columns with --targets"
        )
    return schema.narrowed(found)


def check_columns(products: pl.DataFrame, schema: Schema, *, where: str) -> None:
    """Makes sure that the columns that hold attributes can be labels.

    Raises:
        CatalogueError: One has a name of `RESERVED`, or of a column of predictions, or holds lists.
    """
    for name in (name for name in schema.names if name in products.columns):
        if name in RESERVED or schema.takes(name):
            raise CatalogueError(
                f"the column {name!r} has a name that Modiste itself uses",
                where=where,
                fix=f"give it another, for example --column my_{name}={name}",
            )
        _labels(products[name])


def check_targets(products: pl.DataFrame, targets: Sequence[str], schema: Schema) -> None:
    """Makes sure that the columns asked for are there and hold labels.

    Args:
        products: One row a product, or a photo.
        targets: The columns asked for.
        schema: What is known of the products, for advice.

    Raises:
        CatalogueError: A column is named twice, does not exist, holds lists, has fewer than two values, or another one
            for every product.
    """
    for index, name in enumerate(targets):
        if name not in products.columns:
            what = f"no column {name!r}{nearest(name, products.columns)}" if name else "an empty name of a column"
            advice = f"the catalogue has {', '.join(_learnable(products, schema))}"
            raise CatalogueError(what, where="--targets", fix=advice)
        if name in targets[:index]:
            raise CatalogueError(f"the column {name!r} is named twice", where="--targets", fix="name it once")
        values = _labels(products[name]).drop_nulls()
        count = values.n_unique()
        if count < 2 or count == products["id"].filter(products[name].is_not_null()).n_unique():
            several = f"{count} value{'s' * (count != 1)}; two are the least"
            raise CatalogueError(
                f"the column {name!r} has {several if count < 2 else 'another value for every product'}",
                where="--targets",
                fix="leave it out",
            )


def _learnable(products: pl.DataFrame, schema: Schema) -> list[str]:
    """The columns whose values repeat, and so may be labels; first those that the schema names."""
    named = [name for name in schema.names if name in products.columns]
    several = [name for name, dtype in products.schema.items() if not dtype.is_nested() and name not in named]
    return [*named, *(name for name in several if products[name].n_unique() <= products.height // 2)]


def _labels(column: pl.Series) -> pl.Series:
    """Returns a column's values as labels.

    Raises:
        CatalogueError: They are no single values.
    """
    if column.dtype.is_nested() or column.dtype == pl.Binary:
        raise CatalogueError(
            f"the column {column.name!r} is of the type {column.dtype}, which is no label",
            where="--targets",
            fix="leave it out, or give it one value a product",
        )
    return column.cast(pl.String)


def encode_labels(
    products: pl.DataFrame, attributes: Sequence[Attribute], partial: PartialLabels | None = None
) -> NDArray[np.int64]:
    """Returns each product's label ids.

    A label that the attribute does not know, since the training never saw it, has an id of its own from the
    attribute's size on, so that every answer counts as wrong.

    Args:
        products: One row a product, or a photo.
        attributes: The attributes.
        partial: The sets of labels that products may have instead of one.

    Returns:
        int64 (products, attributes), `NO_LABEL` where there is no label, and lower where it is one of several (see
        `PartialLabels`); all are missing in a column that the products lack.
    """
    label_ids = np.full((products.height, len(attributes)), NO_LABEL, dtype=np.int64)
    for index, attribute in enumerate(attributes):
        if attribute.name in products.columns:
            column = _labels(products[attribute.name])
            unknown = sorted(set(column.drop_nulls().unique()) - set(attribute.labels))
            known = {label: number for number, label in enumerate((*attribute.labels, *unknown))}
            label_ids[:, index] = column.replace_strict(known, default=NO_LABEL, return_dtype=pl.Int64).fill_null(
                NO_LABEL
            )
    if partial is not None:
        partial.encode(products, attributes, label_ids)
    return label_ids
