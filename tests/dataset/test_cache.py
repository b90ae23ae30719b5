from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue.pictures import FolderPictures
from modiste.catalogue.sources import open_catalogue
from modiste.dataset import cache
from modiste.dataset.cache import open_pixels
from modiste.dataset.images import Size, read_pictures
from modiste.errors import OutputError


def test_it_holds_every_readable_picture_and_decodes_once(
    drawn_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = open_catalogue(drawn_catalogue).pictures
    names = list(pictures.names())
    first = open_pixels(pictures, names, root=tmp_path)
    readable = first.facts.drop_nulls("row")
    assert 0 < readable.height == len(first.pixels) < len(names)
    for picture in read_pictures(pictures, readable["image"].to_list()[::37], Size()):
        row = readable.filter(readable["image"] == picture.name)["row"][0]
        np.testing.assert_array_equal(first.pixels[row], picture.pixels)

    def never(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(cache, "read_pictures", never)
    again = open_pixels(pictures, names, root=tmp_path)
    assert again.facts.equals(first.facts)


def test_a_changed_picture_or_size_gives_another_cache(drawn_catalogue: Path, tmp_path: Path) -> None:
    source = max((drawn_catalogue / "images").glob("*.jpg"), key=lambda path: path.stat().st_size)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.jpg").write_bytes(source.read_bytes())
    pictures = FolderPictures(tmp_path / "shop")
    assert len(open_pixels(pictures, ["a.jpg"], root=tmp_path / "cache").pixels) == 1
    assert open_pixels(pictures, ["a.jpg"], root=tmp_path / "cache", size=Size(30, 40)).pixels.shape == (1, 40, 30, 3)
    (tmp_path / "shop" / "a.jpg").write_bytes(b"")
    assert len(open_pixels(pictures, ["a.jpg"], root=tmp_path / "cache").pixels) == 0
    assert not list((tmp_path / "cache").glob("filling-*"))


@pytest.mark.parametrize("size", [Size(), Size(1, 1)], ids=["its pixels", "its table"])
def test_a_full_disk_leaves_no_half_of_a_cache(
    size: Size, drawn_catalogue: Path, tmp_path: Path, no_file_above: Callable[[int], AbstractContextManager[None]]
) -> None:
    pictures = open_catalogue(drawn_catalogue).pictures
    names = list(pictures.names())
    first = open_pixels(pictures, names[:9], root=tmp_path)
    with no_file_above(2000), pytest.raises(OutputError, match=r"pixel cache cannot be written .*free some disk"):
        open_pixels(pictures, names, root=tmp_path, size=size)
    assert list(tmp_path.iterdir()) == [first.folder]
    assert open_pixels(pictures, names[:9], root=tmp_path).facts.equals(first.facts)
