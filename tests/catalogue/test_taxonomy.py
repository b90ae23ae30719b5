from pathlib import Path

import pytest

from modiste.catalogue.taxonomy import Label, Rule, Taxonomy, load_taxonomy
from modiste.errors import TaxonomyError

STUDY_LABELS = [
    "Tshirts",
    "Shirts",
    "Tops",
    "Kurtas",
    "Outerwear",
    "Jeans",
    "Trousers",
    "Shorts",
    "Dress",
    "Saree",
    "Innerwear",
    "Loungewear and Nightwear",
    "Socks",
    "Casual Shoes",
    "Sports Shoes",
    "Formal Shoes",
    "Heels",
    "Flats",
    "Sandal",
    "Flip Flops",
    "Bags",
    "Wallets",
    "Watches",
    "Jewellery",
    "Eyewear",
    "Belts",
    "Headwear",
    "Accessories",
    "Fragrance",
    "Beauty",
]

SMALL = """
name = "small"
[[exclude]]
reason = "not sold here"
match.department = "Garden"
[[label]]
name = "Knitwear"
match.department = ["Knits", "Wool"]
match.season = "Winter"
words = ["jumper", "cardigan"]
[[label]]
name = "Hats"
match = [{ type = "Hat" }, { type = "Cap", season = ["Summer", "Spring"] }]
"""


def load(text: str, folder: Path) -> Taxonomy:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return load_taxonomy(path)


def test_the_shipped_taxonomy_has_the_study_labels_in_order() -> None:
    taxonomy = load_taxonomy()
    assert list(taxonomy.label_names) == STUDY_LABELS
    assert taxonomy.columns == ("masterCategory", "articleType", "subCategory")
    assert taxonomy.name == "fashion30"


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    taxonomy = load(SMALL, tmp_path)
    assert taxonomy.name == "small"
    assert taxonomy.columns == ("department", "season", "type")
    knitwear, hats = taxonomy.labels
    assert knitwear == Label(
        name="Knitwear",
        rules=(Rule({"department": ("Knits", "Wool"), "season": ("Winter",)}),),
        words=("jumper", "cardigan"),
    )
    assert [str(rule) for rule in hats.rules] == ["type = Hat", "type = Cap and season = Summer | Spring"]
    assert taxonomy.exclude[0].reason == "not sold here"
    assert taxonomy.ambiguous == ()


def test_a_label_is_described_by_its_name_values_and_words(tmp_path: Path) -> None:
    taxonomy = load(SMALL, tmp_path)
    assert taxonomy.phrases["Knitwear"] == ("Knitwear", "Knits", "Wool", "Winter", "jumper", "cardigan")


def test_the_name_defaults_to_the_file(tmp_path: Path) -> None:
    assert load('[[label]]\nname = "A"\nmatch.type = "a"', tmp_path).name == "rules"


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_text(SMALL, encoding="utf-8-sig")
    assert load_taxonomy(tmp_path / "bom.toml").name == "small"


def test_one_value_may_serve_two_labels_where_the_columns_differ(tmp_path: Path) -> None:
    special = '[[label]]\nname = "A"\nmatch.type = "x"\nmatch.season = "Winter"\n'
    general = '[[label]]\nname = "B"\nmatch.type = "x"\n'
    assert load(special + general, tmp_path).label_names == ("A", "B")


LABEL = '[[label]]\nname = "A"\nmatch.type = "x"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no label; add a [[label]]"),
        ('[[label]]\nname = A"', "at line 2, column 8"),
        ('[[lable]]\nname = "A"', "unknown key 'lable' (did you mean 'label'?)"),
        (LABEL + 'word = "y"', "label 1 'A': unknown key 'word' (did you mean 'words'?)"),
        ('[[exclude]]\nmatch.type = "x"\n' + LABEL, "exclude 1: the key 'reason' is missing"),
        ('[[label]]\nmatch.type = "x"', "label 1: the key 'name' is missing"),
        ('[[label]]\nname = "A"', "label 1 'A': the key 'match' is missing"),
        ('[[label]]\nname = "A"\nmatch = {}', "match names no column"),
        ('[[label]]\nname = "A"\nmatch = []', "match names no column"),
        ('[[label]]\nname = "A"\nmatch = "x"', "match names no column"),
        ('[[label]]\nname = "A"\nmatch.type = []', "label 1 'A' match.type: the list is empty"),
        ('[[label]]\nname = "A"\nmatch.type = ["x", "x"]', "'x' is listed twice"),
        ('[[label]]\nname = "A"\nmatch.year = 2012', "match.year: 2012 is no text"),
        ('[[label]]\nname = " "\nmatch.type = "x"', "label 1 ' ' name: ' ' is no text"),
        ('[[label]]\nname = "A"\n[[label.match]]\ntype = "x"\nwords = ["y"]', "words stands inside match"),
        ('label = "A"', "label: must be a list of tables; head each entry with [[label]]"),
        ("name = 3\n" + LABEL, "name: 3 is no text"),
        (LABEL + '[[label]]\nname = "a"\nmatch.type = "y"', "two labels are called 'a'"),
        (
            LABEL + '[[label]]\nname = "B"\nmatch.type = ["w", "x"]',
            "type = 'x' is claimed by label 'A' and by label 'B'",
        ),
        (
            '[[label]]\nname = "A"\nmatch = [{ type = "x" }, { type = "x" }]',
            "type = 'x' is claimed twice by label 'A'",
        ),
        (
            '[[ambiguous]]\nreason = "r"\nmatch.type = "x"\n' + LABEL,
            "is claimed by ambiguous 'r' and by label 'A'",
        ),
        ("a = " + "[" * 5000, "is no valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError) as caught:
        load(text, tmp_path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "rules.toml"))
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"none\.toml: cannot be read: No such file"):
        load_taxonomy(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "Caf\xe9"')
    with pytest.raises(TaxonomyError, match=r"latin\.toml: is not UTF-8 text"):
        load_taxonomy(tmp_path / "latin.toml")
