"""Scores a run again: on the hold-out of its own catalogue, or on another catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.config import StudyConfig, make_config
from modiste.dataset.split import leaked, read_split
from modiste.errors import RunError
from modiste.learning.backend import computing_on
from modiste.learning.training import load_best
from modiste.progress import Progress, silent
from modiste.runs import CHECKPOINTS, SPLIT, TAXONOMY, Run
from modiste.workflows.prepare import prepare
from modiste.workflows.scoring import PartScores, answer, network_of, predictions, score_part

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """A run, scored again.

    Attributes:
        run: The run folder.
        catalogue: What it was scored on.
        part: `holdout`, or `all` for another catalogue.
        epoch: The epoch whose weights answered.
        scores: How good it is there.
        predictions: id, true, predicted, probability, top3 (the most probable labels).
    """

    run: Path
    catalogue: str
    part: str
    epoch: int
    scores: PartScores
    predictions: pl.DataFrame

    def as_json(self) -> dict[str, object]:
        """Returns the evaluation as plain values, in the form that `modiste evaluate --json` prints."""
        return {
            "run": str(self.run),
            "catalogue": self.catalogue,
            "part": self.part,
            "epoch": self.epoch,
            **self.scores.as_json(),
        }


@computing_on("auto")
def evaluate(
    run_folder: Path,
    *,
    catalogue: Path | None = None,
    columns: Mapping[str, str] | None = None,
    images: Path | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Scores a run again.

    Args:
        run_folder: What `study` wrote.
        catalogue: Another catalogue, scored as a whole; None for the hold-out part of the run's own.
        columns: The other catalogue's, see `open_catalogue`; the run's own by default.
        images: Likewise.
        progress: Is told of each picture.

    Raises:
        RunError: No run of `modiste study` there, or one without a finished epoch.
        CatalogueError: The catalogue cannot be read, or shares no label with the run.
    """
    run = Run(run_folder)
    run.check_kind("study")
    config = make_config(StudyConfig, run.config | {"device": "auto"}, where=str(run_folder))
    prepared = prepare(
        catalogue or Path(run.catalogue),
        taxonomy=run_folder / TAXONOMY,
        columns=columns or config.columns,
        images=images or (Path(config.images) if config.images else None),
        progress=progress,
    )
    products, part, leaks = prepared.products, "all", None
    if catalogue is None:
        part = "holdout"
        split = read_split(run_folder / SPLIT)
        products = products.join(split.frame.filter(pl.col("part") == "holdout"), on="id", maintain_order="left")
        leaks = leaked(split, prepared.products)
        if products.is_empty():
            raise RunError(
                "no product of the run's hold-out is there any more",
                where=run.catalogue,
                fix="give --catalogue",
            )
    network = network_of(config, prepared)
    trained = load_best(network, run_folder / CHECKPOINTS)
    answers = answer(network, prepared, products, config, progress, part)
    return Evaluation(
        run=run_folder,
        catalogue=str(catalogue or run.catalogue),
        part=part,
        epoch=trained.best,
        scores=score_part(answers, leaks),
        predictions=predictions(answers, prepared.labels),
    )
