"""The product table: reading it from CSV, repairing it, and what was rejected and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.records import Record, read_records
from modiste.errors import CatalogueError, MissingIdError, nearest
from modiste.schema import Schema

__all__ = [
    "ID",
    "MISSING",
    "YEAR",
    "Id",
    "ProductTable",
    "Rejection",
    "Repair",
    "field_names",
    "first_few",
    "products_from_csv",
]

ID = "id"
"""What the column of ids is called in a product table, whatever it is called in the file."""

YEAR = "year"
"""A column of whole numbers, by which products can be split."""

MISSING = ("", "NA")
"""Texts that stand for a missing value."""

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
            Those of a CSV file are String, but for `year` (Int64); those of a table that has types keep them. In a
            catalogue, `images` (List of String) holds the names of each product's pictures, an empty list where it
            has none.
        rows: How many data rows the file has, rejected ones included.
        repaired: The rows that were mended.
        rejected: The rows that were left out.
    """

    frame: pl.DataFrame
    rows: int
    repaired: tuple[Repair, ...] = ()
    rejected: tuple[Rejection, ...] = ()


def products_from_csv(
    data: bytes, *, where: str, schema: Schema, columns: Mapping[str, str] | None = None
) -> ProductTable:
    """Reads a product table from CSV, mending rows whose text holds unquoted commas.

    Args:
        data: The file's bytes, UTF-8 with or without a byte order mark.
        where: The file's name, for errors.
        schema: Which columns hold the id and the text.
        columns: Field -> the file's name for it, where they differ.

    Raises:
        CatalogueError: The text is not UTF-8, a needed column is absent, or no row is left.
    """
    records = read_records(_decode(data, where))
    header = next(records, None)
    if header is None:
        raise CatalogueError("the file is empty", where=where, fix="give a CSV file with a header line")
    names = field_names(header.fields, schema=schema, columns=columns or {}, where=where)
    reader = _RowReader(names, schema.text)
    rows = [row for record in records if (row := reader.read(record)) is not None]
    total = len(rows) + len(reader.rejected)
    if not rows:
        raise CatalogueError(
            f"no usable product among {total} data rows",
            where=where,
            fix="see that the rows match the header",
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return ProductTable(_typed(frame), total, tuple(reader.repaired), tuple(reader.rejected))


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogueError(
            f"line {line} is not UTF-8 text (byte 0x{data[error.start]:02x})",
            where=where,
            fix="save the file as UTF-8",
        ) from error


def field_names(header: Sequence[str], *, schema: Schema, columns: Mapping[str, str], where: str) -> list[str]:
    """Returns the names of a table's columns, with its own names for fields replaced by ours.

    Args:
        header: The table's own names.
        schema: Which of them is the id, where `columns` does not say.
        columns: Field -> the table's name for it, where they differ.
        where: The table's name, for errors.

    Raises:
        CatalogueError: A column is absent, or there twice.
    """
    header = [name.strip() for name in header]
    if schema.id != ID:
        columns = {ID: schema.id} | dict(columns)
    for field, column in columns.items():
        if column not in header:
            raise CatalogueError(
                f"no column {column!r} for {field}{nearest(column, header)}",
                where=where,
                fix=f"the columns are {', '.join(header)}",
            )
    ours = {column: field for field, column in columns.items()}
    names = [ours.get(name, name) for name in header]
    if ID not in names:
        raise MissingIdError(
            f"no column {ID!r}{nearest(ID, names)}",
            columns=header,
            where=where,
            fix=f"name the column that holds it, for example --column id={names[0] or 'sku'}",
        )
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise CatalogueError(f"two columns are called {doubled[0]!r}", where=where, fix="rename one of them")
    return names


def first_few(names: pl.Series) -> str:
    """Returns the first of some names, for a message: ``a, b, c, ...``."""
    return ", ".join(names.head(SHOWN)) + (", ..." if names.len() > SHOWN else "")


class _RowReader:
    """Turns records into rows of the table, keeping account of repairs and rejections."""

    def __init__(self, names: Sequence[str], text: str) -> None:
        self._names = names
        self._id = names.index(ID)
        # The one field of free text is the one that unquoted commas break.
        self._text = names.index(text) if text in names else None
        self._year = names.index(YEAR) if YEAR in names else None
        self._line_of: dict[str, int] = {}
        self.repaired: list[Repair] = []
        self.rejected: list[Rejection] = []

    def read(self, record: Record) -> list[str | None] | None:
        """Returns the row's values, or None where the record is rejected."""
        fields = self._whole(record)
        if fields is None:
            return None
        row = [None if field in MISSING else field for field in map(str.strip, fields)]
        identity = row[self._id]
        if identity is None:
            self._reject(record, "no id")
            return None
        if identity in self._line_of:
            self._reject(record, f"id {identity} stands on line {self._line_of[identity]} already")
            return None
        self._line_of[identity] = record.line
        if len(record.fields) != len(fields):
            note = f"{len(record.fields)} fields: the surplus commas belong to the name {row[self._text or 0]!r}"
            self.repaired.append(Repair(record.line, identity, note))
        return row

    def _whole(self, record: Record) -> Sequence[str] | None:
        """Returns the record with as many fields as the header, mended if need be."""
        fields, width = record.fields, len(self._names)
        surplus = len(fields) - width
        if surplus == 0:
            return fields
        problem = f"{len(fields)} fields where the header has {width}"
        if surplus > 0 and self._text is not None:
            after = self._text + surplus + 1
            mended = [*fields[: self._text], ",".join(fields[self._text : after]), *fields[after:]]
            if self._year is None or mended[self._year] in MISSING or mended[self._year].isdecimal():
                return mended
            problem += ", the surplus not in the name"
        self._reject(record, problem)
        return None

    def _reject(self, record: Record, reason: str) -> None:
        self.rejected.append(Rejection(record.line, reason))


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Gives ids and years their types; a year that is no whole number counts as missing."""
    # strict=False: what is no number becomes null; an id like 007 must come back as it was written.
    numbers = frame[ID].cast(pl.Int64, strict=False)
    if numbers.null_count() == 0 and (numbers.cast(pl.String) == frame[ID]).all():
        frame = frame.with_columns(numbers)
    if YEAR in frame.columns:
        frame = frame.with_columns(pl.col(YEAR).cast(pl.Int64, strict=False))
    return frame
