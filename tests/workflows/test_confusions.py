"""What a tagger takes for what, on a catalogue whose answers are known."""

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from modiste.catalogue.pictures import FolderPictures
from modiste.portable.bundle import read_bundle
from modiste.portable.predictor import Predictor
from modiste.workflows.confusions import find_confusions


@pytest.fixture(scope="module")
def predictor(brightness_bundle: Path) -> Predictor:
    return Predictor(read_bundle(brightness_bundle), engine="onnxruntime", threads=1)


def photo(path: Path, value: int) -> None:
    Image.new("RGB", (6, 8), (value, value, value)).save(path)


def test_confusions_are_counted_with_pictures(predictor: Predictor, tmp_path: Path) -> None:
    shades = {"a": 0, "b": 0, "c": 0, "d": 255, "e": 128}
    for name, value in shades.items():
        photo(tmp_path / f"{name}.png", value)
    (tmp_path / "bad.png").write_bytes(b"bad")
    images = [*(f"{name}.png" for name in shades), "bad.png"]
    tones = ["bright", "bright", "dark", "bright", "unheard of", "dark"]
    photos = pl.DataFrame({"image": images, "tone": tones})
    told: list[tuple[int, int]] = []
    (found,) = find_confusions(
        predictor,
        photos,
        FolderPictures(tmp_path),
        progress=lambda _, done, total, note="": told.append((done, total)),
    )
    assert (found.attribute, found.products, found.right) == ("tone", 4, 2)
    (pair,) = found.pairs
    assert (pair.true, pair.answered, pair.count) == ("bright", "dark", 2)
    assert pair.share == 2 / 3
    assert len(pair.pictures) == 2
    assert pair.pictures[0].startswith(b"\xff\xd8")


def test_a_catalogue_without_a_readable_picture_has_none(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"bad")
    photos = pl.DataFrame({"image": ["bad.png"], "tone": ["dark"]})
    assert find_confusions(predictor, photos, FolderPictures(tmp_path)) == ()


def test_no_more_than_asked_for_are_looked_at(predictor: Predictor, tmp_path: Path) -> None:
    for number in range(10):
        photo(tmp_path / f"{number}.png", 0)
    photos = pl.DataFrame({"image": [f"{number}.png" for number in range(10)], "tone": ["dark"] * 10})
    (found,) = find_confusions(predictor, photos, FolderPictures(tmp_path), most=4)
    assert (found.products, found.right, found.pairs) == (4, 4, ())
