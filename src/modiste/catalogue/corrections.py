"""A file of corrections: the labels that people gave products when they reviewed them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import polars as pl

from modiste.catalogue.spreadsheets import defused, restored
from modiste.catalogue.tables import Table, read_table
from modiste.errors import CatalogueError, OutputError
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
        path: A table of any kind that `tables.read_table` reads, with the columns `id` or `path`, `attribute` and
            `after`; other columns are ignored.

    Returns:
        `id` or `path`, `attribute` and `after`, all of them text without blanks around it, each label once.

    Raises:
        CatalogueError: It cannot be read, lacks a column, or a row lacks a value or cannot be used.
    """
    table = read_table(path)
    columns = table.frame.columns
    key = "id" if "id" in columns else "path"
    names = [key, "attribute", "after"]
    for name in names:
        if name not in columns:
            raise table.no_column(
                "'id' or 'path'" if name == key else repr(name),
                name=name,
                fix="corrections have the columns id or path, attribute and after",
            )
    text = table.checked().select(_as_text(table, name) for name in names)
    for name in names:
        if (empty := (text[name].fill_null("") == "").arg_true()).len():
            raise CatalogueError(
                f"{table.place(empty[0])} has no {name}", where=path, fix="give a value, or leave the row out"
            )
    return text.unique([key, "attribute"], keep="last", maintain_order=True)


def _as_text(table: Table, name: str) -> pl.Series:
    """Returns a column of corrections as text, as it was before a spreadsheet could have had it.

    Raises:
        CatalogueError: It holds no text.
    """
    column = table.frame[name]
    try:
        text = column.cast(pl.String)
    except pl.exceptions.PolarsError as error:
        raise CatalogueError(
            f"the column {name!r} holds no text but {column.dtype}", where=table.where, fix="give text"
        ) from error
    if table.origin in ("text", "excel"):
        text = text.to_frame().select(restored(pl.all().str.strip_chars())).to_series()
    return text.str.strip_chars()
