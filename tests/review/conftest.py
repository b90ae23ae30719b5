"""A store on each kind of database, photos for it, and a clock that the tests turn."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from modiste.review.items import NewItem, Question, expected_errors
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
    """Makes uncertain photos, each less certain, and so of higher priority, than the one before."""

    def make(count: int, path: str = "photos/{}.jpg") -> list[NewItem]:
        items = []
        for number in range(count):
            questions = (
                Question("tone", "dark", 0.9 - number / 100, (("dark", 0.9), ("grey", 0.1))),
                Question("half", "no", 0.5, (("no", 0.5), ("yes", 0.5))),
                Question("sure", "a", 0.99, (("a", 0.99), ("b", 0.01)), asked=False),
            )
            photo = (path.format(number), f"digest {number}", f"jpeg {number}".encode())
            items.append(NewItem(*photo, questions, "uncertain", expected_errors(questions)))
        return items

    return make


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[ReviewStore]:
    """An empty one."""
    with ReviewStore.open(database, clock=clock) as opened:
        yield opened


@pytest.fixture
def queue(store: ReviewStore, new_items: NewItems) -> ReviewStore:
    """One with three photos, of which the last is of the highest priority."""
    store.add(new_items(3), bundle="first", labels=LABELS)
    return store
