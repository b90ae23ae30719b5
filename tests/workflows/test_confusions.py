"""What a tagger takes for what, on a catalogue whose answers are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from modiste.catalogue.pictures import FolderPictures
from modiste.workflows.confusions import find_confusions


def test_confusions_are_counted_with_pictures(
    predictor: Any, photo: Callable[[Path, int], Path], tmp_path: Path
) -> None:
    shades = {"a": 0, "b": 0, "c": 0, "d": 255, "e": 128}
    for name, value in shades.items():
        photo(tmp_path / f"{name}.png", value)
    (tmp_path / "bad.png").write_bytes(b"bad")
    images = [*(f"{name}.png" for name in shades), "bad.png", None]
    tones = ["bright", "bright", "dark", "bright", "unheard of", "dark", "dark"]
    products = pl.DataFrame({"image": images, "tone": tones})
    told: list[tuple[int, int]] = []
    (found,) = find_confusions(
        predictor,
        products,
        FolderPictures(tmp_path),
        progress=lambda _, done, total, note="": told.append((done, total)),
    )
    assert (found.attribute, found.products, found.right) == ("tone", 4, 2)
    (pair,) = found.pairs
    assert (pair.true, pair.answered, pair.count) == ("bright", "dark", 2)
    assert pair.share == 2 / 3
    assert len(pair.pictures) == 2
    assert pair.pictures[0].startswith(b"\xff\xd8")


def test_a_catalogue_without_a_readable_picture_has_none(predictor: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"bad")
    products = pl.DataFrame({"image": ["bad.png"], "tone": ["dark"]})
    assert find_confusions(predictor, products, FolderPictures(tmp_path)) == ()


def test_no_more_than_asked_for_are_looked_at(
    predictor: Any, photo: Callable[[Path, int], Path], tmp_path: Path
) -> None:
    for number in range(10):
        photo(tmp_path / f"{number}.png", 0)
    products = pl.DataFrame({"image": [f"{number}.png" for number in range(10)], "tone": ["dark"] * 10})
    (found,) = find_confusions(predictor, products, FolderPictures(tmp_path), most=4)
    assert (found.products, found.right, found.pairs) == (4, 4, ())
