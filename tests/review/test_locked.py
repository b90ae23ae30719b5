"""What another session of PostgreSQL has locked: a clear answer within seconds."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from modiste.errors import StoreError
from modiste.review import database as databases
from modiste.review.database import Database
from modiste.review.store import ReviewStore
from modiste.review.upgrade import LOCK


@pytest.fixture
def url(postgresql: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, whose locks nobody waits for."""
    assert {"lock_timeout": "5s", "statement_timeout": "30s"}.items() <= databases.SETTINGS.items()
    monkeypatch.setitem(databases.SETTINGS, "lock_timeout", "300ms")
    monkeypatch.setitem(databases.SETTINGS, "statement_timeout", "2s")
    name = f"reviews_{secrets.token_hex(8)}"
    with psycopg.connect(postgresql.url()) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return postgresql.url(name)


@pytest.fixture
def store(url: str, new_items: Any) -> Iterator[ReviewStore]:
    with ReviewStore.open(url) as opened:
        opened.add(new_items(2), bundle="first", labels={})
        yield opened


def test_a_locked_table_is_told_in_seconds_and_is_used_again(store: ReviewStore, url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE review_items IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        for asked in (store.progress, lambda: store.claim("Ann"), lambda: store.decide(1, "Ann", {"tone": "grey"})):
            with pytest.raises(StoreError, match=r"lock timeout\); another session has locked what is needed"):
                asked()
        assert time.monotonic() - start < 20
    item = store.claim("Ann")
    assert item is not None
    store.decide(item.id, "Ann", {"tone": "grey"})


def test_an_upgrade_waits_no_longer_for_another_s(url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        with pytest.raises(StoreError, match=r"lock timeout"):
            Database(url)
    Database(url).close()


def test_a_server_that_does_not_get_on_is_told(store: ReviewStore, url: str) -> None:
    database = Database(url)

    def ask() -> None:
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(60)")

    with pytest.raises(StoreError, match=r"statement timeout\); its server has too much to do; try again"):
        ask()
    database.close()
