import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.catalogue.pictures import FolderPictures
from modiste.catalogue.sources import Catalogue
from modiste.dataset import cache
from modiste.dataset.cache import open_pixels
from modiste.dataset.images import Size, read_pictures
from modiste.dataset.picture_files import reads_heic
from modiste.errors import OutputError


def test_it_holds_every_readable_picture_and_decodes_once(
    drawn_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = Catalogue.open(drawn_catalogue).pictures
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


def test_what_decides_which_pictures_can_be_read_gives_another_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    pictures = FolderPictures(tmp_path)
    kept = [open_pixels(pictures, ["a.png"], root=tmp_path / "cache", max_pixels=limit) for limit in (599, 600)]
    assert [len(each.pixels) for each in kept] == [0, 1]
    monkeypatch.setattr(cache, "reads_heic", lambda: not reads_heic())
    other = open_pixels(pictures, ["a.png"], root=tmp_path / "cache", max_pixels=600)
    assert len({*(each.folder for each in kept), other.folder}) == 3, "what needs pillow-heif is read once it is there"


@pytest.mark.parametrize("size", [Size(), Size(1, 1)], ids=["its pixels", "its table"])
def test_a_full_disk_leaves_no_half_of_a_cache(
    size: Size, drawn_catalogue: Path, tmp_path: Path, no_file_above: Callable[[int], AbstractContextManager[None]]
) -> None:
    pictures = Catalogue.open(drawn_catalogue).pictures
    names = list(pictures.names())
    first = open_pixels(pictures, names[:9], root=tmp_path)
    with no_file_above(2000), pytest.raises(OutputError, match=r"pixel cache cannot be written .*free some disk"):
        open_pixels(pictures, names, root=tmp_path, size=size)
    assert list(tmp_path.iterdir()) == [first.folder]
    assert open_pixels(pictures, names[:9], root=tmp_path).facts.equals(first.facts)


FILLING = """
import sys
from pathlib import Path
from modiste.catalogue.pictures import FolderPictures
from modiste.dataset.cache import open_pixels

def wait(done):
    print(done, flush=True)
    sys.stdin.readline()

open_pixels(FolderPictures(Path(sys.argv[1])), ["a.jpg"], root=Path(sys.argv[2]), on_progress=wait)
"""


def test_what_a_killed_decoding_left_is_removed_and_what_another_fills_is_not(tmp_path: Path) -> None:
    shop, root = tmp_path / "shop", tmp_path / "cache"
    shop.mkdir()
    Image.new("RGB", (60, 80)).save(shop / "a.jpg")

    def filling() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", FILLING, str(shop), str(root)]
        started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert started.stdout is not None
        assert started.stdout.readline() == "1\n"
        return started

    def left() -> set[Path]:
        return set(root.glob("filling-*"))

    with filling() as living:
        its = left()
        with filling() as killed:
            killed.kill()
        assert len(left()) == 2
        other = open_pixels(FolderPictures(shop), ["a.jpg"], root=root, size=Size(30, 40))
        assert left() == its
        assert len(open_pixels(FolderPictures(shop), ["a.jpg"], root=root, size=Size(30, 40)).pixels) == 1
        assert left() == its
        living.communicate("\n")
    assert living.returncode == 0
    assert set(root.iterdir()) > {other.folder}
    assert not left()
