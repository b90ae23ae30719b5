"""Lines to records, whatever a hand-written file does to quotes.

Python's csv module reads a well-formed file. An inch sign in a name, though, or a quote that is never closed, makes it
swallow every line up to the next quote. So a record with quotes is read in several ways, and the first that gives as
many fields as the header has is taken.
"""

import csv
import re
from collections.abc import Iterator
from itertools import islice

import polars as pl

__all__ = ["Splitter", "unquoted"]

MOST_LINES = 100
"""Lines that one record may run over."""

CHUNK = 8192
"""Records that are held as Python's own lists before they become a frame."""

SCHEMA = pl.Schema({"line": pl.UInt32(), "fields": pl.List(pl.String())})


def unquoted(field: str) -> str:
    """Returns what a field means: without the quotes around it, if there are any."""
    bare = field.strip(" ")
    return bare[1:-1].replace('""', '"') if len(bare) > 1 and bare[0] == bare[-1] == '"' else field


class Splitter:
    """Takes lines apart.

    Args:
        delimiter: The character between two fields.
        width: How many fields a record should have; 0 where that is not known yet.
    """

    def __init__(self, delimiter: str, width: int = 0) -> None:
        self._delimiter = delimiter
        self._width = width
        self._opening = re.compile('[ ]*"')
        # A quote closes a field only where the field may end; any other is a character like others.
        self._closing = re.compile(rf'"[ ]*(?={re.escape(delimiter)}|\n|\Z)')
        self._plain = re.compile(rf"[^{re.escape(delimiter)}\n]*")

    def records(self, lines: pl.Series) -> pl.DataFrame:
        """Returns the records of lines; lines of nothing but blanks are passed over.

        Args:
            lines: The lines of a file, without their ends.

        Returns:
            `line`, on which a record starts, from 1, and `fields`: unquoted where they are as many as they should be,
            else as they stand there.
        """
        taken: list[int] = []
        found = self._with_quotes(lines, taken)
        chunks = [pl.DataFrame(schema=SCHEMA)]
        while rows := list(islice(found, CHUNK)):
            chunks.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
        # All other lines at once, in a fraction of the time.
        numbered = pl.DataFrame({"line": pl.int_range(1, lines.len() + 1, dtype=pl.UInt32, eager=True), "text": lines})
        # A row of empty cells between tabs looks blank, too.
        empty_cells = pl.col("text").str.count_matches(self._delimiter, literal=True) + 1 == self._width
        rest = numbered.filter((pl.col("text").str.strip_chars() != "") | (empty_cells & (self._width > 1)))
        rest = rest.filter(~pl.col("line").is_in(pl.Series(taken, dtype=pl.UInt32).implode()))
        chunks.append(rest.select("line", pl.col("text").str.split(self._delimiter).alias("fields")))
        return pl.concat(chunks).sort("line")

    def _with_quotes(self, lines: pl.Series, taken: list[int]) -> Iterator[tuple[int, list[str]]]:
        """Yields the records with quotes, line and fields; adds the numbers of all their lines to those taken."""
        done = 0
        for index in lines.str.contains('"', literal=True).arg_true():
            if index >= done:
                fields, used = self.record(lines, index)
                done = index + used
                taken.extend(range(index + 1, done + 1))
                yield index + 1, fields

    def record(self, lines: pl.Series, index: int) -> tuple[list[str], int]:
        """Returns the fields of the record that starts on a line, and how many lines it takes.

        The ways, in this order: as a program writes it; the line alone, where a quote that is out of place is a
        character like others; its quotes taken literally; several lines with such quotes in them.

        Args:
            lines: The lines of a file.
            index: That of the line, from 0.

        Returns:
            Fields unquoted where they are as many as they should be, else as they stand there.
        """
        written = self._as_written(lines, index)
        if written is not None:
            return written
        alone, _ = self._lenient(lines[index])
        if self._fits(alone):
            return list(map(unquoted, alone)), 1
        if self._fits(literal := lines[index].split(self._delimiter)):
            return list(map(unquoted, literal)), 1
        following = lines.slice(index, MOST_LINES)
        fields, used = self._lenient("\n".join(following))
        if used > 1 and self._fits(fields) and not any(map(self._stands_alone, following[1:used])):
            return list(map(unquoted, fields)), used
        return alone, 1

    def _as_written(self, lines: pl.Series, index: int) -> tuple[list[str], int] | None:
        """Reads a record as the csv module does, over several lines if need be; None where that does not fit."""
        following = (f"{line}\n" for line in lines.slice(index, MOST_LINES))
        reader = csv.reader(following, delimiter=self._delimiter, strict=True)
        try:
            # It fails on a field of more than 131,072 characters, on a quote amid a quoted field, and on one that is
            # never closed.
            fields = next(reader)
        except csv.Error:
            return None
        used = reader.line_num
        # Two stray quotes may look like the ends of a field that holds whole rows.
        rows = used > 2 and self._width > 2 and all(map(self._stands_alone, lines.slice(index, used)))
        return (fields, used) if self._fits(fields) and not rows else None

    def _fits(self, fields: list[str]) -> bool:
        return self._width in (0, len(fields))

    def _stands_alone(self, line: str) -> bool:
        """Whether a line looks like a row of its own."""
        fields, _ = self._lenient(line)
        return len(fields) == self._width and bool(fields[0].strip())

    def _lenient(self, text: str) -> tuple[list[str], int]:
        """Returns the fields of the first record of a text, as they stand there, and how many lines they take."""
        fields: list[str] = []
        at, closed = 0, True
        while True:
            end = None
            # Where one field is not closed, no later one is.
            if closed and (opening := self._opening.match(text, at)):
                closing = self._closing.search(text, opening.end())
                closed = closing is not None
                end = closing and closing.end()
            if end is None:
                plain = self._plain.match(text, at)
                end = plain.end() if plain else at
            fields.append(text[at:end])
            if end == len(text) or text[end] == "\n":
                return fields, text.count("\n", 0, end) + 1
            at = end + 1
