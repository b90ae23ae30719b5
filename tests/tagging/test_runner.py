"""The runner in threads, and what a tagger makes of it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.tagging.conftest import Write

from modiste.predictions import Prediction, Predictions
from modiste.schema import Attribute, Schema
from modiste.tagging.photos import Entry
from modiste.tagging.runner import AHEAD, BATCH, SPARE, in_threads
from modiste.tagging.tagger import Tagger

SCHEMA = Schema((Attribute("tone", ("dark", "bright")),))


def told(entries: Sequence[Entry]) -> Predictions:
    return Predictions.failed(SCHEMA, [entry.id for entry in entries])


def test_batches_come_in_order_however_long_each_takes() -> None:
    first_may_end = threading.Event()

    def predict(entries: Sequence[Entry]) -> Predictions:
        if entries[0].id == "0":
            assert first_may_end.wait(30), "the others are tagged while the first one is"
        if entries[0].id == "3":
            first_may_end.set()
        return told(entries)

    batches = [[Entry(str(number), ())] for number in range(8)]
    found = [(batch[0].id, predictions.errors[0]) for batch, predictions in in_threads(batches, predict, cores=2)]
    assert found == [(str(number), str(number)) for number in range(8)]


def test_one_batch_alone_starts_no_thread() -> None:
    def predict(entries: Sequence[Entry]) -> Predictions:
        assert threading.current_thread() is threading.main_thread()
        return told(entries)

    ((batch, predictions),) = in_threads([[Entry("0", ())]], predict, cores=2)
    assert batch[0].id == predictions.errors[0] == "0"
    assert not list(in_threads([], predict, cores=2))


def test_no_more_is_taken_than_is_ahead() -> None:
    taken: list[int] = []

    def batches() -> Any:
        for number in range(1000):
            taken.append(number)
            yield [Entry(str(number), ())]

    running = in_threads(batches(), told, cores=2)
    next(running)
    running.close()
    assert len(taken) == (2 + SPARE) * AHEAD + 1


def test_an_error_of_one_batch_ends_the_work() -> None:
    def predict(entries: Sequence[Entry]) -> Predictions:
        if entries[0].id == "5":
            raise MemoryError
        return told(entries)

    found: list[str] = []
    with pytest.raises(MemoryError):
        found.extend(
            batch[0].id for batch, _ in in_threads([[Entry(str(number), ())] for number in range(99)], predict, cores=1)
        )
    assert found == ["0", "1", "2", "3", "4"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tag")]


def rows(tagger: Tagger, *paths: Path, **options: Any) -> list[Prediction]:
    return list(tagger.stream(list(paths), **options))


def test_many_photos_are_tagged_in_batches(tagger: Tagger, batches: list[int], photo: Write, tmp_path: Path) -> None:
    for number in range(BATCH + 10):
        photo(tmp_path / f"{number:03d}.png", number)
    (tmp_path / "000.png").write_bytes(b"")
    last = f"{BATCH + 6:03d}.png"
    (tmp_path / last).write_bytes(b"not a picture")
    found = rows(tagger, tmp_path)
    assert [item.path for item in found] == sorted(item.path for item in found)
    assert len(found) == BATCH + 10
    errors = {Path(item.path).name: item.error for item in found if item.error}
    assert errors == {"000.png": "the file is empty", last: "not a picture"}
    assert all(item.answers for item in found if not item.error)
    assert str(found[0]).endswith("000.png: the file is empty")
    assert sorted(batches) == [9, BATCH - 1]


def test_progress_is_told(tagger: Tagger, photo: Write, tmp_path: Path) -> None:
    for number in range(BATCH + 1):
        photo(tmp_path / f"{number:03d}.png", 9)
    seen: list[tuple[int, int]] = []
    rows(tagger, tmp_path, progress=lambda stage, done, total, note="": seen.append((done, total)))
    assert seen == [(BATCH, BATCH + 1), (BATCH + 1, BATCH + 1)]


def test_a_callback_sees_each_batch_with_as_many_labels_as_it_wants(tagger: Tagger, shades: Path) -> None:
    class Callback:
        name, top = "mine", 3

        def __init__(self) -> None:
            self.seen: list[tuple[list[str], Predictions]] = []

        def __call__(self, entries: Sequence[Entry], predictions: Predictions) -> None:
            self.seen.append(([entry.id for entry in entries], predictions))

    callback = Callback()
    found = list(tagger.stream(shades, callback=callback))
    ((ids, predictions),) = callback.seen
    assert ids == list(predictions.ids) == [item.id for item in found]
    assert [len(item.answers["tone"].top) for item in predictions if not item.error] == [3, 3, 3]
    assert [len(item.answers["tone"].top) for item in found if not item.error] == [1, 1, 1]
    assert predictions.digests[1] is not None
