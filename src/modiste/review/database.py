"""Opens the database of reviews: a SQLite file, or PostgreSQL by its URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from modiste.errors import ConfigError, StoreError
from modiste.review.upgrade import bring_up_to_date

__all__ = ["Database"]

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

PATIENCE = 30
"""Seconds to wait for a SQLite file that another process is writing to."""

REACHING = 10
"""Seconds to wait for a server's answer."""


class Database:
    """A database of reviews with the tables that this program needs.

    Args:
        location: The path of a SQLite file, or a URL: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.
        create: Whether a file that is missing is made.

    Attributes:
        name: What to call it: the path, or the URL without the password.

    Raises:
        ConfigError: The URL is none, or of another kind of database.
        StoreError: It cannot be reached, is of a newer program, or is no database.
    """

    def __init__(self, location: str | Path, *, create: bool = True) -> None:
        url = _url_of(location)
        if url.drivername == "sqlite":
            self.name = str(url.database)
            file = _ready_file(Path(self.name), create=create)
            # Connections are opened again and again, and the working folder may be another one by then.
            url = url.set(database=str(file))
        else:
            self.name = url.set(drivername="postgresql").render_as_string(hide_password=True)
        self._engine = _engine_of(url)
        try:
            with self.writing() as connection:
                bring_up_to_date(connection, self.name)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Opens a transaction that may write. It is on the disk when this ends, or nothing of it is.

        Raises:
            StoreError: The database cannot do it.
        """
        with self._translating_errors(), self._engine.connect() as connection:
            connection.execution_options(begin="IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Opens a transaction that only reads, and on SQLite waits for nobody.

        Raises:
            StoreError: The database cannot do it.
        """
        with self._translating_errors(), self._engine.connect() as connection:
            connection.execution_options(begin="DEFERRED")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        """Raises what the driver raises as a `StoreError` of one line."""
        try:
            yield
        except SQLAlchemyError as error:
            original = error.orig if isinstance(error, DBAPIError) else error
            lines = str(original).strip().splitlines() or [type(original).__name__]
            raise StoreError(
                f"the database does not do what was asked ({lines[0]})", where=self.name, fix=_advice(lines[0])
            ) from error


def _url_of(location: str | Path) -> URL:
    """Returns the URL of a file or of a server's database, with the driver that we use.

    Raises:
        ConfigError: It is none, or of another kind of database.
    """
    # Not a Path of it: that would take one of the slashes away.
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(location))
    scheme = location.partition("://")[0]
    if scheme not in DRIVERS:
        raise ConfigError(
            f"no kind of database is called {scheme!r} here",
            where="the database of reviews",
            fix="give a file, or postgresql://USER:PASSWORD@HOST/DATABASE",
        )
    try:
        url = make_url(location).set(drivername=DRIVERS[scheme])
    except (ArgumentError, ValueError) as error:
        # Without the URL itself: there may be a password in it.
        raise ConfigError(
            "the URL of the database of reviews cannot be read",
            fix="write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters as %XX",
        ) from error
    if not url.database:
        raise ConfigError("the URL of the database of reviews names no database", fix="add its name after the host")
    return url


def _engine_of(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, connect_args={"timeout": PATIENCE})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A server that was started again has dropped the connections of before.
    settings = {"connect_timeout": REACHING, "client_encoding": "utf8"}
    engine = create_engine(url, connect_args=settings, pool_pre_ping=True)
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Makes SQLite write every transaction through to the disk, and leaves BEGIN to `_begin_sqlite`."""
    connection.isolation_level = None
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()  # nobody else will: it has not come into the pool
        raise


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the only lock at once; who begins to read and then writes fails where another did so too.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")


def _prepare_postgresql(connection: Any, _: object) -> None:
    """Makes PostgreSQL write every transaction through to the disk, even where the server's settings do not."""
    connection.execute("SET synchronous_commit TO on")
    connection.commit()


def _ready_file(file: Path, *, create: bool) -> Path:
    """Makes sure that a SQLite file can be there, and returns its absolute path.

    Raises:
        StoreError: It cannot.
    """
    if str(file) == ":memory:":
        raise StoreError("reviews in memory would be lost", where=file, fix="give the name of a file")
    if file.is_dir():
        raise StoreError("is a folder", where=file, fix="give the name of a file")
    if not create and not file.exists():
        raise StoreError("no such file", where=file, fix="give the one that `modiste tag --review` wrote")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"its folder cannot be made ({error.strerror})", where=file, fix="give another name"
        ) from error
    return file.absolute()


def _advice(line: str) -> str:
    if "not a database" in line:
        return "give another file"
    if "locked" in line:
        return "another program is writing to it; try again"
    if "full" in line:
        return "make room"
    return "check that it is there, that it may be written to, and that its server runs"
