"""Which picture is whose."""

from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.omissions import Omission
from modiste.catalogue.photos import named_by_columns, named_by_id, one_a_photo
from modiste.catalogue.sources import Catalogue
from modiste.errors import CatalogueError
from modiste.schema import Attribute, Schema


def found(ids: list[int | str], *names: str) -> dict[int | str, list[str]]:
    products = named_by_id(pl.DataFrame({"id": ids}), pl.Series(sorted(names), dtype=pl.String))
    assert products.schema["images"] == pl.List(pl.String)
    return dict(products.iter_rows())


def test_a_product_has_its_numbered_files_in_the_order_of_the_numbers() -> None:
    names = ["images/12.jpg", "images/12_10.jpg", "images/12_2.jpg", "images/12-3.jpg", "images/12_1.png"]
    assert found([12, 7], *names) == {
        12: ["images/12.jpg", "images/12-3.jpg", "images/12_1.png", "images/12_2.jpg", "images/12_10.jpg"],
        7: [],
    }


def test_a_name_that_only_begins_like_an_id_is_another_s() -> None:
    names = ["images/123.jpg", "images/12x.jpg", "images/12_side.jpg", "images/x12.jpg", "images/112_1.jpg", "12_.jpg"]
    assert found([12, 1], *names) == {12: [], 1: []}
    assert found([12, 123], *names) == {12: [], 123: ["images/123.jpg"]}


def test_a_number_after_an_id_that_is_part_of_another_id_is_that_one_s() -> None:
    names = ["A.jpg", "A-1.jpg", "A-1-1.jpg", "A-1_2.jpg", "A-2.jpg"]
    assert found(["A", "A-1"], *names) == {"A": ["A.jpg", "A-2.jpg"], "A-1": ["A-1.jpg", "A-1-1.jpg", "A-1_2.jpg"]}


def test_whatever_lies_in_a_product_s_folder_is_its_own() -> None:
    names = ["images/57/back.jpg", "images/57/57.jpg", "images/57.jpg", "images/58/a.jpg", "images/59/deeper/a.jpg"]
    assert found([57, 58, 59], *names) == {
        57: ["images/57.jpg", "images/57/back.jpg"],
        58: ["images/58/a.jpg"],
        59: [],
    }


def test_photos_in_folders_may_be_numbered_like_products() -> None:
    names = ["1/1.jpg", "1/2.jpg", "2/1.jpg", "3/1.jpg", "3/2.jpg", "3/3.jpg"]
    assert found([1, 2, 3], *names) == {
        1: ["1/1.jpg", "1/2.jpg"],
        2: ["2/1.jpg"],
        3: ["3/1.jpg", "3/2.jpg", "3/3.jpg"],
    }


def test_folders_that_only_divide_the_pictures_may_be_called_like_a_product() -> None:
    names = [
        "images/12/1201.jpg",
        "images/12/1202.jpg",
        "images/12/1202_1.jpg",
        "images/13/1301.jpg",
        "images/12/9.jpg",
    ]
    assert found([12, 1201, 1202, 1301], *names) == {
        12: [],
        1201: ["images/12/1201.jpg"],
        1202: ["images/12/1202.jpg", "images/12/1202_1.jpg"],
        1301: ["images/13/1301.jpg"],
    }


def test_a_second_copy_is_passed_over() -> None:
    names = [
        "images/1.jpg",
        "images/1_1.jpg",
        "all/images/1.jpg",
        "all/images/1_1.jpg",
        "all/images/1_2.jpg",
        "images/1.png",
    ]
    assert found([1], *names) == {1: ["images/1.jpg", "images/1_1.jpg", "all/images/1_2.jpg"]}


def test_columns_and_lists_name_pictures_in_their_order_and_each_once() -> None:
    products = pl.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "image": ["a.jpg", "./b.jpg", None, "lost.jpg"],
            "image1": [["in\\c.jpg", "a.jpg", "lost.jpg"], [], None, [None]],
            "image_2": pl.Series(["d.jpg", "d.jpg", "d.jpg", None], dtype=pl.Categorical),
            "image_width": [60, 60, 60, 60],
            "image_credit": ["Ann", "Bob", "", ""],
        }
    )
    names = pl.Series(["a.jpg", "b.jpg", "d.jpg", "in/c.jpg", "other.jpg"])
    found = named_by_columns(products, names, [name for name in products.columns if name.startswith("image")])
    assert found.columns == ("image", "image1", "image_2")
    assert found.lost.to_list() == ["lost.jpg"]
    frame = found.products
    assert frame.columns == ["id", "image_width", "image_credit", "images"]
    assert frame["images"].to_list() == [["a.jpg", "in/c.jpg", "d.jpg"], ["b.jpg", "d.jpg"], ["d.jpg"], []]


