"""One way from a catalogue to a judged network: open, split, fit, score, report.

The study and the tagger are its recipes. Each stage writes a file of the run folder, which the next one reads, and
whoever opens the run again.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic

import numpy as np
import polars as pl

from modiste.config import Device, StudyConfig, TrainConfig, make_config
from modiste.dataset.split import PARTS, read_split
from modiste.errors import RunError
from modiste.learning.backend import computing_on
from modiste.learning.training import Network, Trained, load_best
from modiste.predictions import Predictions
from modiste.predictions.files import About, write_predictions
from modiste.progress import Progress
from modiste.runs import CHECKPOINTS, METRICS, PREDICTIONS, REPORT, SCHEMA, SPLIT, TAXONOMY, Run, hold_run
from modiste.schema import Schema
from modiste.workflows.prepare import Prepared
from modiste.workflows.run_folder import open_or_resume, start_run
from modiste.workflows.splitting import settled
from modiste.workflows.task import Config, Task, learned_schema, prepare_for

__all__ = ["ALL", "PartScores", "Recipe", "RunResult", "Scored", "open_task", "run_recipe", "trained_network"]

ALL = "all"
"""The part that holds all of another catalogue."""

PartScores = Mapping[str, Mapping[str, Any]]
"""Part -> attribute -> how good the answers are: `AttributeScores`; on parts of other catalogues, `SourceScores`."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The results of a trained network.

    Attributes:
        predictions: Part -> the predictions for its products.
        scores: Part -> attribute -> how good the answers are.
        page: The report, as HTML.
        inconsistent: Hold-out products whose answers would contradict the taxonomy, were each head to answer alone.
    """

    predictions: Mapping[str, Predictions]
    scores: PartScores
    page: str = field(repr=False)
    inconsistent: int = 0


@dataclass(frozen=True, eq=False)
class RunResult:
    """The result of a run.

    Attributes:
        run: The run folder.
        schema: What was learned: the attributes and their labels.
        trained: The training's history and best epoch.
        scores: Part -> attribute -> how good the answers are.
        predictions: Part -> the predictions for its products.
        metrics: The scores as plain values, in the form of `metrics.json`.
        too_few: Labels with too few products for all parts, with their count; all of them are in training.
        notes: What else a reader of the scores should know, a line each.
        inconsistent: Hold-out products whose answers would contradict the taxonomy, were each head to answer alone.
    """

    run: Path
    schema: Schema
    trained: Trained
    scores: PartScores
    predictions: Mapping[str, Predictions] = field(repr=False)
    metrics: Mapping[str, Any] = field(repr=False)
    too_few: Mapping[str, int]
    notes: Sequence[str] = ()
    inconsistent: int = 0

    @property
    def report(self) -> Path:
        """The page that shows it all."""
        return self.run / REPORT

    @property
    def precision(self) -> float:
        """The target of the decisions."""
        return self.predictions["holdout"].precision

    def as_json(self) -> dict[str, Any]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        return dict(self.metrics)


class Recipe(ABC, Generic[Config]):
    """How one kind of network is learned and judged: what differs from stage to stage.

    Args:
        config: The settings.
        progress: Is told of each picture and each batch.

    Attributes:
        kind: The verb, which a run folder keeps.
        config_class: The class of its settings.
        changeable: Settings that a resumed run may change.
    """

    kind: ClassVar[str]
    config_class: ClassVar[type[StudyConfig] | type[TrainConfig]]
    changeable: ClassVar[frozenset[str]] = frozenset({"device"})

    def __init__(self, config: Config, progress: Progress) -> None:
        self.config: Config = config
        self.progress = progress

    def check(self, catalogue: Path, begun: Run | None) -> None:
        """Finds, before any picture is decoded, what would stop the work later.

        Args:
            catalogue: What to learn from.
            begun: The run that is resumed; None for a new run.

        Raises:
            ModisteError: Something would.
        """

    @abstractmethod
    def group(self, prepared: Prepared) -> pl.DataFrame:
        """Returns a catalogue's photos with `group`, the same for those that must not be on two sides of a split."""

    @abstractmethod
    def task(self, prepared: Prepared) -> Task[Config]:
        """Splits a catalogue and finds what can be learned from it."""

    @abstractmethod
    def network(self, task: Task[Config], *, start: bool = False) -> Network:
        """Builds a task's network and compiles it.

        Args:
            task: What the network is to learn.
            start: Give it the weights to start from; without, it is to get those of a checkpoint.
        """

    def keep(self, task: Task[Config], run: Run) -> Task[Config]:  # noqa: ARG002
        """Writes what else an opened run needs (see `restore`); returns the task, with what is to be noted of that."""
        return task

    def restore(self, task: Task[Config], run: Run) -> Task[Config]:  # noqa: ARG002
        """Returns the task of an opened run with what `keep` wrote."""
        return task

    @abstractmethod
    def fit(self, task: Task[Config], network: Network, run: Run) -> Trained:
        """Trains a network, going on where an earlier call stopped."""

    @abstractmethod
    def predict(self, task: Task[Config], network: Network, other: Task[Config] | None = None) -> Predictions:
        """Returns what a trained network says of the hold-out's products, or of all of another catalogue's.

        Args:
            task: What it was trained for.
            network: With the weights that are to answer.
            other: The same with another catalogue, all of whose photos are in the part `ALL`.
        """

    @abstractmethod
    def score(self, task: Task[Config], network: Network, trained: Trained, run: Run) -> Scored:
        """Scores a trained network on each part, and makes the report."""

    @abstractmethod
    def metrics(self, scores: PartScores) -> dict[str, Any]:
        """Returns scores as plain values, in the form of `metrics.json`."""


