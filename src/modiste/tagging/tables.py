"""A table of predictions on disk that is written part by part, so that a killed job goes on where it was.

The rows are cut into parts of a fixed size; each is a file of its own beside the table until all are there, named by
what its rows follow from: a part whose photos have changed since is another one. Parts may be finished in any order and
be tried again: each row is in the table once. One process at a time writes a table.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from modiste.errors import OutputError
from modiste.locks import only_one
from modiste.predictions import Columns
from modiste.runs import LOCK, write_whole
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

    It is a context, in which no other process writes the same table.

    Args:
        path: The table; its suffix chooses the format. A folder that is missing is made.
        rows: How many rows it will have.
        key: What all rows follow from: bundle and settings. Parts that were written for another key are removed.
        content: Returns what else some rows follow from: their photos, as they are now. So are other parts.
        carried: Columns that are to stand before those of the parts, of as many rows; None for none.
        overwrite: Whether a table that is there may be replaced.

    Raises:
        OutputError: The format is unknown or cannot hold a column; in the context: the table exists, another process
            writes it, or it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        rows: int,
        *,
        key: Iterable[object],
        content: Callable[[slice], Iterable[object]],
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
        self._path = path
        self._format = found
        self._rows = rows
        self._carried = pl.DataFrame() if carried is None else carried
        self._overwrite = overwrite
        self._check_columns()
        self._check_path()
        self._parts = path.with_name(f".{path.name}.parts")
        self._key = _digest((PART, *key))
        self._content = content
        self._files: dict[int, Path] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                lock = self._path.with_name(f".{self._path.name}{LOCK}")
                fix = "wait until it is done, or give another --out"
                held.enter_context(only_one(lock, where=self._path, fix=fix))
                # Who held it before may have finished the table in between.
                self._check_path()
                self._begin()
            except OSError as error:
                raise OutputError(
                    f"cannot be written ({_reason(error)})",
                    where=self._path,
                    fix=f"make room, check the path, or remove {self._parts}",
                ) from error
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _check_path(self) -> None:
        """Makes sure that the table may be written."""
        if self._path.is_dir():
            raise OutputError("is a folder", where=self._path, fix="give another --out")
        if self._path.exists() and not self._overwrite:
            raise OutputError("exists already", where=self._path, fix="give another --out, or --overwrite")

    def _check_columns(self) -> None:
        """Makes sure that the format can hold the columns, before anything is tagged."""
        for name, kind in self._carried.schema.items():
            if not self._format.holds(kind):
                raise OutputError(
                    f"the column {name!r} is of type {kind}, which no {self._path.suffix} file holds",
                    where=self._path,
                    fix="end the name in .parquet, or leave the column out of the table of photos",
                )

    def _begin(self) -> None:
        """Opens the folder of parts, and removes what is not of this job or no longer what would be written now."""
        if self._read_key() != self._key:
            shutil.rmtree(self._parts, ignore_errors=True)
            self._parts.mkdir()
            write_whole(self._parts / KEY, json.dumps(self._key))
        slices = enumerate(slice(start, start + PART) for start in range(0, self._rows, PART))
        self._files = {number: self._file(number, _digest(self._content(rows))) for number, rows in slices}
        for left in set(self._parts.iterdir()) - {self._parts / KEY, *self._files.values()}:
            left.unlink()

    def _read_key(self) -> object:
        try:
            return json.loads((self._parts / KEY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _file(self, number: int, content: str) -> Path:
        return self._parts / f"{number:08d}-{content}.parquet"

    @property
    def missing(self) -> dict[int, slice]:
        """The parts that are not finished: number -> the rows that it is to hold."""
        parts = {number: slice(number * PART, min((number + 1) * PART, self._rows)) for number in self._files}
        return {
            number: rows for number, rows in parts.items() if _height(self._files[number]) != rows.stop - rows.start
        }

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
        aside = self._parts / f"{number:08d}.aside"
        try:
            part.write_parquet(aside)
            aside.replace(self._files[number])
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
            OutputError: A part is missing or not whole, or the table cannot be written; the parts stay.
        """
        if missing := self.missing:
            lacking = sum(rows.stop - rows.start for rows in missing.values())
            raise OutputError(
                f"{lacking:,} of its {self._rows:,} rows are missing: finished parts were removed or changed meanwhile",
                where=self._path,
                fix="run the same command again: it tags these alone",
            )
        aside = self._path.with_name(f".{self._path.name}.aside")
        files = list(self._files.values())
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


def _height(part: Path) -> int | None:
    """Returns how many rows a part has; None where there is none, or none that can be read."""
    if not part.exists():
        return None
    try:
        return int(pl.scan_parquet(part, glob=False).select(pl.len()).collect().item())
    except NOT_WRITTEN:
        return None


def _reason(error: Exception) -> str:
    """Says in the system's words why something cannot be written; Polars puts its own around them."""
    system = re.search(r"\(os error (\d+)\)", str(error))
    if system:
        return os.strerror(int(system[1]))
    return (isinstance(error, OSError) and error.strerror) or str(error)
