"""Reads files of tables, Parquet, Arrow and CSV, whatever they hold: who tags photos needs no more of the catalogue."""

from pathlib import Path

import polars as pl

from modiste.errors import CatalogueError
from modiste.files import check_file

__all__ = ["TYPED_SUFFIXES", "read_frame", "read_table"]

PARQUET = ".parquet"

TYPED_SUFFIXES = (PARQUET, ".arrow", ".feather", ".ipc")
"""The suffixes of files that `read_frame` reads: Parquet, and three of Arrow."""

ARROW_FILE = b"ARROW1"
"""How a file of Arrow begins; one that does not is a stream, as some libraries save it."""


def read_frame(path: Path) -> pl.DataFrame:
    """Reads a Parquet or Arrow file.

    Raises:
        CatalogueError: It cannot be read.
    """
    arrow = path.suffix.lower() != PARQUET
    kind = "Arrow" if arrow else "Parquet"
    fix = "write it again, or give a CSV table"
    try:
        check_file(path)
        if not arrow:
            # Without `glob`, a path may hold brackets.
            return pl.read_parquet(path, glob=False)
        data = path.read_bytes()
        return pl.read_ipc(data) if data.startswith(ARROW_FILE) else pl.read_ipc_stream(data)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CatalogueError(f"cannot be read as {kind} ({_reason(error)})", where=path, fix=fix) from error
    # What Polars raises for some damaged files: one or two of a hundred whose bytes were changed at random.
    except pl.exceptions.PanicException as error:
        raise CatalogueError(f"cannot be read as {kind} (it is damaged)", where=path, fix=fix) from error


def read_table(path: Path) -> pl.DataFrame:
    """Reads a CSV (UTF-8, with a header) or Parquet file; the columns of a CSV file are text.

    Raises:
        CatalogueError: It cannot be read.
    """
    try:
        check_file(path)
        # Without `glob`, a path may hold brackets.
        if path.suffix.lower() == PARQUET:
            return pl.read_parquet(path, glob=False)
        return pl.read_csv(path, infer_schema=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CatalogueError(
            f"cannot be read as a table ({_reason(error)})", where=path, fix="give a CSV or Parquet file"
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).splitlines()[0]
