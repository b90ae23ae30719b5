"""Where photos come from: paths, and the tables that they may be of."""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.errors import CatalogueError, InputTypeError, ModisteError
from modiste.schema import Schema
from modiste.tagging.photos import Entries, FilePhoto
from modiste.tagging.sources import TAKEN, entries_of, find_photos

SCHEMA = Schema.load()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder, a zip and two tables of the same three photos."""
    folder = tmp_path / "photos"
    for name in ("b.jpg", "a.png", "deep/c.webp", "notes.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder).as_posix())
    table = pl.DataFrame(
        {"sku": [1, 2, 3], "image": ["b.jpg", None, "deep/c.webp"], "file": ["a.png", "x.jpg", "b.jpg"]}
    )
    table.write_csv(folder / "table.csv")
    table.write_parquet(tmp_path / "table.parquet")
    return tmp_path


def photos_of(entries: Entries) -> Iterator[FilePhoto]:
    for entry in entries:
        for photo in entry.photos:
            assert isinstance(photo, FilePhoto)
            yield photo


def found(*paths: Path, **options: Any) -> list[tuple[str, bytes]]:
    return [(photo.name, photo.store.read(photo.name)) for photo in photos_of(find_photos(paths, **options))]


def test_a_folder_and_a_zip_give_their_pictures_sorted(shop: Path) -> None:
    expected = [(name, name.encode()) for name in ("a.png", "b.jpg", "deep/c.webp")]
    assert found(shop / "photos") == expected
    assert found(shop / "photos.zip") == expected


def test_files_come_in_the_order_given_whatever_they_are_called(shop: Path) -> None:
    assert [name for name, _ in found(shop / "photos/notes.txt", shop / "photos/b.jpg")] == ["notes.txt", "b.jpg"]


def test_a_table_names_its_photos(shop: Path) -> None:
    assert found(shop / "photos/table.csv") == [("b.jpg", b"b.jpg"), ("deep/c.webp", b"deep/c.webp")]
    entries = find_photos([shop / "table.parquet"], image_column="file", images=shop / "photos")
    named = list(photos_of(entries))
    assert [photo.path for photo in named] == [str(shop / "photos" / name) for name in ("a.png", "x.jpg", "b.jpg")]
    assert named[0].store.read("a.png") == b"a.png"
    with pytest.raises(CatalogueError, match=r"x\.jpg: cannot be read"):
        named[1].store.read("x.jpg")


def test_entries_are_a_sequence_whichever_places_their_photos_lie_in(shop: Path) -> None:
    one = shop / "photos/b.jpg"
    entries = find_photos([shop / "photos", one, shop / "photos.zip"])
    inside = ("a.png", "b.jpg", "deep/c.webp")
    paths = [*(f"{shop}/photos/{name}" for name in inside), str(one), *(f"{shop}/photos.zip/{name}" for name in inside)]
    assert [photo.path for photo in photos_of(entries)] == [entry.id for entry in entries] == paths
    assert [entries[index].id for index in range(len(entries))] == paths
    assert [entry.id for entry in entries[2:5]] == paths[2:5]
    last, fourth = photos_of(entries[-1:]), photos_of(entries[3:4])
    assert [(photo.path, photo.store.read(photo.name)) for photo in (*last, *fourth)] == [
        (paths[-1], b"deep/c.webp"),
        (str(one), b"b.jpg"),
    ]
    assert entries[-1].photos[0].path == paths[-1]
    for index in (7, -8):
        with pytest.raises(IndexError):
            entries[index]


def test_many_files_keep_their_order_between_others(shop: Path) -> None:
    a, b = shop / "photos/a.png", shop / "photos/b.jpg"
    paths = [b, a, shop / "photos/deep/c.webp", a, shop / "photos.zip", b]
    ids = [*map(str, paths[:4]), *(f"{shop}/photos.zip/{name}" for name in ("a.png", "b.jpg", "deep/c.webp")), str(b)]
    assert [entry.id for entry in find_photos(paths)] == ids


def test_photos_of_the_current_folder_are_called_by_their_names(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop / "photos")
    for given in (Path("b.jpg"), Path("./b.jpg")):
        assert [entry.id for entry in find_photos([given])] == ["b.jpg"]
    assert [entry.id for entry in find_photos([Path()])] == ["a.png", "b.jpg", "deep/c.webp"]


def test_what_cannot_be_used_is_one_clear_line(shop: Path) -> None:
    (shop / "empty").mkdir()
    (shop / "bad.parquet").write_bytes(b"PAR1 no more")
    (shop / "none.csv").write_text("image\n\n")
    for path, message in (
        (shop / "nowhere.jpg", "nowhere.jpg: no such file"),
        (shop / "empty", "empty: no photo in it"),
        (shop / "bad.parquet", "cannot be read as Parquet"),
        (shop / "none.csv", "names no photo"),
    ):
        with pytest.raises(CatalogueError, match=message):
            find_photos([path])
    with pytest.raises(CatalogueError, match=r"no column 'imge' \(did you mean 'image'\?\)"):
        find_photos([shop / "photos/table.csv"], image_column="imge")


def test_a_name_that_is_not_utf_8_is_told_by_its_bytes_and_read(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    for name in (b"\xff.jpg", b"1.jpg"):
        (folder / os.fsdecode(name)).write_bytes(name)
    (tmp_path / "table.csv").write_text("image\n1.jpg\n")
    for paths, expected in (
        ([folder], {"1.jpg": b"1.jpg", "\\xff.jpg": b"\xff.jpg"}),
        ([folder / os.fsdecode(b"\xff.jpg")], {"\\xff.jpg": b"\xff.jpg"}),
        ([tmp_path / "table.csv"], {"1.jpg": b"1.jpg"}),
    ):
        photos = [photo for entry in find_photos(paths, images=folder) for photo in entry.photos]
        assert {photo.path: photo.store.read(photo.name) for photo in photos if isinstance(photo, FilePhoto)} == {
            f"{tmp_path}/caf\\xe9/{name}": content for name, content in expected.items()
        }


def test_only_a_name_that_was_typed_is_taken_for_a_slip(shop: Path) -> None:
    (shop / "styles.csv").write_text("id,usage,season\n1,Casual,Summer\n")
    with pytest.raises(CatalogueError) as refused:
        find_photos([shop / "styles.csv"])
    assert str(refused.value).endswith(
        "no column 'image*'; name the column of photo files with --image-column; the columns are id, usage, season"
    )


def test_a_folder_of_photos_that_is_missing_is_said_once(shop: Path) -> None:
    for images in (shop / "nowhere", shop / "table.parquet"):
        with pytest.raises(CatalogueError, match=rf"{images.name}: no such folder; give the folder.*--images"):
            find_photos([shop / "photos/table.csv"], images=images)


def test_brackets_in_names_are_nothing_but_names(shop: Path) -> None:
    (shop / "photos").rename(shop / "photos [1]*")
    folder = shop / "photos [1]*"
    pl.read_csv(folder / "table.csv", glob=False).write_ipc(folder / "table.arrow")
    pl.read_csv(folder / "table.csv", glob=False).write_parquet(folder / "table.parquet")
    for suffix in ("csv", "arrow", "parquet"):
        assert [name for name, _ in found(folder / f"table.{suffix}")] == ["b.jpg", "deep/c.webp"]


class Named(io.BytesIO):
    name = "from the camera"


def test_anything_in_memory_is_one_photo_with_a_name(shop: Path) -> None:
    pixels = np.zeros((8, 6, 3), np.uint8)
    with (shop / "photos/a.png").open("rb") as opened:
        things: Any = [b"bytes", bytearray(b"too"), memoryview(b"and"), opened, Named(b"n"), io.BytesIO(b"x"), pixels]
        entries = entries_of(things, SCHEMA)
    assert [entry.id for entry in entries] == [
        *("picture 1", "picture 2", "picture 3", str(shop / "photos/a.png"), "from the camera", "picture 6"),
        "picture 7",
    ]
    assert [len(entry.photos) for entry in entries] == [1] * 7
    mixed: Any = iter([pixels, str(shop / "photos/b.jpg"), pixels])
    assert [entry.id for entry in entries_of(mixed, SCHEMA)] == [
        "picture 1",
        str(shop / "photos/b.jpg"),
        "picture 3",
    ]


def test_what_was_found_before_is_not_looked_for_again(shop: Path) -> None:
    entries = find_photos([shop / "photos"])
    assert entries_of(entries, SCHEMA) is entries


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 1), (8, 6, 3), (8, 6, 4)])
def test_an_array_is_one_picture(shape: tuple[int, ...]) -> None:
    (entry,) = entries_of(np.zeros(shape, np.uint8), SCHEMA)
    assert entry.photos[0].picture().size == (6, 8)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_array_of_four_axes_is_many(channels: int) -> None:
    entries = entries_of(
        np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((8, 6, channels), np.uint8), SCHEMA
    )
    grounds = [Image.new("RGBA", (1, 1), (value, value, value, value if channels == 4 else 255)) for value in range(5)]
    white = Image.new("RGBA", (1, 1), "white")
    expected = [Image.alpha_composite(white, ground).getpixel((0, 0))[0] for ground in grounds]  # type: ignore[index]
    assert [np.asarray(entry.photos[0].picture())[0, 0, 0] for entry in entries] == expected


CLOSED = io.BytesIO(b"")
CLOSED.close()


@pytest.mark.parametrize(
    ("thing", "what"),
    [
        (None, "something of type NoneType"),
        (7, "something of type int"),
        (1.5, "something of type float"),
        ({"image": "a.jpg"}, "something of type dict"),
        (object(), "something of type object"),
        (Path, "something of type type"),
        (io.StringIO("text"), "a file opened as text"),
        (CLOSED, "a file that cannot be read (I/O operation on closed file.)"),
        (np.zeros((8, 6, 3), np.float32), "an array of float32 (8, 6, 3)"),
        (np.zeros((8, 6), np.bool_), "an array of bool (8, 6)"),
        (np.zeros(8, np.uint8), "an array of uint8 (8,)"),
        (np.zeros((8, 6, 2), np.uint8), "an array of uint8 (8, 6, 2)"),
        (np.zeros((3, 8, 6), np.uint8), "an array of uint8 (3, 8, 6)"),
        (np.zeros((1, 8, 6, 5), np.uint8), "an array of uint8 (1, 8, 6, 5)"),
        (np.zeros((1, 1, 8, 6, 3), np.uint8), "an array of uint8 (1, 1, 8, 6, 3)"),
        (np.zeros((0, 6, 3), np.uint8), "an array of uint8 (0, 6, 3)"),
        (np.zeros((0, 8, 6, 3), np.uint8), "an array of uint8 (0, 8, 6, 3)"),
        (np.array(["a.jpg"]), "an array of <U5 (1,)"),
        (Image.new("RGB", (0, 5)), "a PIL image of 0x5 pixels"),
    ],
)
def test_what_cannot_be_taken_is_one_line_that_names_what_can(shop: Path, thing: Any, what: str) -> None:
    for things in (thing, [shop / "photos/b.jpg", b"fine", thing]):
        with pytest.raises(InputTypeError) as refused:
            entries_of(things, SCHEMA)
        assert str(refused.value) == f"{what} cannot be tagged; give {TAKEN}"
        assert isinstance(refused.value, TypeError)
        assert isinstance(refused.value, ModisteError)


def test_a_file_that_gives_text_is_refused() -> None:
    class Text:
        def read(self) -> str:
            return "text"

    with pytest.raises(InputTypeError, match="a file that gives str instead of bytes cannot be tagged; give a path"):
        entries_of(Text(), SCHEMA)  # type: ignore[arg-type]


def test_arrays_of_many_stand_among_others(shop: Path) -> None:
    batch = np.zeros((2, 8, 6, 3), np.uint8)
    ids = [entry.id for entry in entries_of([batch, shop / "photos/b.jpg", batch], SCHEMA)]
    assert ids == ["picture 1", "picture 2", str(shop / "photos/b.jpg"), "picture 4", "picture 5"]


def test_nothing_is_no_entry() -> None:
    assert list(entries_of([], SCHEMA)) == []
    assert list(find_photos([])) == []
