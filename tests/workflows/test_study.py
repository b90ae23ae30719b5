import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from modiste.config import StudyConfig
from modiste.dataset.split import PARTS
from modiste.errors import CatalogueError, RunError
from modiste.predictions import Predictions
from modiste.runs import Run
from modiste.sample.draw import draw_catalogue
from modiste.workflows.evaluate import evaluate
from modiste.workflows.pipeline import RunResult
from modiste.workflows.scores import AttributeScores
from modiste.workflows.study import study

CONFIG = StudyConfig(epochs=1, bn_momentum=0.5, batch_size=16)


def scores_of(result: RunResult, part: str) -> AttributeScores:
    """The scores of the one attribute that a study has."""
    (scores,) = result.scores[part].values()
    return scores


def same(one: AttributeScores, other: AttributeScores) -> bool:
    return one.as_json() == other.as_json()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_catalogue(tmp_path_factory.mktemp("study") / "catalogue", products=260, seed=3).directory


@pytest.fixture(scope="module")
def result(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return study(catalogue, tmp_path_factory.mktemp("study") / "run", CONFIG)


def test_the_run_folder_holds_what_it_promises(result: RunResult) -> None:
    assert Run(result.run).config["bn_momentum"] == 0.5
    split = pl.read_parquet(result.run / "split.parquet")
    assert split.columns == ["id", "part"]
    assert split["id"].dtype == pl.Int64
    metrics = json.loads((result.run / "metrics.json").read_text())
    assert list(metrics) == ["train", "validation", "holdout"]
    for scores in metrics.values():
        for name in ("accuracy", "top3", "macro_f1", "balanced_accuracy"):
            assert 0 <= scores[name]["low"] <= scores[name]["value"] <= scores[name]["high"] <= 1
    assert metrics["holdout"]["without_leaks"]["n"] == metrics["holdout"]["n"] - metrics["holdout"]["leaked"]
    answers = pl.read_parquet(result.run / "predictions.parquet")
    assert sorted(answers["id"]) == sorted(split["id"])
    assert "True: " in (result.run / "report.html").read_text()


def test_metrics_follow_from_the_predictions(result: RunResult) -> None:
    answers = pl.read_parquet(result.run / "predictions.parquet").filter(pl.col("part") == "holdout")
    right = (answers["Class_true"] == answers["Class"]).mean()
    assert right == pytest.approx(scores_of(result, "holdout").scores.accuracy.value)


def test_predictions_are_in_the_one_form(result: RunResult) -> None:
    told = Predictions.read_parquet(result.run / "predictions.parquet")
    assert told.schema.names == ("Class",)
    assert len(told.schema.attributes[0].labels) == 30
    assert told.probabilities("Class").sum(axis=1) == pytest.approx(1, abs=0.01)
    assert next(label for label, _ in told[0].answers["Class"].top) == told.labels("Class")[0]


def test_a_run_scores_the_same_again(result: RunResult, catalogue: Path) -> None:
    again = evaluate(result.run)
    assert same(again.scores["Class"], scores_of(result, "holdout"))
    other = evaluate(result.run, catalogue=catalogue)
    assert other.part == "all"
    assert other.scores["Class"].scores.n == sum(scores_of(result, part).scores.n for part in PARTS)


def test_resuming_a_finished_run_trains_no_more(
    result: RunResult, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shutil.copytree(result.run, tmp_path / "run")
    monkeypatch.setattr("modiste.workflows.study.study_page", lambda report: "")  # the run itself has one
    again = study(catalogue, run, CONFIG, resume=True)
    assert again.trained.history.equals(result.trained.history)
    assert again.metrics == result.metrics


def test_a_run_is_not_overwritten_nor_resumed_with_other_settings(result: RunResult, catalogue: Path) -> None:
    with pytest.raises(RunError, match="exists already"):
        study(catalogue, result.run, CONFIG)
    with pytest.raises(RunError, match="seed"):
        study(catalogue, result.run, StudyConfig(epochs=1, bn_momentum=0.5, batch_size=16, seed=1), resume=True)


def test_a_run_of_another_verb_is_not_resumed(catalogue: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", kind="train", config=asdict(CONFIG), catalogue=catalogue, packages=())
    with pytest.raises(RunError, match="made by `modiste train`; give a run of `modiste study`"):
        study(catalogue, run.path, CONFIG, resume=True)


def test_the_run_folder_is_looked_at_before_the_catalogue(result: RunResult, tmp_path: Path) -> None:
    for resume, reason in ((False, "exists already"), (True, "began with the catalogue")):
        with pytest.raises(RunError, match=reason):
            study(tmp_path / "nowhere", result.run, CONFIG, resume=resume)


def test_a_catalogue_that_cannot_be_used_leaves_no_run_folder(catalogue: Path, tmp_path: Path) -> None:
    picture = max((catalogue / "images").glob("*.jpg"), key=lambda path: path.stat().st_size)
    (tmp_path / "shop" / "hats").mkdir(parents=True)
    (tmp_path / "shop" / "hats" / "one.jpg").write_bytes(picture.read_bytes())
    for number in range(9):
        (tmp_path / "hats" / "hats").mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 80), (number, 9, 9)).save(tmp_path / "hats" / "hats" / f"{number}.png")
    for shop, reason in (
        ("nowhere", "no such file"),
        ("shop", "three products"),
        ("hats", "every product has the label 'hats'; two labels are the least"),
    ):
        with pytest.raises(CatalogueError, match=reason):
            study(tmp_path / shop, tmp_path / "runs" / "one", CONFIG)
    assert not (tmp_path / "runs").exists()


def test_a_run_keeps_its_settings_where_resuming_fails(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    run = Run.create(tmp_path / "run", kind="study", config=asdict(CONFIG), catalogue=gone, packages=())
    with pytest.raises(CatalogueError, match="no such file"):
        study(gone, run.path, replace(CONFIG, epochs=9), resume=True)
    assert Run(run.path).config["epochs"] == CONFIG.epochs


def test_a_grouped_split_leaks_nothing(catalogue: Path, tmp_path: Path) -> None:
    config = StudyConfig(epochs=1, bn_momentum=0.5, batch_size=64, split="grouped", greyscale=True)
    assert scores_of(study(catalogue, tmp_path / "run", config), "holdout").leaked == 0


def test_a_folder_per_class_needs_no_taxonomy(catalogue: Path, tmp_path: Path) -> None:
    pictures = sorted(path for path in (catalogue / "images").glob("*.jpg") if path.stat().st_size > 900)[:40]
    for number, path in enumerate(pictures):
        target = tmp_path / "shop" / ("even" if number % 2 else "odd") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    done = study(tmp_path / "shop", tmp_path / "run", CONFIG)
    assert done.schema.attributes[0].labels == ("even", "odd")
    assert same(evaluate(done.run).scores["Class"], scores_of(done, "holdout"))


def test_a_table_with_other_names_and_its_own_folder_of_pictures(catalogue: Path, tmp_path: Path) -> None:
    table = pl.read_csv(catalogue / "styles.csv", infer_schema=False, truncate_ragged_lines=True).head(120)
    table = table.with_columns((pl.col("id") + ".jpg").alias("photo")).rename({"id": "sku"})
    table.write_csv(tmp_path / "shop.csv")
    config = StudyConfig(
        epochs=1, bn_momentum=0.5, columns={"id": "sku", "image": "photo"}, images=str(catalogue / "images")
    )
    done = study(tmp_path / "shop.csv", tmp_path / "run", config)
    assert sum(scores_of(done, part).scores.n for part in PARTS) > 100
    assert same(evaluate(done.run).scores["Class"], scores_of(done, "holdout"))
