"""Folders and zips as shops have them: each is read for what it is, or one line says what is missing."""

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from modiste.catalogue.omissions import Omission
from modiste.catalogue.parts import part_named
from modiste.catalogue.sources import Catalogue
from modiste.errors import CatalogueError


def in_folder(root: Path, files: Iterable[str], **texts: str) -> Path:
    for name in files:
        path = root / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts.get(path.stem, ""))
    return root / "shop"


def in_zip(root: Path, files: Iterable[str], **texts: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(root / "shop.zip", "w") as archive:
        for name in files:
            archive.writestr(name, texts.get(Path(name).stem, ""))
    return root / "shop.zip"


BOTH = pytest.mark.parametrize("put", [in_folder, in_zip])
Put = Callable[..., Path]


def labels(catalogue: Catalogue) -> dict[str, str]:
    return dict(catalogue.products.frame.select("id", "Class").iter_rows())


def parts(catalogue: Catalogue) -> dict[int | str, str] | None:
    return None if catalogue.parts is None else dict(catalogue.parts.iter_rows())


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("TRAIN_SET", "train"),
        ("trainset", "train"),
        ("train2017", "train"),
        ("val", "validation"),
        ("Valid", "validation"),
        ("validation", "validation"),
        ("dev", "validation"),
        ("test", "holdout"),
        ("Testing", "holdout"),
        ("hold-out", "holdout"),
        ("HoldOut", "holdout"),
        ("test images", "holdout"),
        ("Trains", None),
        ("Test tubes", None),
        ("Hats", None),
        ("1", None),
    ],
)
def test_parts_have_their_usual_names(name: str, part: str | None) -> None:
    assert part_named(name) == part


@BOTH
@pytest.mark.parametrize("around", ["", "shop/", "data/images/"])
def test_parts_above_the_classes(put: Put, around: str, tmp_path: Path) -> None:
    files = ["Train/Hats/1.jpg", "Train/Bags/2.jpg", "VALID/Hats/3.jpg", "Testing/Bags/4/a.jpg", "Testing/Bags/4/b.jpg"]
    catalogue = Catalogue.open(put(tmp_path, [around + name for name in files]))
    assert labels(catalogue) == {
        f"{around}Testing/Bags/4": "Bags",
        f"{around}Train/Bags/2.jpg": "Bags",
        f"{around}Train/Hats/1.jpg": "Hats",
        f"{around}VALID/Hats/3.jpg": "Hats",
    }
    assert parts(catalogue) == {
        f"{around}Testing/Bags/4": "holdout",
        f"{around}Train/Bags/2.jpg": "train",
        f"{around}Train/Hats/1.jpg": "train",
        f"{around}VALID/Hats/3.jpg": "validation",
    }
    assert "products: train 2, validation 1, holdout 1" in "\n".join(catalogue.notes)


@BOTH
def test_parts_below_the_classes(put: Put, tmp_path: Path) -> None:
    files = ["Hats/train/1.jpg", "Hats/test/2.jpg", "Bags/train/7/a.jpg", "Bags/val/4.jpg", "Bags/lost.jpg"]
    catalogue = Catalogue.open(put(tmp_path, files))
    assert labels(catalogue) == {
        "Bags/train/7": "Bags",
        "Bags/val/4.jpg": "Bags",
        "Hats/test/2.jpg": "Hats",
        "Hats/train/1.jpg": "Hats",
    }
    assert parts(catalogue) == {
        "Bags/train/7": "train",
        "Bags/val/4.jpg": "validation",
        "Hats/test/2.jpg": "holdout",
        "Hats/train/1.jpg": "train",
    }
    (lost,) = catalogue.omissions
    assert (lost.count, lost.examples) == (1, ("Bags/lost.jpg",))


@BOTH
def test_a_part_may_hold_one_more_folder(put: Put, tmp_path: Path) -> None:
    files = ["train/train/Hats/1.jpg", "train/train/Bags/2.jpg", "test/images/Hats/3.jpg", "test/images/Bags/4.jpg"]
    catalogue = Catalogue.open(put(tmp_path, files))
    assert set(labels(catalogue).values()) == {"Hats", "Bags"}
    assert sorted((parts(catalogue) or {}).values()) == ["holdout", "holdout", "train", "train"]


