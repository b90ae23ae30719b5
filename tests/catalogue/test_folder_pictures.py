"""What a folder of pictures holds and what is passed over: nothing without a word."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from modiste.catalogue.omissions import Omissions
from modiste.catalogue.pictures import FolderPictures
from modiste.errors import CatalogueError


def passed_over(omissions: Omissions) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {each.reason: (each.count, each.examples) for each in omissions}


def lay(folder: Path, *names: str, content: bytes = b"") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "MPO"])
def test_a_picture_is_what_its_content_says(kind: str, tmp_path: Path) -> None:
    Image.new("RGB", (9, 7), "red").save(tmp_path / "first", format=kind)
    for name in ("a.jpg.orig", "b.dat", "c", "BM", "d.b.MPO"):
        shutil.copy(tmp_path / "first", tmp_path / name)
    store = FolderPictures(tmp_path)
    assert store.names().to_list() == ["BM", "a.jpg.orig", "b.dat", "c", "d.b.MPO", "first"]
    assert len(store.omissions) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"B",
        b"BM",
        b"BMW, the car maker of Munich",
        b"RIFF    WAVEfmt ",
        b"\0\0\0\x20ftypisom    ",
        b"<svg/>",
        b"\xff",
    ],
)
def test_what_is_no_picture_is_counted(content: bytes, tmp_path: Path) -> None:
    lay(tmp_path, "b", "a.dat", content=content)
    lay(tmp_path, "1.jpg", "notes.txt", "stock.csv", "old.zip")
    store = FolderPictures(tmp_path)
    assert store.names().to_list() == ["1.jpg"]
    assert passed_over(store.omissions) == {
        "no pictures": (4, ("a.dat", "b", "notes.txt")),
        "archives, which are not opened here": (1, ("old.zip",)),
    }
    store.names(["stock.csv"])
    assert passed_over(store.omissions)["no pictures"] == (3, ("a.dat", "b", "notes.txt"))


def test_what_systems_leave_behind_is_counted_and_not_entered(tmp_path: Path) -> None:
    lay(tmp_path, "Hats/1.jpg", "Hats/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/Hats/._1.jpg", "Hats/THUMBS.DB")
    lay(tmp_path, ".DS_Store", "Hats/._1.jpg", ".git/x.jpg", "Hats/.2.jpg", "$RECYCLE.BIN/1.jpg", "desktop.ini")
    store = FolderPictures(tmp_path)
    assert store.names().to_list() == ["Hats/1.jpg"]
    assert passed_over(store.omissions) == {
        "hidden files": (2, (".git/", "Hats/.2.jpg")),
        "system files": (7, ("$RECYCLE.BIN/", ".DS_Store", "Hats/._1.jpg")),
    }


def test_a_linked_folder_is_followed_once(tmp_path: Path) -> None:
    root = lay(tmp_path / "shop", "Hats/1.jpg", "Bags/2.jpg")
    lay(tmp_path / "elsewhere", "3.jpg", "deep/4.jpg")
    (root / "Shirts").symlink_to("../elsewhere")
    (root / "Tees").symlink_to(tmp_path / "elsewhere")
    (root / "Caps").symlink_to("Hats")
    store = FolderPictures(root)
    expected = ["Bags/2.jpg", "Hats/1.jpg", "Shirts/3.jpg", "Shirts/deep/4.jpg"]
    assert store.names().to_list() == expected
    assert passed_over(store.omissions) == {"links to folders that are read already": (2, ("Caps/", "Tees/"))}
    assert FolderPictures(root).names().to_list() == expected
    # A link is a folder, too, where it is the one that was given.
    (tmp_path / "link").symlink_to("shop")
    assert FolderPictures(tmp_path / "link").names().to_list() == expected


def test_one_link_that_leads_nowhere_costs_itself_alone(tmp_path: Path) -> None:
    root = lay(tmp_path / "shop", *(f"Hats/{number}.jpg" for number in range(20)))
    for name, target in (
        *(("Hats/loop", "loop"), ("Hats/5a", "5b"), ("Hats/5b", "5a"), ("Hats/back", "."), ("Hats/up", "..")),
        *(("Hats/out", "../.."), ("Hats/gone", "nowhere"), ("Hats/gone.jpg", "nowhere"), ("Hats/self.jpg", "self.jpg")),
    ):
        (root / name).symlink_to(target)
    store = FolderPictures(root)
    names = store.names().to_list()
    assert len(names) == 22
    assert {"Hats/gone.jpg", "Hats/self.jpg"} < set(names)
    assert passed_over(store.omissions) == {
        "links that lead in a circle": (6, ("Hats/5a", "Hats/5b", "Hats/back/")),
        "links that lead nowhere": (1, ("Hats/gone",)),
    }
    with pytest.raises(CatalogueError, match="Too many levels of symbolic links"):
        store.read("Hats/self.jpg")


def test_what_is_no_file_is_a_row_or_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pipe.jpg", "pipe"):
        os.mkfifo(name)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
    with Path("huge.jpg").open("wb") as file:
        file.truncate(2**40)
    store = FolderPictures(Path())
    assert store.names().to_list() == ["huge.jpg", "pipe.jpg"]
    assert passed_over(store.omissions) == {"named pipes, sockets and devices": (2, ("pipe", "socket"))}
    for name, reason in (("pipe.jpg", "it is a named pipe"), ("huge.jpg", "it has 1,099,511,627,776 bytes")):
        with pytest.raises(CatalogueError, match=reason):
            store.read(name)


def test_a_folder_in_a_folder_whose_names_are_not_utf_8_is_read(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    lay(folder, os.fsdecode(b"\xff.jpg"), content=b"one")
    (folder / os.fsdecode(b"\xfe.txt")).touch()
    store = FolderPictures(tmp_path)
    assert store.names().to_list() == [r"caf\xe9/\xff.jpg"]
    assert store.read(r"caf\xe9/\xff.jpg") == b"one"
    assert passed_over(store.omissions) == {"no pictures": (1, (r"caf\xe9/\xfe.txt",))}
    # A name may hold such text itself.
    lay(tmp_path, r"a\xe9.jpg", content=b"two")
    assert store.read(r"a\xe9.jpg") == b"two"


AS_SOMEBODY_ELSE = """
import os
from pathlib import Path
from modiste.catalogue.pictures import FolderPictures
from modiste.errors import CatalogueError
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
store = FolderPictures(Path())
print(store.names().to_list())
print(*store.omissions, sep="\\n")
for read in (FolderPictures(Path("b")).names, lambda: store.read("shut.jpg")):
    try:
        read()
    except CatalogueError as error:
        print(error.what)
