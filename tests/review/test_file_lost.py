"""A SQLite file that is deleted or replaced under whoever writes to it: nothing is acknowledged that is not in it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from modiste.errors import StoreError
from modiste.review.database import Database
from modiste.review.store import ReviewStore

FILES = ("reviews.db", "reviews.db-wal", "reviews.db-shm")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / FILES[0]


@pytest.fixture
def store(file: Path, new_items: Any) -> Any:
    """Of six photos, of which one has been decided."""
    with ReviewStore.open(file) as opened:
        opened.add(new_items(6), bundle="first", labels={})
        decide(opened)
        yield opened


def decide(store: ReviewStore) -> int:
    item = store.claim("Ann")
    assert item is not None
    store.decide(item.id, "Ann", {"tone": "grey", "half": "no"})
    return item.id


def decided(file: Path) -> int:
    with ReviewStore.open(file, create=False) as other:
        return other.progress().done


def test_a_file_that_was_deleted_is_not_made_again(store: ReviewStore, file: Path) -> None:
    file.unlink()
    for asked in (store.progress, lambda: store.claim("Ann"), lambda: decide(store)):
        with pytest.raises(StoreError, match=r"reviews\.db: .*unable to open database file.*; bring the file back"):
            asked()
    assert not file.exists()


def test_one_that_is_brought_back_is_gone_on_with(store: ReviewStore, file: Path, tmp_path: Path) -> None:
    file.rename(tmp_path / "away.db")
    with pytest.raises(StoreError):
        decide(store)
    (tmp_path / "away.db").rename(file)
    decide(store)
    assert decided(file) == 2


def test_another_one_in_its_place_gets_what_is_decided_then(store: ReviewStore, file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "copy.db")
    decide(store)
    (tmp_path / "copy.db").replace(file)
    assert decided(file) == 1
    decide(store)
    assert decided(file) == 2
    file.unlink()
    file.touch()
    with pytest.raises(StoreError, match="no such table"):
        store.claim("Ann")


@pytest.mark.parametrize("what", FILES[1:])
def test_its_log_may_be_deleted_between_two_decisions(what: str, store: ReviewStore, file: Path) -> None:
    file.with_name(what).unlink(missing_ok=True)
    decide(store)
    file.with_name(what).unlink(missing_ok=True)
    assert decided(file) == 2


@pytest.mark.parametrize("what", FILES[:2])
@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_what_is_written_while_a_file_goes_is_not_acknowledged(what: str, how: str, file: Path, tmp_path: Path) -> None:
    database = Database(file)
    shutil.copy(file, tmp_path / "copy")

    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (a)")
            if how == "deleted":
                file.with_name(what).unlink()
            else:
                (tmp_path / "copy").replace(file.with_name(what))

    with pytest.raises(
        StoreError, match="was removed or replaced while it was written to; what was to be kept may not"
    ):
        write()
    database.close()


def test_a_log_that_others_hold_open_is_noticed_when_it_goes(file: Path) -> None:
    database = Database(file)

    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (a)")
            file.with_name(FILES[1]).unlink()

    with database.reading() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM review_items").scalar()
        with pytest.raises(StoreError, match="was removed or replaced"):
            write()
    database.close()


def test_a_link_to_the_file_is_as_good_as_the_file(file: Path, tmp_path: Path, new_items: Any) -> None:
    (tmp_path / "disk").mkdir()
    file.symlink_to(tmp_path / "disk" / "real 100%?.db")
    with ReviewStore.open(file) as store:
        store.add(new_items(2), bundle="first", labels={})
        decide(store)
    assert decided(tmp_path / "disk" / "real 100%?.db") == 1


def test_a_full_disk_acknowledges_nothing_and_loses_nothing(store: ReviewStore, file: Path, no_file_above: Any) -> None:
    with no_file_above(4096), pytest.raises(StoreError, match=r"reviews\.db: the database does not do what was asked"):
        decide(store)
    assert decided(file) == 1
    decide(store)
    assert decided(file) == 2


def test_a_file_that_may_only_be_read_is_told(file: Path, store: ReviewStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "as_uri", lambda path: f"file:{path}?mode=ro&immutable=1#")
    with pytest.raises(StoreError, match=r"readonly database.*; check that it is there, that it may be written to"):
        decide(store)
