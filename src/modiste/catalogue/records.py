"""CSV text -> records with their line numbers, whatever a hand-written file does to quotes.

Python's csv module reads a well-formed file. A stray quote in a name, though, makes it swallow every line up to
the next quote; here such a line is read alone and its quotes are taken literally.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

__all__ = ["Record", "defused", "read_records", "restored"]

MOST_LINES_OF_A_RECORD = 20


@dataclass(frozen=True)
class Record:
    """One record of a CSV file.

    Attributes:
        line: The line of the file on which the record starts, from 1.
        fields: The fields as text, unquoted.
    """

    line: int
    fields: tuple[str, ...]


def read_records(text: str) -> Iterator[Record]:
    """Yields the records of a CSV text, the header first; blank lines are passed over.

    Args:
        text: The whole file, decoded.
    """
    # Not splitlines(): it would also break a name at a Unicode line separator or a form feed.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    width = 0
    index = 0
    while index < len(lines):
        fields, used = _record_at(lines, index, width)
        if fields:
            width = width or len(fields)  # the header's
            yield Record(line=index + 1, fields=tuple(fields))
        index += used


def _record_at(lines: list[str], index: int, width: int) -> tuple[list[str], int]:
    """Returns the fields of the record that starts at `index` and how many lines it takes."""
    line = lines[index]
    if '"' not in line:
        return line.split(",") if line else [], 1  # as the reader would, in a fraction of the time
    # The reader fails on a field of more than 131,072 characters, and where it is strict, on a quote that is out of
    # place: before the end of a field, or never closed.
    try:
        if line.count('"') % 2 == 0:
            return next(csv.reader([line]), []), 1
        # An odd number: a field that runs over several lines, if it closes soon and the record comes out whole.
        reader = csv.reader((f"{part}\n" for part in lines[index : index + MOST_LINES_OF_A_RECORD]), strict=True)
        fields = next(reader)
        if len(fields) == width:
            return fields, reader.line_num
    except csv.Error:
        pass
    return line.split(","), 1


FORMULA = r"^(?:[\t\r\n]|\s*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
"""What a spreadsheet may take for a formula: its first character, which may be of full width, or what is passed over
before it."""

QUOTE = "'"
"""What tells a spreadsheet that a cell is text."""


def defused(column: pl.Expr) -> pl.Expr:
    """Returns a column of text for a CSV file, with an apostrophe before what could be taken for a formula.

    What begins with an apostrophe gets another one, so that `restored` gives back exactly what was there.
    """
    risky = column.str.contains(FORMULA) | column.str.starts_with(QUOTE)
    return pl.when(~risky).then(column).otherwise(pl.concat_str(pl.lit(QUOTE), column))


def restored(column: pl.Expr) -> pl.Expr:
    """Returns a column of text from a CSV file without the apostrophes of `defused`; any others stay."""
    rest = column.str.strip_prefix(QUOTE)
    ours = column.str.starts_with(QUOTE) & (rest.str.contains(FORMULA) | rest.str.starts_with(QUOTE))
    return pl.when(ours).then(rest).otherwise(column)
