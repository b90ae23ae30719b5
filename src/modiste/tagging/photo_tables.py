"""Tables that name photos: a product a row, with any number of photos and with columns that stay beside the answers."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.datatypes import DataTypeClass

from modiste.catalogue.photos import picture_name
from modiste.catalogue.pictures import climbs_out
from modiste.catalogue.tables import Table, read_table
from modiste.errors import CatalogueError
from modiste.schema import Schema

__all__ = ["PhotoTable", "read_photo_table"]

TEXT = pl.String()
NAMES = pl.List(TEXT)


@dataclass(frozen=True)
class PhotoTable:
    """A table that names photos; row i of each is product i.

    Attributes:
        columns: The table as it is. That of a text file is text.
        names: The names of a product's photos, a list of text, maybe empty.
        ids: What the product is called; null where it is to be called like its first photo.
        errors: Why a product has no photo, else null.
        notes: What else a reader should know of how the table was read, a line each.
    """

    columns: pl.DataFrame
    names: pl.Series
    ids: pl.Series
    errors: pl.Series
    notes: tuple[str, ...] = ()


def read_photo_table(path: Path, schema: Schema, image_column: str | None = None) -> PhotoTable:
    """Reads a table that names photos.

    Args:
        path: A table of any kind that `catalogue.tables` reads.
        schema: Names the columns that hold a product's id and its photos.
        image_column: The column that names the photos, instead of those of the schema.

    Raises:
        CatalogueError: It cannot be read, has no such column, or names no photo.
    """
    table = read_table(path, text=schema.text)
    columns = table.frame
    named = _named_columns(table, schema, image_column)
    nothing = pl.Series([[]], dtype=NAMES).new_from_index(0, columns.height)
    # Of a row that is broken, nobody knows which field names a photo.
    names = _names(columns, named, path).zip_with(table.errors.is_null(), nothing)
    if columns.height and table.errors.null_count() == 0:
        raise CatalogueError(
            f"no row can be used{table.example(table.errors)}", where=path, fix="see that the rows match the header"
        )
    if not (names.list.len() > 0).any():
        raise CatalogueError(
            f"the column{'s' if len(named) > 1 else ''} {', '.join(map(repr, named))} "
            f"name{'s' if len(named) == 1 else ''} no photo",
            where=path,
            fix="give another table",
        )
    errors = table.errors.zip_with(table.errors.is_not_null(), _errors(names))
    numbers = pl.Series([f"row {number}" for number in range(1, columns.height + 1)], dtype=TEXT)
    ids = numbers.zip_with(errors.is_not_null(), pl.Series([None], dtype=TEXT).new_from_index(0, columns.height))
    if schema.id in columns.columns:
        given = _as_text(columns[schema.id], TEXT, path).str.strip_chars().replace("", None)
        ids = given.zip_with(given.is_not_null(), ids)
    notes = tuple(f"{path}: {note}" for note in table.notes)
    return PhotoTable(columns, names.zip_with(errors.is_null(), nothing), ids, errors, notes)


def _named_columns(table: Table, schema: Schema, image_column: str | None) -> list[str]:
    """Returns the columns that name photos."""
    fix = "name the column of photo files with --image-column"
    if image_column is not None:
        if image_column.strip() in table.frame.columns:
            return [image_column.strip()]
        raise table.no_column(repr(image_column), name=image_column, fix=fix)
    found = schema.picture_columns(name for name, kind in table.frame.schema.items() if _may_name(kind))
    if not found:
        raise table.no_column(" or ".join(map(repr, schema.pictures)), fix=fix)
    return found


def _may_name(kind: pl.DataType) -> bool:
    """Whether a column of a type may hold the names of files: text, lists of it, or nothing at all."""
    return _inner(kind) in (pl.String, pl.Categorical, pl.Enum, pl.Null)


def _inner(kind: pl.DataType) -> DataTypeClass | pl.DataType:
    """Returns what lists of a type hold, and the type itself where it is none of lists."""
    return kind.inner if isinstance(kind, pl.List | pl.Array) else kind


def _names(columns: pl.DataFrame, named: list[str], path: Path) -> pl.Series:
    """Returns the names of each row's photos, those of the first column first."""
    nothing = pl.lit(pl.Series([[]], dtype=NAMES)).first()
    lists = []
    for name in named:
        several = isinstance(columns.schema[name], pl.List | pl.Array)
        text = pl.lit(_as_text(columns[name], NAMES if several else TEXT, path))
        # A list that is null would make null of the row's other lists, too.
        lists.append(text.fill_null(nothing) if several else pl.concat_list(text))
    clean = picture_name(pl.element())
    return columns.select(pl.concat_list(lists).list.eval(clean.filter(clean.is_not_null())).alias("names"))["names"]


def _as_text(column: pl.Series, kind: pl.DataType, path: Path) -> pl.Series:
    """Returns a column as text or as lists of text."""
    refusal = CatalogueError(
        f"the column {column.name!r} holds no text but {column.dtype}", where=path, fix="give another column"
    )
    if (_inner(column.dtype) if kind == NAMES else column.dtype).is_nested():
        raise refusal
    try:
        return column.cast(kind)
    except pl.exceptions.PolarsError as error:
        raise refusal from error


def _errors(names: pl.Series) -> pl.Series:
    """Says of each row why it has no photo, null where it has."""
    errors: list[str | None] = [None if count else "no photo is named" for count in names.list.len()]
    single = names.to_frame("name").with_row_index("row").explode("name")
    for row, name in single.drop_nulls().iter_rows():
        if errors[row] is None and climbs_out(name):
            errors[row] = f"the path {name!r} climbs out of the folder of photos"
    return pl.Series(errors, dtype=TEXT)
