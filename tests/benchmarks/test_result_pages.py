"""The pages of results are written from finished runs; here from small ones, which know next to nothing."""

import json
import runpy
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import result_page
from modiste.config import StudyConfig
from modiste.runs import CHECKPOINTS, HISTORY, METRICS, Run
from modiste.workflows.pipeline import RunResult

SCRIPTS = Path(__file__).parents[2] / "scripts"

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Runs a script with arguments and, in it, other values for its constants; returns the page."""

    def page(name: str, *arguments: Path, **constants: Any) -> str:
        monkeypatch.setattr(result_page, "RESULTS", tmp_path)
        monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
        main = runpy.run_path(str(SCRIPTS / f"write_{name}_results.py"))["main"]
        main.__globals__.update(constants)
        main()
        return (tmp_path / f"{name}.md").read_text(encoding="utf-8")

    return page


def test_accuracy(write: Write, small_run: RunResult) -> None:
    page = write("accuracy", small_run.run)
    scores = small_run.scores["holdout"]["Class"].scores
    assert "| accuracy | Class | masterCategory |" in page
    assert f"| Class | {scores.n} | {scores.accuracy.value:.4f} [{scores.accuracy.low:.4f}, " in page
    assert "modiste train CATALOGUE --out RUN --epochs 2 --batch-size 16 --config settings.toml\n" in page
    assert "\nshallow = true\n" in page
    assert ": 2 epochs in 0 minutes." in page.replace("training:\n", "training: ")


def test_imbalance(write: Write, small_run: RunResult) -> None:
    page = write("imbalance", small_run.run, SEEDS=range(1), EPOCHS=1, FEWEST=1, METHODS=("plain", "balanced"))
    for attribute in small_run.schema.attributes:
        assert f"## {attribute.name} ({len(attribute.labels)} labels)\n\n| way | accuracy |" in page
        assert f"\n- {attribute.name}: `" in page


def test_unfamiliar(write: Write) -> None:
    page = write("unfamiliar", COUNT=1)
    assert "| pictures | with an accepted Class | with any accepted answer |" in page
    assert "| noise | 0.0% | 0.0% |" in page


def test_study(write: Write, small_catalogue: Path, tmp_path: Path) -> None:
    config = asdict(StudyConfig(greyscale=True, epochs=9, split="random"))
    run = Run.create(tmp_path / "run", kind="study", config=config, catalogue=small_catalogue, packages=())
    value = {"value": 0.5, "low": 0.25, "high": 0.75}
    scores = {"n": 40, "leaked": 3} | dict.fromkeys(("accuracy", "top3", "macro_f1", "balanced_accuracy"), value)
    run.write_json(METRICS, {"holdout": scores | {"without_leaks": scores | {"n": 37}}})
    epochs = {"loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.5, "seconds": 60.0}
    (run.path / CHECKPOINTS).mkdir()
    history = {"epochs": [epochs | {"epoch": number + 1, "val_loss": 1.0 + number} for number in range(3)]}
    (run.path / CHECKPOINTS / HISTORY).write_text(json.dumps(history))
    page = write("study", small_catalogue, run.path)
    assert "modiste study CATALOGUE --out runs/greyscale --epochs 9 --greyscale\n" in page
    assert "3 epochs in 3 minutes of training; ended after 3 epochs, 2 after the best, before early stopping." in page
    assert "| holdout without 3 leaked pictures | 37 | 0.5000 [0.2500, 0.7500] |" in page
    assert (tmp_path / "accuracy-greyscale.svg").exists()


def test_kills(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_page, "MEASURED", tmp_path)
    facts = "machine,system,python,modiste,keras,torch"
    (tmp_path / "kills.csv").write_text(
        f"verb,kills,running,same,seconds,seed,{facts}\ntrain,20,19,20,8.1,15,a,b,c,d,e,f\n"
    )
    page = write("kills")
    assert "| `train` | 20 | 19 | 20 | 8.1 |" in page
    assert "$ python -m benchmarks.kills --kills 20 --seed 15\n" in page
