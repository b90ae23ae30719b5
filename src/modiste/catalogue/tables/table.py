"""What a file of any kind becomes: a frame, and what is known of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import polars as pl

from modiste.errors import CatalogueError, nearest

__all__ = ["MISSING", "Origin", "Table", "named_columns"]

Origin = Literal["text", "json", "excel", "columnar"]
"""What a table was read from: delimited text, JSON, an Excel workbook, or a Parquet or Arrow file."""

MISSING = ("", "NA")
"""Texts that stand for a missing value."""

MOST_COLUMNS = 10_000


@dataclass(frozen=True, eq=False)
class Table:
    """A table as a file holds it, one row of the file a row.

    Attributes:
        where: The file's name, for errors.
        origin: What it was read from. The columns of delimited text are all text; other kinds keep their types.
        frame: The rows. One that cannot be used holds what could be read of it.
        lines: Where each row begins: its line in the file, in Excel the number beside the row, in Parquet and Arrow the
            number of the row; from 1. UInt32 (n).
        repairs: What was mended in each row, null where nothing was. String (n).
        errors: Why a row cannot be used, null where it can. String (n).
        notes: What else a reader should know of how it was read, a line each.
    """

    where: str
    origin: Origin
    frame: pl.DataFrame
    lines: pl.Series
    repairs: pl.Series
    errors: pl.Series
    notes: tuple[str, ...] = ()

    @classmethod
    def whole(
        cls, where: str, origin: Origin, frame: pl.DataFrame, *, first: int = 1, notes: tuple[str, ...] = ()
    ) -> Self:
        """Returns a table of which every row can be used.

        Args:
            where: See `Table`.
            origin: See `Table`.
            frame: See `Table`.
            first: Where its first row stands.
            notes: See `Table`.
        """
        lines = pl.int_range(first, first + frame.height, dtype=pl.UInt32, eager=True).alias("line")
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        return cls(where, origin, frame, lines, nothing, nothing, notes)

    @property
    def unit(self) -> str:
        """What a message counts rows by: "line" or "row"."""
        return "line" if self.origin in ("text", "json") else "row"

    def place(self, row: int) -> str:
        """Says where a row stands, for a message: "line 3".

        Args:
            row: Its index, from 0.
        """
        return f"{self.unit} {self.lines[row]}"

    def example(self, reasons: pl.Series) -> str:
        """Says why a row cannot be used, for a message about many of them: " (line 3: no id)".

        Args:
            reasons: Why each row cannot, null where it can.
        """
        bad = reasons.is_not_null().arg_true()
        return f" ({self.place(bad[0])}: {reasons[bad[0]]})" if bad.len() else ""

    def checked(self) -> pl.DataFrame:
        """Returns the rows of a table of which each must be usable.

        Raises:
            CatalogueError: One is not.
        """
        bad = self.errors.is_not_null().arg_true()
        if bad.len():
            raise CatalogueError(
                f"{self.place(bad[0])}: {self.errors[bad[0]]}", where=self.where, fix="correct the row, or leave it out"
            )
        return self.frame

    def no_column(self, what: str, *, name: str | None = None, fix: str) -> CatalogueError:
        """Returns the error that the table lacks a column, with the likely cause.

        Args:
            what: Which one, as it stands behind "no column".
            name: Its name, to find the nearest one; None where it may have several.
            fix: What to do about it.
        """
        columns = self.frame.columns
        cause = "" if name is None else nearest(name, columns)
        if self.origin == "text" and len(columns) == 1:
            # Where the delimiter is one that we do not know, the whole header is one name, and no hint.
            cause = cause if columns[0].isidentifier() else ""
            return CatalogueError(
                f"no column {what}{cause}: there is a single one, {_cut(columns[0], 60)!r}",
                where=self.where,
                fix="separate columns by commas, semicolons or tabs, and begin with a line of their names",
            )
        shown = _cut(", ".join(columns), 400)
        return CatalogueError(f"no column {what}{cause}", where=self.where, fix=f"{fix}; the columns are {shown}")


def named_columns(header: Sequence[str], where: str) -> tuple[list[str], tuple[str, ...]]:
    """Returns names of columns that are all different and none of them empty, and what was changed, a line each.

    Args:
        header: The names in the file; blanks around them do not count.
        where: The file's name, for errors.

    Raises:
        CatalogueError: They are too many.
    """
    if len(header) > MOST_COLUMNS:
        raise CatalogueError(
            f"{len(header):,} columns, and {MOST_COLUMNS:,} are the most", where=where, fix="leave some of them out"
        )
    given = [" ".join(name.split()) for name in header]
    taken: dict[str, None] = {}
    notes: list[str] = []
    for number, name in enumerate(given, start=1):
        start = own = name or f"column {number}"
        count = 1
        while own in taken or (count > 1 and own in given):
            count += 1
            own = f"{start}_{count}"
        if count > 1:
            notes.append(f"several columns are called {start!r}: one of them is read as {own!r}")
        taken[own] = None
    return list(taken), tuple(notes)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}..."
