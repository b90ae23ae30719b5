"""Tables whose columns nobody told us: which column names the rows, and which names their pictures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from modiste.catalogue.listing import named_below
from modiste.catalogue.omissions import Omissions
from modiste.catalogue.photos import IMAGES
from modiste.catalogue.products import ID
from modiste.catalogue.sources import NO_PRODUCT, Catalogue, without_product
from modiste.errors import MissingIdError
from modiste.schema import Schema

__all__ = ["open_any"]

LIKE_AN_ID = re.compile(r"(^|[\W_])(id|ids|sku|nr|no|number|code|ean|gtin|upc|asin|handle|key)$|id$", re.IGNORECASE)
"""What columns of ids are often called: product_id, Artikel-Nr, SKU."""

MOST_TRIED = 8
"""So many columns are tried as the one of ids."""


def open_any(
    path: Path | str,
    *,
    schema: Schema | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | str | None = None,
) -> Catalogue:
    """Opens a catalogue as `Catalogue.open` does, or a table none of whose columns the schema knows.

    Rows are then named by the column whose values differ most, and pictures may be named by any column.

    Args:
        path: See `Catalogue.open`.
        schema: What is known of the products; by default the shipped schema.
        columns: See `Catalogue.open`.
        images: See `Catalogue.open`.

    Raises:
        CatalogueError: There is nothing to read, or it is not readable.
    """
    schema, columns = schema or Schema.load(), dict(columns or {})
    try:
        catalogue = Catalogue.open(path, schema=schema, columns=columns, images=images)
    except MissingIdError as error:
        if {*schema.names} & {*error.columns, *columns}:
            raise
        catalogue = _named_by_a_column(path, error.columns, schema, columns, images)
    known = {*schema.names} & {*catalogue.products.frame.columns}
    found = catalogue.products.frame[IMAGES].list.len().sum()
    return catalogue if known or found else _with_pictures(catalogue)


def _named_by_a_column(
    path: Path | str, header: Sequence[str], schema: Schema, columns: Mapping[str, str], images: Path | str | None
) -> Catalogue:
    """Opens a table with the column as `id` that leaves out the fewest rows; what is called like an id comes first."""
    pictures = schema.picture_columns(header)
    free = [name for name in header if name and name not in columns.values()]
    order = sorted(free, key=lambda name: (name in pictures, not LIKE_AN_ID.search(name)))
    best: Catalogue | None = None
    for name in order[:MOST_TRIED]:
        opened = Catalogue.open(path, schema=schema, columns={**columns, ID: name}, images=images)
        opened = replace(opened, notes=(*opened.notes, f"no column 'id': rows are named by {name!r}"))
        if best is None or len(opened) > len(best):
            best = opened
        if len(best) == best.products.rows:
            break
    if best is None:
        return Catalogue.open(path, schema=schema, columns=columns, images=images)
    return best


def _with_pictures(catalogue: Catalogue) -> Catalogue:
    """Returns a catalogue whose products have the pictures that some column of theirs names, if any does."""
    frame, names = catalogue.products.frame, catalogue.pictures.names()
    root = catalogue.path if catalogue.path.is_dir() else catalogue.path.parent
    for column in frame.columns:
        # A copy of the column: it stays, for it may be the ids.
        copied = frame.with_columns(pl.col(column).alias(_COPY))
        found = named_below(copied, names, [_COPY], "", root)
        if found.columns:
            note = f"pictures are those that the column {column!r} names"
            products = replace(catalogue.products, frame=found.products)
            omissions = Omissions(each for each in catalogue.omissions if each.reason != NO_PRODUCT)
            omissions.extend(without_product(found.products, names))
            return replace(catalogue, products=products, notes=(*catalogue.notes, note), omissions=omissions)
    note = "no picture of any row was found; name their column with --column image=NAME, their folder with --images"
    return replace(catalogue, notes=(*catalogue.notes, note))


_COPY = "\0column"
"""A name that no column of a file has."""