"""


def test_a_forbidden_folder_costs_itself_alone_and_is_named(tmp_path: Path) -> None:
    root = lay(tmp_path / "perm", "a/1.jpg", "b/2.jpg", "c/3.jpg", "shut.jpg", "shut")
    for name in ("b", "shut.jpg", "shut"):
        (root / name).chmod(0)
    try:
        said = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE], cwd=root, capture_output=True, text=True, check=True
        )
    finally:
        (root / "b").chmod(0o700)
    assert said.stdout.splitlines() == [
        "['a/1.jpg', 'c/3.jpg', 'shut.jpg']",
        "passed over, files that cannot be opened (Permission denied): 1 (shut)",
        "passed over, folders that cannot be opened (Permission denied): 1 (b/)",
        "cannot be opened (Permission denied)",
        "cannot be read (Permission denied)",
    ]


def test_the_file_that_a_reference_means_is_found_however_it_is_spelt(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "Kleid gr\u00fcn.jpg",
        "sub/Kleid gr\u00fcn.jpg",
        "A/1.JPG",
        "b/2.jpg",
        "b/2.JPG",
        " x.jpg",
        "win\\3.jpg",
    )
    expected = {
        "Kleid gru\u0308n.jpg": "Kleid gr\u00fcn.jpg",
        "sub/Kleid gru\u0308n.jpg": "sub/Kleid gr\u00fcn.jpg",
        "SUB/kleid GR\u00dcN.jpg": "sub/Kleid gr\u00fcn.jpg",
        "a/1.jpg": "A/1.JPG",
        "b/2.jpg": "b/2.jpg",
        "b/2.Jpg": "b/2.Jpg",  # two files fit
        "x.jpg": " x.jpg",
        "win/3.jpg": "win\\3.jpg",
        "gone/1.jpg": "gone/1.jpg",
        "nul\0.jpg": "nul\0.jpg",
    }
    assert FolderPictures(tmp_path).found(pl.Series(list(expected))).to_list() == list(expected.values())