@BOTH
def test_what_lies_beside_classes_and_parts_is_counted_and_named(put: Put, tmp_path: Path) -> None:
    files = ["a.jpg", "train/b.jpg", "train/Hats/1.jpg", "test/Hats/2.jpg", "banners/c.jpg", "banners/x/d.jpg"]
    catalogue = Catalogue.open(put(tmp_path, files))
    assert sorted(labels(catalogue)) == ["test/Hats/2.jpg", "train/Hats/1.jpg"]
    assert list(catalogue.omissions) == [
        Omission("photos that lie loose, in no folder of a class", 1, ("a.jpg",)),
        Omission("photos beside the parts of the split", 2, ("banners/c.jpg", "banners/x/d.jpg")),
        Omission("photos in a part of the split, in no folder of a class", 1, ("train/b.jpg",)),
    ]


@BOTH
def test_a_shop_of_toys_may_sell_trains(put: Put, tmp_path: Path) -> None:
    catalogue = Catalogue.open(put(tmp_path, ["Train/1.jpg", "Train/2/a.jpg", "Dolls/3.jpg", "Dev/4.jpg"]))
    assert set(labels(catalogue).values()) == {"Train", "Dolls", "Dev"}
    assert parts(catalogue) is None
    assert "folders that are called like parts of a split are classes: Dev, Train" in catalogue.notes
    few = Catalogue.open(put(tmp_path / "few", ["train/12/1.jpg", "test/7/3.jpg", "Dolls/4.jpg"]))
    assert set(labels(few).values()) == {"train", "test", "Dolls"}


@BOTH
@pytest.mark.parametrize("files", [["train/1.jpg", "test/2.jpg"], ["images/1.jpg", "images/2.jpg"], ["1.jpg", "2.jpg"]])
def test_pictures_without_classes_are_one_clear_line(put: Put, files: list[str], tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"a folder of pictures per class in it \(pictures: .*give styles.csv and"):
        Catalogue.open(put(tmp_path, files))


@BOTH
def test_one_folder_around_everything(put: Put, tmp_path: Path) -> None:
    catalogue = Catalogue.open(put(tmp_path, ["shop/Hats/1.jpg", "shop/Bags/2.jpg", "shop/loose.jpg", "too.jpg"]))
    assert labels(catalogue) == {"shop/Bags/2.jpg": "Bags", "shop/Hats/1.jpg": "Hats"}
    assert [(each.count, each.examples) for each in catalogue.omissions] == [(2, ("shop/loose.jpg", "too.jpg"))]
    assert "the classes are the folders in shop" in catalogue.notes


@BOTH
def test_a_single_class_with_folders_of_products_stays_one(put: Put, tmp_path: Path) -> None:
    catalogue = Catalogue.open(put(tmp_path, ["Hats/12/a.jpg", "Hats/12/b.jpg", "Hats/13/a.jpg"]))
    assert labels(catalogue) == {"Hats/12": "Hats", "Hats/13": "Hats"}


@BOTH
def test_classes_that_differ_in_capitals_or_blanks_are_one(put: Put, tmp_path: Path) -> None:
    files = ["train/Flip Flops/1.jpg", "train/Flip Flops/2.jpg", "test/flipflops /3.jpg", "train/Hu\u0308te/1.jpg"]
    catalogue = Catalogue.open(put(tmp_path, [*files, "test/H\u00fcte/2.jpg"]))
    assert sorted(labels(catalogue).values()) == ["Flip Flops"] * 3 + ["H\u00fcte"] * 2
    (told,) = [note for note in catalogue.notes if "capitals" in note]
    assert "'Flip Flops', 'flipflops'" in told


@BOTH
def test_a_class_that_training_lacks_is_named(put: Put, tmp_path: Path) -> None:
    catalogue = Catalogue.open(put(tmp_path, ["train/Hats/1.jpg", "test/Hats/2.jpg", "test/Bags/3.jpg"]))
    assert "classes without a product in train, which cannot be learned: Bags (1)" in catalogue.notes


@BOTH
def test_folders_that_look_like_classes_in_classes_are_named(put: Put, tmp_path: Path) -> None:
    many = [f"Apparel/Tshirts/{n}.jpg" for n in range(6)] + [f"Shoes/Heels/{n}.jpg" for n in range(7)]
    told = "\n".join(Catalogue.open(put(tmp_path, [*many, "Shoes/12/a.jpg"])).notes)
    assert "may be classes of their own: Apparel/Tshirts (6 pictures), Shoes/Heels (7 pictures); if they are" in told


def test_folders_without_a_picture_are_named(tmp_path: Path) -> None:
    folder = in_folder(tmp_path, ["train/Hats/1.jpg", "train/Bags/2.jpg", "test/Hats/3.jpg", "val/notes.txt"])
    (folder / "train" / "Shoes").mkdir()
    assert "folders without a picture: val, train/Shoes" in Catalogue.open(folder).notes
    lone = in_folder(tmp_path / "lone", ["train/Hats/1.jpg", "train/Bags/2.jpg", "test/notes.txt"])
    catalogue = Catalogue.open(lone)
    assert set(labels(catalogue).values()) == {"Hats", "Bags"}
    assert "folders without a picture: test" in catalogue.notes


