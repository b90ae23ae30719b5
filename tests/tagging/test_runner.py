from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from modiste.tagging.tagged import Tagged

from modiste.tagging.photos import find_photos
from modiste.tagging.runner import BATCH, tag_photos

Write = Callable[[Path, int], Path]


def tagged(predictor: Any, *paths: Path, **options: Any) -> list[Tagged]:
    options = {"precision": 0.9} | options
    return [item for batch in tag_photos(predictor, find_photos(paths), **options) for item in batch]


def test_each_photo_gets_every_attribute(predictor: Any, photo: Write, tmp_path: Path) -> None:
    dark, middling = photo(tmp_path / "dark.png", 0), photo(tmp_path / "middling.png", 128)
    first, second = tagged(predictor, dark, middling, top=2)
    assert first.path == str(dark)
    assert (first.answers["tone"].label, first.answers["tone"].decision) == ("dark", "accept")
    assert first.answers["half"].probability == pytest.approx(1)
    assert (second.answers["tone"].label, second.answers["half"].decision) == ("grey", "review")
    assert [label for label, _ in second.answers["half"].top] == ["yes", "no"]
    assert str(second).startswith(f"{middling}: tone grey (0.9")
    assert str(second).endswith("half yes (0.50, review) [yes 0.50, no 0.50]")
    assert str(tagged(predictor, middling)[0]).endswith("half yes (0.50, review)")


def test_a_photo_that_cannot_be_read_says_why_and_the_rest_are_tagged(
    predictor: Any, photo: Write, tmp_path: Path
) -> None:
    for number in range(BATCH + 10):
        photo(tmp_path / f"{number:03d}.png", number)
    (tmp_path / "000.png").write_bytes(b"")
    last = f"{BATCH + 6:03d}.png"
    (tmp_path / last).write_bytes(b"not a picture")
    found = tagged(predictor, tmp_path)
    assert [item.path for item in found] == sorted(item.path for item in found)
    assert len(found) == BATCH + 10
    errors = {Path(item.path).name: item.error for item in found if item.error}
    assert errors == {"000.png": "the file is empty", last: "not a picture"}
    assert all(item.answers for item in found if not item.error)
    assert str(found[0]).endswith("000.png: the file is empty")
    assert sorted(predictor.batches) == [9, BATCH - 1]


def test_nothing_but_broken_photos_needs_no_prediction(predictor: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    assert [item.error for item in tagged(predictor, tmp_path)] == ["the file is empty"]
    assert predictor.batches == []


def test_progress_is_told(predictor: Any, photo: Write, tmp_path: Path) -> None:
    for number in range(BATCH + 1):
        photo(tmp_path / f"{number:03d}.png", 9)
    seen: list[tuple[int, int]] = []
    tagged(predictor, tmp_path, progress=lambda stage, done, total, note="": seen.append((done, total)))
    assert seen == [(BATCH, BATCH + 1), (BATCH + 1, BATCH + 1)]
