"""The product table: its schema, reading it from CSV or Parquet, repairing it, and what was rejected and why."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from modiste.catalogue.records import Record, read_records
from modiste.errors import CatalogueError, nearest

__all__ = [
    "FIELDS",
    "NAME",
    "Id",
    "ProductTable",
    "Rejection",
    "Repair",
    "products_from_csv",
    "products_from_frame",
]

FIELDS = (
    "id",
    "gender",
    "masterCategory",
    "subCategory",
    "articleType",
    "baseColour",
    "season",
    "year",
    "usage",
    "productDisplayName",
)
"""The ten fields of the Kaggle catalogue, in its order."""

NAME = "productDisplayName"
"""The one field of free text, and so the one that unquoted commas break."""

MISSING = ("", "NA")

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
        line: Its line in the file, from 1.
        reason: Why.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class ProductTable:
    """The products of a catalogue, one a row.

    Attributes:
        frame: `id` (Int64 where all ids are whole numbers, else String), the other fields as String (`year` Int64),
            any further columns as String; missing values are null.
        rows: How many data rows the file has, rejected ones included.
        repaired: The rows that were mended.
        rejected: The rows that were left out.
    """

    frame: pl.DataFrame
    rows: int
    repaired: tuple[Repair, ...] = ()
    rejected: tuple[Rejection, ...] = ()


def products_from_csv(data: bytes, *, where: str, columns: Mapping[str, str] | None = None) -> ProductTable:
    """Reads a product table from CSV, mending rows whose name holds unquoted commas.

    Args:
        data: The file's bytes, UTF-8 with or without a byte order mark.
        where: The file's name, for errors.
        columns: Field -> the file's name for it, where they differ.

    Raises:
        CatalogueError: The text is not UTF-8, a needed column is absent, or no row is left.
    """
    records = read_records(_decode(data, where))
    header = next(records, None)
    if header is None:
        raise CatalogueError("the file is empty", where=where, fix="give a CSV file with a header line")
    names = _field_names(header.fields, columns or {}, where)
    reader = _RowReader(names)
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


def products_from_frame(frame: pl.DataFrame, *, where: str, columns: Mapping[str, str] | None = None) -> ProductTable:
    """Takes a product table from a data frame of any types, for instance from a Parquet file.

    Args:
        frame: One product a row.
        where: The frame's origin, for errors.
        columns: Field -> the frame's name for it, where they differ.

    Raises:
        CatalogueError: A needed column is absent or there is no row.
    """
    buffer = io.BytesIO()
    # One reader decides what a product row is: the frame takes the same way as a file.
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    frame.drop(nested).write_csv(buffer)
    return products_from_csv(buffer.getvalue(), where=where, columns=columns)


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


def _field_names(header: Sequence[str], columns: Mapping[str, str], where: str) -> list[str]:
    """Returns the header with the file's own names replaced by ours."""
    header = [name.strip() for name in header]
    for field, column in columns.items():
        if column not in header:
            raise CatalogueError(
                f"no column {column!r} for {field}{nearest(column, header)}",
                where=where,
                fix=f"the columns are {', '.join(header)}",
            )
    ours = {column: field for field, column in columns.items()}
    names = [ours.get(name, name) for name in header]
    if "id" not in names:
        raise CatalogueError(
            f"no column 'id'{nearest('id', names)}",
            where=where,
            fix=f"name the column that holds it, for example --column id={names[0] or 'sku'}",
        )
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise CatalogueError(f"two columns are called {doubled[0]!r}", where=where, fix="rename one of them")
    return names


class _RowReader:
    """Turns records into rows of the table, keeping account of repairs and rejections."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._id = names.index("id")
        self._name = names.index(NAME) if NAME in names else None
        self._year = names.index("year") if "year" in names else None
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
            note = f"{len(record.fields)} fields: the surplus commas belong to the name {row[self._name or 0]!r}"
            self.repaired.append(Repair(record.line, identity, note))
        return row

    def _whole(self, record: Record) -> Sequence[str] | None:
        """Returns the record with as many fields as the header, mended if need be."""
        fields, width = record.fields, len(self._names)
        surplus = len(fields) - width
        if surplus == 0:
            return fields
        problem = f"{len(fields)} fields where the header has {width}"
        if surplus > 0 and self._name is not None:
            after = self._name + surplus + 1
            mended = [*fields[: self._name], ",".join(fields[self._name : after]), *fields[after:]]
            if self._year is None or mended[self._year] in MISSING or mended[self._year].isdecimal():
                return mended
            problem += ", the surplus not in the name"
        self._reject(record, problem)
        return None

    def _reject(self, record: Record, reason: str) -> None:
        self.rejected.append(Rejection(record.line, reason))


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Gives `id` and `year` their types; a year that is no whole number counts as missing."""
    # strict=False: what is no number becomes null; an id like 007 must come back as it was written.
    numbers = frame["id"].cast(pl.Int64, strict=False)
    if numbers.null_count() == 0 and (numbers.cast(pl.String) == frame["id"]).all():
        frame = frame.with_columns(numbers)
    if "year" in frame.columns:
        frame = frame.with_columns(pl.col("year").cast(pl.Int64, strict=False))
    return frame
