from collections.abc import Sequence

import polars as pl
import pytest

from modiste.catalogue.labels import without_rules
from modiste.catalogue.worded import label_by_words
from modiste.errors import SchemaError
from modiste.schema import Schema

TOML = """
text = "name"
[[attribute]]
name = "kind"
[[attribute]]
name = "pattern"
kind = "words"
where = { kind = ["Shirt"] }
elsewhere = "No clothing"
[attribute.words]
Solid = ["solid"]
Striped = ["stripe*", "pin dot"]
"""
SCHEMA = Schema.from_toml(TOML)


def labels(names: Sequence[str | None], kinds: Sequence[str], schema: Schema = SCHEMA) -> list[str | None]:
    frame = pl.DataFrame({"id": range(len(names)), "name": names, "kind": kinds}, schema_overrides={"name": pl.String})
    found = label_by_words(without_rules(frame, schema))
    return found.frame["pattern"].to_list()


def test_words_of_the_name_tell_the_label() -> None:
    names = ["A Solid shirt", "STRIPED tee", "red stripes", "Pin  Dot blouse", "solidarity", "plain"]
    assert labels(names, ["Shirt"] * 6) == ["Solid", "Striped", "Striped", "Striped", None, None]


def test_words_of_two_labels_and_no_name_tell_nothing() -> None:
    assert labels(["solid striped", None, "solid"], ["Shirt"] * 3) == [None, None, "Solid"]


def test_other_products_have_the_label_of_elsewhere() -> None:
    assert labels(["striped watch", "x"], ["Watch", "Shirt"]) == ["No clothing", None]
    nowhere = Schema.from_toml(TOML.replace('elsewhere = "No clothing"', ""))
    assert labels(["striped watch", "solid"], ["Watch", "Shirt"], nowhere) == [None, "Solid"]


def test_the_labels_are_in_the_order_of_the_words_and_counted() -> None:
    frame = pl.DataFrame({"id": [1, 2, 3], "name": ["solid", "stripe", "solid stripe"], "kind": ["Shirt"] * 3})
    found = label_by_words(without_rules(frame, SCHEMA))
    assert found.schema.attribute("pattern").labels == ("Solid", "Striped", "No clothing")
    assert found.warnings == ("pattern: the names of 2 of 3 products tell it, of 1 they tell two labels",)


def test_a_column_of_that_name_is_kept_and_without_names_there_is_none() -> None:
    own = pl.DataFrame({"id": [1], "name": ["solid"], "kind": ["Shirt"], "pattern": ["Dotted"]})
    assert label_by_words(without_rules(own, SCHEMA)).frame["pattern"].to_list() == ["Dotted"]
    nameless = label_by_words(without_rules(own.drop("name", "pattern"), SCHEMA))
    assert nameless.schema.names == ("kind",)
    assert nameless.warnings == ("no pattern: the catalogue has no name, whose words tell it",)


def test_a_catalogue_without_the_column_of_where_asks_all_names() -> None:
    frame = pl.DataFrame({"id": [1], "name": ["solid"]})
    assert label_by_words(without_rules(frame, SCHEMA)).frame["pattern"].to_list() == ["Solid"]


def test_a_schema_comes_back_with_its_words() -> None:
    assert Schema.from_toml(SCHEMA.to_toml()) == SCHEMA
    shipped = Schema.load()
    assert Schema.from_toml(shipped.to_toml()) == shipped
    assert list(shipped.attribute("pattern").words) == ["Solid", "Striped", "Checked", "Printed"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "words"', "", "has words"),
        ('Solid = ["solid"]', 'Solid = "solid"', "give a table of labels, each a list of words"),
        ('elsewhere = "No clothing"', 'elsewhere = "Solid"', "elsewhere is a label"),
        ('where = { kind = ["Shirt"] }', 'where = ["Shirt"]', "a table of columns"),
    ],
)
def test_a_wrong_schema_says_what_is_wrong(old: str, new: str, told: str) -> None:
    with pytest.raises(SchemaError) as error:
        Schema.from_toml(TOML.replace(old, new))
    assert told in str(error.value)
