"""The labels on the real catalogue: the figures that the study and the catalogue's description give."""

from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.balance import balance
from modiste.catalogue.labels import Labelled, judge_similarity, label_products
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.taxonomy import load_taxonomy
from modiste.schema import Schema


@pytest.fixture(scope="module")
def labelled(real_zip: Path) -> Labelled:
    return label_products(Catalogue.open(real_zip).products.frame, load_taxonomy(), schema=Schema.load())


@pytest.fixture(scope="module")
def study(labelled: Labelled) -> pl.DataFrame:
    """The study's products: with an image, and not excluded."""
    return labelled.frame.filter(pl.col("images").list.len() > 0, pl.col("reason") != "excluded")


def test_every_product_has_a_label_but_the_one_for_the_home(labelled: Labelled) -> None:
    assert labelled.unlabelled.select("id", "kind").rows() == [(40826, "excluded")]
    assert dict(labelled.frame["reason"].value_counts().iter_rows()) == {
        "rule": 44_340,
        "similarity": 105,
        "excluded": 1,
    }


def test_no_rule_is_idle(labelled: Labelled) -> None:
    assert labelled.warnings == ()


@pytest.mark.parametrize(
    ("feature", "expected"), [("masterCategory", 0.6712), ("subCategory", 0.6437), ("articleType", 0.7308)]
)
def test_the_original_labels_are_as_unbalanced_as_the_study_says(
    study: pl.DataFrame, feature: str, expected: float
) -> None:
    assert study.height == 44_440
    assert round(balance(study[feature]).balance, 4) == expected


def test_thirty_labels_are_in_better_balance(study: pl.DataFrame, labelled: Labelled) -> None:
    found = balance(study["Class"])
    assert found.values == 30
    assert found.balance >= 0.91
    assert min(labelled.counts(reassigned=False).values()) >= 290


def test_free_items_get_the_label_that_their_name_says(labelled: Labelled) -> None:
    reassigned = labelled.reassigned
    assert reassigned.height == 105
    name = pl.col("name").str.to_lowercase()
    for word, label in [
        ("watch", "Watches"),
        ("saree", "Saree"),
        ("tie", "Accessories"),
        ("sunglasses", "Eyewear"),
        ("handbag", "Bags"),
        ("wallet", "Wallets"),
        ("deo", "Fragrance"),
    ]:
        named = reassigned.filter(name.str.contains(rf"\b{word}s?\b"))
        assert named.height > 0, word
        assert named["label"].unique().to_list() == [label]


def test_the_nearest_label_by_text_agrees_with_the_rules(labelled: Labelled) -> None:
    pictured = labelled.frame.filter(pl.col("images").list.len() > 0).drop("Class", "reason", "similarity")
    agreement = judge_similarity(label_products(pictured, load_taxonomy(), schema=Schema.load()))
    assert agreement.products == 44_335
    assert agreement.overall >= 0.94  # 0.85 is the least that is asked of it


def test_names_alone_cannot_tell_kinds_of_shoes_apart(labelled: Labelled) -> None:
    """Where the labels disagree: "Catwalk Women Brown Flats" is filed under Heels as well as under Flats."""
    by_label = judge_similarity(labelled).by_label
    hard = {"Flats", "Heels", "Sports Shoes", "Formal Shoes"}
    assert {label for label, share in by_label.items() if share < 0.9} == hard
