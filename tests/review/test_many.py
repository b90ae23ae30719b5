"""Several reviewers, several processes, and processes that are killed."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from modiste.review.store import ReviewStore

REVIEWS = """
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from modiste.review.store import ReviewStore

store = ReviewStore.open(sys.argv[1])

def review(name):
    while (item := store.claim(name)) is not None:
        os.write(1, f"got {item.id}\\n".encode())  # a line at once, whoever else writes
        store.decide(item.id, name, {"tone": "grey", "half": "no"})
        os.write(1, f"done {item.id}\\n".encode())

with ThreadPoolExecutor() as pool:
    for each in [pool.submit(review, name) for name in sys.argv[2:]]:
        each.result()
"""


@contextmanager
def reviewing(database: str, *names: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of reviewers that says what it was handed, and what the store has acknowledged."""
    command = [sys.executable, "-c", REVIEWS, database, *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_eight_reviewers_in_two_processes_never_get_the_same_photo(
    store: ReviewStore, database: str, new_items: Any
) -> None:
    store.add(new_items(60), bundle="first", labels={})
    with reviewing(database, "Ann", "Bob", "Cid", "Dan") as one, reviewing(database, *"EFGH") as two:
        lines = [line for process in (one, two) for line in process.communicate()[0].splitlines()]
        assert (one.returncode, two.returncode) == (0, 0)
    for word in ("got", "done"):
        counts = Counter(line for line in lines if line.startswith(word))
        assert len(counts) == 60
        assert set(counts.values()) == {1}
    assert store.progress().done == 60
    assert len(store.decisions(most=1000)) == 120
    for item in range(1, 61):
        reviewers = {row.reviewer for row in store.decisions(most=1000) if row.item == item}
        assert len(reviewers) == 1


def test_what_was_acknowledged_is_there_after_a_kill(store: ReviewStore, database: str, new_items: Any) -> None:
    store.add(new_items(90), bundle="first", labels={})
    store.close()
    acknowledged: set[int] = set()
    killed = 0
    for names in (["Ann"], ["Bob", "Cid"], ["Dan"]):
        killed += len(names)
        with reviewing(database, *names) as process:
            assert process.stdout is not None
            for line in process.stdout:
                word, number = line.split()
                acknowledged |= {int(number)} if word == "done" else set()
                if len(acknowledged) > 8 * killed:
                    process.send_signal(signal.SIGKILL)
                    break
            rest, _ = process.communicate()
            acknowledged |= {int(line.split()[1]) for line in rest.splitlines() if line.startswith("done")}
            assert process.returncode == -signal.SIGKILL
        check(database, acknowledged, most_unheard=killed)


def check(database: str, acknowledged: set[int], *, most_unheard: int) -> None:
    """Holds that everything acknowledged is there, whole. Each reviewer of a killed process may have finished one photo
    more, of which it had no time to tell."""
    with ReviewStore.open(database) as again:
        kept = Counter(row.item for row in again.decisions(most=1000))
        assert acknowledged <= set(kept)
        assert set(kept.values()) == {2}, "both attributes of a photo are decided, or none"
        assert len(kept) <= len(acknowledged) + most_unheard
        assert again.progress().done == len(kept)


def test_what_was_acknowledged_is_there_after_the_server_crashed(postgresql: Any, new_items: Any) -> None:
    with psycopg.connect(postgresql.url()) as connection:
        connection.execute("CREATE SCHEMA crashed")
    database = postgresql.url("crashed")
    with ReviewStore.open(database) as store:
        store.add(new_items(20), bundle="first", labels={})
        done = []
        for _ in range(10):
            item = store.claim("Ann")
            assert item is not None
            done.append(store.decide(item.id, "Ann", {"tone": "grey", "half": "no"}).id)
        postgresql.crash()
        postgresql.start()
        # The same store goes on: its connections are opened again.
        assert {row.item for row in store.decisions()} == set(done)
        assert store.claim("Ann") is not None


@pytest.mark.parametrize("reviewers", [2, 8])
def test_claims_alone_are_all_different(store: ReviewStore, new_items: Any, reviewers: int) -> None:
    store.add(new_items(reviewers), bundle="first", labels={})
    with ThreadPoolExecutor(reviewers) as pool:
        items = list(pool.map(store.claim, [f"reviewer {number}" for number in range(reviewers)]))
    assert len({item.id for item in items if item is not None}) == reviewers
