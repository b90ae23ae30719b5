"""A SQLite file of reviews: opened anew for each transaction, so that what is written is in the file that is there."""

import os
import sqlite3
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from modiste.errors import StoreError

__all__ = ["Place", "SqliteFile"]

PATIENCE = 30
"""Seconds to wait for a file that another process is writing to."""

Place: TypeAlias = tuple[tuple[int, int] | None, ...]
"""Which files lie at the paths of a database: device and number, None where there is none."""


class SqliteFile:
    """A SQLite file.

    No connection is kept: one would go on writing to a file that was deleted or replaced, and to a log (`-wal`) that
    nobody finds any more. The last that closes brings the log into the file.

    Args:
        path: The file.
        create: Whether one that is missing is made.

    Raises:
        StoreError: It cannot be made, or is missing.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        if str(path) == ":memory:":
            raise StoreError("reviews in memory would be lost", where=path, fix="give the name of a file")
        if path.is_dir():
            raise StoreError("is a folder", where=path, fix="give the name of a file")
        if not create and not path.exists():
            raise StoreError("no such file", where=path, fix="give the one that `modiste tag --review` wrote")
        # The working folder may be another one later.
        self._path = path.absolute()
        if create:
            self._make(path)

    def _make(self, path: Path) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"its folder cannot be made ({error.strerror})", where=path, fix="give another name"
            ) from error
        try:
            self._path.touch()
        except OSError as error:
            raise StoreError(f"cannot be written ({error.strerror})", where=path, fix="give another name") from error

    def engine(self) -> Engine:
        """Returns what opens connections to the file; where it is missing by then, none is made."""
        engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(engine, "begin", _begin)
        return engine

    def place(self) -> Place:
        """Returns which files lie at the path now: the database and its log."""
        # SQLite puts the log beside the file that a link leads to.
        path = os.path.realpath(self._path)
        return tuple(map(_identity, (path, f"{path}-wal")))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE, check_same_thread=False
        )
        # BEGIN is for `_begin`. Every transaction is written through to the disk.
        connection.isolation_level = None
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise
        return connection


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the only lock at once; who begins to read and then writes fails where another did so too.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found: Any = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
