"""Text that passes through a spreadsheet: what it could take for a formula is marked, and the mark taken away again."""

import polars as pl

__all__ = ["defused", "restored"]

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
