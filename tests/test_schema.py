"""The schema: the shipped one, one's own, and what is wrong with a file, in one line."""

from pathlib import Path

import pytest

from modiste.errors import ConfigError, SchemaError
from modiste.predictions import KEPT, columns_of
from modiste.schema import ENDINGS, Attribute, Schema

OWN = """
id = "sku"
text = "title"
pictures = ["photo", "photo_*"]
hierarchy = ["department", "kind"]

[[attribute]]
name = "kind"
labels = ["boot", "shoe"]
display = { en = "Kind", de = "Art" }
label_display = { boot = { de = "Stiefel" } }

[[attribute]]
name = "department"
weight = 0.25
similarity = 3
imbalance = "inverse"
visible = false
"""


def test_the_shipped_schema_knows_the_real_catalogue() -> None:
    schema = Schema.load()
    assert schema.names[:3] == ("Class", "masterCategory", "subCategory")
    assert schema.hierarchy == ("masterCategory", "subCategory", "articleType", "Class")
    assert schema.ruled is not None
    assert schema.ruled.name == "Class"
    assert {each.name: each.similarity for each in schema.attributes if each.similarity != 1} == {
        "baseColour": 2.0,
        "pattern": 0.5,
    }
    assert [each.name for each in schema.attributes if not each.visible] == ["season", "usage"]


def test_one_s_own_schema_is_read_and_written() -> None:
    schema = Schema.from_toml(OWN)
    assert (schema.id, schema.text, schema.ruled) == ("sku", "title", None)
    assert schema.picture_columns(["sku", "photo", "photo_2", "photos"]) == ["photo", "photo_2"]
    kind, department = schema.attributes
    assert (kind.labels, kind.display_name("de"), kind.display_name("fr")) == (("boot", "shoe"), "Art", "kind")
    assert (kind.display_label("boot", "de"), kind.display_label("shoe", "de")) == ("Stiefel", "shoe")
    assert (department.weight, department.similarity, department.imbalance, department.visible) == (
        0.25,
        3,
        "inverse",
        False,
    )
    assert Schema.from_toml(schema.to_toml()) == schema


def test_attributes_are_chosen() -> None:
    schema = Schema.load().selected(["articleType", "material", "masterCategory"])
    assert schema.names == ("articleType", "material", "masterCategory")
    assert schema.hierarchy == ("masterCategory", "articleType")
    assert schema.attribute("material") == Attribute("material")
    with pytest.raises(ConfigError, match=r"no attribute 'articletyp' \(did you mean 'articleType'\?\)"):
        schema.index("articletyp")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("attribute = 3", "attribute must be a list of tables"),
        ("id = [", "is no valid TOML"),
        ("format = 9", "a schema of format 9, and this program reads format 1"),
        ("pitcures = []", r"unknown key 'pitcures' \(did you mean 'pictures'\?\)"),
        ("id = 7", "id is 7; give the name of a column"),
        ("[[attribute]]\nlabels = ['a']", "attribute 1: the key 'name' is missing"),
        ("[[attribute]]\nname = 'a'\nlabels = ['b', 'b']", "a label of 'a' is there twice"),
        ("[[attribute]]\nname = 'a'\n[[attribute]]\nname = 'a'", "the attribute 'a' is there twice"),
        ("hierarchy = ['b']\n[[attribute]]\nname = 'a'", "the hierarchy names 'b', which is no attribute"),
        ("[[attribute]]\nname = 'a'\nweight = -1", "weight is -1; give a number of at least 0"),
        ("[[attribute]]\nname = 'a'\nweight = true", "weight is True"),
        ("[[attribute]]\nname = 'a'\nkind = 'guess'", "give one of column, rules"),
        ("[[attribute]]\nname = 'a'\nimbalance = 'some'", "give one of plain, inverse"),
        ("[[attribute]]\nname = 'a'\ndisplay = 'A'", "give a table of languages"),
        (
            "[[attribute]]\nname = 'a'\nkind = 'rules'\n[[attribute]]\nname = 'b'\nkind = 'rules'",
            "two attributes are given by label rules",
        ),
        (
            "visual_similarity = 0\n[[attribute]]\nname = 'a'\nsimilarity = 0",
            "nothing counts where products are compared; give a similarity above 0",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "schema.toml"
    path.write_text(text)
    with pytest.raises(SchemaError, match=said) as caught:
        Schema.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="cannot be read"):
        Schema.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'id = "\xe9"')
    with pytest.raises(SchemaError, match="is not UTF-8 text"):
        Schema.load(tmp_path / "latin.toml")


def test_something_counts_where_products_are_compared() -> None:
    with pytest.raises(SchemaError, match="nothing counts where products are compared; give a similarity above 0"):
        Schema((Attribute("kind", similarity=0), Attribute("colour", similarity=0)), visual_similarity=0)
    assert Schema((Attribute("kind", similarity=0),), visual_similarity=0.1).visual_similarity == 0.1


def test_a_schema_may_be_given_as_its_file(tmp_path: Path) -> None:
    schema = Schema((Attribute("kind"),))
    (tmp_path / "mine.toml").write_text(schema.to_toml(), encoding="utf-8")
    assert Schema.of(tmp_path / "mine.toml") == Schema.of(str(tmp_path / "mine.toml")) == schema
    assert Schema.of(schema) is schema
    assert Schema.of(None) == Schema.load()


@pytest.mark.parametrize(
    "name",
    ["path", "error", "id", "digest", "ood_score", "embedding", "predicted_size", *(f"size_{end}" for end in ENDINGS)],
)
def test_no_attribute_is_called_as_a_column_that_we_write(name: str) -> None:
    text = f'[[attribute]]\nname = "size"\n[[attribute]]\nname = "{name}"\n'
    with pytest.raises(SchemaError, match=f"'{name}' has a name that Modiste itself uses"):
        Schema.from_toml(text)


def test_all_columns_of_predictions_are_taken() -> None:
    schema = Schema((Attribute("size", ("a", "b")),))
    assert all(map(schema.takes, set(columns_of(schema, top=2, keep=KEPT)) - {"size"}))


def test_a_name_with_a_control_character_is_refused() -> None:
    with pytest.raises(SchemaError, match="control character"):
        Schema((Attribute("size", ("a", "\x1b[2Jb")),))