ROWS = "id,kind\n1,tee\n2,hat\n"
NAMED = "id,image,kind\n1,a.jpg,tee\n2,b.jpg,hat\n"


@BOTH
@pytest.mark.parametrize("table", ["styles.csv", "Styles.CSV", "deep/styles.csv", "products.csv", "deep/products.csv"])
def test_a_table_is_found(put: Put, table: str, tmp_path: Path) -> None:
    files = [table, "deep/images/1.jpg", "deep/images/2.jpg", "deep/images/9.jpg"]
    catalogue = Catalogue.open(put(tmp_path, files, styles=ROWS, Styles=ROWS, products=ROWS))
    frame = catalogue.products.frame
    assert dict(frame.select("id", "images").iter_rows()) == {1: ["deep/images/1.jpg"], 2: ["deep/images/2.jpg"]}
    assert list(catalogue.omissions) == [Omission("pictures that no product has", 1, ("deep/images/9.jpg",))]
    assert catalogue.parts is None


@BOTH
@pytest.mark.parametrize("around", ["", "shop/"])
@pytest.mark.parametrize("start", ["", "images/"])
def test_a_table_names_pictures_from_its_folder_or_from_images(
    put: Put, around: str, start: str, tmp_path: Path
) -> None:
    table = NAMED.replace("a.jpg", f"{start}a.jpg").replace("b.jpg", f"{start}b.jpg")
    files = [f"{around}catalog.csv", f"{around}images/a.jpg", f"{around}images/b.jpg"]
    path = put(tmp_path, files, catalog=table)
    for each in [path] if path.is_file() else [path, path / f"{around}catalog.csv"]:
        catalogue = Catalogue.open(each)
        images = [name for names in catalogue.products.frame["images"] for name in names]
        assert [name.rpartition("/")[2] for name in images] == ["a.jpg", "b.jpg"]
        assert catalogue.pictures.read(images[0]) == b""


@BOTH
def test_several_tables_are_named(put: Put, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"several tables and no styles.csv: a.csv, b.csv; give the one to read"):
        Catalogue.open(put(tmp_path, ["a.csv", "b.csv", "images/1.jpg"], a=ROWS, b=ROWS))
    with pytest.raises(CatalogueError, match=r"several tables styles.csv: x/styles.csv, y/styles.csv; give the folder"):
        Catalogue.open(put(tmp_path / "two", ["x/styles.csv", "y/styles.csv"], styles=ROWS))


@BOTH
def test_a_table_beside_classes_and_a_second_styles_are_named(put: Put, tmp_path: Path) -> None:
    told = Catalogue.open(put(tmp_path, ["Hats/1.jpg", "Bags/2.jpg", "stock.csv"], stock=ROWS)).notes
    assert told == ("tables that are not read: stock.csv; to read one, give its path",)
    told = Catalogue.open(put(tmp_path / "more", ["styles.csv", "old/styles.csv", "images/1.jpg"], styles=ROWS)).notes
    assert told == ("tables that are not read: old/styles.csv; to read one, give its path",)


@BOTH
def test_a_table_s_pictures_may_lie_in_parts(put: Put, tmp_path: Path) -> None:
    files = ["styles.csv", "images/Train/1.jpg", "images/test/1_2.jpg", "images/test/2.jpg"]
    assert parts(Catalogue.open(put(tmp_path, files, styles=ROWS))) == {1: "train", 2: "holdout"}


@BOTH
def test_a_folder_without_a_name_is_no_class(put: Put, tmp_path: Path) -> None:
    catalogue = Catalogue.open(put(tmp_path, ["Hats/1.jpg", " /2.jpg", "Bags/3.jpg"]))
    assert set(labels(catalogue).values()) == {"Hats", "Bags"}
    assert [each.count for each in catalogue.omissions] == [1]


@BOTH
@pytest.mark.parametrize("around", ["", "shop/"])
def test_what_a_mac_leaves_beside_the_classes_is_no_class(put: Put, around: str, tmp_path: Path) -> None:
    files = ["Tops/1.jpg", "Bags/2.jpg"]
    clutter = [f"__MACOSX/{around}Tops/._1.jpg", f"{around}.DS_Store", f"__MACOSX/{around}._styles.csv"]
    catalogue = Catalogue.open(put(tmp_path, [*(around + name for name in files), *clutter]))
    assert labels(catalogue) == {f"{around}Bags/2.jpg": "Bags", f"{around}Tops/1.jpg": "Tops"}
    assert not [note for note in catalogue.notes if "MACOSX" in note]
