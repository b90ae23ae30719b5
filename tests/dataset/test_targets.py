import numpy as np
import polars as pl
import pytest

from modiste.dataset.targets import MISSING, encode_labels, find_attributes
from modiste.errors import CatalogueError
from modiste.schema import Attribute

PRODUCTS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "Class": ["Bags", "Watches", "Bags", None],
        "season": ["Summer"] * 4,
        "fabric": ["silk", "wool", None, "wool"],
        "size": [38, 40, 38, None],
    }
)


def test_known_columns_with_two_values_are_learned_unasked() -> None:
    assert find_attributes(PRODUCTS) == (Attribute("Class", ("Bags", "Watches")),)
    (ordered,) = find_attributes(PRODUCTS, order={"Class": ("Watches", "Belts", "Bags")})
    assert ordered.labels == ("Watches", "Bags")


def test_any_column_can_be_asked_for_in_any_order() -> None:
    found = find_attributes(PRODUCTS, ["size", "fabric"])
    assert found == (Attribute("size", ("38", "40")), Attribute("fabric", ("silk", "wool")))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["fabrc"], r"no column 'fabrc' \(did you mean 'fabric'\?\)"),
        (["season"], "the column 'season' has 1 value;"),
        (["fabric", "size", "fabric"], "the column 'fabric' is named twice; name it once"),
        ([""], "an empty name of a column; the catalogue has Class, season"),
        (["id"], "the column 'id' has another value for every product; leave it out"),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(targets: list[str], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        find_attributes(PRODUCTS, targets)


def test_nothing_to_learn_is_an_error() -> None:
    with pytest.raises(CatalogueError, match="no column with at least two values"):
        find_attributes(PRODUCTS.select("id", "season"))


def test_labels_become_numbers_and_those_never_seen_lie_beyond_the_known() -> None:
    attributes = (Attribute("Class", ("Watches", "Belts")), Attribute("fabric", ("wool",)), Attribute("no", ("a", "b")))
    label_ids = encode_labels(PRODUCTS, attributes)
    np.testing.assert_array_equal(label_ids[:, 0], [2, 0, 2, MISSING])
    np.testing.assert_array_equal(label_ids[:, 1], [1, 0, MISSING, 0])
    np.testing.assert_array_equal(label_ids[:, 2], [MISSING] * 4)
