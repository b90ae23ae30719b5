"""Catalogues that are not the study's: a table with columns of its own, and a folder of photos per class."""

import html
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest
import tomli_w
from PIL import Image

from modiste.cli.main import main
from modiste.config import TrainConfig
from modiste.dataset.split import describe_few
from modiste.errors import TaxonomyError
from modiste.portable.bundle import read_bundle
from modiste.runs import Run
from modiste.sample.draw import draw_catalogue
from modiste.workflows.evaluate import evaluate
from modiste.workflows.export import export
from modiste.workflows.pipeline import RunResult
from modiste.workflows.train import train

CONFIG = TrainConfig(epochs=1, batch_size=16, width=32, height=40, shift=2, targets=["kind"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `own.csv` (id, image, kind, colour) and `photos`."""
    folder = tmp_path_factory.mktemp("shop")
    drawn = draw_catalogue(folder / "drawn", products=200, seed=4).directory
    table = pl.read_csv(drawn / "styles.csv", infer_schema=False, truncate_ragged_lines=True)
    table = table.filter(pl.col("masterCategory").is_in(["Apparel", "Footwear", "Accessories"]))
    own = table.select("id", image=pl.col("id") + ".jpg", kind="masterCategory", colour="baseColour")
    last = pl.int_range(pl.len()) >= pl.len() - 2
    own.with_columns(kind=pl.when(last).then(pl.lit("Rare")).otherwise("kind")).write_csv(folder / "own.csv")
    (drawn / "images").rename(folder / "photos")
    return folder


@pytest.fixture(scope="module")
def result(shop: Path) -> RunResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop)
        return train(Path("own.csv"), Path("run"), replace(CONFIG, images="photos", start="random"))


@pytest.fixture(scope="module")
def bundle(result: RunResult, shop: Path) -> Path:
    return export(shop / result.run, shop / "own.modiste", int8=False).bundle


def test_a_table_without_the_study_s_columns_is_learned_from(result: RunResult, shop: Path) -> None:
    assert list(result.schema.names) == ["kind"]
    assert "Class" not in result.scores["holdout"]
    page = (shop / result.report).read_text()
    assert "Products by kind" in page
    assert ">Class<" not in page
    assert "Products by Class" not in page
    parts = pl.read_parquet(shop / "run" / "split.parquet").join(
        pl.read_csv(shop / "own.csv").select("id", "kind"), on="id"
    )
    shares = (
        parts.filter(pl.col("kind") != "Rare").group_by("kind").agg((pl.col("part") == "holdout").mean().alias("share"))
    )
    assert shares["share"].is_between(0.02, 0.2).all()


def test_a_run_can_be_scored_from_any_folder(result: RunResult, shop: Path, tmp_path: Path) -> None:
    """Although its pictures were named by a relative path."""
    assert Run(shop / "run").config["images"] == str(shop / "photos")
    again = evaluate(shop / "run")
    assert again.scores["kind"].scores == result.scores["holdout"]["kind"].scores
    pl.read_csv(shop / "own.csv").rename({"id": "sku"}).write_csv(tmp_path / "other.csv")
    other = evaluate(shop / "run", catalogue=tmp_path / "other.csv", columns={"id": "sku"}, images=shop / "photos")
    assert other.scores["kind"].scores.n > again.scores["kind"].scores.n


def test_it_is_resumed_whether_paths_are_relative_or_not(
    result: RunResult, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = replace(CONFIG, images="photos", start="random")
    monkeypatch.chdir(shop)
    absolute = replace(config, images=str(shop / "photos"))
    assert train(Path("own.csv"), Path("run"), absolute, resume=True).trained.history.equals(result.trained.history)
    run = Run(Path("run"))
    run.change_config(run.config | {"images": "photos"})  # as runs were written once
    (shop / "settings.toml").write_text(tomli_w.dumps(asdict(config)))
    main(["train", "own.csv", "--out", "run", "--config", "settings.toml", "--resume"])
    assert "Too few products, or too few that differ, to be in every part: Rare (" in capsys.readouterr().out


def test_labels_with_too_few_products_are_named(result: RunResult, shop: Path) -> None:
    assert list(result.too_few) == ["Rare"]
    (line,) = describe_few(result.too_few)
    assert line in html.unescape((shop / result.report).read_text())


def test_its_bundle_knows_its_labels(bundle: Path) -> None:
    (kind,) = read_bundle(bundle).attributes
    assert (kind.name, set(kind.labels)) == ("kind", {"Accessories", "Apparel", "Footwear", "Rare"})


def test_what_the_rules_miss_is_told_with_the_table_s_name(shop: Path, tmp_path: Path) -> None:
    for targets in ([], ["Class"], ["Class", "kind"]):
        told = r"own\.csv: no columns 'masterCategory', 'articleType', 'subCategory', which .* fashion30"
        with pytest.raises(TaxonomyError, match=told):
            train(shop / "own.csv", tmp_path / "run", replace(CONFIG, images=str(shop / "photos"), targets=targets))


def test_a_folder_per_class_of_photos_of_any_size(shop: Path, bundle: Path, tmp_path: Path) -> None:
    """Larger than what the bundle that it starts from has seen."""
    for number, row in enumerate(pl.read_csv(shop / "own.csv").iter_rows(named=True)):
        if not (shop / "photos" / row["image"]).is_file() or number >= 90:
            continue
        target = tmp_path / "shop" / row["kind"] / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with Image.open(shop / "photos" / row["image"]) as photo:
                photo.resize((60 + number * 3, 240 - number * 2)).save(target)
        except OSError:  # a drawn catalogue has its damaged pictures, too
            target.write_bytes(b"damaged")
    config = TrainConfig(epochs=1, batch_size=16, width=64, height=64, start=str(bundle))
    done = train(tmp_path / "shop", tmp_path / "run", config)
    assert [(each.name, each.labels) for each in done.schema.attributes] == [
        ("Class", ("Accessories", "Apparel", "Footwear"))
    ]
    assert evaluate(done.run).scores["Class"].scores == done.scores["holdout"]["Class"].scores
