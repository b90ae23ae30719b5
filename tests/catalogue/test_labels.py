from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue import labels
from modiste.catalogue.labels import Labelled, judge_similarity
from modiste.catalogue.taxonomy import Taxonomy, load_taxonomy
from modiste.errors import TaxonomyError
from modiste.schema import Schema

RULES = """
[[exclude]]
reason = "no garment"
match.department = "Home"
[[ambiguous]]
reason = "a gift can be anything"
match.department = "Gifts"
[[label]]
name = "Winter Hats"
match = { type = "Hat", season = "Winter" }
words = ["beanie"]
[[label]]
name = "Hats"
match.type = ["Hat", "Cap"]
[[label]]
name = "Shoes"
match.department = "Footwear"
"""

PRODUCTS = pl.DataFrame(
    [
        (1, "Apparel", "Hat", "Winter", "Red Woollen Hat"),
        (2, "Apparel", "Hat", "Summer", "Straw Hat"),
        (3, "Footwear", "Boot", None, "Brown Shoe"),
        (4, "Home", "Cap", None, "Bottle Cap"),
        (5, "Gifts", "Gift", "Winter", "Grey Beanie"),
        (6, "Gifts", "Cap", None, None),
        (7, "Gifts", "Gift", None, "Q 17"),
        (8, "Apparel", "Scarf", None, "Long Scarf"),
        (9, None, "Cap", "Summer", "Sun Thing"),
    ],
    schema={"id": pl.Int64, "department": pl.String, "type": pl.String, "season": pl.String}
    | {"productDisplayName": pl.String},
    orient="row",
)


def label_products(products: pl.DataFrame, taxonomy: Taxonomy, *, where: str = "the catalogue") -> Labelled:
    return labels.label_products(products, taxonomy, schema=Schema.load(), where=where)


@pytest.fixture
def taxonomy(tmp_path: Path) -> Taxonomy:
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    return load_taxonomy(tmp_path / "rules.toml")


def test_every_product_gets_one_label_or_a_reason(taxonomy: Taxonomy) -> None:
    frame = label_products(PRODUCTS, taxonomy).frame
    assert frame.drop("Class", "reason", "similarity").equals(PRODUCTS)
    assert frame.select("Class", "reason").rows() == [
        ("Winter Hats", "rule"),  # first match wins
        ("Hats", "rule"),
        ("Shoes", "rule"),
        (None, "excluded"),  # although a label's rule matches, too
        ("Winter Hats", "similarity"),
        ("Hats", "similarity"),  # no name: its other fields decide
        (None, "no rule"),  # ambiguous, and like no label
        (None, "no rule"),
        ("Hats", "rule"),  # a missing value matches nothing, and harms nothing
    ]
    assert frame["similarity"].is_not_null().to_list() == [row in (5, 6) for row in PRODUCTS["id"]]


def test_products_without_a_label_are_named_with_the_reason(taxonomy: Taxonomy) -> None:
    assert label_products(PRODUCTS, taxonomy).unlabelled.rows() == [
        (4, "Bottle Cap", "excluded", "no garment"),
        (7, "Q 17", "no rule", "ambiguous (a gift can be anything), and its name resembles no label"),
        (8, "Long Scarf", "no rule", "no rule matches"),
    ]


def test_the_reassigned_are_listed_with_their_similarity(taxonomy: Taxonomy) -> None:
    reassigned = label_products(PRODUCTS, taxonomy).reassigned
    assert reassigned.columns == ["id", "name", "label", "similarity"]
    assert reassigned.select("id", "name", "label").rows() == [
        (5, "Grey Beanie", "Winter Hats"),
        (6, None, "Hats"),
    ]
    assert reassigned["similarity"].is_between(0.01, 1).all()


def test_counts_before_and_after_the_reassignment(taxonomy: Taxonomy) -> None:
    labelled = label_products(PRODUCTS, taxonomy)
    assert labelled.counts() == {"Winter Hats": 2, "Hats": 3, "Shoes": 1}
    assert labelled.counts(reassigned=False) == {"Winter Hats": 1, "Hats": 2, "Shoes": 1}
    assert list(label_products(PRODUCTS.head(0), taxonomy).counts().items()) == [
        ("Winter Hats", 0),
        ("Hats", 0),
        ("Shoes", 0),
    ]


