import json
from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.balance import Balance
from modiste.catalogue.labels import Labelled, label_products, without_rules
from modiste.catalogue.photos import named_by_columns
from modiste.catalogue.pictures import FolderPictures
from modiste.catalogue.products import ProductTable, read_products
from modiste.catalogue.sources import Catalogue
from modiste.catalogue.taxonomy import Label, Rule, SetAside, Taxonomy
from modiste.dataset.health import Inspection, PictureHealth, inspect_health, usable_photos
from modiste.dataset.images import Picture, facts_of
from modiste.schema import Schema

TABLE = """id,articleType,baseColour,year,productDisplayName,shelf,image
12,Tshirts,Blue,2012,Plain Tshirt,a,12.jpg
11,Tshirts,,2012,Striped Tshirt,b,11.jpg
13,Heels,Red,soon,Red Heels,c,13.jpg
9,Heels,Red,2013,Lost Heels,,
8,Heels,Blue,2013,Worn Heels,,8.jpg
14,Free,Blue,2013,A Tshirt for free,,14.jpg
15,Cushions,Blue,2013,Cushion,,15.jpg
16,Kites,Blue,2013,Kite,,16.jpg
19,,,2013,Nothing known,,11.jpg
17,Heels
18,Tshirts,Red,2012,A, B,,18.jpg
"""

RULES = Taxonomy(
    "small",
    labels=tuple(Label(name, (Rule({"articleType": (name,)}),)) for name in ("Heels", "Tshirts", "Hats")),
    exclude=(SetAside("for the home", (Rule({"articleType": ("Cushions",)}),)),),
    ambiguous=(SetAside("can be anything", (Rule({"articleType": ("Free",)}),)),),
)

FACTS = facts_of(
    [
        Picture("11.jpg", 60, 80, grey=True, digest="striped"),
        Picture("12.jpg", 60, 80, grey=False, digest="plain"),
        Picture("13.jpg", 60, 60, grey=True, digest="red"),
        Picture("14.jpg", 60, 80, grey=False, digest="plain"),
        Picture("15.jpg", 53, 80, grey=False, digest="cushion"),
        Picture("16.jpg", 60, 80, grey=False, digest="plain"),
        Picture("18.jpg", 60, 80, grey=False, digest="red"),
        Picture("8.jpg", error="the file is empty"),
    ]
)
SCHEMA = Schema.load()


def opened(table: ProductTable) -> Catalogue:
    frame = named_by_columns(table.frame, FACTS["image"], ["image"]).products
    named = ProductTable(frame, table.rows, table.repaired, table.rejected)
    return Catalogue(Path("shop.csv"), SCHEMA, named, FolderPictures(Path()))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return opened(read_products(TABLE.encode(), where="shop.csv", schema=SCHEMA))


@pytest.fixture(scope="module")
def labelled(catalogue: Catalogue) -> Labelled:
    return label_products(catalogue.products.frame, RULES, schema=SCHEMA)


@pytest.fixture(scope="module")
def inspection(catalogue: Catalogue, labelled: Labelled) -> Inspection:
    return inspect_health(catalogue, labelled, FACTS)


def test_usable_photos_are_readable_and_of_a_product_with_any_label(labelled: Labelled) -> None:
    usable = usable_photos(labelled, FACTS)
    assert usable["id"].to_list() == [12, 11, 13, 14, 16, 18]
    assert usable["digest"].to_list() == ["plain", "striped", "red", "plain", "plain", "red"]
    assert usable.filter(pl.col("id") == 16).select("Class", "articleType").row(0) == (None, "Kites")


def test_a_photo_has_the_picture_s_facts_and_not_the_table_s(labelled: Labelled) -> None:
    frame = labelled.frame.with_columns(width=pl.lit("38 cm"), digest=pl.lit("mine"), note=pl.lit("kept"))
    own = Labelled(frame, labelled.unlabelled, labelled.schema, RULES)
    usable = usable_photos(own, FACTS)
    assert usable["width"].to_list() == [60] * 6
    assert "mine" not in usable["digest"]
    assert usable["note"].to_list() == ["kept"] * 6


def test_every_row_is_accounted_for(inspection: Inspection) -> None:
    assert inspection.rows == 11
    assert [item.id for item in inspection.repaired] == ["18"]
    assert [item.line for item in inspection.rejected] == [11]
    assert inspection.excluded == ((15, "for the home"), (19, "no rule matches"))
    assert inspection.unlabelled == ((16, "no rule matches"),)
    assert inspection.products == 6
    unusable = len(inspection.excluded) + len(inspection.pictures.missing) + len(inspection.pictures.unreadable)
    assert inspection.products + unusable + len(inspection.rejected) == inspection.rows


