import polars as pl
import pytest

from modiste.catalogue.matching import match_labels, match_names
from modiste.errors import CatalogueError
from modiste.schema import Attribute, Schema

SCHEMA = Schema(
    (
        Attribute("kind", ("Tshirts", "Dress", "Accessories", "Flip Flops")),
        Attribute("tone", ("red", "Red ", "blue")),
    )
)


def test_names_are_the_same_whatever_their_capitals_signs_and_number() -> None:
    names = ["T-Shirt", "dresses", "DRESS", "accessory", "flip-flop", "Skirt", None, "Tshirts"]
    known = {"T-Shirt": 0, "dresses": 1, "DRESS": 1, "accessory": 2, "flip-flop": 3, "Tshirts": 0}
    assert match_names(names, SCHEMA.attributes[0].labels) == known
    assert match_names(["紅", "*"], ["紅", "+"]) == {"紅": 0}


def test_what_may_mean_two_labels_means_none() -> None:
    assert match_names(["red", "RED", "Blue"], SCHEMA.attributes[1].labels) == {"red": 0, "Blue": 2}
    assert match_names(["short"], ["Shorts", "short s"]) == {}


def test_columns_called_like_attributes_have_their_labels_and_the_others_are_counted() -> None:
    photos = pl.DataFrame(
        {
            "id": [1, 2, 3, 4],
            "image": list("abcd"),
            "kind": ["T-shirt", "hat", None, "hat"],
            "tone": ["blue"] * 3 + [None],
        }
    )
    found = match_labels(photos, SCHEMA, where="photos")
    assert found.columns == {"kind": "kind", "tone": "tone"}
    assert [each.any(axis=1).tolist() for each in found.allowed] == [[True] + [False] * 3, [True] * 3 + [False]]
    assert found.unmatched == 1
    assert [(each.reason, each.count, each.examples) for each in found.omissions] == [
        ("photos with a label that is none of kind's", 2, ("hat 2",)),
        ("photos without a label of kind", 1, ()),
        ("photos without a label of tone", 1, ()),
    ]


def test_a_named_column_and_a_folder_per_label_are_of_the_attribute_that_fits_best() -> None:
    photos = pl.DataFrame({"id": [1, 2], "image": ["a", "b"], "kind": ["Blue", "red"]})
    assert match_labels(photos, SCHEMA, where="photos").columns == {"tone": "kind"}
    photos = photos.with_columns(colour=pl.lit("blue"), kind=pl.lit("Dress"))
    assert match_labels(photos, SCHEMA, column="colour", where="photos").columns == {"tone": "colour"}


def test_labels_that_say_nothing_are_one_clear_error() -> None:
    photos = pl.DataFrame({"id": [1], "image": ["a"], "what": ["Kleid"]})
    with pytest.raises(CatalogueError, match=r"no column is called like an attribute .* --labels"):
        match_labels(photos, SCHEMA, where="photos")
    with pytest.raises(CatalogueError, match=r"no column 'wat' .did you mean 'what'"):
        match_labels(photos, SCHEMA, column="wat", where="photos")
    with pytest.raises(CatalogueError, match="none of the labels in 'what' is one of the bundle's: Kleid"):
        match_labels(photos, SCHEMA, column="what", where="photos")
