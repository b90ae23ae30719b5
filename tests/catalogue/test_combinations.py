"""Which labels go together, and what follows from one of them."""

import polars as pl

from modiste.catalogue.combinations import Combinations

LEVELS = Combinations(
    ("master", "sub", "article"),
    (
        ("Apparel", "Topwear", "Tshirts"),
        ("Apparel", "Topwear", "Shirts"),
        ("Personal Care", "Fragrance", "Perfume"),
        ("Personal Care", "Fragrance", "Deodorant"),
        ("Personal Care", "Skin", "Cream"),
    ),
)
SHIRT = {"master": "Apparel", "sub": "Topwear", "article": "Shirts"}


def test_combinations_are_those_of_the_products() -> None:
    products = pl.DataFrame([("b", 1), ("a", 2), ("b", 1), (None, 1)], schema=("x", "y"), orient="row")
    assert Combinations.of(products, ("x", "y")) == Combinations(("x", "y"), (("a", "2"), ("b", "1")))


def test_labels_that_contradict_one_another_are_not_allowed() -> None:
    assert LEVELS.allow(SHIRT)
    assert LEVELS.allow({"sub": "Topwear"})
    assert not LEVELS.allow(SHIRT | {"sub": "Fragrance"})
    assert LEVELS.allow(SHIRT | {"article": "Kimono"}), "a new label goes with any"
    assert not LEVELS.allow({"master": "Apparel", "sub": "Skin", "article": "Kimono"})
    assert LEVELS.allow({"master": None, "sub": "Skin"})
    assert Combinations().allow(SHIRT)


def test_what_follows_is_carried_along_and_what_may_be_several_is_asked() -> None:
    assert LEVELS.choices({"article": "Perfume"}, SHIRT) == {"master": ("Personal Care",), "sub": ("Fragrance",)}
    assert LEVELS.choices({"sub": "Fragrance"}, SHIRT) == {
        "master": ("Personal Care",),
        "article": ("Perfume", "Deodorant"),
    }
    assert LEVELS.choices({"sub": "Skin"}, SHIRT) == {"master": ("Personal Care",), "article": ("Cream",)}
    # What still fits stays as it is.
    perfume = {"master": "Personal Care", "sub": "Skin", "article": "Deodorant"}
    assert LEVELS.choices({"sub": "Fragrance"}, perfume) == {"master": ("Personal Care",), "article": ("Deodorant",)}
    assert LEVELS.choices({"article": "Tshirts"}, SHIRT) == {"master": ("Apparel",), "sub": ("Topwear",)}


def test_new_labels_change_nothing_and_stay() -> None:
    assert LEVELS.choices({"article": "Kimono"}, SHIRT) == {"master": ("Apparel",), "sub": ("Topwear",)}
    new = SHIRT | {"article": "Kimono"}
    assert LEVELS.choices({"sub": "Fragrance"}, new) == {"master": ("Personal Care",), "article": ("Kimono",)}


def test_nothing_follows_from_a_contradiction() -> None:
    assert LEVELS.choices({"master": "Apparel", "sub": "Skin"}, SHIRT) == {"article": ()}
    assert LEVELS.told(SHIRT | {"sub": None}) == "master Apparel with article Shirts"
