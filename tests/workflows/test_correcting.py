"""A training with corrections: the labels change, and nothing else does."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.small_run import CONFIG as SMALL

from modiste.catalogue.taxonomy import load_taxonomy
from modiste.errors import CatalogueError, ConfigError, RunError
from modiste.runs import Run
from modiste.schema import Schema
from modiste.workflows.correcting import Reviewed, correct
from modiste.workflows.evaluate import evaluate
from modiste.workflows.pipeline import RunResult
from modiste.workflows.train import train

CONFIG = replace(SMALL, epochs=1, targets=["Class", "gender"], start="random")

PRODUCTS = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "masterCategory": ["Apparel"] * 3,
        "subCategory": ["Topwear"] * 3,
        "articleType": ["Tshirts", "Tshirts", "Shirts"],
        "gender": ["Men"] * 3,
        "image": ["1.jpg", "2.jpg", "3.jpg"],
        "Class": ["Tshirts", "Tshirts", "Shirts"],
    }
)


def corrected(*rows: tuple[str, str, str]) -> Reviewed:
    corrections = pl.DataFrame(rows, schema=["id", "attribute", "after"], orient="row")
    return correct(PRODUCTS, corrections, schema=Schema.load(), taxonomy=load_taxonomy())


def test_the_rules_see_what_was_corrected() -> None:
    ruled = corrected(("1", "articleType", "Shirts"))
    assert ruled.products["Class"].to_list() != PRODUCTS["Class"].to_list()
    assert ruled.products["Class"][0] == corrected(("2", "articleType", "Shirts")).products["Class"][1]
    assert ruled.changed is not None
    assert sorted(ruled.changed.rows()) == [(1, "Class"), (1, "articleType")]


def test_what_people_say_of_the_class_wins_over_the_rules() -> None:
    said = corrected(("1", "articleType", "Shirts"), ("1", "Class", "Kimono"), ("2", "gender", "Men"))
    assert said.products["Class"].to_list() == ["Kimono", "Tshirts", "Shirts"]
    assert said.describe(()) == (
        "0 labels of 0 products changed by corrections",
        "labels of Class that are new to the catalogue: 1 (Kimono)",
    )


def test_labels_that_contradict_one_another_are_refused() -> None:
    levels = ("masterCategory", "subCategory", "articleType")
    shop = pl.concat(
        [
            PRODUCTS,
            pl.DataFrame(
                [(4, "Personal Care", "Fragrance", "Perfume and Body Mist", "Men", "4.jpg", "Fragrance")],
                schema=PRODUCTS.schema,
                orient="row",
            ),
        ]
    )

    def corrected_in(*rows: tuple[str, str, str]) -> Reviewed:
        corrections = pl.DataFrame(rows, schema=["id", "attribute", "after"], orient="row")
        return correct(shop, corrections, schema=Schema.load(), taxonomy=load_taxonomy(), where="c.csv")

    for wrong in ([("1", "Class", "Fragrance")], [("1", "subCategory", "Fragrance")]):
        with pytest.raises(
            ConfigError, match=r"c\.csv: no product of the catalogue has such labels together: 1 would be"
        ):
            corrected_in(*wrong)
    perfume = zip(levels, ("Personal Care", "Fragrance", "Perfume and Body Mist"), strict=True)
    said = corrected_in(*(("1", *each) for each in perfume))
    assert said.products["Class"].to_list() == ["Fragrance", "Tshirts", "Shirts", "Fragrance"]


def test_a_label_that_no_rule_knows_leaves_the_class() -> None:
    assert corrected(("1", "articleType", "Kimonos")).products["Class"][0] == "Tshirts"


@pytest.mark.parametrize("attribute", ["id", "image", "group", "width", "colour"])
def test_what_is_no_label_is_not_corrected(attribute: str) -> None:
    with pytest.raises(ConfigError, match="unknown attribute"):
        corrected(("1", attribute, "1"))


@pytest.fixture
def catalogue(small_catalogue: Path) -> Path:
    return small_catalogue


@pytest.fixture
def plain(small_run: RunResult) -> RunResult:
    """A training on the same catalogue, with the same seed, without corrections."""
    return small_run


@pytest.fixture
def file(catalogue: Path, plain: RunResult, tmp_path: Path) -> Path:
    """Forty products are Kimonos, a label that the catalogue does not have; one stranger; one found right."""
    parts = pl.read_parquet(plain.run / "split.parquet")
    ids = parts.filter(pl.col("part") == "train")["id"].head(30).to_list()
    ids += parts.filter(pl.col("part") == "holdout")["id"].head(10).to_list()
    (right,) = pl.read_csv(catalogue / "styles.csv", truncate_ragged_lines=True).filter(pl.col("id") == ids[0])[
        "gender"
    ]
    rows = [(f"somewhere/images/{number}.jpg", "Class", "Kimonos") for number in ids]
    rows += [("somewhere/images/nobody.jpg", "Class", "Kimonos"), (f"images/{ids[0]}.jpg", "gender", right)]
    path = tmp_path / "corrections.csv"
    pl.DataFrame(rows, schema=["path", "attribute", "after"], orient="row").write_csv(path)
    return path


def test_corrections_of_another_catalogue_stop_the_training_at_once(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corrections.csv").write_text(
        "path,attribute,after\nother/x.jpg,Class,Dress\nother/y.jpg,Class,Dress\n"
    )
    monkeypatch.setenv("MODISTE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(
        CatalogueError, match="none of the 2 names of its corrections is the path of a picture"
    ) as caught:
        train(catalogue, tmp_path / "run", replace(CONFIG, corrections=str(tmp_path / "corrections.csv")))
    assert "the corrections say 'other/x.jpg', 'other/y.jpg', the catalogue '" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["corrections.csv"], "no picture was decoded"


def test_a_training_learns_what_people_said(
    catalogue: Path, plain: RunResult, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (catalogue / "styles.csv").read_bytes()
    monkeypatch.chdir(file.parent)
    result = train(catalogue, tmp_path / "run", replace(CONFIG, corrections=file.name))
    assert (catalogue / "styles.csv").read_bytes() == before
    assert pl.read_parquet(result.run / "split.parquet").equals(pl.read_parquet(plain.run / "split.parquet"))
    assert "Kimonos" in result.schema.attributes[0].labels
    assert result.notes == (
        "40 labels of 40 products changed by corrections",
        "passed over, corrections of what is no usable product: 1 (somewhere/images/nobody.jpg)",
        "labels of Class that are new to the catalogue: 1 (Kimonos)",
    )
    assert plain.notes == ()
    assert all(line in result.report.read_text() for line in result.notes)
    assert Run(result.run).config["corrections"] == str(file.resolve())
    answers = pl.read_parquet(result.run / "predictions.parquet")
    assert answers.filter(pl.col("Class_true") == "Kimonos").height == 40

    kept = file.read_bytes()
    try:
        file.write_text("path,attribute,after\nimages/1.jpg,Class,Dress\n")
        again = evaluate(result.run)
        assert again.scores["Class"].scores == result.scores["holdout"]["Class"].scores
        with pytest.raises(RunError, match="began with other corrections"):
            train(catalogue, result.run, replace(CONFIG, corrections=file.name), resume=True)
    finally:
        file.write_bytes(kept)
    train(catalogue, result.run, replace(CONFIG, corrections=file.name), resume=True)
