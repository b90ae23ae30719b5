"""Product tables that have types: Parquet and Arrow files, and data frames. Their types are kept."""

from collections.abc import Mapping

import polars as pl

from modiste.catalogue.products import ID, MISSING, YEAR, ProductTable, Rejection, field_names
from modiste.errors import CatalogueError
from modiste.schema import Schema

__all__ = ["products_from_frame"]


def products_from_frame(
    frame: pl.DataFrame, *, where: str, schema: Schema, columns: Mapping[str, str] | None = None
) -> ProductTable:
    """Takes a product table from a data frame.

    Types stay as they are, but for these: ids become whole numbers or text, categories text, and a `year` that is text
    a number. Texts lose the blanks around them, and what stands for a missing value becomes null, as in a CSV file.

    Args:
        frame: One product a row.
        where: The frame's origin, for errors.
        schema: Which column holds the id.
        columns: Field -> the frame's name for it, where they differ.

    Raises:
        CatalogueError: A needed column is absent, the ids are of a type that identifies nothing, or no row is left.
    """
    names = field_names(frame.columns, schema=schema, columns=columns or {}, where=where)
    frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    frame = frame.with_columns(_cleaned(column) for column in frame.iter_columns())
    frame = frame.with_columns(_ids(frame[ID], where))
    rejected = _rejected(frame[ID])
    kept = frame.filter(~pl.int_range(1, pl.len() + 1).is_in([item.line for item in rejected]))
    if kept.is_empty():
        raise CatalogueError(
            f"no usable product among {frame.height} data rows", where=where, fix="see that the rows have ids"
        )
    return ProductTable(kept, frame.height, rejected=rejected)


def _cleaned(column: pl.Series) -> pl.Series:
    """Returns a column in which all that is missing is null."""
    if column.dtype.is_float():
        return column.fill_nan(None)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return column
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(MISSING), None)
    # strict=False: a year that is no whole number counts as missing.
    return text.cast(pl.Int64, strict=False) if column.name == YEAR else text


def _ids(column: pl.Series, where: str) -> pl.Series:
    """Returns ids as whole numbers, where they are that, else as text."""
    if column.dtype.is_numeric():
        # strict=False: what is no whole number becomes null. Pandas makes floats of numbers with gaps.
        numbers = column.cast(pl.Int64, strict=False)
        if numbers.cast(column.dtype, strict=False).eq_missing(column).all():
            return numbers
    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError as error:
        raise CatalogueError(
            f"the ids are of the type {column.dtype}", where=where, fix="give a column of numbers or text as the id"
        ) from error


def _rejected(ids: pl.Series) -> tuple[Rejection, ...]:
    """Names the rows without an id, or with one that another row has already; the first row is 1."""
    rows = pl.DataFrame({ID: ids}).with_row_index("row", 1).with_columns(first=pl.col("row").first().over(ID))
    bad = rows.filter(pl.col(ID).is_null() | (pl.col("row") != pl.col("first")))
    return tuple(
        Rejection(row, "no id" if identity is None else f"id {identity} stands in row {first} already")
        for identity, row, first in bad.select(ID, "row", "first").iter_rows()
    )
