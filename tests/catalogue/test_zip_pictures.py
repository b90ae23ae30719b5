"""What zips of other systems hold, and what is passed over in them."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from modiste.catalogue.pictures import ZipPictures
from modiste.errors import CatalogueError


def picture(kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), "red").save(buffer, format=kind)
    return buffer.getvalue()


def packed(path: Path, *entries: tuple[str, bytes], links: tuple[str, ...] = ()) -> ZipPictures:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name in links else 0o100644) << 16
            archive.writestr(info, content)
    return ZipPictures(path)


def passed_over(store: ZipPictures) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {each.reason: (each.count, each.examples) for each in store.omissions}


def test_clutter_and_what_is_no_picture_is_counted(tmp_path: Path) -> None:
    names = ["Hats/1.jpg", "Hats/.2.jpg", "__MACOSX/Hats/._1.jpg", "Hats/._1.jpg", "Hats/@eaDir/1.jpg", "Thumbs.db"]
    store = packed(
        tmp_path / "a.zip",
        *((name, picture()) for name in names),
        *(("x", picture("PNG")), ("Hats/y.jfif", b""), ("z.dat", b"none"), ("styles.csv", b"id"), ("old.ZIP", b"")),
    )
    assert store.names(["styles.csv"]).to_list() == ["Hats/1.jpg", "Hats/y.jfif", "x"]
    assert passed_over(store) == {
        "archives, which are not opened here": (1, ("old.ZIP",)),
        "hidden files": (1, ("Hats/.2.jpg",)),
        "no pictures": (1, ("z.dat",)),
        "system files": (4, ("Hats/._1.jpg", "Hats/@eaDir/1.jpg", "Thumbs.db")),
    }


def test_backslashes_of_windows_are_slashes(tmp_path: Path) -> None:
    store = packed(tmp_path / "a.zip", ("Hats\\1.jpg", b"one"), ("Hats\\", b""), ("Bags\\old\\2.jpg", b"two"))
    assert store.names().to_list() == ["Bags/old/2.jpg", "Hats/1.jpg"]
    assert (store.read("Bags/old/2.jpg"), store.read("Hats/1.jpg")) == (b"two", b"one")
    assert len(store.omissions) == 0


def without_flag(path: Path, written: bytes) -> ZipPictures:
    """Returns a zip whose one entry has these bytes as its name and no flag that says UTF-8."""
    packed(path, ("x" * len(written) + ".jpg", b"one"))
    data = path.read_bytes().replace(b"x" * len(written), written)
    assert struct.unpack("<H", data[6:8]) == (0,)
    path.write_bytes(data)
    return ZipPictures(path)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gr\u00fcn".encode(), "gr\u00fcn"),  # as macOS
        ("gru\u0308n".encode(), "gru\u0308n"),
        ("gr\u00fcn".encode("cp437"), "gr\u00fcn"),  # as Windows
        ("\u30b7\u30e3\u30c4".encode(), "\u30b7\u30e3\u30c4"),
    ],
)
def test_a_name_without_a_flag_is_utf_8_where_it_can_be(written: bytes, name: str, tmp_path: Path) -> None:
    store = without_flag(tmp_path / "a.zip", written)
    assert store.names().to_list() == [f"{name}.jpg"]
    assert store.read(f"{name}.jpg") == b"one"


def test_of_two_entries_of_a_name_the_later_counts(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        store = packed(tmp_path / "a.zip", ("1.jpg", b"one"), ("1.jpg", b"two"))
    assert store.names().to_list() == ["1.jpg"]
    assert store.read("1.jpg") == b"two"
    assert passed_over(store) == {"entries of a name that a later one has, too": (1, ("1.jpg",))}


def test_a_link_in_a_zip_is_told(tmp_path: Path) -> None:
    store = packed(tmp_path / "a.zip", ("1.jpg", b"one"), ("2.jpg", b"1.jpg"), links=("2.jpg",))
    assert store.names().to_list() == ["1.jpg", "2.jpg"]
    with pytest.raises(CatalogueError, match=r"'2\.jpg' is a link"):
        store.read("2.jpg")


def test_an_encrypted_entry_whose_suffix_says_nothing_is_counted(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", ("x", picture()))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    store = ZipPictures(tmp_path / "a.zip")
    assert store.names().to_list() == []
    assert passed_over(store) == {"files that cannot be opened": (1, ("x",))}
