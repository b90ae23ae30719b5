"""A catalogue whose folders are parts of a split, from training to bundle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from modiste.config import StudyConfig, TrainConfig
from modiste.errors import CatalogueError, RunError
from modiste.runs import Run
from modiste.workflows.evaluate import evaluate
from modiste.workflows.export import export
from modiste.workflows.pipeline import RunResult
from modiste.workflows.splitting import settled
from modiste.workflows.study import study
from modiste.workflows.train import train

CONFIG = TrainConfig(epochs=1, batch_size=16, width=32, height=40, shift=2, shallow=True, start="random")
SIZES = {"Train": 24, "test": 6}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes, told by their brightness; one picture of the hold-out is in training, too."""
    folder, random = tmp_path_factory.mktemp("given") / "shop", np.random.default_rng(0)
    for part, size in SIZES.items():
        for label, low in (("Dark", 0), ("Light", 128)):
            (folder / part / label).mkdir(parents=True)
            for number in range(size):
                coarse = Image.fromarray(random.integers(low, low + 128, (8, 6, 3), dtype=np.uint8))
                coarse.resize((60, 80)).save(folder / part / label / f"{number}.png")
    (folder / "test" / "Dark" / "0.png").write_bytes((folder / "Train" / "Dark" / "0.png").read_bytes())
    return folder


@pytest.fixture(scope="module")
def result(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train(shop, tmp_path_factory.mktemp("given") / "run", CONFIG)


def parts(result: RunResult) -> dict[tuple[str, str], int]:
    split = pl.read_parquet(result.run / "split.parquet")
    counts = split.group_by(pl.col("id").str.extract("^([^/]*)").alias("folder"), "part").len()
    return {(folder, part): count for folder, part, count in counts.iter_rows()}


def test_training_keeps_the_parts_and_cuts_validation(result: RunResult) -> None:
    found = parts(result)
    assert found["test", "holdout"] == 12
    assert found["Train", "train"] + found["Train", "validation"] == 48
    assert set(found) == {("test", "holdout"), ("Train", "train"), ("Train", "validation")}
    assert Run(result.run).config["split"] == "given"


def test_what_is_on_two_sides_is_told(result: RunResult) -> None:
    told = "products of holdout with a picture, or nearly, that another part has, too: 1"
    assert told in result.notes
    assert told in result.report.read_text()
    assert "the catalogue has no part validation: it is cut from training" in result.notes
    assert result.scores["holdout"]["Class"].leaked == 1


def test_scoring_resuming_and_exporting_follow_it(result: RunResult, shop: Path, tmp_path: Path) -> None:
    assert evaluate(result.run).scores["Class"].scores == result.scores["holdout"]["Class"].scores
    again = train(shop, result.run, CONFIG, resume=True)
    assert again.trained.history.equals(result.trained.history)
    with pytest.raises(RunError, match="split"):
        train(shop, result.run, replace(CONFIG, split="grouped"), resume=True)
    exported = export(result.run, tmp_path / "shop.modiste", int8=False)
    assert exported.bundle.is_file()


def test_a_study_follows_it(shop: Path, tmp_path: Path) -> None:
    done = study(shop, tmp_path / "run", StudyConfig(epochs=1, bn_momentum=0.5, batch_size=16))
    assert parts(done)["test", "holdout"] == 12
    assert any("that another part has, too: 1" in note for note in done.notes)
    assert "it is cut from training" in done.report.read_text()


def test_who_asks_for_another_split_gets_it(shop: Path, tmp_path: Path) -> None:
    assert settled(CONFIG, shop, None).split == "given"
    assert settled(replace(CONFIG, split="random"), shop, None).split == "random"
    assert settled(StudyConfig(), shop / "Train", None).split == "random"
    assert settled(CONFIG, shop / "Train", None).split == "grouped"
    for job, config in ((train, replace(CONFIG, split="given")), (study, StudyConfig(split="given"))):
        with pytest.raises(CatalogueError, match="its folders are no parts of a split"):
            job(shop / "Train", tmp_path / "none", config)  # type: ignore[arg-type]
