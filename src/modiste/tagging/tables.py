"""A table on disk that is written part by part, so that a killed job goes on where it was."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import OutputError
from modiste.runs import write_whole

__all__ = ["SUFFIXES", "TagTable"]

SUFFIXES = (".parquet", ".csv", ".jsonl")

KEY = "key.json"

ROW_GROUP = 16_384
"""Photos of a row group of Parquet: what is in memory while parts are joined, however many there are."""

NOT_WRITTEN = (OSError, pl.exceptions.PolarsError)
"""What Polars raises where a disk is full: the one for CSV and JSON, the other for Parquet."""


class TagTable:
    """A table of tags that is being written: finished parts beside it, and the whole of it at the end.

    Args:
        path: The table; its suffix chooses the format, one of `SUFFIXES`. A folder that is missing is made.
        schema: Its columns: see `batch.schema_of`.
        key: What the tags follow from: bundle, settings, each photo's path. Parts of another key are not gone on with.
        overwrite: Whether a table that is there may be replaced.

    Attributes:
        done: How many photos the parts hold already.

    Raises:
        OutputError: The table exists, its format is unknown, or it cannot be written.
    """

    def __init__(self, path: Path, schema: Mapping[str, Any], *, key: Iterable[object], overwrite: bool) -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f"no table format is called {path.suffix or 'nothing'!r}",
                where=path,
                fix=f"end the name in {', '.join(SUFFIXES)}",
            )
        if path.is_dir():
            raise OutputError("is a folder", where=path, fix="give another --out")
        if path.exists() and not overwrite:
            raise OutputError("exists already", where=path, fix="give another --out, or --overwrite")
        self._path = path
        self._schema = schema
        self._parts = path.with_name(f".{path.name}.parts")
        self.done = self._begin(_digest(key))

    def _begin(self, key: str) -> int:
        """Opens the folder of parts, empties it where it holds another job's, and counts what is done."""
        try:
            if self._read_key() != key:
                shutil.rmtree(self._parts, ignore_errors=True)
                self._parts.mkdir(parents=True)
                write_whole(self._parts / KEY, json.dumps(key))
            files = self._files()
            return int(pl.scan_parquet(files).select(pl.len()).collect().item()) if files else 0
        except NOT_WRITTEN as error:
            raise OutputError(
                f"cannot be written ({_reason(error)})",
                where=self._path,
                fix=f"make room, check the path, or remove {self._parts}",
            ) from error

    def _read_key(self) -> object:
        try:
            return json.loads((self._parts / KEY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _files(self) -> list[Path]:
        return sorted(self._parts.glob("*.parquet"))

    def add(self, part: pl.DataFrame) -> None:
        """Writes one part, whole or not at all.

        Raises:
            OutputError: It cannot be written; the parts before it stay.
        """
        aside = self._parts / "part.aside"
        try:
            part.write_parquet(aside)
            aside.rename(self._parts / f"{self.done:012d}.parquet")
        except NOT_WRITTEN as error:
            aside.unlink(missing_ok=True)
            raise OutputError(
                f"cannot be written ({_reason(error)}); {self.done:,} photos are done",
                where=self._path,
                fix="make room, and run the same command again: it goes on from there",
            ) from error
        self.done += part.height

    def finish(self) -> int:
        """Joins the parts into the table, removes them, and returns how many photos have an error.

        Raises:
            OutputError: It cannot be written; the parts stay.
        """
        aside = self._path.with_name(f".{self._path.name}.aside")
        suffix = self._path.suffix.lower()
        try:
            table = pl.scan_parquet(self._files()) if self._files() else pl.LazyFrame(schema=self._schema)
            if suffix == ".parquet":
                table.sink_parquet(aside, row_group_size=ROW_GROUP)
            elif suffix == ".jsonl":
                table.sink_ndjson(aside)
            else:
                # A CSV file has no lists; they become JSON text.
                lists = [name for name, kind in self._schema.items() if isinstance(kind, pl.List)]
                table.with_columns(_as_json(pl.col(name)) for name in lists).sink_csv(aside)
            errors = int(table.select(pl.col("error").count()).collect().item())
            aside.replace(self._path)
            shutil.rmtree(self._parts)
        except NOT_WRITTEN as error:
            aside.unlink(missing_ok=True)
            raise OutputError(
                f"cannot be written ({_reason(error)})",
                where=self._path,
                fix="make room, and run the same command again",
            ) from error
        return errors


def _digest(key: Iterable[object]) -> str:
    """Returns a short text for a key, which may be as long as the table is to be: it is never in memory."""
    digest = blake2b(digest_size=16)
    for part in key:
        digest.update(f"{part!r}\n".encode())
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    """Says in the system's words why something cannot be written; Polars puts its own around them."""
    system = re.search(r"\(os error (\d+)\)", str(error))
    if system:
        return os.strerror(int(system[1]))
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _as_json(column: pl.Expr) -> pl.Expr:
    return pl.format("[{}]", column.list.eval(pl.element().struct.json_encode()).list.join(", "))
