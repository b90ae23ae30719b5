import os
import zipfile
from pathlib import Path

import polars as pl
import pytest

from modiste.errors import CatalogueError
from modiste.tagging.photos import find_photos


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


def found(*paths: Path, **options: object) -> list[tuple[str, bytes]]:
    return [(photo.name, photo.read()) for photo in find_photos(paths, **options)]  # type: ignore[arg-type]


def test_a_folder_and_a_zip_give_their_pictures_sorted(shop: Path) -> None:
    expected = [(name, name.encode()) for name in ("a.png", "b.jpg", "deep/c.webp")]
    assert found(shop / "photos") == expected
    assert found(shop / "photos.zip") == expected


def test_files_come_in_the_order_given_whatever_they_are_called(shop: Path) -> None:
    assert [name for name, _ in found(shop / "photos/notes.txt", shop / "photos/b.jpg")] == ["notes.txt", "b.jpg"]


def test_a_table_names_its_photos(shop: Path) -> None:
    assert [name for name, _ in found(shop / "photos/table.csv")] == ["b.jpg", "deep/c.webp"]
    named = find_photos([shop / "table.parquet"], image_column="file", images=shop / "photos")
    assert [photo.path for photo in named] == [str(shop / "photos" / name) for name in ("a.png", "x.jpg", "b.jpg")]
    assert named[0].read() == b"a.png"
    with pytest.raises(CatalogueError, match=r"x\.jpg: cannot be read"):
        named[1].read()


def test_photos_are_a_sequence_whichever_places_they_lie_in(shop: Path) -> None:
    one = shop / "photos/b.jpg"
    photos = find_photos([shop / "photos", one, shop / "photos.zip"])
    inside = ("a.png", "b.jpg", "deep/c.webp")
    paths = [*(f"{shop}/photos/{name}" for name in inside), str(one), *(f"{shop}/photos.zip/{name}" for name in inside)]
    assert [photo.path for photo in photos] == paths
    assert [photos[place].path for place in range(len(photos))] == paths
    assert [photo.path for photo in photos[2:5]] == paths[2:5]
    assert (photos[-1].path, photos[-1].read(), photos[3:][0].read()) == (paths[-1], b"deep/c.webp", b"b.jpg")
    for place in (7, -8):
        with pytest.raises(IndexError):
            photos[place]


def test_photos_of_the_current_folder_are_called_by_their_names(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop / "photos")
    for given in (Path("b.jpg"), Path("./b.jpg")):
        assert [photo.path for photo in find_photos([given])] == ["b.jpg"]
    assert [photo.path for photo in find_photos([Path()])] == ["a.png", "b.jpg", "deep/c.webp"]


def test_what_cannot_be_used_is_one_clear_line(shop: Path) -> None:
    (shop / "empty").mkdir()
    (shop / "bad.parquet").write_bytes(b"PAR1 no more")
    (shop / "out.csv").write_text("image\n../secret.jpg\n")
    (shop / "none.csv").write_text("image\n\n")
    for path, message in (
        (shop / "nowhere.jpg", "nowhere.jpg: no such file"),
        (shop / "empty", "empty: no photo in it"),
        (shop / "bad.parquet", "cannot be read as a table"),
        (shop / "out.csv", "climbs out"),
        (shop / "none.csv", "names no photo"),
    ):
        with pytest.raises(CatalogueError, match=message):
            find_photos([path])
    with pytest.raises(CatalogueError, match=r"no column 'imge' \(did you mean 'image'\?\)"):
        find_photos([shop / "photos/table.csv"], image_column="imge")


def test_a_name_that_no_table_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.jpg")
    path.touch()
    with pytest.raises(CatalogueError, match="not UTF-8 text"):
        find_photos([path])
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    (tmp_path / "table.csv").write_text("image\n1.jpg\n")
    with pytest.raises(CatalogueError, match="not UTF-8 text"):
        find_photos([tmp_path / "table.csv"], images=folder)


def test_only_a_name_that_was_typed_is_taken_for_a_slip(shop: Path) -> None:
    (shop / "styles.csv").write_text("id,usage,season\n1,Casual,Summer\n")
    with pytest.raises(CatalogueError) as refused:
        find_photos([shop / "styles.csv"])
    assert str(refused.value).endswith(
        "no column 'image'; name the column of photo files with --image-column; the columns are id, usage, season"
    )


def test_a_folder_of_photos_that_is_missing_is_said_once(shop: Path) -> None:
    for images in (shop / "nowhere", shop / "table.parquet"):
        with pytest.raises(CatalogueError, match=rf"{images.name}: no such folder; give the folder.*--images"):
            find_photos([shop / "photos/table.csv"], images=images)
