"""Opening a database: what it is called, what is refused, and how."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from modiste.errors import ConfigError, StoreError
from modiste.review.database import Database
from modiste.review.store import ReviewStore


def test_a_file_is_made_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for location in ("a/reviews.db", Path("b/100% of 'reviews'.db"), f"sqlite:///{tmp_path}/c/reviews.db"):
        with ReviewStore.open(location) as store:
            assert store.progress().photos == 0
            assert Path(store.name).is_file()


def test_a_file_may_be_named_from_another_folder_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_items: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with ReviewStore.open("reviews.db") as store:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.close()
        store.add(new_items(1), bundle="first", labels={})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_sqlite_writes_every_decision_through_to_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "reviews.db")
    for opened in (database.reading, database.writing):
        with opened() as connection:
            told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
        assert told == PRAGMAS
    database.close()


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_who_reads_waits_for_nobody(tmp_path: Path) -> None:
    database = Database(tmp_path / "reviews.db")
    with database.writing(), database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM review_items").scalar() == 0
    database.close()


def test_postgresql_answers_only_when_it_has_written(postgresql: Any) -> None:
    database = Database(postgresql.url())
    with database.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" * 1000)
    (tmp_path / "file").write_text("")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()
    for location, message in (
        (tmp_path / "photo.jpg", "photo.jpg: the database .* not a database.*; give another file"),
        (tmp_path / "other.db", "other.db: is the database of another program .*'invoices'.*; give another file"),
        (tmp_path, "is a folder; give the name of a file"),
        (tmp_path / "file" / "reviews.db", "its folder cannot be made"),
        (":memory:", "reviews in memory would be lost"),
        ("sqlite://", "names no database"),
    ):
        with pytest.raises((StoreError, ConfigError), match=message):
            ReviewStore.open(location)
    other = sqlite3.connect(tmp_path / "other.db")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("invoices",)]
    other.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://me:secret@host/reviews", "no kind of database is called 'mysql' here"),
        ("postgresql://me:secret@host:port/reviews", "cannot be read"),
        ("postgresql://me:secret@host", "names no database"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_its_password(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        ReviewStore.open(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_cannot_be_reached_is_one_line(postgresql: Any) -> None:
    wrong = postgresql.url().replace(postgresql.password, "secret")
    nobody = "postgres://me:secret@127.0.0.1:1/reviews"
    for url, message in ((nobody, "refused"), (wrong, "password authentication failed")):
        began = time.monotonic()
        with pytest.raises(StoreError, match=message) as refused:
            ReviewStore.open(url)
        assert "secret" not in str(refused.value)
        assert "127.0.0.1" in str(refused.value)
        assert len(str(refused.value).splitlines()) == 1
        assert time.monotonic() - began < 10


def test_a_damaged_file_is_one_line(tmp_path: Path, new_items: Any) -> None:
    with ReviewStore.open(tmp_path / "reviews.db") as store:
        store.add(new_items(3), bundle="first", labels={})
    content = (tmp_path / "reviews.db").read_bytes()
    (tmp_path / "reviews.db").write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with pytest.raises(StoreError, match="malformed"), ReviewStore.open(tmp_path / "reviews.db") as store:
        store.claim("Ann")
