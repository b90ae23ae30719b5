"""Scores a tagger's run again: on the hold-out of its own catalogue, or on another catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import CatalogueError
from modiste.learning.backend import computing_on
from modiste.learning.prediction import observe
from modiste.learning.training import load_best
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.progress import Progress, silent
from modiste.runs import CHECKPOINTS, TAXONOMY, Run
from modiste.workflows.findings import find
from modiste.workflows.tagger import Task, network_of, open_task, prepare_for, ready
from modiste.workflows.tagger_scores import AttributeScores, score_answers

__all__ = ["TaggerEvaluation", "evaluate_tagger"]

ALL = "all"


@dataclass(frozen=True)
class TaggerEvaluation:
    """A tagger's run, scored again.

    Attributes:
        run: The run folder.
        catalogue: What it was scored on.
        part: `holdout`, or `all` for another catalogue.
        epoch: The epoch whose weights answered.
        scores: Attribute -> how good its answers are there; one that the catalogue does not have is left out.
    """

    run: Path
    catalogue: str
    part: str
    epoch: int
    scores: Mapping[str, AttributeScores]

    def as_json(self) -> dict[str, Any]:
        """Returns the evaluation as plain values, in the form that `modiste evaluate --json` prints."""
        return {
            "run": str(self.run),
            "catalogue": self.catalogue,
            "part": self.part,
            "epoch": self.epoch,
            "attributes": {name: item.as_json() for name, item in self.scores.items()},
        }


@computing_on("auto")
def evaluate_tagger(
    run_folder: Path,
    *,
    catalogue: Path | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | None = None,
    progress: Progress = silent,
) -> TaggerEvaluation:
    """Scores a tagger's run again.

    Args:
        run_folder: What `train` wrote.
        catalogue: Another catalogue, scored as a whole; None for the hold-out part of the run's own.
        columns: The other catalogue's, see `open_catalogue`; the run's own by default.
        images: Likewise.
        progress: Is told of each picture.

    Raises:
        RunError: No run of `modiste train`, one without a finished epoch, or its catalogue has changed.
        CatalogueError: The catalogue cannot be read, or has none of the run's labels.
    """
    run = Run(run_folder)
    task = open_task(run, progress)
    network = network_of(task.config, task.attributes)
    ready(network, task)
    trained = load_best(network, run.path / CHECKPOINTS)
    findings = find(task, network, precision=DEFAULT_PRECISION, progress=progress)
    if catalogue is None:
        scores = score_answers(findings.answers["holdout"], task.label_ids("holdout"))
        return TaggerEvaluation(run.path, run.catalogue, "holdout", trained.best, scores)
    config = replace(
        task.config,
        columns=dict(columns or task.config.columns),
        images=str(images) if images else task.config.images,
    )
    prepared = prepare_for(config, catalogue, taxonomy=run.path / TAXONOMY, progress=progress)
    other = Task(config, task.attributes, prepared, prepared.products.with_columns(pl.lit(ALL).alias("part")))
    batches, label_ids = other.in_order(ALL), other.label_ids(ALL)
    if not (label_ids >= 0).any():
        raise CatalogueError("none of its labels is one of the run's", where=catalogue, fix="see `--column`")
    seen = observe(network, batches, on_batch=lambda done: progress("scoring", done, len(batches)))
    answers = findings.calibrated.answer(findings.space.observation(seen, label_ids), precision=findings.precision)
    return TaggerEvaluation(run.path, str(catalogue), ALL, trained.best, score_answers(answers, label_ids))
