"""Scores a run again: on the hold-out of its own catalogue, or on another catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import CatalogueError
from modiste.learning.backend import computing_on
from modiste.predictions import Predictions
from modiste.progress import Progress, silent
from modiste.runs import Run
from modiste.workflows.pipeline import ALL, Recipe, open_task, trained_network
from modiste.workflows.scores import AttributeScores, score_predictions
from modiste.workflows.study import Study
from modiste.workflows.task import Task, prepare_for
from modiste.workflows.train import Training

__all__ = ["RECIPES", "Evaluation", "evaluate"]

RECIPES: Mapping[str, type[Recipe[Any]]] = {recipe.kind: recipe for recipe in (Training, Study)}
"""Verb -> the recipe of its runs."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A run, scored again.

    Attributes:
        run: The run folder.
        kind: The verb that made it.
        catalogue: What it was scored on.
        part: `holdout`, or `all` for another catalogue.
        epoch: The epoch whose weights answered.
        scores: Attribute -> how good its answers are there; one that the catalogue does not have is left out.
        predictions: The predictions for the products.
    """

    run: Path
    kind: str
    catalogue: str
    part: str
    epoch: int
    scores: Mapping[str, AttributeScores]
    predictions: Predictions = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Returns the evaluation as plain values, in the form that `modiste evaluate --json` prints."""
        said: dict[str, Any] = {
            "run": str(self.run),
            "catalogue": self.catalogue,
            "part": self.part,
            "epoch": self.epoch,
        }
        scores = {name: item.as_json() for name, item in self.scores.items()}
        # A study has one attribute, and its scores stand for themselves.
        return said | (next(iter(scores.values())) if self.kind == Study.kind else {"attributes": scores})


@computing_on("auto")
def evaluate(
    run: Path | str,
    *,
    catalogue: Path | str | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | None = None,
    max_pixels: int | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Scores a run again.

    Args:
        run: What `train` or `study` wrote.
        catalogue: Another catalogue, scored as a whole; None for the hold-out part of the run's own.
        columns: The other catalogue's, see `Catalogue.open`; the run's own by default.
        images: The folder of the other catalogue's pictures; the run's own by default.
        max_pixels: How many pixels a picture may have: see `images.decode`; by default as many as in the run.
        progress: Is told of each picture.

    Raises:
        RunError: No run, one without a finished epoch, or its catalogue has changed.
        CatalogueError: The catalogue cannot be read, or has none of the run's labels.
    """
    opened = Run(Path(run))
    recipe, task = open_task(RECIPES, opened, progress, max_pixels=max_pixels)
    network, trained = trained_network(recipe, task, opened)
    decided = recipe.kind == Training.kind
    scored = task if catalogue is None else _of(task, Path(catalogue), columns, images, opened.path, progress)
    part = "holdout" if catalogue is None else ALL
    told = recipe.predict(task, network, None if catalogue is None else scored)
    leaked = task.leaked(part, "digest") if catalogue is None and not decided else None
    scores = score_predictions(told, scored.product_label_ids(part), leaked, decided=decided)
    where = opened.catalogue if catalogue is None else str(catalogue)
    return Evaluation(opened.path, recipe.kind, where, part, trained.best, scores, told)


def _of(
    task: Task[Any],
    catalogue: Path,
    columns: Mapping[str, str] | None,
    images: Path | None,
    run: Path,
    progress: Progress,
) -> Task[Any]:
    """Returns a run's task with another catalogue, all of whose photos are one part.

    Raises:
        CatalogueError: It has none of the run's labels.
    """
    config = replace(
        task.config,
        columns=dict(columns or task.config.columns),
        images=str(images) if images else task.config.images,
    )
    prepared = prepare_for(config, catalogue, run=run, progress=progress)
    photos = prepared.products.with_columns(pl.lit(ALL).alias("part"))
    other = replace(task, config=config, prepared=prepared, photos=photos)
    if not (other.label_ids(ALL) >= 0).any():
        raise CatalogueError("none of its labels is one of the run's", where=catalogue, fix="see `--column`")
    return other
