"""JSON to a table: one object a line, or an array of objects."""

import json
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from modiste.catalogue.tables.table import Table, named_columns
from modiste.errors import CatalogueError

__all__ = ["read_json"]

DEEPEST = 32
"""A value that is nested deeper is no cell of a table."""


def read_json(text: str, *, where: str, notes: tuple[str, ...] = ()) -> Table:
    """Reads a table of JSON.

    Numbers, truth values and lists keep their types where all values of a column have one; else the column is text.

    Args:
        text: The whole file: one object a line, or an array of them.
        where: Its name, for errors.
        notes: What is known of how the text was read.

    Raises:
        CatalogueError: No object is in it.
    """
    read = list(_array(text, where) if text.lstrip().startswith("[") else _by_line(text))
    objects = [found for _, found, _ in read]
    if not any(found is not None for found in objects):
        reason = f" (line {read[0][0]}: {read[0][2]})" if read else ""
        raise CatalogueError(
            f"no JSON object is in it{reason}", where=where, fix="give one object a line, or an array of objects"
        )
    keys = dict.fromkeys(key for found in objects for key in found or ())
    names, renamed = named_columns(list(keys), where)
    columns = (
        _column(name, [None if found is None else found.get(key) for found in objects])
        for name, key in zip(names, keys, strict=True)
    )
    return Table(
        where,
        "json",
        pl.DataFrame(columns) if names else pl.DataFrame(height=len(objects)),
        pl.Series("line", [line for line, _, _ in read], dtype=pl.UInt32),
        pl.Series("repair", [None] * len(read), dtype=pl.String),
        pl.Series("error", [reason for _, _, reason in read], dtype=pl.String),
        (*notes, *renamed),
    )


_Row = tuple[int, dict[str, object] | None, str | None]
"""A row's number, its object, and why there is none."""


def _by_line(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if line.strip():
            try:
                yield number, *_checked(json.loads(line))
            except (ValueError, RecursionError) as error:
                yield number, None, _reason(error)


def _array(text: str, where: str) -> Iterator[_Row]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CatalogueError(
            f"cannot be read as JSON ({_reason(error)})", where=where, fix="write it again, one object a line"
        ) from error
    for number, item in enumerate(items, start=1):
        yield number, *_checked(item)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (
        f"no JSON: {error.msg}, line {error.lineno}" if isinstance(error, json.JSONDecodeError) else f"no JSON: {error}"
    )


def _checked(value: object) -> tuple[dict[str, object] | None, str | None]:
    """Returns a row's object and why it cannot be used; one of the two is None."""
    if not isinstance(value, dict):
        return None, "no JSON object"
    if _depth([value]) > DEEPEST:
        return None, "it is nested too deeply"
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return None, "it holds half of a character"
    return value, None


def _depth(values: Iterable[object]) -> int:
    """Returns how deeply values are nested, without recursion; no deeper than `DEEPEST` + 1."""
    depth, level = 0, list(values)
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return depth


TYPES = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}


def _column(name: str, values: Sequence[object]) -> pl.Series:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    if len(kinds) <= 1 and dict not in kinds:
        try:
            return pl.Series(name, values, dtype=TYPES.get(next(iter(kinds), str)), strict=True)
        # Numbers beyond 64 bits, and lists of this and that.
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, OverflowError):
            pass
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
