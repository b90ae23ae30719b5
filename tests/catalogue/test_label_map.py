from pathlib import Path

import polars as pl
import pytest

from modiste.catalogue.label_map import LabelMap, one_of
from modiste.errors import CatalogueError, ConfigError
from modiste.schema import Attribute, Schema

WHOLE = """
format = 1
column = "label"
group = "sender"
times = 3
columns = { id = "image" }

[labels]
Skip = false

[labels."T-Shirt"]
Class = "Tshirts"
usage = "Casual"

[labels.Pants]
Class = ["Trousers", "Jeans"]
"""

PRODUCTS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4, 5],
        "label": ["T-Shirt", "Pants", "Skip", "Shoes", None],
        "sender": ["a", "b", "a", "b", "a"],
        "Class": ["theirs"] * 5,
    }
)


def read(tmp_path: Path, text: str) -> LabelMap:
    file = tmp_path / "map.toml"
    file.write_text(text)
    return LabelMap.load(file)


def test_a_map_says_what_labels_mean(tmp_path: Path) -> None:
    read_map = read(tmp_path, WHOLE)
    assert (read_map.group, read_map.times, read_map.columns) == ("sender", 3, {"id": "image"})
    mapped = read_map.apply(PRODUCTS, where="shop")
    assert mapped.frame["id"].to_list() == [1, 2]
    assert mapped.frame["Class"].to_list() == ["Tshirts", None]
    assert mapped.frame[one_of("Class")].to_list() == [None, ["Trousers", "Jeans"]]
    assert mapped.frame["usage"].to_list() == ["Casual", None]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    omissions = read(tmp_path, WHOLE).apply(PRODUCTS, where="shop").omissions
    assert [(each.count, each.examples) for each in omissions] == [(1, ("3",)), (1, ("4",)), (1, ("5",))]
    told = " ".join(each.reason for each in omissions)
    assert "'Skip', which means none of ours" in told
    assert "'Shoes', which" in told
    assert "products without label" in told


def test_a_map_comes_back_as_it_was_written(tmp_path: Path) -> None:
    once = read(tmp_path, WHOLE)
    assert read(tmp_path, once.to_toml()) == once


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('colum = "label"', "unknown key 'colum'; did you mean 'column'"),
        ("format = 2", "another format"),
        ("[labels.A]\nClass = 'B'", "which column holds the labels"),
        ('column = "label"', "it maps no label"),
        ('column = "label"\n[labels]\nA = false', "no label to any of ours"),
        ('column = "label"\n[labels]\nA = "B"', "mapped to 'B'"),
        ('column = "label"\n[labels.A]\nClass = 3', "Class = 3"),
        ('column = "label"\n[labels.A]\nClass = []', "Class = "),
        ('column = "label"\ntimes = 0\n[labels.A]\nClass = "B"', "times is 0"),
        ('column = "label"\ngroup = 4\n[labels.A]\nClass = "B"', "group is 4"),
        ('column = "label"\ncolumns = 4\n[labels.A]\nClass = "B"', "columns is 4"),
        ("column = ", "cannot be read as TOML"),
    ],
)
def test_a_wrong_map_says_what_is_wrong(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"map\.toml") as error:
        read(tmp_path, text)
    assert told in str(error.value)


def test_labels_that_are_not_ours_are_named(tmp_path: Path) -> None:
    read_map = read(tmp_path, WHOLE)
    ours = Schema((Attribute("Class", ("Tshirts", "Trouser", "Jeans")), Attribute("usage")))
    with pytest.raises(ConfigError, match="Class has no label 'Trousers'; did you mean 'Trouser'"):
        read_map.check(ours)
    with pytest.raises(ConfigError, match="no attribute 'Class'"):
        read_map.check(Schema((Attribute("usage"),)))
    read_map.check(Schema((Attribute("Class"), Attribute("usage"))))


def test_a_catalogue_that_a_map_does_not_fit_is_refused(tmp_path: Path) -> None:
    read_map = read(tmp_path, WHOLE)
    with pytest.raises(CatalogueError, match="no column 'label'"):
        read_map.apply(PRODUCTS.rename({"label": "kind"}), where="shop")
    with pytest.raises(CatalogueError, match="no column 'sender'"):
        read_map.apply(PRODUCTS.drop("sender"), where="shop")
    with pytest.raises(CatalogueError, match=r"no product has a label .*it has Hat\)"):
        read_map.apply(PRODUCTS.with_columns(label=pl.lit("Hat")), where="shop")
    with pytest.raises(ConfigError, match="check --map"):
        LabelMap.load(tmp_path / "none.toml")
