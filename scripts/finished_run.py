"""What a finished run says of itself, for the pages in docs/results."""

import json
from dataclasses import asdict
from typing import Any

import polars as pl

from modiste.config import TrainConfig
from modiste.learning.training import Network
from modiste.progress import silent
from modiste.runs import CHECKPOINTS, HISTORY, METRICS, Run
from modiste.workflows.pipeline import open_task, trained_network
from modiste.workflows.splitting import ORDINARY
from modiste.workflows.task import Task
from modiste.workflows.train import Training

__all__ = ["changed_settings", "effort", "estimate", "history", "learned", "scores"]


def scores(run: Run) -> dict[str, Any]:
    """Returns the scores of a run, part by part."""
    found: dict[str, Any] = json.loads((run.path / METRICS).read_text(encoding="utf-8"))
    return found


def estimate(score: dict[str, float]) -> str:
    """Returns one of them with its interval."""
    return f"{score['value']:.4f} [{score['low']:.4f}, {score['high']:.4f}]"


def history(run: Run) -> pl.DataFrame:
    """Returns the epochs of a run, one a row."""
    return pl.DataFrame(json.loads((run.path / CHECKPOINTS / HISTORY).read_text(encoding="utf-8"))["epochs"])


def effort(run: Run) -> str:
    """Returns how long a run took."""
    epochs = history(run)
    return f"{epochs.height} epochs in {epochs['seconds'].sum() / 60:.0f} minutes"


def changed_settings(run: Run, kind: type) -> dict[str, Any]:
    """Returns those settings of a run that are not the default ones of their kind, such as `TrainConfig`.

    A run that is older than a setting had nothing to set.
    """
    # A run keeps how its catalogue was split, where the settings left that to the catalogue.
    usual = asdict(kind()) | {"split": ORDINARY[kind]}
    return {name: run.config[name] for name in usual if name in run.config and run.config[name] != usual[name]}


def learned(run: Run) -> tuple[Task[TrainConfig], Network]:
    """Returns what a run of `modiste train` learned, and its network with the weights of the best epoch."""
    recipe, task = open_task({Training.kind: Training}, run, silent)
    return task, trained_network(recipe, task, run)[0]
