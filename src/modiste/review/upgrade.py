"""Brings the tables of a database up to date."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from modiste.errors import StoreError
from modiste.review.tables import VERSION

__all__ = ["NEWEST", "bring_up_to_date"]

NEWEST = "0005"
"""The last step of `migrations`."""

LOCK = 5_726_623_061
"""Two programs that open a database at once take their steps one after another; any number that nobody else takes."""


def bring_up_to_date(connection: Connection, where: str) -> None:
    """Takes the steps of `migrations` that a database lacks, in the transaction that the connection is in.

    Args:
        connection: To the database.
        where: The database's name, for errors.

    Raises:
        StoreError: It is of a newer program, or holds another program's tables.
    """
    if _version(connection) == NEWEST:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        # A step may have much to copy.
        connection.execute(text("SET LOCAL statement_timeout TO 0"))
    version = _version(connection)  # another program may have been here while we waited
    if version == NEWEST:
        return
    if version is None:
        _check_free(connection, where)
    elif version > NEWEST:
        raise StoreError(
            f"was written by a newer version of modiste (its tables are of step {version}, and this program knows "
            f"those up to {NEWEST})",
            where=where,
            fix="update modiste, or give another database",
        )
    _upgrade(connection)


def _version(connection: Connection) -> str | None:
    """Returns the last step that the database has taken, None where it has taken none."""
    if not inspect(connection).has_table(VERSION):
        return None
    version: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar()  # noqa: S608
    return version


def _check_free(connection: Connection, where: str) -> None:
    """Makes sure that a SQLite file without our tables holds nobody else's; a server's database may be shared.

    Raises:
        StoreError: It does.
    """
    if connection.dialect.name == "sqlite" and (tables := inspect(connection).get_table_names()):
        raise StoreError(
            f"is the database of another program (it has a table {tables[0]!r})", where=where, fix="give another file"
        )


def _upgrade(connection: Connection) -> None:
    # Alembic takes as long to import as everything else here, and a database is seldom behind.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    # The percent sign is the configuration's own.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
