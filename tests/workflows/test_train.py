"""A tagger from end to end on a drawn catalogue: train, evaluate, export, tag."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.small_run import CONFIG

from modiste.errors import CatalogueError, ConfigError, ModisteError, OutputError, RunError
from modiste.portable.bundle import read_bundle
from modiste.predictions import Predictions
from modiste.runs import Run
from modiste.schema import Schema
from modiste.tagging.tagger import Tagger
from modiste.workflows.evaluate import evaluate
from modiste.workflows.export import ExportResult, export
from modiste.workflows.pipeline import RunResult
from modiste.workflows.quantise import Quantised, quantised
from modiste.workflows.train import train


@pytest.fixture
def catalogue(small_catalogue: Path) -> Path:
    return small_catalogue


@pytest.fixture
def result(small_run: RunResult) -> RunResult:
    return small_run


@pytest.fixture
def without_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """To draw the page takes as long as all else; the run itself has one."""
    monkeypatch.setattr("modiste.workflows.train.tagger_page", lambda report: "")


@pytest.fixture
def exported(small_export: ExportResult) -> ExportResult:
    return small_export


def test_the_run_folder_holds_what_it_promises(result: RunResult) -> None:
    split = pl.read_parquet(result.run / "split.parquet")
    metrics = json.loads((result.run / "metrics.json").read_text())
    assert list(metrics) == ["train", "validation", "holdout"]
    assert set(metrics["holdout"]) <= set(Schema.load().names)
    for scores in metrics["holdout"].values():
        for name in ("accuracy", "top3", "macro_f1", "balanced_accuracy"):
            assert 0 <= scores[name]["low"] <= scores[name]["value"] <= scores[name]["high"] <= 1
    answers = pl.read_parquet(result.run / "predictions.parquet")
    assert sorted(answers["id"]) == sorted(split["id"])
    assert "Class" in result.report.read_text()
    told = Predictions.read_parquet(result.run / "predictions.parquet")
    assert told.schema == result.schema
    assert told.kept == ("probabilities", "embedding")
    assert np.linalg.norm(told.embedding, axis=1) == pytest.approx(1, abs=0.01)


def test_it_learns_something_of_every_attribute(result: RunResult) -> None:
    for name, item in result.scores["train"].items():
        assert item.scores.top3.value > 3 / 30, name
    assert result.trained.history["loss"][-1] < result.trained.history["loss"][0]


def test_joint_answers_contradict_the_taxonomy_nowhere(result: RunResult) -> None:
    answers = pl.read_parquet(result.run / "predictions.parquet")
    levels = ["masterCategory", "subCategory", "articleType", "Class"]
    known = answers.filter(pl.col("part") == "train").select(f"{level}_true" for level in levels).drop_nulls()
    given = answers.select(levels)
    assert set(given.unique().iter_rows()) <= set(known.unique().iter_rows())
    assert result.inconsistent > 0


def test_a_run_scores_the_same_again(result: RunResult, catalogue: Path) -> None:
    again = evaluate(result.run)
    for name, item in again.scores.items():
        assert item.scores == result.scores["holdout"][name].scores
    other = evaluate(result.run, catalogue=catalogue)
    assert other.scores["Class"].scores.n == sum(each["Class"].scores.n for each in result.scores.values())


@pytest.mark.usefixtures("without_page")
def test_resuming_goes_on_where_it_was_and_with_the_same_settings(
    result: RunResult, catalogue: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(result.run, tmp_path / "run")
    again = train(catalogue, run, CONFIG, resume=True)
    assert again.trained.history.equals(result.trained.history)
    with pytest.raises(RunError, match="epochs"):
        train(catalogue, run, replace(CONFIG, epochs=3), resume=True)
    with pytest.raises(RunError, match="exists already"):
        train(catalogue, run, CONFIG)


def test_an_exported_tagger_answers_as_the_run_did(exported: ExportResult, result: RunResult, catalogue: Path) -> None:
    assert exported.converted < 1e-3
    tags = Tagger.load(exported.bundle).tag(catalogue).to_frame()
    tags = tags.with_columns(pl.col("path").str.extract(r"(\d+)\.jpg$").cast(pl.Int64).alias("id"))
    both = pl.read_parquet(result.run / "predictions.parquet").join(tags, on="id")
    assert both.height == sum(each["Class"].scores.n for each in result.scores.values())
    for name in ("Class", "baseColour"):
        np.testing.assert_allclose(both[f"{name}_probability"], both[f"{name}_probability_right"], atol=0.02)
        assert both.filter(pl.col(f"{name}_right") == pl.col(name)).height > 0.97 * both.height


def test_the_card_says_what_the_run_measured(exported: ExportResult, result: RunResult) -> None:
    card = read_bundle(exported.bundle).card
    assert card["metrics"]["Class"]["accuracy"]["value"] == result.scores["holdout"]["Class"].scores.accuracy.value
    assert card["consistency"]["inconsistent_heads"] == result.inconsistent
    assert card["licence"].startswith("not stated")
    assert card["export"]["checked"] == sum(card["data"]["products"].values()) < 1000
    assert any("season and usage" in limit for limit in card["limits"])
    assert {row["label"] for row in card["labels"]["gender"]} == set(result.schema.attribute("gender").labels)


def test_a_bundle_in_8_bits_is_measured_and_calibrated_as_it_ships(
    exported: ExportResult, result: RunResult, catalogue: Path, tmp_path: Path
) -> None:
    small = export(result.run, tmp_path / "small.modiste", int8=True)
    assert small.int8
    assert small.cost is not None
    assert small.bytes < 0.7 * exported.bytes
    bundle = read_bundle(small.bundle)
    assert bundle.card["export"]["numbers"] == "int8"
    assert bundle.card["export"]["int8_on_validation"]["changed"] == small.cost.changed
    tags = Tagger.load(small.bundle).tag(catalogue).to_frame()
    tags = tags.with_columns(pl.col("path").str.extract(r"(\d+)\.jpg$").cast(pl.Int64).alias("id"))
    both = pl.read_parquet(result.run / "predictions.parquet").join(tags, on="id").drop_nulls("Class_true")
    seen = both.filter(pl.col("part") == "validation")
    assert seen.height == small.cost.products
    assert seen.filter(pl.col("Class_right") != pl.col("Class")).height == small.cost.changed
    right = [np.sum(seen["Class_true"].to_numpy() == seen[name].to_numpy()) for name in ("Class", "Class_right")]
    assert small.cost.lost == pytest.approx((right[0] - right[1]) / seen.height)
    stated = np.sort(seen["Class_probability_right"].to_numpy())
    for confidence in bundle.calibration[0].confidence:
        assert np.abs(stated - confidence).min() < 1e-3
    held = both.filter(pl.col("part") == "holdout")
    accuracy = bundle.card["metrics"]["Class"]["accuracy"]["value"]
    assert accuracy == pytest.approx(np.mean(held["Class_true"].to_numpy() == held["Class_right"].to_numpy()))


def test_8_bits_that_cost_too_much_are_not_taken(
    result: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modiste.workflows.export.quantised", once(quantised))
    monkeypatch.setattr("modiste.workflows.export.MOST_LOST", -2.0)
    whole = export(result.run, tmp_path / "whole.modiste")
    assert not whole.int8
    said = read_bundle(whole.bundle).card["export"]
    assert said["numbers"] == "float32"
    assert said["int8_on_validation"]["lost"] > -2
    monkeypatch.setattr("modiste.workflows.export.MOST_LOST", 2.0)
    assert export(result.run, tmp_path / "whole.modiste", overwrite=True).int8


def once(work: Callable[..., Quantised]) -> Callable[..., Quantised]:
    """Does some work when it is first asked for, and gives the same result ever after."""
    done: list[Quantised] = []

    def again(*arguments: Any, **options: Any) -> Quantised:
        if not done:
            done.append(work(*arguments, **options))
        return done[0]

    return again


def test_a_bundle_is_not_overwritten_unasked(exported: ExportResult, result: RunResult) -> None:
    with pytest.raises(OutputError, match="exists already"):
        export(result.run, exported.bundle)


@pytest.mark.usefixtures("without_page")
def test_a_pupil_learns_from_a_teacher_of_another_size(result: RunResult, catalogue: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, width=40, height=48, epochs=1, teacher=str(result.run), teaching=1.0)
    board = tmp_path / "board"
    pupil = train(catalogue, tmp_path / "pupil", config, tensorboard=board)
    assert math.isfinite(pupil.trained.history["loss"][0])
    assert b"validation/Class" in next(board.glob("events.*")).read_bytes()
    with pytest.raises(RunError, match="from other products"):
        train(catalogue, tmp_path / "other", replace(config, seed=1))
    with pytest.raises(RunError, match="other attributes"):
        train(catalogue, tmp_path / "other", replace(config, targets=["gender"]))
    assert not (tmp_path / "other").exists()


def test_a_start_that_fails_leaves_nothing_behind(catalogue: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for start, board, reason in (
        ("nothere.modiste", None, "nothere.modiste"),
        (str(catalogue / "styles.csv"), None, "styles.csv"),
        ("random", tmp_path / "file", "cannot be written"),
    ):
        with pytest.raises(ModisteError, match=reason):
            train(catalogue, tmp_path / "run", replace(CONFIG, start=start), tensorboard=board)
    for table, config in (
        ("weights", replace(CONFIG, weights={"baseColor": 1.0})),
        ("imbalance", replace(CONFIG, imbalance={"baseColor": "focal"})),
    ):
        told = rf"\[{table}\]: unknown column 'baseColor' \(did you mean 'baseColour'\?\)"
        with pytest.raises(ConfigError, match=told):
            train(catalogue, tmp_path / "run", config)
    assert not (tmp_path / "run").exists()


def test_a_new_run_s_folder_may_hold_its_board(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("modiste.workflows.train.fit", reached)
    with pytest.raises(KeyboardInterrupt):
        train(catalogue, tmp_path / "run", replace(CONFIG, start="random"), tensorboard=tmp_path / "run" / "board")
    assert (tmp_path / "run" / "board").is_dir()


def test_a_run_of_another_verb_is_not_resumed(result: RunResult, catalogue: Path, tmp_path: Path) -> None:
    Run.create(tmp_path / "run", kind="study", config={}, catalogue=catalogue, packages=())
    with pytest.raises(RunError, match="made by `modiste study`; give a run of `modiste train`"):
        train(catalogue, tmp_path / "run", CONFIG, resume=True)


def test_a_target_that_cannot_be_learned_is_named(catalogue: Path, tmp_path: Path) -> None:
    for targets, message in (
        (["colour"], r"no column 'colour'"),
        (["usge"], r"no column 'usge' \(did you mean 'usage'\?\)"),
    ):
        with pytest.raises(CatalogueError, match=message):
            train(catalogue, tmp_path / "run", replace(CONFIG, targets=targets))
    with pytest.raises(CatalogueError, match="neither a way to split"):
        train(catalogue, tmp_path / "run", replace(CONFIG, split="groupd"))
    assert not (tmp_path / "run").exists()