def run_recipe(recipe: Recipe[Config], catalogue: Path, out: Path, *, resume: bool) -> RunResult:
    """Does all of it.

    Args:
        recipe: What to learn, and how.
        catalogue: What to learn from: see `Catalogue.open`.
        out: The run folder to write.
        resume: Go on with the run that lies there; what is done is not done again.

    Raises:
        ModisteError: The catalogue, the taxonomy, the settings or the run folder do not allow it.
    """
    with computing_on(recipe.config.device), hold_run(out, resume=resume):
        return _run(recipe, catalogue, out, resume=resume)


def _run(recipe: Recipe[Config], catalogue: Path, out: Path, *, resume: bool) -> RunResult:
    asked, progress = recipe.config, recipe.progress
    begun = open_or_resume(
        out, asked, catalogue, kind=recipe.kind, resume=resume, changeable=recipe.changeable, progress=progress
    )
    config: Config = settled(asked, catalogue, begun)
    recipe.config = config
    recipe.check(catalogue, begun)
    task = recipe.task(prepare_for(config, catalogue, progress=progress))
    network = recipe.network(task, start=True)
    # From here on something is written: what can be wrong has been found by now.
    run = start_run(begun, out, config, catalogue, kind=recipe.kind)
    run.write_parquet(SPLIT, task.split.frame)
    if (rules := task.prepared.taxonomy) is not None:
        run.write_text(TAXONOMY, rules.to_toml())
    run.write_text(SCHEMA, task.schema.to_toml())
    task = recipe.keep(task, run)
    trained = recipe.fit(task, network, run)
    scored = recipe.score(task, network, trained, run)
    metrics = recipe.metrics(scored.scores)
    run.write_json(METRICS, metrics)
    _write_predictions(run.path / PREDICTIONS, task, scored.predictions)
    run.write_text(REPORT, scored.page)
    return RunResult(
        run=run.path,
        schema=task.schema,
        trained=trained,
        scores=scored.scores,
        predictions=scored.predictions,
        metrics=metrics,
        too_few=task.split.too_few,
        notes=task.notes,
        inconsistent=scored.inconsistent,
    )


def open_task(
    recipe_of: Mapping[str, type[Recipe[Any]]],
    run: Run,
    progress: Progress,
    *,
    device: Device = "auto",
    max_pixels: int | None = None,
) -> tuple[Recipe[Any], Task[Any]]:
    """Returns how a run was made, and what it learned, from its folder and its catalogue.

    Args:
        recipe_of: Kind -> recipe: the kinds of run that will do.
        run: The run.
        progress: Is told of each picture.
        device: Where the network is to compute now, wherever it was trained.
        max_pixels: How many pixels a picture may have; by default as many as when it was trained.

    Raises:
        RunError: It is of another kind, or its catalogue no longer holds its products.
        CatalogueError: The catalogue cannot be read.
    """
    run.check_kind(*recipe_of)
    kind = recipe_of[run.kind]
    changed = {"device": device} | ({} if max_pixels is None else {"max_pixels": max_pixels})
    config = make_config(kind.config_class, run.config | changed, where=str(run.path))
    recipe = kind(config, progress)
    split = read_split(run.path / SPLIT)
    prepared = prepare_for(config, Path(run.catalogue), run=run.path, progress=progress)
    if (kept := split.frame["id"].dtype) != (found := prepared.products["id"].dtype):
        raise RunError(
            f"its ids are of the type {kept}, and the catalogue's of {found}",
            where=run.path / SPLIT,
            fix="bring the file or the catalogue back, or train again",
        )
    photos = recipe.group(prepared).join(split.frame, on="id", how="inner", maintain_order="left")
    if (gone := split.frame.height - photos["id"].n_unique()) > 0:
        raise RunError(
            f"{gone} of the run's products are no longer there",
            where=run.catalogue,
            fix="bring the catalogue back, or train again",
        )
    task = recipe.restore(Task(config, learned_schema(run.path), prepared, photos, split), run)
    if (task.label_ids("train") >= np.array(task.schema.sizes)).any():
        raise RunError(
            "its products of training have a label that is not in it",
            where=run.path / SCHEMA,
            fix="bring the file or the catalogue back, or train again",
        )
    return recipe, task


def trained_network(recipe: Recipe[Config], task: Task[Config], run: Run) -> tuple[Network, Trained]:
    """Returns a run's network with the weights of its best epoch, and its history.

    Raises:
        RunError: There is no finished epoch, or its checkpoint is damaged.
    """
    network = recipe.network(task)
    return network, load_best(network, run.path / CHECKPOINTS)


def _write_predictions(path: Path, task: Task[Config], predictions: Mapping[str, Predictions]) -> None:
    """Writes the predictions for all products, with `part`, and `<attribute>_true`, the catalogue's own labels."""
    frames = []
    for part in PARTS:
        products, told = task.products(part), predictions[part]
        true = [
            pl.col(name).cast(pl.String).alias(f"{name}_true") for name in task.schema.names if name in products.columns
        ]
        beside = products.select(pl.lit(part).alias("part"), *true)
        # The ids as they are in `split.parquet`, so that the two can be joined.
        frame = told.to_frame(keep=told.kept).with_columns(products["id"])
        frames.append(pl.concat([beside, frame], how="horizontal"))
    any_part = predictions["holdout"]
    about = About(
        any_part.schema, any_part.bundle, any_part.precision, any_part.top, combinations=any_part.combinations
    )
    write_predictions(path, pl.concat(frames), about)
