"""Reads files of tables that have types, Parquet and Arrow, whatever is in them: tagging needs no more of a catalogue."""

from pathlib import Path

import polars as pl

from modiste.errors import CatalogueError

__all__ = ["ARROW_SUFFIXES", "read_frame"]

ARROW_SUFFIXES = (".arrow", ".feather", ".ipc")

ARROW_FILE = b"ARROW1"
"""How a file of Arrow begins; one that does not is a stream, as some libraries save it."""


def read_frame(path: Path) -> pl.DataFrame:
    """Reads a Parquet or Arrow file.

    Raises:
        CatalogueError: It cannot be read.
    """
    arrow = path.suffix.lower() in ARROW_SUFFIXES
    kind = "Arrow" if arrow else "Parquet"
    fix = "write it again, or give a CSV table"
    try:
        if not arrow:
            # Without `glob`, a path may hold brackets.
            return pl.read_parquet(path, glob=False)
        data = path.read_bytes()
        return pl.read_ipc(data) if data.startswith(ARROW_FILE) else pl.read_ipc_stream(data)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CatalogueError(f"cannot be read as {kind} ({reason})", where=path, fix=fix) from error
    # What Polars raises for some damaged files: one or two of a hundred whose bytes were changed at random.
    except pl.exceptions.PanicException as error:
        raise CatalogueError(f"cannot be read as {kind} (it is damaged)", where=path, fix=fix) from error
