import contextlib
import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modiste.catalogue.omissions import Omission
from modiste.catalogue.pictures import FolderPictures, ZipPictures, archive
from modiste.errors import CatalogueError


def packed(**files: bytes) -> bytearray:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return bytearray(buffer.getvalue())


def opened(data: bytes | bytearray, folder: Path) -> ZipPictures:
    path = folder / "shop.zip"
    path.write_bytes(data)
    return ZipPictures(path)


def flipped(*flips: tuple[int, int]) -> bytes:
    """A zip with some of its bytes replaced: place, value."""
    data = bytearray(WHOLE)
    for place, value in flips:
        data[place] = value
    return bytes(data)


WHOLE = packed(**{"images/1.jpg": b"one " * 20, "images/2.jpg": bytes(range(256)), "styles.csv": b"id\n1\n2\n"})


def test_a_zip_lists_its_files_in_order_and_reads_them_in_place(tmp_path: Path) -> None:
    store = opened(
        packed(**{"b/2.JPG": b"two", "b/": b"", "styles.csv": b"id", "a.webp": b"one", "c.jpg.txt": b""}), tmp_path
    )
    assert list(store.files()) == ["a.webp", "b/2.JPG", "c.jpg.txt", "styles.csv"]
    assert list(store.names()) == ["a.webp", "b/2.JPG"]
    assert (store.read("b/2.JPG"), store.read("styles.csv"), store.read("c.jpg.txt")) == (b"two", b"id", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["shop.zip"]


@pytest.mark.parametrize("name", ["../1.jpg", "images/../../1.jpg", "..\\1.jpg", "/etc/1.jpg", "\\1.jpg", ".."])
def test_a_zip_with_an_entry_that_climbs_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="climbs out of the zip"):
        opened(packed(**{"styles.csv": b"id", name: b""}), tmp_path)


def test_dots_in_a_name_do_not_climb(tmp_path: Path) -> None:
    assert list(opened(packed(**{"a..b/..1.jpg": b""}), tmp_path).names()) == ["a..b/..1.jpg"]


def test_an_entry_that_is_not_there_or_encrypted(tmp_path: Path) -> None:
    locked = packed(**{"1.jpg": b"one"})
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + flags] |= 1
    for name, reason in (("2.jpg", "no item named"), ("1.jpg", "password")):
        with pytest.raises(CatalogueError, match=reason):
            opened(locked, tmp_path).read(name)


ENTRY = WHOLE.index(b"PK\x01\x02")  # the first in the zip's directory


@settings(max_examples=300, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@example(flips=[(ENTRY + 46, 0)])  # an entry without a name
def test_a_damaged_zip_is_told_or_read(flips: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    with contextlib.suppress(CatalogueError):
        store = opened(flipped(*flips), tmp_path_factory.getbasetemp())
        for name in store.names():
            with contextlib.suppress(CatalogueError):
                store.read(name)


@pytest.mark.parametrize(
    "flips",
    [
        [(ENTRY + 6, 0xFF)],  # needs a version of zip that there is not
        [(ENTRY + 9, 0x08), (ENTRY + 46, 0xFF)],  # has a name that is said to be UTF-8 and is not
        [(ENTRY, 0)],
    ],
)
def test_a_zip_that_cannot_be_opened_is_told(flips: list[tuple[int, int]], tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read as a zip file"):
        opened(flipped(*flips), tmp_path)


def test_damaged_data_is_told(tmp_path: Path) -> None:
    store = opened(flipped((WHOLE.index(b"images/1.jpg") + len("images/1.jpg"), 0xFF)), tmp_path)
    with pytest.raises(CatalogueError, match=r"'images/1\.jpg' cannot be read"):
        store.read("images/1.jpg")
    assert store.read("images/2.jpg") == bytes(range(256))


def test_an_entry_unpacks_to_no_more_than_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(**{"1.jpg": bytes(30_000_000)})
    monkeypatch.setattr(archive, "MOST_TABLE_BYTES", 10_000_000)
    with pytest.raises(CatalogueError, match="unpacks to 30,000,000 bytes"):
        opened(bomb, tmp_path).read("1.jpg")
    place = bomb.index(b"PK\x01\x02") + 24
    bomb[place : place + 4] = (1000).to_bytes(4, "little")
    store = opened(bomb, tmp_path)
    tracemalloc.start()
    with pytest.raises(CatalogueError, match="cannot be read"):
        store.read("1.jpg")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_zip_s_stamp_changes_with_the_content(tmp_path: Path) -> None:
    first, other, again = (opened(packed(**{"1.jpg": data}), tmp_path).stamp("1.jpg") for data in (b"a", b"b", b"a"))
    assert first == again != other


def test_a_folder_lists_its_pictures_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "b/.3.jpg", ".trash/4.jpg", "a.jpg", "b-c/1.jpg", "styles.csv", "5.jpg/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    store = FolderPictures(tmp_path)
    assert list(store.names()) == ["a.jpg", "b-c/1.jpg", "b/2.PNG"]
    assert store.read("b/2.PNG") == b"b/2.PNG"


def test_a_file_that_is_gone_is_told_and_has_a_stamp(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").symlink_to("nowhere")
    store = FolderPictures(tmp_path)
    assert list(store.names()) == ["1.jpg"]
    with pytest.raises(CatalogueError, match=r"1\.jpg: cannot be read .No such file"):
        store.read("1.jpg")
    before = store.stamp("1.jpg")
    (tmp_path / "nowhere").write_bytes(b"one")
    assert store.stamp("1.jpg") != before


def test_a_folder_s_stamp_changes_with_the_content(tmp_path: Path) -> None:
    store = FolderPictures(tmp_path)
    (tmp_path / "1.jpg").write_bytes(b"one")
    before = store.stamp("1.jpg")
    assert store.stamp("1.jpg") == before
    (tmp_path / "1.jpg").write_bytes(b"three")
    assert store.stamp("1.jpg") != before


def test_names_that_are_not_utf_8_are_told_by_their_bytes(tmp_path: Path) -> None:
    for name in (b"caf\xe9.jpg", b"1.jpg", b"caf\xe9.txt", b"\xc3\xa9.jpg"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    store = FolderPictures(tmp_path)
    assert list(store.names()) == ["1.jpg", r"caf\xe9.jpg", "\N{LATIN SMALL LETTER E WITH ACUTE}.jpg"]
    assert store.read(r"caf\xe9.jpg") == b"caf\xe9.jpg"
    assert store.stamp(r"caf\xe9.jpg") != "unreadable"
    assert list(store.omissions) == [Omission("no pictures", 1, (r"caf\xe9.txt",))]
