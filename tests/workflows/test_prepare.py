"""From a catalogue to photos to learn from: several photos a product, labels that are missing, own schemas."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS, leaked
from modiste.errors import CatalogueError, ConfigError, TaxonomyError
from modiste.progress import silent
from modiste.schema import Attribute, Schema
from modiste.workflows.correcting import correct
from modiste.workflows.inspect import inspect
from modiste.workflows.prepare import Prepared, open_labelled, prepare
from modiste.workflows.splitting import check_split, grouped, split_for

SCHEMA = Schema(
    (Attribute("Sort", kind="rules"), Attribute("colour"), Attribute("cut")), hierarchy=("cut", "Sort"), text="title"
)
RULES = """
[[exclude]]
reason = "for the home"
match.shelf = "home"
[[label]]
name = "Tops"
match.shelf = ["shirts", "tees"]
[[label]]
name = "Shoes"
match.shelf = "shoes"
"""

PRODUCTS = [
    ("a", "shirts", "red", "slim", ["1.png", "2.png"]),
    ("b", "shoes", "blue", None, ["3.png"]),
    ("c", "kites", "blue", None, ["4.png", "broken.png"]),  # no rule: learned for its colour
    ("d", None, None, "wide", ["5.png"]),
    ("e", "home", "red", "slim", ["6.png"]),  # excluded on purpose
    ("f", None, None, None, ["7.png"]),  # nothing is known
    ("g", "tees", "red", None, []),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generator = np.random.default_rng(0)
    for number in range(1, 8):
        Image.fromarray(generator.integers(0, 255, (12, 9, 3), np.uint8)).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"")
    (folder / "rules.toml").write_text(RULES)
    frame = pl.DataFrame(PRODUCTS, schema=["id", "shelf", "colour", "cut", "images"], orient="row")
    frame.with_columns(size=pl.Series([36, 36, 38, 38, 40, 40, 40])).write_parquet(folder / "shop.parquet")
    return folder


@pytest.fixture(scope="module")
def prepared(shop: Path) -> Prepared:
    return prepare(shop / "shop.parquet", schema=SCHEMA, taxonomy=shop / "rules.toml")


def test_photos_of_products_with_any_label_are_learned_from(prepared: Prepared) -> None:
    photos = prepared.products
    assert photos.select("id", "image", "Sort", "colour", "cut").rows() == [
        ("a", "1.png", "Tops", "red", "slim"),
        ("a", "2.png", "Tops", "red", "slim"),
        ("b", "3.png", "Shoes", "blue", None),
        ("c", "4.png", None, "blue", None),
        ("d", "5.png", None, None, "wide"),
    ]
    assert photos.schema["size"] == pl.Int64
    for image, row in photos.select("image", "row").iter_rows():
        facts = prepared.cache.facts.filter(pl.col("image") == image)
        assert facts["row"].to_list() == [row]


def test_the_schema_knows_the_rules_labels(prepared: Prepared) -> None:
    assert prepared.labels == ("Tops", "Shoes")
    assert prepared.schema.attribute("Sort").labels == ("Tops", "Shoes")
    assert prepared.schema.hierarchy == ("cut", "Sort")
    assert prepared.stratum == "Sort"


def test_products_and_photos_are_counted_and_nothing_is_left_out_in_silence(prepared: Prepared) -> None:
    found = prepared.inspection
    assert (found.rows, found.products, found.photos) == (7, 4, 5)
    assert found.excluded == (("e", "for the home"), ("f", "no rule matches"))
    assert found.unlabelled == (("c", "no rule matches"), ("d", "no rule matches"))
    assert found.pictures.missing == ("g",)
    assert found.pictures.unreadable == (("c", "the file is empty (broken.png)"),)
    assert found.as_json()["photos"] == 5
    assert list(found.balance) == ["cut", "Sort", "colour"]


def test_targets_are_added_to_the_schema_and_a_finished_run_needs_no_label(shop: Path) -> None:
    sized = prepare(shop / "shop.parquet", schema=SCHEMA, taxonomy=shop / "rules.toml", targets=["size"])
    assert sized.schema.names == ("Sort", "colour", "cut", "size")
    assert sized.stratum == "Sort"
    learned = Schema((Attribute("cut", ("slim", "wide")),))
    opened = prepare(shop / "shop.parquet", schema=learned, targets=None)
    assert opened.products["id"].to_list() == ["a", "a", "b", "c", "d", "e", "f"]
    assert opened.stratum == "cut"


@pytest.mark.parametrize(
    ("schema", "targets", "stratum", "ruled"),
    [
        (Schema((Attribute("colour"), Attribute("cut"))), [], "colour", None),
        (Schema((Attribute("colour"), Attribute("cut"))), ["cut"], "cut", None),
        (SCHEMA, [], "colour", None),  # none of the shipped rules' columns is there
        (SCHEMA, ["cut"], "cut", None),
        (Schema((Attribute("shelf", kind="rules"), Attribute("cut"))), [], "shelf", "shelf"),  # its own column
    ],
)
def test_a_catalogue_does_without_label_rules(
    shop: Path, schema: Schema, targets: list[str], stratum: str, ruled: str | None
) -> None:
    done = prepare(shop / "shop.parquet", schema=schema, targets=targets)
    assert (done.stratum, done.schema.ruled.name if done.schema.ruled else None) == (stratum, ruled)
    assert (done.taxonomy is None) == (ruled is None)
    told = "no Sort: the catalogue lacks masterCategory, articleType, subCategory, which the label rules look at"
    assert done.inspection.warnings == ((told,) if schema is SCHEMA else ())
    assert done.labels == (("home", "kites", "shirts", "shoes", "tees") if ruled else ())


def test_rules_that_do_not_fit_are_an_error_where_they_are_wanted(shop: Path) -> None:
    table = shop / "shop.parquet"
    with pytest.raises(TaxonomyError, match=r"no columns 'masterCategory', .* --schema"):
        open_labelled(table, schema=SCHEMA, targets=["Sort"])
    with pytest.raises(TaxonomyError, match="no columns 'masterCategory'"):
        open_labelled(table, schema=Schema((Attribute("Sort", kind="rules"),)))
    renamed = {"articleType": "shelf"}  # one of the rules' columns is there, so that the others are missing
    with pytest.raises(TaxonomyError, match="no columns 'masterCategory', 'subCategory'"):
        open_labelled(table, schema=SCHEMA, columns=renamed)
    with pytest.raises(TaxonomyError, match=r"rules\.toml: no attribute of schema is given by label rules"):
        open_labelled(table, schema=Schema((Attribute("cut"),)), taxonomy=shop / "rules.toml")
    with pytest.raises(CatalogueError, match=r"no column 'colr' .did you mean 'colour'"):
        open_labelled(table, schema=SCHEMA, targets=["colr"])
    with pytest.raises(CatalogueError, match="an empty name of a column"):
        open_labelled(table, schema=SCHEMA, targets=[""])


def test_a_catalogue_of_which_the_schema_knows_nothing_is_refused(shop: Path) -> None:
    with pytest.raises(CatalogueError, match="none of 7 rows has both a label and a readable picture"):
        prepare(shop / "shop.parquet", schema=Schema((Attribute("fabric"),)))


def test_inspect_takes_a_schema(shop: Path) -> None:
    found = inspect(shop / "shop.parquet", schema=SCHEMA, taxonomy=shop / "rules.toml")
    assert (found.ruled, found.classes) == ("Sort", {"Tops": 1, "Shoes": 1})


def test_all_photos_of_a_product_are_one_group(prepared: Prepared) -> None:
    groups = grouped(prepared, progress=silent)
    assert groups.group_by("id").agg(pl.n_unique("group"))["group"].to_list() == [1] * 4
    assert groups["group"].n_unique() == 4


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """120 products of two or three photos; product n's last photo is product n + 1's first, for every tenth n."""
    folder = tmp_path_factory.mktemp("many")
    generator = np.random.default_rng(1)
    rows, shared = [], None
    for number in range(120):
        photos = []
        for index in range(2 + number % 2):
            pixels = generator.integers(0, 255, (8, 6, 3), np.uint8).repeat(10, axis=0).repeat(10, axis=1)
            if index == 0 and shared is not None:
                pixels, shared = shared, None
            name = f"{number}_{index}.png"
            Image.fromarray(pixels).save(folder / name)
            photos.append(name)
        shared = pixels if number % 10 == 0 else None
        rows.append((number, photos, 2010 + number % 4, "red" if number % 3 else "blue"))
    frame = pl.DataFrame(rows, schema=["id", "images", "year", "colour"], orient="row")
    frame.write_parquet(folder / "shop.parquet")
    parts = frame.select("id", part=pl.when(pl.col("id") < 20).then(pl.lit("test")).otherwise(pl.lit("train")))
    parts.write_csv(folder / "parts.csv")
    return prepare(folder / "shop.parquet", schema=Schema((Attribute("colour"),)))


@pytest.mark.parametrize("way", ["grouped", "random", "year", "parts.csv"])
def test_no_split_divides_a_product(many: Prepared, way: str) -> None:
    folder = Path(many.inspection.source).parent
    config = TrainConfig(split=str(folder / way) if way.endswith("csv") else way)
    photos, split = split_for(many, config, progress=silent)
    assert split.frame["id"].to_list() == list(range(120))
    assert photos.height == 300
    assert photos.group_by("id").agg(pl.n_unique("part"))["part"].max() == 1
    assert set(photos["part"]) == set(PARTS)
    pairs = photos.group_by("group").agg(pl.n_unique("id"))["id"].value_counts()
    assert dict(pairs.iter_rows()) == {2: 12, 1: 96}
    if way == "grouped":
        for part in ("validation", "holdout"):
            assert leaked(split, photos, part).is_empty()


def test_two_photos_of_a_product_are_no_leak_of_a_random_split(many: Prepared) -> None:
    photos, split = split_for(many, TrainConfig(split="random"), progress=silent)
    alike = photos.filter(pl.n_unique("id").over("group") > 1)
    assert set(leaked(split, photos)) <= set(alike["id"])


def test_what_a_split_needs_is_found_out_before_pictures_are_decoded(shop: Path) -> None:
    with pytest.raises(CatalogueError, match="no column 'year'"):
        check_split(TrainConfig(split="year"), shop / "shop.parquet", SCHEMA)
    with pytest.raises(CatalogueError, match="neither a way to split"):
        check_split(TrainConfig(split="groupd"), shop / "shop.parquet", SCHEMA)


def test_a_correction_is_of_all_photos_of_a_product(prepared: Prepared) -> None:
    def corrected(*rows: tuple[str, str, str], key: str = "id") -> pl.DataFrame:
        corrections = pl.DataFrame(rows, schema=dict.fromkeys((key, "attribute", "after"), pl.String), orient="row")
        return correct(
            prepared.products, corrections, schema=prepared.schema, taxonomy=prepared.taxonomy
        ).products.select("id", "Sort", "shelf")

    tops = [("a", "Tops", "shirts")] * 2
    rest = [("b", "Shoes", "shoes"), ("c", None, "kites"), ("d", None, None)]
    assert corrected().rows() == [*tops, *rest]
    for row, key in ((("a", "shelf", "shoes"), "id"), (("photos/2.png", "shelf", "shoes"), "path")):
        assert corrected(row, key=key).rows() == [("a", "Shoes", "shoes")] * 2 + rest
    both = corrected(("a", "shelf", "shoes"), ("a", "Sort", "Boots"))
    assert both.rows() == [("a", "Boots", "shoes")] * 2 + rest
    named = pl.DataFrame({"id": ["a"], "attribute": ["title"], "after": ["x"]})
    with pytest.raises(ConfigError, match="unknown attribute 'title'"):
        correct(prepared.products, named, schema=prepared.schema, taxonomy=None)


def test_changes_are_counted_once_a_product(prepared: Prepared) -> None:
    corrections = pl.DataFrame({"id": ["a"], "attribute": ["shelf"], "after": ["shoes"]})
    reviewed = correct(prepared.products, corrections, schema=prepared.schema, taxonomy=prepared.taxonomy)
    assert reviewed.describe([*prepared.schema.attributes]) == ("1 labels of 1 products changed by corrections",)
