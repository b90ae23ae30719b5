"""Opens the database of reviews: a SQLite file, or PostgreSQL by its URL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from modiste.errors import ConfigError, StoreError
from modiste.review.sqlite import Place, SqliteFile
from modiste.review.upgrade import bring_up_to_date

__all__ = ["Database"]

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

REACHING = 10
"""Seconds to wait for a server's answer."""

SETTINGS = {"synchronous_commit": "on", "lock_timeout": "5s", "statement_timeout": "30s"}
"""Of each connection to PostgreSQL: a transaction is written through to the disk, even where the server's settings do
not ask for that; nobody waits long for what another session has locked, or for a server that does not get on."""


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
        self._place: Callable[[], Place] = tuple
        if url.drivername == "sqlite":
            self.name = str(url.database)
            file = SqliteFile(Path(self.name), create=create)
            self._engine, self._place = file.engine(), file.place
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
            StoreError: The database cannot do it, or its file was removed or replaced meanwhile.
        """
        before = self._place()
        with self._translating_errors(), self._engine.connect() as connection:
            connection.execution_options(begin="IMMEDIATE")
            with connection.begin():
                begun = self._place()
                yield connection
            # Before the connection is closed, which may end the log. The log begins with the transaction.
            if before[:1] != begun[:1] or begun != self._place():
                raise StoreError(
                    "was removed or replaced while it was written to; what was to be kept may not be in it",
                    where=self.name,
                    fix="bring the file back, and do it again",
                )

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
    # A server that was started again has dropped the connections of before.
    settings = {"connect_timeout": REACHING, "client_encoding": "utf8"}
    engine = create_engine(url, connect_args=settings, pool_pre_ping=True)
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _: object) -> None:
    for name, value in SETTINGS.items():
        connection.execute(f"SET {name} TO '{value}'")
    connection.commit()


ADVICE = {
    "not a database": "give another file",
    "unable to open": "bring the file back, and see that it may be written to",
    "locked": "another program is writing to it; try again",
    "lock timeout": "another session has locked what is needed (see pg_stat_activity); try again",
    "statement timeout": "its server has too much to do; try again",
    "full": "make room",
}
"""What a driver says -> what to do."""


def _advice(line: str) -> str:
    found = (advice for said, advice in ADVICE.items() if said in line)
    return next(found, "check that it is there, that it may be written to, and that its server runs")
