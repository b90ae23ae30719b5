"""The formats of the tables that predictions are written to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl
from polars.datatypes import DataType, DataTypeClass

__all__ = ["FORMATS", "Format"]

ROW_GROUP = 16_384
"""Rows of a row group of Parquet: what is in memory while parts are joined, however many there are."""

PolarsDataType: TypeAlias = DataType | DataTypeClass


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Attributes:
        suffix: The suffix of such a file's name.
        write: Writes a table to a path, in bounded memory; gets what the predictions are about as text by name, which
            a format without metadata leaves out.
        binary: Whether it can hold columns of bytes.
    """

    suffix: str
    write: Callable[[pl.LazyFrame, Path, Mapping[str, str]], None]
    binary: bool = False

    def holds(self, kind: PolarsDataType) -> bool:
        """Whether a column of a type can be written."""
        return self.binary or pl.Binary not in _parts_of(kind)


def _write_parquet(table: pl.LazyFrame, path: Path, metadata: Mapping[str, str]) -> None:
    table.sink_parquet(path, row_group_size=ROW_GROUP, metadata=dict(metadata))


def _write_csv(table: pl.LazyFrame, path: Path, metadata: Mapping[str, str]) -> None:  # noqa: ARG001
    kinds = table.collect_schema().items()
    table.with_columns(_as_text(name, kind) for name, kind in kinds).sink_csv(path)


def _write_json_lines(table: pl.LazyFrame, path: Path, metadata: Mapping[str, str]) -> None:  # noqa: ARG001
    table.sink_ndjson(path)


def _parts_of(kind: PolarsDataType) -> list[PolarsDataType]:
    """Returns a type and all that it is made of."""
    if isinstance(kind, pl.Struct):
        inner = [field.dtype for field in kind.fields]
    else:
        inner = [kind.inner] if isinstance(kind, pl.List | pl.Array) else []
    return [kind, *(part for each in inner for part in _parts_of(each))]


def _as_text(name: str, kind: PolarsDataType) -> pl.Expr:
    """Returns a column as a CSV file can hold it: what is nested as JSON text, a duration as ISO 8601 writes it."""
    column = pl.col(name)
    if isinstance(kind, pl.Duration):
        return column.dt.to_string("iso")
    if not isinstance(kind, pl.List | pl.Array | pl.Struct):
        return column
    wrapped = pl.struct(column.alias("_")).struct.json_encode()
    return pl.when(column.is_not_null()).then(wrapped.str.strip_prefix('{"_":').str.strip_suffix("}")).alias(name)


FORMATS = (
    Format(".parquet", _write_parquet, binary=True),
    Format(".csv", _write_csv),
    Format(".jsonl", _write_json_lines),
)
"""The formats that `modiste tag` writes. The place to add one."""
