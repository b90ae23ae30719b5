import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.catalogue.tables.workbooks import Cell, workbook

from modiste.catalogue.sources import Catalogue
from modiste.errors import CatalogueError

TABLE = "id,productDisplayName\n1,Tee\n2,Shirt\n3,Heels\n"


def lay(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def pack(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def images(catalogue: Catalogue) -> dict[int | str, list[str]]:
    return dict(catalogue.products.frame.select("id", "images").iter_rows())


def lay_folder(folder: Path, **files: str) -> Path:
    return lay(folder / "shop", **files)


def lay_zip(folder: Path, **files: str) -> Path:
    return pack(folder / "shop.zip", **files)


@pytest.mark.parametrize("put", [lay_folder, lay_zip])
def test_the_kaggle_layout_is_the_same_in_a_folder_and_in_a_zip(put: Callable[..., Path], tmp_path: Path) -> None:
    path = put(tmp_path, **{"styles.csv": TABLE, "images/1.jpg": "one", "images/3.JPEG": "three", "images/9.jpg": ""})
    catalogue = Catalogue.open(path)
    assert images(catalogue) == {1: ["images/1.jpg"], 2: [], 3: ["images/3.JPEG"]}
    assert catalogue.products.frame["productDisplayName"].to_list() == ["Tee", "Shirt", "Heels"]
    assert (catalogue.path, catalogue.products.rows) == (path, 3)
    assert catalogue.pictures.read("images/3.JPEG") == b"three"


@pytest.mark.parametrize("put", [lay_folder, lay_zip])
def test_a_second_copy_one_folder_deeper_is_passed_over(put: Callable[..., Path], tmp_path: Path) -> None:
    again = {"fashion/styles.csv": "id\n7\n", "fashion/images/1.jpg": "", "fashion/images/2.jpg": ""}
    path = put(tmp_path, **again, **{"styles.csv": TABLE, "images/1.jpg": "", "images/1.png": ""})
    assert images(Catalogue.open(path)) == {1: ["images/1.jpg"], 2: ["fashion/images/2.jpg"], 3: []}


def test_a_zip_may_hold_everything_in_one_folder(tmp_path: Path) -> None:
    path = pack(tmp_path / "shop.zip", **{"fashion/styles.csv": TABLE, "fashion/images/2.jpg": "two"})
    assert images(Catalogue.open(path)) == {1: [], 2: ["fashion/images/2.jpg"], 3: []}


def test_columns_are_mapped_in_every_layout(tmp_path: Path) -> None:
    files = {"styles.csv": "sku,title\nA-1,Tee\nA-2,Shirt\n", "images/A-2.jpg": ""}
    table = lay(tmp_path / "shop", **files) / "styles.csv"
    frame = {"sku": ["A-1", "A-2"], "title": ["Tee", "Shirt"]}
    pl.DataFrame(frame).write_parquet(tmp_path / "shop" / "shop.parquet")
    for path in (table.parent, pack(tmp_path / "shop.zip", **files), table, table.with_name("shop.parquet")):
        catalogue = Catalogue.open(path, columns={"id": "sku", "productDisplayName": "title"})
        assert images(catalogue) == {"A-1": [], "A-2": ["images/A-2.jpg"]}
        assert catalogue.products.frame["productDisplayName"].to_list() == ["Tee", "Shirt"]


@pytest.mark.parametrize("kind", ["csv", "CSV", "parquet"])
def test_a_table_names_its_pictures(kind: str, tmp_path: Path) -> None:
    lay(tmp_path / "photos", **{"new/a.jpg": "a", "b.jpg": "b", "1.jpg": "", "4.jpg": ""})
    frame = pl.DataFrame({"id": [1, 2, 3, 4], "photo": ["new/a.jpg", "./b.jpg", "new\\a.jpg", None]})
    path = tmp_path / f"shop.{kind}"
    frame.write_parquet(path) if kind == "parquet" else frame.write_csv(path)
    catalogue = Catalogue.open(path, columns={"image": "photo"}, images=tmp_path / "photos")
    assert images(catalogue) == {1: ["new/a.jpg"], 2: ["b.jpg"], 3: ["new/a.jpg"], 4: []}


def test_a_table_without_a_column_of_pictures_finds_them_by_id(tmp_path: Path) -> None:
    path = lay(tmp_path, **{"shop.csv": TABLE, "shots/2.png": "", "deep/down/3.jpg": ""}) / "shop.csv"
    assert images(Catalogue.open(path)) == {1: [], 2: ["shots/2.png"], 3: ["deep/down/3.jpg"]}
    assert images(Catalogue.open(path, images=tmp_path / "shots")) == {1: [], 2: ["2.png"], 3: []}


def test_a_picture_path_reaches_nothing_outside_the_folder(tmp_path: Path) -> None:
    lay(tmp_path, **{"secret.jpg": "secret", "shop/a.jpg": "a", "shop/in/b.jpg": "b"})
    paths = [
        "a.jpg",
        "../secret.jpg",
        "in/../../secret.jpg",
        "..\\secret.jpg",
        str(tmp_path / "secret.jpg"),
        "in/../a.jpg",
    ]
    table = "id,image\n" + "".join(f"{number},{name}\n" for number, name in enumerate(paths))
    found = images(Catalogue.open(lay(tmp_path / "shop", **{"shop.csv": table}) / "shop.csv"))
    assert found == {0: ["a.jpg"]} | {number: [] for number in range(1, len(paths))}


def test_a_folder_per_class(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "Hats/b.jpg": "b",
            "Hats/old/a.png": "",
            "Hats/old/side/b.png": "",
            "Bags/b.jpg": "",
            "loose.jpg": "",
            "Empty/notes.txt": "",
        },
    )
    catalogue = Catalogue.open(tmp_path)
    assert catalogue.products.frame.rows(named=True) == [
        {"id": "Bags/b.jpg", "Class": "Bags", "images": ["Bags/b.jpg"]},
        {"id": "Hats/b.jpg", "Class": "Hats", "images": ["Hats/b.jpg"]},
        {"id": "Hats/old", "Class": "Hats", "images": ["Hats/old/a.png", "Hats/old/side/b.png"]},
    ]
    assert catalogue.products.rows == 3
    assert catalogue.pictures.read("Hats/b.jpg") == b"b"


def test_nothing_to_read(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{"none/loose.jpg": "", "shop.csv": TABLE, "shop.parquet": "no", "notes.txt": "no", "empty/.keep": ""},
    )
    named = lay(tmp_path / "named", **{"shop.csv": "id,image\n1,x.jpg\n", "a.jpg": ""}) / "shop.csv"
    for path, reason in (
        (tmp_path / "nowhere.zip", "no such file or folder"),
        (tmp_path / "none", "neither styles.csv nor a folder of pictures per class"),
        (tmp_path / "empty", "neither styles.csv nor a folder of pictures per class"),
        (tmp_path / "notes.txt", "no column 'id': there is a single one, 'no'; separate columns by commas"),
        (tmp_path / "shop.parquet", "cannot be read as Parquet"),
        (pack(tmp_path / "shop.zip", **{"notes.txt": TABLE}), r"no styles\.csv in this zip"),
        (named, r"no picture of the column 'image' lies in this folder .it holds, for example, a\.jpg"),
    ):
        with pytest.raises(CatalogueError, match=reason):
            Catalogue.open(path)
    with pytest.raises(CatalogueError, match="no such folder of pictures"):
        Catalogue.open(tmp_path / "shop.csv", images=tmp_path / "shop.zip")


@pytest.mark.parametrize("name", ["shop.xlsx", "shop.jsonl", "shop.tsv", "shop.csv", "shop.txt", "shop"])
def test_a_table_may_be_of_any_kind(tmp_path: Path, name: str) -> None:
    rows: list[list[Cell]] = [
        ["sku", "image", "productDisplayName"],
        [1, " deep\\a.jpg", 'Sleeve 15" grün'],
        [2, "b.jpg", "Tee; red"],
    ]
    lay(tmp_path, **{"deep/a.jpg": "", "b.jpg": ""})
    if name == "shop.xlsx":
        content = workbook({"Products": rows})
    elif name == "shop.jsonl":
        content = "\n".join(json.dumps(dict(zip(rows[0], row, strict=True))) for row in rows[1:]).encode()
    else:
        content = "\r".join(";".join(map(str, row)) for row in rows).encode(
            "utf-16" if name == "shop.csv" else "cp1252"
        )
    (tmp_path / name).write_bytes(content)
    catalogue = Catalogue.open(tmp_path / name, columns={"id": "sku"})
    assert catalogue.products.frame.select("id", "productDisplayName", "images").rows() == [
        (1, 'Sleeve 15" grün', ["deep/a.jpg"]),
        (2, "Tee; red", ["b.jpg"]),
    ]
    repaired = [] if name in ("shop.xlsx", "shop.jsonl") else [3]
    assert [item.line for item in catalogue.products.repaired] == repaired
    assert len(catalogue.notes) == (name in ("shop.tsv", "shop.txt", "shop"))
