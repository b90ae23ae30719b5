"""What corrections do to products: whose they are, what they change, and what they must not contradict."""

import polars as pl
import pytest

from modiste.catalogue.corrected import apply_corrections
from modiste.errors import CatalogueError, ConfigError

PRODUCTS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "image": ["images/1.jpg", "images/2.jpg", "more/2.jpg", "images/caf\u00e9.jpg"],
        "Class": ["Dress", "Tops", None, "Bags"],
        "year": [2011, None, 2013, 2014],
    }
)
COLUMNS = ("Class", "year")


def corrections(*rows: tuple[str, str, str], key: str = "id") -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys((key, "attribute", "after"), pl.String), orient="row")


def applied(*rows: tuple[str, str, str], key: str = "id") -> list[object]:
    corrected = apply_corrections(PRODUCTS, corrections(*rows, key=key), columns=COLUMNS, where="c.csv")
    assert corrected.frame.schema == PRODUCTS.schema
    assert corrected.frame.select("id", "image").equals(PRODUCTS.select("id", "image"))
    return [*corrected.frame["Class"], *map(str, corrected.omissions)]


def test_labels_are_given_by_id() -> None:
    assert applied(("1", "Class", "Gown"), ("3", "Class", "Tops")) == ["Gown", "Tops", "Tops", "Bags"]
    assert applied() == ["Dress", "Tops", None, "Bags"]
    assert PRODUCTS["Class"].to_list() == ["Dress", "Tops", None, "Bags"]


def test_unknown_products_are_counted_and_told() -> None:
    told = "passed over, corrections of what is no usable product: 2 (7, 8)"
    assert applied(("1", "Class", "Gown"), ("7", "Class", "Gown"), ("7", "year", "2000"), ("8", "Class", "Gown")) == [
        "Gown",
        "Tops",
        None,
        "Bags",
        told,
    ]


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("images/1.jpg", 0),
        ("/home/ann/catalogue/images/1.jpg", 0),
        ("shop.zip/images/2.jpg", 1),
        (r"C:\shop\more\2.jpg", 2),
        ("1.jpg", 0),
        ("ximages/1.jpg", 0),  # its name is enough: no other picture is called that
        (" Images/ 1.JPG ", 0),
        ("IMAGES/2.jpg", 1),
        ("cafe\u0301.jpg", 3),
        ("old/CAF\u00c9.jpg", 3),
        ("2.jpg", "several"),
        ("old/2.jpg", "several"),
        ("images/3.jpg", "none"),
        ("", "none"),
        ("/", "none"),
    ],
)
def test_labels_are_given_by_path(path: str, row: int | str) -> None:
    expected: list[object] = ["Gown", "Tops", None, "Bags"]
    if row == "several":
        expected.append(f"passed over, corrections of what may be several products: 1 ({path})")
    elif row == "none":
        expected.append(f"passed over, corrections of what is no usable product: 1 ({path})")
    else:
        expected[int(row)] = "Skirt"
    # The first one is there so that not all are strangers.
    assert applied(("images/1.jpg", "Class", "Gown"), (path, "Class", "Skirt"), key="path") == expected


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    photos = pl.DataFrame(
        {"id": ["a1", "A1", "b 2"], "image": ["x/a.jpg", "x/A.jpg", "x/b.jpg"], "Class": ["Tops"] * 3}
    )
    for key, names in {"id": ("A1", " B  2"), "path": ("x/A.jpg", "X/B.JPG")}.items():
        rows = corrections(*((name, "Class", "Gown") for name in names), key=key)
        found = apply_corrections(photos, rows, columns=("Class",), where="c.csv")
        assert (found.frame["Class"].to_list(), found.omissions) == (["Tops", "Gown", "Gown"], ())


@pytest.mark.parametrize(
    ("key", "names", "theirs"),
    [
        ("id", ("7", "8"), "'1', '2', '3', ..."),
        ("path", ("other/7.jpg", "2.jpg"), "'images/1.jpg', 'images/2.jpg', 'more/2.jpg', ..."),
    ],
)
def test_corrections_of_another_catalogue_stop_it(key: str, names: tuple[str, str], theirs: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        applied(*((name, "Class", "Gown") for name in names), key=key)
    message = str(caught.value)
    assert message.startswith("c.csv: none of the 2 names of its corrections is the")
    assert f"the corrections say '{names[0]}', '{names[1]}', the catalogue {theirs}" in message


def test_two_paths_of_one_product_are_one_correction() -> None:
    rows = (("a/images/1.jpg", "Class", "Gown"), ("b/images/1.jpg", "Class", "Skirt"))
    assert applied(*rows, key="path")[0] == "Skirt"


def test_what_the_catalogue_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"c\.csv: unknown attribute 'class' \(did you mean 'Class'\?\)"):
        applied(("1", "class", "Gown"))
    with pytest.raises(ConfigError, match="a label of 'year' does not fit its column"):
        applied(("1", "year", "long ago"))
    corrected = apply_corrections(PRODUCTS, corrections(("2", "year", "2012")), columns=COLUMNS, where="c.csv")
    assert corrected.frame["year"].to_list() == [2011, 2012, 2013, 2014]
    assert corrected.given.rows() == [(2, "year")]


LEVELS = ("master", "sub", "article")
SHOP = pl.DataFrame(
    [
        (1, "1.jpg", "Apparel", "Topwear", "Tshirts"),
        (2, "2.jpg", "Apparel", "Topwear", "Shirts"),
        (3, "3.jpg", "Personal Care", "Fragrance", "Perfume"),
        (4, "4.jpg", "Personal Care", None, "Deodorant"),
    ],
    schema=("id", "image", *LEVELS),
    orient="row",
)


def together(*rows: tuple[str, str, str]) -> list[object]:
    corrected = apply_corrections(SHOP, corrections(*rows), columns=LEVELS, together=LEVELS, where="c.csv")
    return [*corrected.frame.select(LEVELS).rows(), *corrected.notes]


@pytest.mark.parametrize(
    "rows",
    [
        [("1", "sub", "Fragrance")],
        [("1", "master", "Personal Care")],
        [("1", "sub", "Fragrance"), ("1", "article", "Perfume")],
        [("1", "article", "Kimono"), ("1", "sub", "Fragrance")],
        [("4", "sub", "Topwear")],
    ],
)
def test_labels_that_contradict_one_another_are_refused_and_named(rows: list[tuple[str, str, str]]) -> None:
    with pytest.raises(ConfigError, match="no product of the catalogue has such labels together: ") as caught:
        together(*rows, ("2", "article", "Tshirts"))
    assert f"{rows[0][0]} would be master " in str(caught.value)
    assert all(f"{attribute} {label}" in str(caught.value) for _, attribute, label in rows)
    assert "2 would be" not in str(caught.value)


def test_labels_that_go_together_are_taken_and_new_ones_are_told() -> None:
    given = [(name, label) for name, label in zip(LEVELS, ("Personal Care", "Fragrance", "Perfume"), strict=True)]
    found = together(*(("1", *each) for each in given), ("2", "article", "Kimono"))
    assert found[:2] == [("Personal Care", "Fragrance", "Perfume"), ("Apparel", "Topwear", "Kimono")]
    assert found[4:] == ["labels of article that are new to the catalogue: 1 (Kimono)"]
