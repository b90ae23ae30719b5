"""The product table: which rows of a table are products, which were mended, and which were rejected and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.tables import Table, read_table
from modiste.catalogue.tables.table import MISSING
from modiste.errors import CatalogueError, MissingIdError
from modiste.schema import Schema

__all__ = [
    "ID",
    "YEAR",
    "Id",
    "ProductTable",
    "Rejection",
    "Repair",
    "field_names",
    "first_few",
    "products_of",
    "read_products",
]

ID = "id"
"""What the column of ids is called in a product table, whatever it is called in the file."""

YEAR = "year"
"""A column of whole numbers, by which products can be split."""

SHOWN = 3
"""How many names a message gives as examples."""

Id = int | str
"""A product's identity: a whole number where all of a catalogue's are, else text."""


@dataclass(frozen=True)
class Repair:
    """A row that was broken and is whole again.

    Attributes:
        line: Its line in the file, from 1.
        id: The product's id, as written.
        note: What was done.
    """

    line: int
    id: str
    note: str


@dataclass(frozen=True)
class Rejection:
    """A row that could not be used.

    Attributes:
        line: Its line in the file, or its row in a table without lines, from 1.
        reason: Why.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class ProductTable:
    """The products of a catalogue, one a row.

    Attributes:
        frame: `id` (Int64 where all ids are whole numbers, else String) and the other columns; missing values are null.
            Those of a text file are String, but for `year` (Int64); those of a table that has types keep them. In a
            catalogue, `images` (List of String) holds the names of each product's pictures, an empty list where it
            has none.
        rows: How many data rows the file has, rejected ones included.
        repaired: The rows that were mended.
        rejected: The rows that were left out.
        notes: What else a reader should know of how the table was read, a line each.
    """

    frame: pl.DataFrame
    rows: int
    repaired: tuple[Repair, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()


def read_products(
    source: Path | bytes,
    *,
    schema: Schema,
    columns: Mapping[str, str] | None = None,
    where: str | Path | None = None,
) -> ProductTable:
    """Reads a product table of any kind: see `tables.read_table`.

    Args:
        source: A file, or its bytes.
        schema: Which columns hold the id and the text; surplus commas of a row belong to the text.
        columns: Field -> the file's name for it, where they differ.
        where: Its name, for errors and for its suffix; by default the path.

    Raises:
        CatalogueError: It cannot be read, a needed column is absent, or no row is left.
    """
    columns = columns or {}
    table = read_table(source, where=where, text=columns.get(schema.text, schema.text).strip())
    return products_of(table, schema=schema, columns=columns)


def products_of(table: Table, *, schema: Schema, columns: Mapping[str, str] | None = None) -> ProductTable:
    """Takes the products from a table.

    Texts lose the blanks around them, and what stands for a missing value becomes null. Types stay as they are, but for
    these: ids become whole numbers or text, categories text, and a `year` that is text a number.

    Args:
        table: One product a row.
        schema: Which column holds the id.
        columns: Field -> the table's name for it, where they differ.

    Raises:
        CatalogueError: A needed column is absent, the ids are of a type that identifies nothing, or no row is left.
    """
    names = field_names(table, schema=schema, columns=columns or {})
    frame = table.frame.rename(dict(zip(table.frame.columns, names, strict=True)))
    frame = frame.with_columns(_cleaned(column) for column in frame.iter_columns())
    frame = frame.with_columns(_ids(frame[ID], table.where))
    reasons = _reasons(table, frame[ID])
    kept = frame.filter(reasons.is_null())
    if kept.is_empty():
        raise CatalogueError(
            f"no usable product among {frame.height} data rows{table.example(reasons)}",
            where=table.where,
            fix="see that the rows match the header and have ids",
        )
    if table.origin == "text":
        kept = kept.with_columns(_whole_numbers(kept[ID]))
    known = pl.DataFrame(
        {"line": table.lines, "id": frame[ID].cast(pl.String), "note": table.repairs, "reason": reasons}
    )
    repaired = known.filter(pl.col("note").is_not_null() & pl.col("reason").is_null())
    rejected = known.drop_nulls("reason")
    return ProductTable(
        kept,
        frame.height,
        tuple(Repair(*row) for row in repaired.select("line", "id", "note").iter_rows()),
        tuple(Rejection(*row) for row in rejected.select("line", "reason").iter_rows()),
        table.notes,
    )


def field_names(table: Table, *, schema: Schema, columns: Mapping[str, str]) -> list[str]:
    """Returns the names of a table's columns, with its own names for fields replaced by ours.

    Args:
        table: One product a row.
        schema: Which column holds the id, where `columns` does not say.
        columns: Field -> the table's name for it, where they differ.

    Raises:
        CatalogueError: A column is absent, or there twice.
    """
    header = [name.strip() for name in table.frame.columns]
    columns = {field.strip(): column.strip() for field, column in columns.items()}
    if schema.id != ID:
        columns = {ID: schema.id} | columns
    for field, column in columns.items():
        if column not in header:
            raise table.no_column(f"{column!r} for {field}", name=column, fix="name it with --column FIELD=NAME")
    ours = {column: field for field, column in columns.items()}
    names = [ours.get(name, name) for name in header]
    if ID not in names:
        told = table.no_column(repr(ID), name=ID, fix="name the one that holds it, for example --column id=sku")
        raise MissingIdError(told.what, columns=header, where=told.where, fix=told.fix)
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise CatalogueError(f"two columns are called {doubled[0]!r}", where=table.where, fix="rename one of them")
    return names


def first_few(names: pl.Series) -> str:
    """Returns the first of some names, for a message: ``a, b, c, ...``."""
    return ", ".join(names.head(SHOWN)) + (", ..." if names.len() > SHOWN else "")


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


def _whole_numbers(ids: pl.Series) -> pl.Series:
    """Returns ids that are text as whole numbers where all of them are; 007 must come back as it was written."""
    # strict=False: what is no number becomes null.
    numbers = ids.cast(pl.Int64, strict=False)
    return numbers if (numbers.cast(pl.String) == ids).fill_null(value=False).all() else ids


def _reasons(table: Table, ids: pl.Series) -> pl.Series:
    """Says of each row why it is no product, null where it is one: it is broken, or lacks an id of its own."""
    rows = pl.DataFrame({"error": table.errors, "id": ids.cast(pl.String), "line": table.lines})
    sound = rows.filter(pl.col("error").is_null())
    rows = rows.join(
        sound.group_by("id").agg(pl.col("line").min().alias("first")), on="id", how="left", maintain_order="left"
    )
    stands = "on line" if table.unit == "line" else "in row"
    twice = pl.format("id {} stands {} {} already", "id", pl.lit(stands), "first")
    return rows.select(
        pl.when(pl.col("error").is_not_null())
        .then("error")
        .when(pl.col("id").is_null())
        .then(pl.lit("no id"))
        .when(pl.col("line") != pl.col("first"))
        .then(twice)
        .alias("reason")
    ).to_series()
