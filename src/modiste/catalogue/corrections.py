"""A file of corrections: the labels that people gave products when they reviewed them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import polars as pl

from modiste.catalogue.records import defused, restored
from modiste.catalogue.tables import read_table
from modiste.errors import CatalogueError, OutputError, nearest
from modiste.runs import write_whole

__all__ = [
    "SCHEMA",
    "SUFFIXES",
    "Correction",
    "check_format",
    "corrections_csv",
    "corrections_frame",
    "read_corrections",
    "write_corrections",
]

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "path": pl.String,
    "attribute": pl.String,
    "before": pl.String,
    "after": pl.String,
    "reviewer": pl.String,
    "when": pl.Datetime("us", "UTC"),
}
"""The columns of a file of corrections."""

SUFFIXES = (".parquet", ".csv")
"""The formats of a file of corrections, by its suffix."""


@dataclass(frozen=True)
class Correction:
    """A label that a person gave, or found right.

    Attributes:
        path: What the photo is called.
        attribute: The attribute that it is a label of.
        before: The label that was proposed: the tagger's or an audit's, or the catalogue's; None where there was none.
        after: The label that the person gave.
        reviewer: The name of that person.
        when: The time, in UTC.
    """

    path: str
    attribute: str
    before: str | None
    after: str
    reviewer: str
    when: datetime


def corrections_frame(corrections: Iterable[Correction]) -> pl.DataFrame:
    """Returns corrections as a table: see `SCHEMA`."""
    rows = [(each.path, each.attribute, each.before, each.after, each.reviewer, each.when) for each in corrections]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def corrections_csv(corrections: Iterable[Correction]) -> bytes:
    """Returns corrections as a CSV file that no spreadsheet takes for formulas."""
    frame = corrections_frame(corrections)
    safe = frame.with_columns(defused(pl.col(name)) for name, kind in SCHEMA.items() if kind == pl.String)
    return safe.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ").encode()


def check_format(path: Path) -> None:
    """Makes sure that a file's name says how it is to be written.

    Raises:
        OutputError: It does not.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"no format of corrections is called {path.suffix or 'nothing'!r}",
            where=path,
            fix=f"end the name in {' or '.join(SUFFIXES)}",
        )


def write_corrections(corrections: Iterable[Correction], path: Path) -> None:
    """Writes a file of corrections, whole or not at all.

    Args:
        corrections: What to write.
        path: Its suffix chooses the format, one of `SUFFIXES`.

    Raises:
        OutputError: The format is unknown, or it cannot be written.
    """
    check_format(path)
    if path.suffix.lower() == ".csv":
        write_whole(path, corrections_csv(corrections))
    else:
        buffer = BytesIO()
        corrections_frame(corrections).write_parquet(buffer)
        write_whole(path, buffer.getbuffer())


def read_corrections(path: Path) -> pl.DataFrame:
    """Reads a file of corrections. Where one label is corrected twice, the last row counts.

    Args:
        path: A CSV (UTF-8, with a header) or Parquet file with the columns `id` or `path`, `attribute` and `after`;
            other columns are ignored.

    Returns:
        `id` or `path`, `attribute` and `after`, all of them text, each label once.

    Raises:
        CatalogueError: It cannot be read, lacks a column, or a row lacks a value.
    """
    table = read_table(path)
    key = "id" if "id" in table.columns else "path"
    names = [key, "attribute", "after"]
    for name in names:
        if name not in table.columns:
            raise CatalogueError(
                f"no column {name!r}{nearest(name, table.columns)}",
                where=path,
                fix=f"corrections have the columns id or path, attribute and after; it has {', '.join(table.columns)}",
            )
    text = table.select(pl.col(name).cast(pl.String) for name in names)
    if path.suffix.lower() != ".parquet":
        text = text.with_columns(restored(pl.all()))
    for name in names:
        if empty := text.select((pl.col(name).str.strip_chars().fill_null("") == "").arg_true()).to_series().to_list():
            raise CatalogueError(
                f"row {empty[0] + 1} has no {name}", where=path, fix="give a value, or leave the row out"
            )
    return text.unique([key, "attribute"], keep="last", maintain_order=True)
