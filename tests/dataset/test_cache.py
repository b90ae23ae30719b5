import errno
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.catalogue.pictures import FolderPictures
from modiste.catalogue.sources import Catalogue
from modiste.dataset import cache
from modiste.dataset.cache import PixelCache, open_pixels
from modiste.dataset.geometry import ON_WHITE, Fit, Size
from modiste.dataset.images import read_pictures
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


def test_pictures_that_are_brought_to_a_size_otherwise_have_another_cache(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    pictures = FolderPictures(tmp_path)
    kept = [
        open_pixels(pictures, ["a.png"], root=tmp_path / "cache", fit=fit)
        for fit in (ON_WHITE, Fit("border"), Fit("white", 1.2))
    ]
    assert len({each.folder for each in kept}) == 3
    whites = [int((each.pixels == 255).all(axis=(2, 3)).sum()) for each in kept]
    assert whites == [20, 0, 8]


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

def tell(holder):
    print(holder, flush=True)

open_pixels(FolderPictures(Path(sys.argv[1])), ["a.jpg"], root=Path(sys.argv[2]), on_progress=wait, on_wait=tell)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder of one picture."""
    (tmp_path / "shop").mkdir()
    Image.new("RGB", (60, 80)).save(tmp_path / "shop" / "a.jpg")
    return tmp_path / "shop"


@pytest.fixture
def filling(shop: Path, tmp_path: Path) -> Callable[[], "subprocess.Popen[str]"]:
    """Starts a process that decodes the shop's picture, and waits before it moves the pixels into place."""

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", FILLING, str(shop), str(tmp_path / "cache")]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return start


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def left(root: Path) -> set[Path]:
    return set(root.glob("filling-*/"))


def test_what_a_killed_decoding_left_is_removed_and_what_another_fills_is_not(
    shop: Path, tmp_path: Path, filling: Callable[[], "subprocess.Popen[str]"]
) -> None:
    root = tmp_path / "cache"
    pictures = FolderPictures(shop)
    with filling() as killed:
        assert said(killed) == "1"
        killed.kill()
    (root / "filling-ab12cd34").mkdir()  # as older versions called theirs
    assert len(left(root)) == 2
    other = open_pixels(pictures, ["a.jpg"], root=root, size=Size(30, 40))
    assert not left(root)
    with filling() as living:
        assert said(living) == "1"
        its = left(root)
        assert len(its) == 1
        assert len(open_pixels(pictures, ["a.jpg"], root=root, size=Size(30, 40)).pixels) == 1
        assert left(root) == its
        living.communicate("\n")
    assert living.returncode == 0
    assert set(root.iterdir()) > {other.folder}
    assert not list(root.glob("filling-*"))


def test_pictures_are_decoded_once_and_the_others_wait(
    shop: Path, tmp_path: Path, filling: Callable[[], "subprocess.Popen[str]"]
) -> None:
    root = tmp_path / "cache"
    with filling() as first:
        assert said(first) == "1"
        with filling() as second:
            assert said(second) == f"another process (process {first.pid} on {socket.gethostname()})"
            assert first.communicate("\n")[0] == ""
            assert second.communicate()[0] == "", "it decodes nothing"
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(list(root.iterdir())) == 1
    assert len(open_pixels(FolderPictures(shop), ["a.jpg"], root=root).pixels) == 1


def test_who_waits_does_the_work_where_the_other_is_killed(
    shop: Path, tmp_path: Path, filling: Callable[[], "subprocess.Popen[str]"]
) -> None:
    with filling() as killed:
        assert said(killed) == "1"
        with filling() as heir:
            assert "another process" in said(heir)
            killed.kill()
            assert said(heir) == "1"
            heir.communicate("\n")
        assert heir.returncode == 0
    open_pixels(FolderPictures(shop), ["a.jpg"], root=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 1


COLD = """
import sys
from pathlib import Path
from modiste.catalogue.pictures import FolderPictures
from modiste.dataset.cache import open_pixels
from modiste.dataset.duplicates import picture_groups

print("ready", flush=True)
for line in sys.stdin:
    opened = open_pixels(FolderPictures(Path(sys.argv[1])), ["a.jpg"], root=Path(line.strip()))
    print(opened.pixels.shape[0], opened.facts.height, picture_groups(opened).tolist(), flush=True)
"""


def test_cold_starts_of_two_at_once(shop: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", COLD, str(shop)]
    start = partial(subprocess.Popen, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with start() as one, start() as two:
        assert [said(each) for each in (one, two)] == ["ready"] * 2
        for number in range(20):
            for each in (one, two):
                assert each.stdin is not None
                each.stdin.write(f"{tmp_path / str(number)}\n")
                each.stdin.flush()
            assert [said(each) for each in (one, two)] == ["1 1 [0]"] * 2
            assert len(list((tmp_path / str(number)).iterdir())) == 1


def test_without_locks_nobody_s_pixels_are_removed(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    root, pictures = tmp_path / "cache", FolderPictures(shop)
    (root / "filling-ab12cd34").mkdir(parents=True)

    def meanwhile(_: int) -> None:
        if not first:
            first.append(open_pixels(pictures, ["a.jpg"], root=root))
            (first[0].folder / "mine").touch()

    first: list[PixelCache] = []
    found = open_pixels(pictures, ["a.jpg"], root=root, on_progress=meanwhile)
    assert found.facts.equals(first[0].facts)
    assert (found.folder / "mine").exists()
    assert left(root) == {root / "filling-ab12cd34"}
