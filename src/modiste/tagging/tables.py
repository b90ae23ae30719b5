"""A table of predictions on disk that is written part by part, so that a killed job goes on where it was.

The rows are cut into parts of a fixed size; each is a file of its own beside the table until all are there. Parts may
be finished in any order and by anybody, and be tried again: each row is in the table once.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

import polars as pl

from modiste.errors import OutputError
from modiste.predictions import Columns
from modiste.runs import write_whole
from modiste.schema import PREDICTED
from modiste.tagging.formats import FORMATS

__all__ = ["PART", "PartedTable", "Written"]

PART = 1024
"""Rows of a part: at most so many are tagged again after a kill, for each that was being worked on."""

KEY = "key.json"

NOT_WRITTEN = (OSError, pl.exceptions.PolarsError)
"""What Polars raises where a disk is full: the one for CSV and JSON, the other for Parquet."""


@dataclass(frozen=True)
class Written:
    """A table that was written.

    Attributes:
        photos: How many rows it has.
        errors: How many of them have an error instead of answers.
    """

    photos: int
    errors: int


class PartedTable:
    """A table that is being written: finished parts beside it, and the whole of it at the end.

    Args:
        path: The table; its suffix chooses the format. A folder that is missing is made.
        rows: How many rows it will have.
        key: What the rows follow from: bundle, settings, each photo's path. Parts that were written for another key
            are removed.
        carried: Columns that are to stand before those of the parts, of as many rows; None for none.
        overwrite: Whether a table that is there may be replaced.

    Raises:
        OutputError: The table exists, its format is unknown or cannot hold a column, or it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        rows: int,
        *,
        key: Iterable[object],
        carried: pl.DataFrame | None = None,
        overwrite: bool,
    ) -> None:
        found = next((each for each in FORMATS if each.suffix == path.suffix.lower()), None)
        if found is None:
            raise OutputError(
                f"no table format is called {path.suffix or 'nothing'!r}",
                where=path,
                fix=f"end the name in {', '.join(each.suffix for each in FORMATS)}",
            )
        if path.is_dir():
            raise OutputError("is a folder", where=path, fix="give another --out")
        if path.exists() and not overwrite:
            raise OutputError("exists already", where=path, fix="give another --out, or --overwrite")
        self._path = path
        self._format = found
        self._rows = rows
        self._carried = pl.DataFrame() if carried is None else carried
        self._check_columns()
        self._parts = path.with_name(f".{path.name}.parts")
        self._begin(_digest((PART, rows, *key)))

    def _check_columns(self) -> None:
        """Makes sure that the format can hold the columns, before anything is tagged."""
        for name, kind in self._carried.schema.items():
            if not self._format.holds(kind):
                raise OutputError(
                    f"the column {name!r} is of type {kind}, which no {self._path.suffix} file holds",
                    where=self._path,
                    fix="end the name in .parquet, or leave the column out of the table of photos",
                )

    def _begin(self, key: str) -> None:
        """Opens the folder of parts, and empties it where it holds another job's."""
        try:
            if self._read_key() != key:
                shutil.rmtree(self._parts, ignore_errors=True)
                self._parts.mkdir(parents=True)
                write_whole(self._parts / KEY, json.dumps(key))
        except OSError as error:
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

    def _file(self, number: int) -> Path:
        return self._parts / f"{number:08d}.parquet"

    @property
    def missing(self) -> dict[int, slice]:
        """The parts that are not finished: number -> the rows that it is to hold."""
        parts = {number: slice(start, start + PART) for number, start in enumerate(range(0, self._rows, PART))}
        return {number: rows for number, rows in parts.items() if not self._file(number).exists()}

    def names_of(self, columns: Iterable[str]) -> dict[str, str]:
        """Returns what the parts' columns are called beside the carried ones: with a prefix where a name is taken."""
        taken = set(self._carried.columns)
        names = {}
        for name in columns:
            written = name
            while written in taken:
                written = PREDICTED + written
            names[name] = written
            taken.add(written)
        return names

    def add(self, number: int, part: pl.DataFrame) -> None:
        """Writes one part, whole or not at all; a part that is there already is replaced.

        Raises:
            OutputError: It cannot be written; the other parts stay.
        """
        # Of a name of its own: two may be at work on one part.
        aside = self._parts / f"{uuid4().hex}.aside"
        try:
            part.write_parquet(aside)
            aside.replace(self._file(number))
        except NOT_WRITTEN as error:
            aside.unlink(missing_ok=True)
            done = len(list(self._parts.glob("*.parquet"))) * PART
            raise OutputError(
                f"cannot be written ({_reason(error)}); {min(done, self._rows):,} photos are done",
                where=self._path,
                fix="make room, and run the same command again: it goes on from there",
            ) from error

    def finish(self, columns: Columns, metadata: Mapping[str, str]) -> Written:
        """Joins the parts into the table, and removes them.

        Args:
            columns: The parts' columns.
            metadata: The metadata of the file, if it is Parquet.

        Raises:
            OutputError: It cannot be written; the parts stay.
            ValueError: A part is missing.
        """
        if missing := list(self.missing):
            raise ValueError(f"the parts {missing} are missing")
        aside = self._path.with_name(f".{self._path.name}.aside")
        files = sorted(self._parts.glob("*.parquet"))
        try:
            # Without `glob`, a path may hold brackets.
            parts = pl.scan_parquet(files, glob=False) if files else pl.LazyFrame(schema=columns)
            errors = int(parts.select(pl.col("error").count()).collect().item())
            table = parts.rename(self.names_of(columns))
            if self._carried.width:
                table = pl.concat([self._carried.lazy(), table], how="horizontal")
            self._format.write(table, aside, metadata)
            aside.replace(self._path)
            shutil.rmtree(self._parts)
        except NOT_WRITTEN as error:
            aside.unlink(missing_ok=True)
            raise OutputError(
                f"cannot be written ({_reason(error)})",
                where=self._path,
                fix="make room, and run the same command again",
            ) from error
        return Written(self._rows, errors)


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
