"""Text to a table: which delimiter, which header, and rows that are mended or say what is wrong with them."""

import re
from collections.abc import Sequence

import polars as pl

from modiste.catalogue.tables.records import Splitter, unquoted
from modiste.catalogue.tables.table import MISSING, Table, named_columns
from modiste.errors import CatalogueError

__all__ = ["delimiter_of", "lines_of", "read_delimited"]

DELIMITERS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
"""What may stand between fields; the comma last, for it stands in texts and numbers, too."""

SAMPLE = 100
"""So many lines show what the delimiter is."""

SEP = re.compile(r'^"?sep=(.)"?$', re.IGNORECASE)
"""The first line of some files, which tells Excel the delimiter."""


def lines_of(text: str) -> pl.Series:
    """Returns the lines of a text, String (n).

    Not `splitlines`: it would also break a name at a Unicode line separator or a form feed.
    """
    return pl.Series([text.replace("\r\n", "\n").replace("\r", "\n")]).str.split("\n").explode()


def delimiter_of(lines: pl.Series) -> tuple[str, int]:
    """Returns what stands between the fields of a table, and how many fields its header has.

    It is what the header has and what gives most rows as many fields as the header; then, what gives more of them.

    Args:
        lines: The lines of a file, the first of them its header.
    """
    sample = lines.head(SAMPLE)
    best = (0.0, 1, ",")
    for delimiter in DELIMITERS:
        header, used = Splitter(delimiter).record(sample, 0)
        width = len(header)
        if width > 1:
            rows = Splitter(delimiter, width).records(sample.slice(used))["fields"].list.len()
            fitting = 1.0 if rows.is_empty() else int((rows == width).sum()) / rows.len()
            best = max(best, (fitting, width, delimiter), key=lambda known: known[:2])
    return best[2], best[1]


def read_delimited(text: str, *, where: str, text_column: str | None, notes: tuple[str, ...] = ()) -> Table:
    """Reads a table of delimited text.

    Args:
        text: The whole file.
        where: Its name, for errors.
        text_column: The column of free text, to which surplus delimiters of a row belong; None where it is not known.
        notes: What is known of how the text was read.

    Raises:
        CatalogueError: There is no header.
    """
    lines = lines_of(text)
    begun = (lines.str.strip_chars() != "").arg_max() or 0
    told = SEP.match(lines[begun].strip(" "))
    if told:
        begun += 1
        begun += (lines.slice(begun).str.strip_chars() != "").arg_max() or 0
    if begun >= lines.len() or not lines[begun].strip():
        raise CatalogueError("the file is empty", where=where, fix="give a table with a header line")
    if _wrapped(lines.slice(begun)):
        lines = pl.Series(map(unquoted, lines))
        notes = (*notes, "each row stands in quotes as if it were one field, and is read without them")
    delimiter = told[1] if told else delimiter_of(lines.slice(begun))[0]
    header, used = Splitter(delimiter).record(lines, begun)
    header = list(map(unquoted, header))
    names, renamed = named_columns(header, where)
    records = Splitter(delimiter, len(names)).records(lines.slice(begun + used))
    records = records.with_columns(pl.col("line") + begun + used)
    rows = _Mender(names, text_column, delimiter).rows(records)
    blank = pl.col("fields").list.eval(pl.element().str.strip_chars().fill_null("") == "").list.all()
    filled = rows.select((~blank).arg_true()).to_series()
    rows = rows.head(filled[-1] + 1 if filled.len() else 0)
    field = pl.col("fields").list
    frame = rows.select(field.get(number).replace("", None).alias(name) for number, name in enumerate(names))
    unnamed = [name for name, given in zip(names, header, strict=True) if not given.strip()]
    frame = frame.drop(name for name in unnamed if frame[name].null_count() == frame.height)
    return Table(where, "text", frame, rows["line"], rows["repair"], rows["error"], (*notes, *renamed))


def _wrapped(lines: pl.Series) -> bool:
    """Whether whole lines stand in quotes, as where a table was pasted into one column of a spreadsheet."""
    header = unquoted(lines[0])
    return header != lines[0] and delimiter_of(lines)[1] == 1 and delimiter_of(pl.Series([header]))[1] > 1


ROWS = pl.Schema({"line": pl.UInt32(), "fields": pl.List(pl.String()), "repair": pl.String(), "error": pl.String()})


class _Mender:
    """Gives every row as many fields as the header has.

    Args:
        names: The header.
        text: The column of free text, or None.
        delimiter: What stands between fields.
    """

    def __init__(self, names: Sequence[str], text: str | None, delimiter: str) -> None:
        self._width = len(names)
        self._delimiter = delimiter
        # Unquoted delimiters break the one field of free text; where there is a single column, it is that.
        self._text = 0 if self._width == 1 else names.index(text) if text in names else None

    def rows(self, records: pl.DataFrame) -> pl.DataFrame:
        """Returns one row a record: `line`, `fields`, `repair` and `error`."""
        fits = pl.col("fields").list.len() == self._width
        whole, odd = records.filter(fits), records.filter(~fits)
        if odd.is_empty():
            return pl.concat([pl.DataFrame(schema=ROWS), whole], how="diagonal")
        numbers = self._numbers(whole)
        mended = [(line, *self._mended(fields, numbers)) for line, fields in odd.iter_rows()]
        return pl.concat([whole, pl.DataFrame(mended, schema=ROWS, orient="row")], how="diagonal").sort("line")

    def _numbers(self, whole: pl.DataFrame) -> list[int]:
        """Returns the columns that hold whole numbers alone in the rows that are not broken."""
        return [
            number
            for number in range(self._width)
            if number != self._text and all(_is_number(rows["fields"], number) for rows in (whole.head(SAMPLE), whole))
        ]

    def _mended(self, fields: list[str], numbers: Sequence[int]) -> tuple[list[str | None], str | None, str | None]:
        """Returns a row's fields, what was done to them, and what is wrong with them."""
        width, count = self._width, len(fields)
        if count > width and not "".join(fields[width:]).strip():
            return list(map(unquoted, fields[:width])), None, None
        problem = f"{count} field{'s' * (count != 1)} where the header has {width}"
        if count > width and self._text is not None:
            after = self._text + 1 + count - width
            text = self._delimiter.join(fields[self._text : after])
            row = list(map(unquoted, [*fields[: self._text], text, *fields[after:]]))
            if all(row[number].strip().isdecimal() or row[number].strip() in MISSING for number in numbers):
                what = DELIMITERS.get(self._delimiter, f"{self._delimiter!r}")
                return (
                    list(row),
                    f"{count} fields: the surplus {what} belong to the name {row[self._text].strip()!r}",
                    None,
                )
            problem += ", the surplus not in the name"
        # What there is of it stays in the table, as it stands in the file.
        kept: list[str | None] = [*fields[: width - 1], self._delimiter.join(fields[width - 1 :]) or None]
        return kept + [None] * (width - len(kept)), None, problem


def _is_number(fields: pl.Series, column: int) -> bool:
    """Whether a column holds whole numbers and nothing else."""
    values = fields.list.get(column).str.strip_chars()
    values = values.filter(~values.is_in(MISSING))
    return values.len() > 0 and values.str.contains(r"^\d+$").all()