def test_one_row_a_photo() -> None:
    products = pl.DataFrame(
        {"tag": [["x"], ["y"], ["z"]], "id": [2, 1, 3], "images": [["b.jpg", "a.jpg"], [], ["c.jpg"]]}
    )
    photos = one_a_photo(products)
    assert photos.columns == ["id", "image", "tag"]
    assert photos.rows() == [(2, "b.jpg", ["x"]), (2, "a.jpg", ["x"]), (3, "c.jpg", ["z"])]
    assert one_a_photo(products.head(0)).schema == photos.schema


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_a_table_with_lists_of_pictures(tmp_path: Path) -> None:
    lay(tmp_path, "1/a.jpg", "1/b.jpg", "2.jpg")
    table = pl.DataFrame(
        {"sku": ["s", "t"], "photos": [["1/a.jpg", "1/b.jpg"], ["2.jpg", "../x.jpg"]], "size": [38, 40]}
    )
    table.write_parquet(tmp_path / "shop.parquet")
    schema = Schema((Attribute("size"),), id="sku", pictures=("photo*",))
    for catalogue in (
        Catalogue.open(tmp_path / "shop.parquet", schema=schema),
        Catalogue.open(str(tmp_path / "shop.parquet"), columns={"id": "sku", "image": "photos"}),
    ):
        assert catalogue.products.frame.rows() == [("s", 38, ["1/a.jpg", "1/b.jpg"]), ("t", 40, ["2.jpg"])]
        assert catalogue.photos().rows() == [("s", "1/a.jpg", 38), ("s", "1/b.jpg", 38), ("t", "2.jpg", 40)]
        assert len(catalogue) == 2
        assert list(catalogue.omissions) == [
            Omission("paths that climb out of the folder of pictures", 1, ("../x.jpg",))
        ]
        assert repr(catalogue) == f"Catalogue({str(tmp_path / 'shop.parquet')!r}: 2 products, 3 photos)"


def test_columns_of_a_csv_file(tmp_path: Path) -> None:
    lay(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "shop.csv").write_text("id,image,image_2,image_alt\n1,a.jpg,b.jpg,a hat\n2,b.jpg,,\n")
    frame = Catalogue.open(tmp_path / "shop.csv").products.frame
    assert frame.columns == ["id", "image_alt", "images"]
    assert frame.rows() == [(1, "a hat", ["a.jpg", "b.jpg"]), (2, None, ["b.jpg"])]


def test_a_column_that_is_only_called_like_one_of_pictures_leaves_them_to_the_ids(tmp_path: Path) -> None:
    lay(tmp_path, "1.jpg", "1_1.jpg")
    (tmp_path / "shop.csv").write_text("id,image_url\n1,https://shop.example/1.jpg\n")
    frame = Catalogue.open(tmp_path / "shop.csv").products.frame
    assert frame.rows() == [(1, "https://shop.example/1.jpg", ["1.jpg", "1_1.jpg"])]
    (tmp_path / "shop.csv").write_text("id,photo\n1,2.jpg\n")
    with pytest.raises(CatalogueError, match="no picture of the column 'photo' lies in this folder"):
        Catalogue.open(tmp_path / "shop.csv", schema=Schema((), pictures=("photo",)))


def test_the_folder_s_label_is_of_the_attribute_that_the_schema_says(tmp_path: Path) -> None:
    lay(tmp_path, "Hats/7/a.jpg", "Hats/7/b.jpg", "Bags/7/a.jpg", "Bags/8.jpg")
    for schema, name in (
        (Schema((Attribute("size"), Attribute("Sort", kind="rules"))), "Sort"),
        (Schema((Attribute("kind"), Attribute("size"))), "kind"),
    ):
        frame = Catalogue.open(tmp_path, schema=schema).products.frame
        assert frame.rows(named=True) == [
            {"id": "Bags/7", name: "Bags", "images": ["Bags/7/a.jpg"]},
            {"id": "Bags/8.jpg", name: "Bags", "images": ["Bags/8.jpg"]},
            {"id": "Hats/7", name: "Hats", "images": ["Hats/7/a.jpg", "Hats/7/b.jpg"]},
        ]
    with pytest.raises(CatalogueError, match="the schema has no attribute for their names"):
        Catalogue.open(tmp_path, schema=Schema(()))