def test_columns_of_the_same_name_are_replaced(taxonomy: Taxonomy) -> None:
    own = PRODUCTS.with_columns(Class=pl.lit("old"), reason=pl.lit("old"), row=pl.lit("mine"), rule=pl.lit("mine"))
    frame = label_products(own, taxonomy).frame
    assert frame["Class"].to_list() == label_products(PRODUCTS, taxonomy).frame["Class"].to_list()
    assert frame["row"].unique().to_list() == ["mine"]


def test_a_catalogue_without_names_is_labelled_by_rule(taxonomy: Taxonomy) -> None:
    labelled = label_products(PRODUCTS.drop("productDisplayName"), taxonomy)
    assert labelled.frame["Class"].to_list()[:3] == ["Winter Hats", "Hats", "Shoes"]
    assert labelled.reassigned.select("id", "name", "label").rows() == [
        (5, None, "Winter Hats"),  # its season
        (6, None, "Hats"),  # its type
    ]
    assert labelled.unlabelled["id"].to_list() == [4, 7, 8]


def test_numbers_match_by_their_text(taxonomy: Taxonomy, tmp_path: Path) -> None:
    (tmp_path / "year.toml").write_text('[[label]]\nname = "New"\nmatch.year = "2012"', encoding="utf-8")
    products = pl.DataFrame({"id": [1, 2], "year": [2011, 2012]})
    labelled = label_products(products, load_taxonomy(tmp_path / "year.toml"))
    assert labelled.frame["Class"].to_list() == [None, "New"]


def test_columns_that_are_missing_are_named_with_the_nearest(taxonomy: Taxonomy) -> None:
    other = PRODUCTS.rename({"season": "Seasons", "department": "shelf"})
    told = r"shop\.csv: no columns 'department', 'season' \(did you mean 'Seasons'\?\), which .* of .*rules\.toml"
    with pytest.raises(TaxonomyError, match=told):
        label_products(other, taxonomy, where="shop.csv")
    with pytest.raises(TaxonomyError, match="no column 'type', which"):
        label_products(PRODUCTS.drop("type"), taxonomy)


def test_all_rules_at_work_are_no_warning(taxonomy: Taxonomy) -> None:
    assert label_products(PRODUCTS, taxonomy).warnings == ()


def test_a_rule_that_decides_nothing_is_a_warning(taxonomy: Taxonomy) -> None:
    labelled = label_products(PRODUCTS.filter(pl.col("id").is_in([2, 5])), taxonomy)
    assert labelled.warnings == (
        "exclude 'no garment': no product has department = Home",
        "label 'Winter Hats': no product has type = Hat and season = Winter",
        "label 'Shoes': no product has department = Footwear",
    )


def test_a_rule_behind_a_wider_one_is_a_warning(tmp_path: Path) -> None:
    text = """
[[label]]
name = "All"
match.type = "Hat"
[[label]]
name = "Some"
match = { type = "Hat", season = "Winter" }
"""
    (tmp_path / "shadow.toml").write_text(text, encoding="utf-8")
    labelled = label_products(PRODUCTS.head(2), load_taxonomy(tmp_path / "shadow.toml"))
    assert labelled.warnings == (
        "label 'Some': the 1 products with type = Hat and season = Winter are taken by earlier rules",
    )


def test_a_misspelt_value_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "typo.toml").write_text(
        '[[label]]\nname = "Wear"\nmatch.type = ["Hat", "Scarves", "Cape"]', encoding="utf-8"
    )
    labelled = label_products(
        PRODUCTS.filter(pl.col("type").is_in(["Hat", "Scarf"])), load_taxonomy(tmp_path / "typo.toml")
    )
    assert labelled.warnings == ("label 'Wear': no product has type = Scarves (did you mean 'Scarf'?)",)


def test_the_judge_counts_agreement_on_products_known_by_rule(taxonomy: Taxonomy) -> None:
    agreement = judge_similarity(label_products(PRODUCTS, taxonomy))
    assert agreement.products == 4
    # Hats read like Winter Hats, whose rule lists "Hat", too, and comes first; "Sun Thing" is like nothing.
    assert agreement.by_label == {"Winter Hats": 1.0, "Hats": 0.0, "Shoes": 1.0}
    assert agreement.overall == pytest.approx(2 / 4)


def test_the_judge_has_nothing_to_say_about_nothing(taxonomy: Taxonomy) -> None:
    agreement = judge_similarity(label_products(PRODUCTS.head(0), taxonomy))
    assert (agreement.products, agreement.overall) == (0, 0.0)
