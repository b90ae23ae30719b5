"""Parquet and Arrow files, whose columns have types."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import polars as pl

from modiste.catalogue.tables.table import Table
from modiste.errors import CatalogueError

__all__ = ["ARROW_FILE", "read_arrow", "read_parquet"]

ARROW_FILE = b"ARROW1"
"""How a file of Arrow begins; one that does not is a stream, as some libraries save it."""

FIX = "write it again, or give a CSV table"


def read_parquet(source: Path | bytes, where: str) -> Table:
    """Reads a Parquet file.

    Raises:
        CatalogueError: It cannot be read.
    """
    # Without `glob`, a path may hold brackets.
    return _read(
        lambda: pl.read_parquet(source if isinstance(source, Path) else BytesIO(source), glob=False), "Parquet", where
    )


def read_arrow(data: bytes, where: str) -> Table:
    """Reads an Arrow file or stream.

    Raises:
        CatalogueError: It cannot be read.
    """
    return _read(lambda: pl.read_ipc(data) if data.startswith(ARROW_FILE) else pl.read_ipc_stream(data), "Arrow", where)


def _read(read: Callable[[], pl.DataFrame], kind: str, where: str) -> Table:
    try:
        return Table.whole(where, "columnar", read())
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = (str(error) or "it is damaged").splitlines()[0]
        raise CatalogueError(f"cannot be read as {kind} ({reason})", where=where, fix=FIX) from error
    # What Polars raises for some damaged files: one or two of a hundred whose bytes were changed at random.
    except pl.exceptions.PanicException as error:
        raise CatalogueError(f"cannot be read as {kind} (it is damaged)", where=where, fix=FIX) from error
