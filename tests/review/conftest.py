"""A store on each kind of database, photos for it, and a clock that the tests turn."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from modiste.predictions import Answer
from modiste.review.items import NewItem
from modiste.review.store import ReviewStore

LABELS = {"tone": ("dark", "grey", "bright"), "half": ("no", "yes"), "sure": ("a", "b")}

NewItems = Callable[..., list[NewItem]]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_items() -> NewItems:
    """Makes photos, each less certain, and so more valuable, than the one before."""

    def make(count: int, path: str = "photos/{}.jpg") -> list[NewItem]:
        return [
            NewItem(
                path.format(number),
                f"digest {number}",
                f"jpeg {number}".encode(),
                {
                    "tone": Answer("dark", 0.9 - number / 100, "review", (("dark", 0.9), ("grey", 0.1))),
                    "half": Answer("no", 0.5, "review", (("no", 0.5), ("yes", 0.5))),
                    "sure": Answer("a", 0.99, "accept", (("a", 0.99), ("b", 0.01))),
                },
            )
            for number in range(count)
        ]

    return make


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[ReviewStore]:
    """An empty one."""
    with ReviewStore.open(database, clock=clock) as opened:
        yield opened


@pytest.fixture
def queue(store: ReviewStore, new_items: NewItems) -> ReviewStore:
    """One with three photos, of which the last is the most valuable."""
    store.add(new_items(3), bundle="first", labels=LABELS)
    return store
