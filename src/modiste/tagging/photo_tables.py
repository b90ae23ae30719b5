"""Tables that name photos: a product a row, with any number of photos and with columns that stay beside the answers."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.datatypes import DataTypeClass

from modiste.catalogue.omissions import Omissions
from modiste.catalogue.pictures import FolderPictures, UrlPictures, WithUrls
from modiste.catalogue.pictures.references import OUTSIDE, names_in, unusable_cell, why_unusable
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
        store: Holds the photos.
        columns: The table as it is. That of a text file is text.
        names: The names of a product's photos, a list of text, maybe empty.
        ids: What the product is called; null where it is to be called like its first photo.
        left_out: What else a product's photos are said to be and why nothing of it can be read: a list of text.
        errors: Why a product has no photo, else null.
        omissions: What is counted of all this.
        notes: What else a reader should know of how the table was read, a line each.
        called: The products' names, null where there is none; None where no column holds them.
    """

    store: FolderPictures | WithUrls
    columns: pl.DataFrame
    names: pl.Series
    ids: pl.Series
    left_out: pl.Series
    errors: pl.Series
    omissions: Omissions
    notes: tuple[str, ...]
    called: pl.Series | None = None


def read_photo_table(
    path: Path,
    schema: Schema,
    image_column: str | None = None,
    images: Path | None = None,
    urls: UrlPictures | None = None,
    text: str | None = None,
) -> PhotoTable:
    """Reads a table that names photos.

    Args:
        path: A table of any kind that `catalogue.tables` reads.
        schema: Names the columns that hold a product's id and its photos.
        image_column: The column that names the photos, instead of those of the schema.
        images: The folder that the photos lie in; by default the table's own.
        urls: Fetches those at web addresses; by default, none is fetched.
        text: The column of products' names; by default the schema's, where the table has it, and empty for none.

    Raises:
        CatalogueError: It cannot be read, has no such column, or names no photo.
    """
    table = read_table(path, text=text or schema.text)
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
    root = images or path.parent
    store = FolderPictures(root) if urls is None else WithUrls(FolderPictures(root), urls)
    empty = (names.list.len() == 0) & table.errors.is_null()
    names, unusable = _found_in(store, names, root)
    left_out = _lists(unusable["row"], unusable["error"], columns.height)
    # Nothing of a row that tries to climb out is opened.
    climbing = unusable.filter(pl.col("reason") == OUTSIDE)
    without = _errors(names, left_out, _lists(climbing["row"], climbing["error"], columns.height))
    errors = table.errors.zip_with(table.errors.is_not_null(), without)
    names, left_out = (each.zip_with(errors.is_null(), nothing) for each in (names, left_out))
    numbers = pl.Series([f"row {number}" for number in range(1, columns.height + 1)], dtype=TEXT)
    ids = numbers.zip_with(errors.is_not_null(), pl.Series([None], dtype=TEXT).new_from_index(0, columns.height))
    if schema.id in columns.columns:
        given = _as_text(columns[schema.id], TEXT, path).str.strip_chars().replace("", None)
        ids = given.zip_with(given.is_not_null(), ids)
    notes = tuple(f"{path}: {note}" for note in table.notes)
    return PhotoTable(
        store, columns, names, ids, left_out, errors, _omissions(unusable, empty), notes, _called(table, schema, text)
    )


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


def _called(table: Table, schema: Schema, text: str | None) -> pl.Series | None:
    """Returns the products' names, null where there is none."""
    name = schema.text if text is None else text.strip()
    if not name or (text is None and name not in table.frame.columns):
        return None
    if name not in table.frame.columns:
        raise table.no_column(repr(name), name=name, fix="name the column of products' names with --text")
    column = table.frame[name]
    # A schema's column of another type is no name; one that was asked for by name is an error.
    if text is None and (column.dtype.is_nested() or column.dtype == pl.Binary):
        return None
    return _as_text(column, TEXT, Path(table.where))


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
    given = pl.element().str.strip_chars().fill_null("") != ""
    return columns.select(pl.concat_list(lists).list.eval(pl.element().filter(given)).alias("names"))["names"]


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


def _found_in(store: FolderPictures | WithUrls, said: pl.Series, root: Path) -> tuple[pl.Series, pl.DataFrame]:
    """Returns the names of each row's photos in a store, and what is said of photos there that names none.

    Args:
        store: The store.
        said: What the table says, a list of text a row.
        root: The store's folder.

    Returns:
        A list of text a row; of each cell that names no file in the folder: `row`, `name`, `reason`, `error`.
    """
    cells = said.to_frame("name").with_row_index("row").explode("name").drop_nulls()
    cells = cells.with_columns(names_in(cells["name"], root).alias("name"))
    cells = cells.with_columns(why_unusable(pl.col("name"), fetched=isinstance(store, WithUrls)).alias("reason"))
    good = cells.filter(pl.col("reason").is_null())
    files = store.found(good["name"])
    bad = cells.drop_nulls("reason")
    errors = pl.Series([unusable_cell(*each) for each in bad.select("reason", "name").iter_rows()], dtype=TEXT)
    return _lists(good["row"], files, len(said)), bad.with_columns(errors.alias("error"))


def _lists(rows: pl.Series, values: pl.Series, count: int) -> pl.Series:
    """Returns text by its row as a list a row, of so many rows."""
    some = pl.DataFrame({"row": rows, "values": values}).group_by("row", maintain_order=True).agg("values")
    every = pl.select(row=pl.int_range(count, dtype=pl.UInt32)).join(some, on="row", how="left", maintain_order="left")
    nothing = pl.lit(pl.Series([[]], dtype=NAMES)).first()
    return every.select(pl.col("values").cast(NAMES).fill_null(nothing))["values"]


def _errors(names: pl.Series, left_out: pl.Series, climbing: pl.Series) -> pl.Series:
    """Says of each row why it has no photo, null where it has."""
    first, climbs = pl.col("left_out").list.first(), pl.col("climbing").list.first()
    none = pl.when(pl.col("names").list.len() == 0).then(pl.coalesce(first, pl.lit("no photo is named")))
    rows = pl.DataFrame({"names": names, "left_out": left_out, "climbing": climbing})
    return rows.select(pl.coalesce(climbs, none).alias("error"))["error"]


def _omissions(unusable: pl.DataFrame, empty: pl.Series) -> Omissions:
    """Counts the cells that name no file in the folder, and the rows that name no photo at all."""
    omissions = Omissions()
    for row, reason, name in unusable.select("row", "reason", "name").iter_rows():
        omissions.add(reason, f"row {row + 1}: {name}")
    for row in empty.arg_true():
        omissions.add("rows that name no photo", f"row {row + 1}")
    return omissions
