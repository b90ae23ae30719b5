import numpy as np
import polars as pl
import pytest

from modiste.dataset.targets import check_columns, encode_labels, find_attributes
from modiste.errors import CatalogueError
from modiste.predictions import NO_LABEL
from modiste.schema import Attribute, Schema

PRODUCTS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "Class": ["Bags", "Watches", "Bags", None],
        "season": ["Summer"] * 4,
        "fabric": ["silk", "wool", None, "wool"],
        "size": [38, 40, 38, None],
        "tags": [["a"], ["b"], [], None],
    }
)
SCHEMA = Schema((Attribute("Class", kind="rules", imbalance="effective"), Attribute("season")), hierarchy=("Class",))


def test_attributes_of_the_schema_with_two_labels_are_learned_unasked() -> None:
    found = find_attributes(PRODUCTS, SCHEMA)
    assert found.attributes == (Attribute("Class", ("Bags", "Watches"), kind="rules", imbalance="effective"),)
    assert found.hierarchy == ("Class",)


def test_labels_come_in_the_order_of_the_schema() -> None:
    schema = Schema((Attribute("Class", ("Watches", "Belts")), Attribute("fabric")))
    assert [each.labels for each in find_attributes(PRODUCTS, schema).attributes] == [
        ("Watches", "Bags"),
        ("silk", "wool"),
    ]


def test_any_column_can_be_asked_for_in_any_order() -> None:
    found = find_attributes(PRODUCTS, SCHEMA, ["size", "Class", "fabric"])
    assert [(each.name, each.labels, each.imbalance) for each in found.attributes] == [
        ("size", ("38", "40"), "plain"),
        ("Class", ("Bags", "Watches"), "effective"),
        ("fabric", ("silk", "wool"), "plain"),
    ]
    assert found.hierarchy == ("Class",)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["fabrc"], r"no column 'fabrc' \(did you mean 'fabric'\?\)"),
        (["season"], "the column 'season' has 1 value;"),
        (["fabric", "size", "fabric"], "the column 'fabric' is named twice; name it once"),
        ([""], "an empty name of a column; the catalogue has Class, season"),
        (["id"], "the column 'id' has another value for every product; leave it out"),
        (["tags"], r"the column 'tags' is of the type List\(String\), which is no label"),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(targets: list[str], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        find_attributes(PRODUCTS, SCHEMA, targets)


def test_several_photos_of_a_product_are_one_value() -> None:
    """Each product has a value of its own, however many rows it has."""
    photos = pl.DataFrame({"id": [1, 1, 2], "name": ["a", "a", "b"]})
    with pytest.raises(CatalogueError, match="another value for every product"):
        find_attributes(photos, SCHEMA, ["name"])


def test_nothing_to_learn_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="no column with at least two values"):
        find_attributes(PRODUCTS.select("id", "season"), SCHEMA)


def test_columns_of_attributes_hold_labels_under_a_name_of_their_own() -> None:
    check_columns(PRODUCTS, SCHEMA, where="shop.csv")
    with pytest.raises(CatalogueError, match="'tags' is of the type List"):
        check_columns(PRODUCTS, SCHEMA.extended(["tags"]), where="shop.csv")
    named = PRODUCTS.rename({"size": "width"})
    told = r"shop\.csv: the column 'width' has a name that Modiste itself uses; .* --column my_width=width"
    with pytest.raises(CatalogueError, match=told):
        check_columns(named, SCHEMA.extended(["width"]), where="shop.csv")
    check_columns(named, SCHEMA, where="shop.csv")


def test_labels_become_numbers_and_those_never_seen_lie_beyond_the_known() -> None:
    attributes = (Attribute("Class", ("Watches", "Belts")), Attribute("fabric", ("wool",)), Attribute("no", ("a", "b")))
    label_ids = encode_labels(PRODUCTS, attributes)
    np.testing.assert_array_equal(label_ids[:, 0], [2, 0, 2, NO_LABEL])
    np.testing.assert_array_equal(label_ids[:, 1], [1, 0, NO_LABEL, 0])
    np.testing.assert_array_equal(label_ids[:, 2], [NO_LABEL] * 4)


@pytest.mark.parametrize("name", ["path", "error", "id", "ood_score", "embedding", "size_probability", "size_true"])
def test_no_attribute_takes_the_place_of_a_column_of_predictions(name: str) -> None:
    named = PRODUCTS.with_columns(pl.lit("x").alias(name))
    with pytest.raises(CatalogueError, match=f"the column '{name}' has a name that Modiste itself uses"):
        check_columns(named, SCHEMA.extended(["size", name]), where="shop.csv")
