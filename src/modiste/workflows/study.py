"""The whole study: catalogue -> labels -> split -> network -> scores -> report."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modiste.catalogue.taxonomy import load_taxonomy
from modiste.config import StudyConfig
from modiste.dataset.images import Size
from modiste.dataset.split import PARTS, split_products
from modiste.dataset.split_given import check_parts, split_as_given
from modiste.errors import CatalogueError
from modiste.learning.batches import Batches, Drawn, as_network_input
from modiste.learning.compilation import compile_classifier
from modiste.learning.layers import network_facts
from modiste.learning.prediction import evaluate, predict
from modiste.learning.study_cnn import study_cnn
from modiste.learning.training import Network, Trained, fit
from modiste.predictions import Predictions
from modiste.progress import Progress, silent
from modiste.reports.pages import study_page
from modiste.reports.study import LayerSummary, NetworkSummary
from modiste.runs import CHECKPOINTS, Run
from modiste.schema import Attribute, Schema
from modiste.workflows.pipeline import ALL, PartScores, Recipe, RunResult, Scored, run_recipe
from modiste.workflows.prepare import Prepared
from modiste.workflows.scores import score_predictions
from modiste.workflows.splitting import check_split
from modiste.workflows.study_report import study_report
from modiste.workflows.task import Task

__all__ = ["Study", "study", "summarise", "summarise_study"]

PREDICTION_BATCH = 256

TOP = 3
"""Labels of each product to keep."""


class Study(Recipe[StudyConfig]):
    """The study's recipe: one attribute, given by label rules, and the study's own network."""

    kind = "study"
    config_class = StudyConfig
    # More epochs, more patience or another device is what one may want of a resumed run; all else must be as it was.
    changeable = Recipe.changeable | {"epochs", "patience"}

    def check(self, catalogue: Path, begun: Run | None) -> None:  # noqa: ARG002
        """Finds out whether the catalogue can be split as the settings ask."""
        check_split(self.config, catalogue, Schema.load(self.config.schema or None))

    def group(self, prepared: Prepared) -> pl.DataFrame:
        """Returns the photos that have the label; the very same picture is one group where the split asks for that."""
        labelled = prepared.products.drop_nulls(_label(prepared).name)
        column = "id" if self.config.split == "random" else "digest"
        return labelled.with_columns((pl.col(column).rank("dense") - 1).cast(pl.UInt32).alias("group"))

    def task(self, prepared: Prepared) -> Task[StudyConfig]:
        """Splits a catalogue."""
        photos, attribute = self.group(prepared), _label(prepared)
        where = prepared.inspection.source
        if self.config.split == "given":
            parts = check_parts(prepared.parts, where=where)
            split = split_as_given(parts, photos, label=attribute.name, seed=self.config.seed)
        else:
            split = split_products(photos, seed=self.config.seed, label=attribute.name)
        if split.ids("holdout").is_empty():
            raise CatalogueError(
                "no label has the three products that a split needs", where=where, fix="give more products"
            )
        if photos[attribute.name].n_unique() < 2:
            raise CatalogueError(
                f"every product has the label {photos[attribute.name][0]!r}; two labels are the least",
                where=where,
                fix="give products of other labels",
            )
        photos = photos.join(split.frame, on="id", maintain_order="left")
        # Every label of the rules has a place in the network, also one that no product has.
        return Task(self.config, prepared.schema.narrowed([attribute]), prepared, photos, split, split.notes)

    def network(self, task: Task[StudyConfig], *, start: bool = False) -> Network:  # noqa: ARG002
        """Builds the study's network and compiles it; it always starts from random weights."""
        _, height, width, _ = task.prepared.pixels.shape
        network = _study_network(self.config, len(task.schema.attributes[0].labels), height, width)
        compile_classifier(network, device=task.config.device, learning_rate=self.config.learning_rate)
        return network

    def fit(self, task: Task[StudyConfig], network: Network, run: Run) -> Trained:
        """Trains until the validation loss has not fallen for a while."""
        train, validation = self._batches(task, "train", training=True), self._batches(task, "validation")
        note = ""

        def on_batch(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
            seen = f"loss {logs['loss']:.3f}, accuracy {logs['accuracy']:.3f}{note}"
            self.progress(f"epoch {epoch}", batch, len(train), seen)

        def on_epoch(row: Mapping[str, float]) -> None:
            nonlocal note
            note = f" (validation {row['val_loss']:.3f}, {row['val_accuracy']:.3f})"

        return fit(
            network,
            train,
            lambda: evaluate(network, validation),
            folder=run.path / CHECKPOINTS,
            seed=self.config.seed,
            epochs=self.config.epochs,
            patience=self.config.patience,
            on_batch=on_batch,
            on_epoch=on_epoch,
        )

    def predict(self, task: Task[StudyConfig], network: Network, other: Task[StudyConfig] | None = None) -> Predictions:
        """Returns what the network says of the hold-out's products, or of all of another catalogue's."""
        return self._predict(task, network, "holdout") if other is None else self._predict(other, network, ALL)

    def _predict(self, task: Task[StudyConfig], network: Network, part: str) -> Predictions:
        batches = self._batches(task, part)
        told = partial(self.progress, f"scoring {part}", total=len(batches))
        probabilities = predict(network, batches, on_batch=told)
        return Predictions.answered(task.schema, [probabilities], ids=task.owners(part), top=TOP).pooled()

    def score(self, task: Task[StudyConfig], network: Network, trained: Trained, run: Run) -> Scored:
        """Scores the network, with and without the pictures that another part holds as well."""
        predictions = {part: self._predict(task, network, part) for part in PARTS}
        scores = {
            part: score_predictions(
                told,
                task.product_label_ids(part),
                task.leaked(part, "digest") if part in {"validation", "holdout"} else None,
                decided=False,
            )
            for part, told in predictions.items()
        }
        report = study_report(task, summarise(network), trained, scores, predictions["holdout"], run.environment)
        return Scored(predictions, scores, study_page(report))

    def metrics(self, scores: PartScores) -> dict[str, Any]:
        """Returns the scores of the one attribute, part by part."""
        return {part: next(iter(each.values())).as_json() for part, each in scores.items()}

    def _batches(self, task: Task[StudyConfig], part: str, *, training: bool = False) -> Batches:
        """Returns batches of a part's photos: shuffled and flipped for training, else in order."""
        return Batches(
            task.prepared.pixels,
            task.part(part)["row"].to_numpy(),
            np.ascontiguousarray(task.label_ids(part)[:, 0]),
            batch_size=self.config.batch_size if training else PREDICTION_BATCH,
            to_input=partial(as_network_input, greyscale=self.config.greyscale),
            drawn=Drawn(self.config.seed) if training else None,
        )


def _label(prepared: Prepared) -> Attribute:
    """Returns the attribute that a study learns, the one that label rules give.

    Raises:
        CatalogueError: There is none.
    """
    if (attribute := prepared.schema.ruled) is None:
        raise CatalogueError(
            "a study learns the labels that label rules give, and the schema leaves none to them",
            where=prepared.inspection.source,
            fix="mark one with kind = 'rules' in the schema, or take `modiste train`",
        )
    return attribute


def study(
    catalogue: Path | str,
    out: Path | str,
    config: StudyConfig | None = None,
    *,
    resume: bool = False,
    progress: Progress = silent,
) -> RunResult:
    """Runs the study on a catalogue.

    Args:
        catalogue: See `Catalogue.open`.
        out: The run folder to write.
        config: The settings; the study's own by default.
        resume: Go on with the run that lies there; what is done is not done again.
        progress: Is told of each picture and each batch.

    Raises:
        ModisteError: The catalogue, the taxonomy, the settings or the run folder do not allow it.
    """
    return run_recipe(Study(config or StudyConfig(), progress), Path(catalogue), Path(out), resume=resume)


def summarise(network: Network) -> NetworkSummary:
    """Returns a network's table and totals."""
    facts = network_facts(network)
    rows = tuple(
        LayerSummary(f"{layer.name} ({layer.kind})", str(layer.output_shape), layer.parameters)
        for layer in facts.layers
    )
    return NetworkSummary(rows, facts.trainable + facts.non_trainable, facts.trainable, facts.non_trainable)


def summarise_study(config: StudyConfig) -> NetworkSummary:
    """Returns the table and totals of the network that the settings ask for, for pictures of 60x80."""
    labels = load_taxonomy(Path(config.taxonomy) if config.taxonomy else None).labels
    return summarise(_study_network(config, len(labels), Size().height, Size().width))


def _study_network(config: StudyConfig, labels: int, height: int, width: int) -> Network:
    return study_cnn(
        labels,
        height=height,
        width=width,
        channels=1 if config.greyscale else 3,
        bn_momentum=config.bn_momentum,
        seed=config.seed,
        device=config.device,
    )
