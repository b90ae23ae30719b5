"""What a finished run says of itself, for the pages in docs/results."""

import json
from dataclasses import fields
from typing import Any

import polars as pl
from modiste.workflows.tagger import Task, network_of, open_task, ready

from modiste.learning.training import Network, load_best
from modiste.progress import silent
from modiste.runs import CHECKPOINTS, HISTORY, METRICS, Run

__all__ = ["changed_settings", "effort", "estimate", "history", "scores", "trained"]


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
    given, names = kind(), [item.name for item in fields(kind) if item.name in run.config]
    return {name: run.config[name] for name in names if run.config[name] != getattr(given, name)}


def trained(run: Run) -> tuple[Task, Network]:
    """Returns what a run of `modiste train` learned, and its network with the weights of the best epoch."""
    task = open_task(run, silent)
    network = network_of(task.config, task.attributes)
    ready(network, task)
    load_best(network, run.path / CHECKPOINTS)
    return task, network
