"""Excel workbooks to tables: the first sheet that holds anything."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import polars as pl

from modiste.catalogue.tables.table import Table, named_columns
from modiste.errors import CatalogueError

__all__ = ["DAMAGED", "FIX", "read_workbook"]

MOST_CELLS = 20_000_000
"""Cells up to the last one of a sheet. The reader takes memory for all of them, whether they hold anything or not, and
the process with it where there is none."""

MOST_BYTES = 2**30
FREE_BYTES = 32 * 2**20
MOST_TIMES = 200
"""A workbook that unpacks to more than `MOST_BYTES` is refused, and one that unpacks to more than `FREE_BYTES` and to
so many times its size."""

CHUNK = 2**20

REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]*)["']""")
"""Where a cell or a row stands."""

LONGEST = 64
"""No reference is longer, so that none is missed at the end of a chunk."""

FIX = "open it in a spreadsheet, and save it as .xlsx or CSV"

# What the zipfile module raises on damaged files.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, IndexError, KeyError, RuntimeError, ValueError),
)


def read_workbook(data: bytes, *, where: str) -> Table:
    """Reads the first visible sheet of a workbook that holds anything; its first row is the header.

    Numbers, dates and truth values keep their types where all cells of a column have one; else the column is text.

    Args:
        data: The whole file.
        where: Its name, for errors.

    Raises:
        CatalogueError: It cannot be read, is too large, or holds nothing.
    """
    # Few tables are workbooks.
    from python_calamine import (  # noqa: PLC0415
        CalamineError,
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    _check_size(data, where)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        for name in visible:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.start is not None:
                note = () if len(visible) == 1 else (f"of {len(visible)} sheets, {name!r} is read",)
                return _table(sheet.to_python(), where, sheet.start[0] + 1, note)
    except (CalamineError, OSError) as error:
        raise CatalogueError(f"cannot be read as an Excel workbook ({error})", where=where, fix=FIX) from error
    raise CatalogueError("no sheet of the workbook holds anything", where=where, fix="give a table with a header line")


def _check_size(data: bytes, where: str) -> None:
    """Makes sure that a workbook can be read in memory, whatever it says of itself.

    Raises:
        CatalogueError: It cannot.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as file:
            entries = file.infolist()
            size = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries)
            if size > MOST_BYTES or size > max(FREE_BYTES, MOST_TIMES * packed):
                raise CatalogueError(
                    f"unpacks to {size:,} bytes and is taken for a decompression bomb",
                    where=where,
                    fix="if it is none, save it as CSV",
                )
            for entry in entries:
                cells = _cells(file, entry)
                if cells > MOST_CELLS:
                    raise CatalogueError(
                        f"{entry.filename} has {cells:,} cells up to its last one, and {MOST_CELLS:,} are the most",
                        where=where,
                        fix="delete its empty rows and columns, or save it as CSV",
                    )
    except DAMAGED as error:
        raise CatalogueError(f"cannot be read as an Excel workbook ({error})", where=where, fix=FIX) from error


def _cells(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Returns how many cells a sheet has up to its last one; any entry may be one, whatever it is called.

    It is read to its end: it may unpack to more than it says, or not be what its checksum says.
    """
    rows = columns = 0
    with file.open(entry) as unpacked:
        tail = b""
        while chunk := unpacked.read(CHUNK):
            for letters, digits in REFERENCE.findall(tail + chunk):
                columns = max(columns, _number_of(letters[:8].upper()))
                rows = max(rows, int(digits[:12] or 0))
            tail = chunk[-LONGEST:]
    return rows * max(columns, 1)


def _number_of(letters: bytes) -> int:
    """Returns the number of a column by its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _table(rows: list[list[Any]], where: str, first: int, notes: tuple[str, ...]) -> Table:
    header = [_as_text(cell) or "" for cell in rows[0]]
    names, renamed = named_columns(header, where)
    while len(rows) > 1 and not any(cell != "" for cell in rows[-1]):
        rows.pop()
    columns = (_column(name, cells) for name, *cells in zip(names, *rows[1:], strict=True))
    kept = [
        column
        for column, given in zip(columns, header, strict=True)
        if given.strip() or column.null_count() < column.len()
    ]
    return Table.whole(where, "excel", pl.DataFrame(kept), first=first + 1, notes=(*notes, *renamed))


def _column(name: str, cells: Sequence[Any]) -> pl.Series:
    """Returns the cells of a column with their type, or as text where they have several."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float} and kinds:
        # Excel knows no whole numbers.
        whole = all(value is None or (value == int(value) and abs(value) < 2**53) for value in values)
        return pl.Series(name, values).cast(pl.Int64) if whole else pl.Series(name, values, dtype=pl.Float64)
    if len(kinds) == 1 and kinds <= {bool, date, datetime}:
        return pl.Series(name, values)
    return pl.Series(name, map(_as_text, values), dtype=pl.String)


def _as_text(value: Any) -> str | None:
    """Returns a cell as Excel shows it: a whole number without a fraction."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return None if value is None or value == "" else str(value)
