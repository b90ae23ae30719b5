"""Which kind of table a file is: by its content, then by its name."""

import re
import zipfile
from io import BytesIO
from pathlib import Path, PurePath
from typing import Literal

from modiste.catalogue.tables.columnar import ARROW_FILE, read_arrow, read_parquet
from modiste.catalogue.tables.delimited import delimiter_of, lines_of, read_delimited
from modiste.catalogue.tables.encoding import decoded
from modiste.catalogue.tables.json_rows import read_json
from modiste.catalogue.tables.table import Table
from modiste.catalogue.tables.workbook import DAMAGED, FIX, read_workbook
from modiste.errors import CatalogueError
from modiste.files import read_file, read_head

__all__ = ["TABLE_SUFFIXES", "is_table", "read_table"]

Kind = Literal["text", "excel", "parquet", "arrow"]

MOST_BYTES = 2**30
"""A larger file of text or Excel is refused: it is read at once."""

HEAD = 2**16
"""So many bytes at its beginning show what a file is."""

JSON = frozenset({".json", ".jsonl", ".ndjson"})
EXCEL = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
ARROW = frozenset({".arrow", ".feather", ".ipc"})
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv", ".jsonl", ".ndjson", ".parquet", *EXCEL, *ARROW})
"""Suffixes of files that can be nothing but tables."""

PERHAPS = frozenset({".txt", ".json"})
"""Suffixes of files that may be tables; what is in them says it."""

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old Excel workbooks begin, and those with a password."""

STRANGERS = {
    b"\x89PNG": "is a PNG picture",
    b"\xff\xd8\xff": "is a JPEG picture",
    b"GIF8": "is a GIF picture",
    b"%PDF": "is a PDF document",
    b"\x1f\x8b": "is packed with gzip",
}
"""How files begin that are no tables, and what they are."""

JSON_START = re.compile(r'\s*(\{\s*["}]|\[\s*[{\]])')


def read_table(source: Path | bytes, *, where: str | Path | None = None, text: str | None = None) -> Table:
    r"""Reads a table of any kind that we know, as forgivingly as its kind allows.

    - Delimited text (CSV, TSV and their like), as programs and spreadsheets write it: with commas, semicolons, tabs or
      bars, in UTF-8, UTF-16, Windows-1252 or Mac Roman, with lines that end in any way;
    - JSON: one object a line, or an array of objects;
    - Excel workbooks (.xlsx, .xlsm);
    - Parquet and Arrow files.

    Args:
        source: A file, or its bytes.
        where: Its name, for errors and for its suffix; by default the path.
        text: The column of free text: surplus delimiters of a row are put there.

    Raises:
        CatalogueError: It is no table, or cannot be read.
    """
    name = str(where if where is not None else source if isinstance(source, Path) else "table")
    head, size = _head(source, name)
    kind = _kind(source, head, PurePath(name).suffix.lower(), name)
    if kind == "parquet":
        return read_parquet(source, name)
    if size > MOST_BYTES:
        raise CatalogueError(
            f"a table of {size:,} bytes, and {MOST_BYTES:,} are the most",
            where=name,
            fix="give it in parts, or as Parquet",
        )
    data = _bytes(source, name)
    if kind == "excel":
        return read_workbook(data, where=name)
    if kind == "arrow":
        return read_arrow(data, name)
    content, notes = decoded(data, name)
    if PurePath(name).suffix.lower() in JSON or JSON_START.match(content):
        return read_json(content, where=name, notes=notes)
    if content.lstrip().startswith("<"):
        raise CatalogueError("is a web page or XML, and no table", where=name, fix=FIX)
    return read_delimited(content, where=name, text_column=text, notes=notes)


def is_table(path: Path) -> bool:
    """Whether a path is that of a table, by its name, or by its content where the name does not say."""
    suffix = path.suffix.lower()
    if not path.is_file():
        return False
    if suffix in TABLE_SUFFIXES:
        return True
    if suffix not in PERHAPS:
        return False
    try:
        content = decoded(_head(path, str(path))[0], str(path))[0]
    except CatalogueError:
        return False
    if suffix in JSON:
        return JSON_START.match(content) is not None
    lines = lines_of(content.lstrip())
    return delimiter_of(lines)[1] > 1


def _head(source: Path | bytes, where: str) -> tuple[bytes, int]:
    """Returns the first bytes of a table, and how many it has in all."""
    if isinstance(source, bytes):
        return source[:HEAD], len(source)
    try:
        return read_head(source, HEAD), source.stat().st_size
    except (OSError, ValueError) as error:
        raise _unreadable(error, where) from error


def _bytes(source: Path | bytes, where: str) -> bytes:
    try:
        return source if isinstance(source, bytes) else read_file(source, MOST_BYTES)
    except OSError as error:
        raise _unreadable(error, where) from error


def _unreadable(error: Exception, where: str) -> CatalogueError:
    return CatalogueError(
        f"cannot be read ({getattr(error, 'strerror', None) or error})", where=where, fix="check the path"
    )


def _kind(source: Path | bytes, head: bytes, suffix: str, where: str) -> Kind:
    """Returns what reads a file.

    Raises:
        CatalogueError: Nothing does.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(ARROW_FILE):
        return "arrow"
    if head.startswith(ZIP):
        return _kind_of_zip(source, where)
    if head.startswith(OLE):
        raise CatalogueError("is an old Excel workbook (.xls), or one with a password", where=where, fix=FIX)
    if stranger := next((what for start, what in STRANGERS.items() if head.startswith(start)), None):
        raise CatalogueError(f"{stranger}, and no table", where=where, fix="give a table")
    if suffix == ".parquet":
        return "parquet"
    return "arrow" if suffix in ARROW else "text"


def _kind_of_zip(source: Path | bytes, where: str) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as file:
            names = set(file.namelist())
    except DAMAGED as error:
        raise CatalogueError(f"cannot be read as an Excel workbook ({error})", where=where, fix=FIX) from error
    if "xl/workbook.xml" in names:
        return "excel"
    if "content.xml" in names or "xl/workbook.bin" in names:
        raise CatalogueError("is a spreadsheet that we do not read (.ods, .xlsb)", where=where, fix=FIX)
    raise CatalogueError("is a zip file, and no table", where=where, fix="give the table that is in it")