def test_pictures(inspection: Inspection) -> None:
    assert inspection.photos == 6
    assert inspection.pictures == PictureHealth(
        missing=(9,),
        unreadable=((8, "the file is empty"),),
        greyscale=2,
        odd_sized=2,
        identical_copies=3,
        copy_groups=2,
    )


def test_values_are_counted_over_all_rows_and_balance_over_the_usable_ones(inspection: Inspection) -> None:
    assert inspection.missing_values == {"articleType": 1, "baseColour": 2, "year": 1, "productDisplayName": 0}
    assert inspection.distinct_values == {"articleType": 5, "baseColour": 2, "year": 2, "productDisplayName": 10}
    assert list(inspection.balance) == ["articleType", "Class", "baseColour"]
    assert inspection.balance["baseColour"].balance == pytest.approx(0.971, abs=1e-3)
    assert inspection.counts["articleType"] == {"Tshirts": 3, "Free": 1, "Heels": 1, "Kites": 1}


def test_labels_before_and_after_the_ambiguous_ones_have_one(inspection: Inspection) -> None:
    assert inspection.ruled == "Class"
    assert list(inspection.classes_before.items()) == [("Heels", 1), ("Tshirts", 3), ("Hats", 0)]
    assert list(inspection.classes.items()) == [("Heels", 1), ("Tshirts", 4), ("Hats", 0)]
    assert inspection.reassigned.select("id", "label").rows() == [(14, "Tshirts")]
    assert [warning for warning in inspection.warnings if "Hats" in warning]


def test_it_is_plain_values(inspection: Inspection) -> None:
    plain = json.loads(json.dumps(inspection.as_json()))
    assert plain["source"] == "shop.csv"
    assert plain["repaired"] == len(plain["repairs"]) == 1
    assert plain["rejected"] == [{"line": 11, "reason": "2 fields where the header has 7"}]
    assert plain["unlabelled"] == [{"id": 16, "reason": "no rule matches"}]
    assert plain["images"]["unreadable"] == [{"id": 8, "reason": "the file is empty"}]
    assert plain["issues"] == {
        "missing": [9],
        "unreadable": [8],
        "greyscale": [11, 13, 19],
        "odd_sized": [13, 15],
        "identical_copies": [[14, 12], [16, 12], [18, 13]],
        "copies_with_two_labels": [[18, 13], [14, 12], [16, 12], [16, 14]],
        "copies_across_parts": [],
    }
    assert plain["copies_with_two_labels"][0] == {
        "ids": [13, 18],
        "images": ["13.jpg", "18.jpg"],
        "attribute": "Class",
        "labels": ["Heels", "Tshirts"],
    }
    assert plain["found"]["odd_sized"][0] == {"id": 13, "image": "13.jpg", "reason": "60x60 pixels"}
    assert plain["balance"]["Class"]["values"] == 2
    assert plain["reassigned"][0]["name"] == "A Tshirt for free"


def test_pictures_alone_have_no_fields_to_count() -> None:
    frame = pl.DataFrame({"id": ["Hats/1.jpg"], "Class": ["Hats"], "images": [["11.jpg"]]})
    taxonomy = Taxonomy("own", (Label("Hats", (Rule({"Class": ("Hats",)}),)),))
    table = ProductTable(frame, rows=1)
    found = inspect_health(
        Catalogue(Path("shop"), SCHEMA, table, FolderPictures(Path())),
        label_products(frame, taxonomy, schema=SCHEMA),
        FACTS,
    )
    assert (found.missing_values, found.distinct_values) == ({}, {})
    assert found.balance == {"Class": Balance(values=1, balance=0.0)}
    assert found.classes == found.classes_before == {"Hats": 1}


def test_a_catalogue_without_label_rules_is_shown_with_what_it_has(catalogue: Catalogue) -> None:
    schema = SCHEMA.extended(["shelf"])
    found = inspect_health(catalogue, without_rules(catalogue.products.frame, schema), FACTS, targets=["shelf"])
    assert (found.ruled, found.classes, found.classes_before) == (None, {}, {})
    assert list(found.balance) == ["articleType", "baseColour", "shelf"]
    assert found.counts["shelf"] == {"a": 1, "b": 1, "c": 1}
    assert found.missing_values["shelf"] == 7
    assert found.excluded == ((19, "no label of any attribute"),)
    assert found.unlabelled == ()
    assert found.products == 7
