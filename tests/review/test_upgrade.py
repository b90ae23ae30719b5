"""Migrations: from nothing and from each older step, to exactly the tables that the program knows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from modiste.errors import StoreError
from modiste.review import upgrade
from modiste.review.database import Database
from modiste.review.items import Progress, Question
from modiste.review.store import ReviewStore
from modiste.review.tables import METADATA, VERSION

MIGRATIONS = Path(upgrade.__file__).with_name("migrations")
STEPS = [step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]

# What a step's own program would have written: never changed, as the step is not.
BEFORE_REASONS = r"""
INSERT INTO review_bundles VALUES ('old', '[["tone", ["dark", "grey"]], ["half", ["no", "yes"]]]');
INSERT INTO review_photos VALUES ('digest 0', :jpeg);
INSERT INTO review_items (id, "key", path, digest, bundle, value, state)
    VALUES (1, 'key 0', 'photos/0.jpg', 'digest 0', 'old', 0.5, 'waiting');
INSERT INTO review_items (id, "key", path, digest, bundle, value, state)
    VALUES (2, 'key 1', 'photos/1.jpg', 'digest 0', 'old', 0.4, 'done');
INSERT INTO review_answers VALUES (1, 0, 'tone', 'dark', 0.5, 'review', '[["dark", 0.5], ["grey", 0.5]]');
INSERT INTO review_answers VALUES (1, 1, 'half', 'yes', 0.9, 'accept', '[["yes", 0.9]]');
INSERT INTO review_answers VALUES (2, 0, 'tone', 'dark', 0.6, 'review', '[["dark", 0.6], ["grey", 0.4]]');
INSERT INTO review_decisions (id, item, action, reviewer, at, kind, attribute, before, after)
    VALUES (1, 2, 'action', 'Ann', '2026-01-01 12\:00\:00.000000', 'change', 'tone', 'dark', 'grey')
"""

WITH_REASONS = r"""
INSERT INTO review_bundles VALUES ('old', '[["tone", ["dark", "grey"]], ["half", ["no", "yes"]]]');
INSERT INTO review_photos VALUES ('digest 0', :jpeg);
INSERT INTO review_items (id, "key", path, digest, bundle, reason, priority, state)
    VALUES (1, 'key 0', 'photos/0.jpg', 'digest 0', 'old', 'uncertain', 0.5, 'waiting');
INSERT INTO review_items (id, "key", path, digest, bundle, reason, priority, state)
    VALUES (2, 'key 1', 'photos/1.jpg', 'digest 0', 'old', 'uncertain', 0.4, 'done');
INSERT INTO review_questions VALUES (1, 0, 'tone', 'dark', 0.5, NULL, TRUE, '[["dark", 0.5], ["grey", 0.5]]');
INSERT INTO review_questions VALUES (1, 1, 'half', 'yes', 0.9, NULL, FALSE, '[["yes", 0.9]]');
INSERT INTO review_questions VALUES (2, 0, 'tone', 'dark', 0.6, NULL, TRUE, '[["dark", 0.6], ["grey", 0.4]]');
INSERT INTO review_decisions (id, item, action, reviewer, at, kind, attribute, before, after)
    VALUES (1, 2, 'action', 'Ann', '2026-01-01 12\:00\:00.000000', 'change', 'tone', 'dark', 'grey')
"""

WITH_COMBINATIONS = WITH_REASONS.replace(
    "INSERT INTO review_bundles VALUES", "INSERT INTO review_bundles (fingerprint, labels) VALUES"
)

OLD_ROWS = {
    "0001": BEFORE_REASONS,
    "0002": BEFORE_REASONS,
    "0003": BEFORE_REASONS,
    "0004": WITH_REASONS,
    "0005": WITH_COMBINATIONS,
}


@contextmanager
def connected(database: str) -> Iterator[Connection]:
    server = "://" in database
    url = database.replace("postgresql:", "postgresql+psycopg:") if server else f"sqlite:///{database}"
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def migrate(connection: Connection, step: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, step)


def test_the_program_knows_its_last_step() -> None:
    assert STEPS[-1] == upgrade.NEWEST
    assert sorted(STEPS) == STEPS


def test_the_tables_are_those_that_the_program_knows(store: ReviewStore, database: str) -> None:
    with connected(database) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION, "compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize("step", STEPS)
def test_what_an_older_program_wrote_is_still_there(database: str, new_items: Any, step: str) -> None:
    with connected(database) as connection:
        migrate(connection, step)
        for statement in OLD_ROWS[step].split(";"):
            connection.execute(text(statement), {"jpeg": b"jpeg"} if ":jpeg" in statement else {})
        if "://" in database:
            for table in ("review_items", "review_decisions"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)"))
    for _ in range(2):
        with ReviewStore.open(database) as store:
            assert [each.after for each in store.corrections()] == ["grey"]
            assert store.labels("old") == {"tone": ("dark", "grey"), "half": ("no", "yes")}
            item = store.item(1)
            assert (item.reason, item.priority, item.open) == ("uncertain", 0.5, ("tone",))
            assert item.questions == (
                Question("tone", "dark", 0.5, (("dark", 0.5), ("grey", 0.5))),
                Question("half", "yes", 0.9, (("yes", 0.9),), asked=False),
            )
            assert store.thumbnail(1) == b"jpeg"
            assert store.progress_by_reason() == {"uncertain": Progress(photos=2, done=1, changed=1)}
    with ReviewStore.open(database) as store:
        store.decide(1, "Ann", {"tone": "dark"})
        assert [(each.reason, each.after) for each in store.decisions()] == [
            ("uncertain", "dark"),
            ("uncertain", "grey"),
        ]
        assert store.add(new_items(2), bundle="new", labels={}).new == 2
        assert store.progress().waiting == 2


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: str) -> None:
    ReviewStore.open(database).close()
    with connected(database) as connection:
        connection.execute(text(f"UPDATE {VERSION} SET version_num = '9000'"))
    with pytest.raises(StoreError, match=r"written by a newer version of modiste .*; update modiste") as refused:
        ReviewStore.open(database)
    assert len(str(refused.value).splitlines()) == 1
    with connected(database) as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar() == "9000"


def test_a_step_that_fails_leaves_nothing_behind(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.execute", fail)  # the second step does nothing else
        with pytest.raises(OSError, match="no room"):
            ReviewStore.open(database)
    ReviewStore.open(database).close()


def test_programs_that_open_a_database_at_once_do_not_tread_on_each_other(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(Database, [database] * 8))
    for each in opened:
        each.close()
    with connected(database) as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {VERSION}")).scalar() == 1
