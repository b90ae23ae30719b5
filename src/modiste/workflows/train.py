"""Trains a tagger: catalogue -> split -> attributes -> network -> calibration -> scores -> run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modiste.catalogue.corrections import read_corrections
from modiste.catalogue.label_map import LabelMap
from modiste.catalogue.sources import Catalogue
from modiste.config import TrainConfig
from modiste.dataset.partial import PartialLabels, known
from modiste.dataset.split import PARTS, describe_few
from modiste.dataset.targets import find_attributes
from modiste.errors import CatalogueError, ConfigError, nearest
from modiste.learning.prediction import observe
from modiste.learning.training import Network, Trained, fit
from modiste.portable.answers import split_heads
from modiste.portable.bundle import Bundle
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.predictions import Predictions
from modiste.progress import Progress, silent
from modiste.reports.pages import tagger_page
from modiste.runs import CHECKPOINTS, CORRECTIONS, START, Run, check_folder
from modiste.schema import Schema
from modiste.workflows.correcting import (
    Reviewed,
    check_corrections,
    check_same_corrections,
    correct,
    corrections_of,
)
from modiste.workflows.findings import Findings, collect_findings
from modiste.workflows.naming import learn_names, read_names, write_names
from modiste.workflows.networks import (
    build_network,
    compile_network,
    in_order,
    is_mixed,
    shuffled,
)
from modiste.workflows.other_sources import SOURCE, maps_of, parts_of_others, with_known_labels
from modiste.workflows.pipeline import (
    ALL,
    PartScores,
    Recipe,
    RunResult,
    Scored,
    open_task,
    run_recipe,
    trained_network,
)
from modiste.workflows.prepare import Prepared
from modiste.workflows.scores import SourceScores, inconsistent, score_predictions, score_source, with_similar
from modiste.workflows.splitting import check_split, grouped, split_for
from modiste.workflows.starting import Start, check_network, start_bundle, start_network
from modiste.workflows.study import summarise
from modiste.workflows.tagger_report import tagger_report
from modiste.workflows.task import Task, copies_of_maps
from modiste.workflows.teacher import check_teacher, find_teacher, taught_by
from modiste.workflows.tensorboard import open_board

__all__ = ["Training", "train"]


class Training(Recipe[TrainConfig]):
    """The tagger's recipe: every attribute, one network, calibrated answers with decisions.

    Args:
        config: The settings.
        progress: Is told of each picture and each batch.
        tensorboard: A folder for TensorBoard's event files, or None.
    """

    kind = "train"
    config_class = TrainConfig

    def __init__(self, config: TrainConfig, progress: Progress, *, tensorboard: Path | None = None) -> None:
        super().__init__(check_network(config), progress)
        self._tensorboard = tensorboard
        self._begun: Run | None = None
        self._start = Start("")

    def check(self, catalogue: Path, begun: Run | None) -> None:
        """Finds what is wrong with the settings, and with the files that they name."""
        if self._tensorboard:
            check_folder(self._tensorboard, flag="--tensorboard")
        schema = Schema.load(self.config.schema or None)
        check_split(self.config, catalogue, schema)
        _check_columns(self.config, schema)
        find_teacher(self.config)
        maps_of(self.config.sources, self.config.maps)
        maps_of([str(catalogue), *self.config.sources], {})  # none of them twice
        check_same_corrections(begun, self._corrections)
        if self._corrections is not None:
            images = Path(self.config.images) if self.config.images else None
            opened = Catalogue.open(catalogue, schema=schema, columns=self.config.columns, images=images)
            check_corrections(self._corrections, opened.products.frame, where=self.config.corrections)
        self._begun = begun
        _ = self._bundle

    @cached_property
    def _bundle(self) -> Bundle | None:
        return start_bundle(self.config)

    @cached_property
    def _corrections(self) -> pl.DataFrame | None:
        return corrections_of(self.config.corrections)

    def group(self, prepared: Prepared) -> pl.DataFrame:
        """Returns the photos; near-identical ones are one group."""
        return grouped(prepared, progress=self.progress)

    def task(self, prepared: Prepared) -> Task[TrainConfig]:
        """Splits a catalogue, gives its products the labels of corrections, and finds what can be learned."""
        photos, split = split_for(prepared, self.config, progress=self.progress)
        reviewed = Reviewed(photos)
        if self._corrections is not None:
            reviewed = _corrected(photos, prepared, self._corrections, where=self.config.corrections)
        learned = _of_the_first(reviewed.products).filter(pl.col("part") == "train")
        schema = find_attributes(learned, prepared.schema, self.config.targets)
        labelled, strange = with_known_labels(reviewed.products, schema)
        partial = PartialLabels.of(labelled, schema.attributes)
        others = (line for other in prepared.others for line in other.describe())
        notes = (*reviewed.describe(schema.attributes), *split.notes, *others, *strange)
        task = Task(self.config, schema, prepared, labelled, split, notes, partial)
        _check_parts(task)
        self._check_text(task)
        teacher = find_teacher(self.config)
        return task if teacher is None else self._taught(task, teacher)

    def _check_text(self, task: Task[TrainConfig]) -> None:
        """Makes sure that the catalogue has the column of names that was asked for.

        Raises:
            ConfigError: It has not.
        """
        text, columns = self.config.text, task.photos.columns
        if text and text not in columns:
            raise ConfigError(
                f"no column {text!r}{nearest(text, columns)}", where="--text", fix="name the column of products' names"
            )

    def _taught(self, task: Task[TrainConfig], run: Run) -> Task[TrainConfig]:
        recipe, teacher = open_task({self.kind: Training}, run, self.progress, device=self.config.device)
        check_teacher(teacher, task, run.path)
        network, _ = trained_network(recipe, teacher, run)
        return replace(task, taught=taught_by(teacher, network, task, progress=self.progress))

    def network(self, task: Task[TrainConfig], *, start: bool = False) -> Network:
        """Builds the tagger's network and compiles it."""
        network = build_network(task)
        if start:
            self._start = start_network(network, task, self._bundle, self._begun, self.progress)
        compile_network(network, task)
        return network

    def keep(self, task: Task[TrainConfig], run: Run) -> Task[TrainConfig]:
        """Writes the corrections, the words of names, and what the network started from."""
        run.write_json(START, asdict(self._start))
        for path, copy in copies_of_maps(run.path, self.config).items():
            run.write_text(copy.name, LabelMap.load(self.config.maps[path]).to_toml())
        if self._corrections is not None:
            run.write_parquet(CORRECTIONS, self._corrections)
        # A run that is resumed has them already.
        if self.config.names and (model := read_names(run) or learn_names(task, progress=self.progress)):
            write_names(run, model)
        return replace(task, notes=(self._start.note, *task.notes)) if self._start.note else task

    def restore(self, task: Task[TrainConfig], run: Run) -> Task[TrainConfig]:
        """Finds the sets of labels again, gives the task its words, and the products the labels of corrections."""
        photos, _ = with_known_labels(task.photos, task.schema)
        task = replace(task, photos=photos, partial=PartialLabels.of(photos, task.schema.attributes))
        task = replace(task, names=read_names(run) if self.config.names else None)
        if not (run.path / CORRECTIONS).exists():
            return task
        # The run's own copy: the file that it was made from may have grown since.
        corrections = read_corrections(run.path / CORRECTIONS)
        return replace(task, photos=_corrected(task.photos, task.prepared, corrections).products)

    def fit(self, task: Task[TrainConfig], network: Network, run: Run) -> Trained:
        """Trains for all epochs; the best is the one with the lowest mean error over the attributes."""
        board = open_board(self._tensorboard) if self._tensorboard else None
        batches, config = shuffled(task), self.config
        steps, first = config.epochs * len(batches), task.schema.names[0]
        note = ""

        def on_epoch(row: Mapping[str, float]) -> None:
            nonlocal note
            note = f" (validation: {first} {row[f'val_{first}']:.3f}, all {1 - row['val_error']:.3f})"
            if board is not None:
                board(row)

        def on_batch(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
            seen = f"epoch {epoch}, loss {logs['loss']:.3f}, accuracy {logs['accuracy']:.3f}{note}"
            self.progress("training", (epoch - 1) * len(batches) + batch, steps, seen)

        return fit(
            network,
            batches,
            lambda: _validate(task, network),
            folder=run.path / CHECKPOINTS,
            seed=config.seed,
            epochs=config.epochs,
            patience=config.epochs,
            watch="val_error",
            on_batch=on_batch,
            on_epoch=on_epoch,
        )

    def predict(self, task: Task[TrainConfig], network: Network, other: Task[TrainConfig] | None = None) -> Predictions:
        """Returns what the network, calibrated on validation, says of the hold-out, or of another catalogue."""
        findings = collect_findings(task, network, precision=DEFAULT_PRECISION, progress=self.progress)
        if other is None:
            return findings.predictions["holdout"]
        batches = in_order(other, ALL)
        outputs = observe(network, batches, on_batch=partial(self.progress, "scoring", total=len(batches)))
        return findings.answer(outputs, ids=other.owners(ALL))

    def score(self, task: Task[TrainConfig], network: Network, trained: Trained, run: Run) -> Scored:
        """Scores the network on each part, and its embedding on the hold-out."""
        findings = collect_findings(task, network, precision=DEFAULT_PRECISION, progress=self.progress)
        told = findings.predictions
        true = {part: task.product_label_ids(part) for part in PARTS}
        leaked = {part: task.leaked(part, "group") for part in ("validation", "holdout")}
        scores = {part: score_predictions(told[part], true[part], leaked.get(part)) for part in PARTS}
        scores["holdout"] = with_similar(
            scores["holdout"], told["holdout"], told["train"], (true["holdout"], true["train"]), leaked["holdout"]
        )
        sources = self._score_others(task, network, findings)
        alone = inconsistent(findings.logits["holdout"], task.schema, findings.calibrated.hierarchy)
        report = tagger_report(
            task,
            findings,
            trained,
            scores,
            network=summarise(network),
            environment=run.environment,
            inconsistent=alone,
            notes=(*task.notes, *describe_few(task.split.too_few), *_told_of(sources)),
        )
        return Scored(told, {**scores, **sources}, tagger_page(report), alone)

    def _score_others(
        self, task: Task[TrainConfig], network: Network, findings: Findings
    ) -> Mapping[str, Mapping[str, SourceScores]]:
        """Scores the network on other catalogues' validation and hold-out: part -> attribute -> how good it is."""
        found = {}
        for part in ("validation", "holdout"):
            for name in parts_of_others(task.photos, part).values():
                batches = in_order(task, name)
                told = partial(self.progress, f"scoring {name}", total=len(batches))
                answers = findings.answer(observe(network, batches, on_batch=told), ids=task.owners(name))
                found[name] = score_source(answers, task.product_label_ids(name), task.partial)
        return found

    def metrics(self, scores: PartScores) -> dict[str, Any]:
        """Returns the scores of each attribute, part by part."""
        return {part: {name: item.as_json() for name, item in each.items()} for part, each in scores.items()}


def _of_the_first(photos: pl.DataFrame) -> pl.DataFrame:
    """Returns the photos of the first catalogue, which says what is learned."""
    return photos.filter(pl.col(SOURCE).is_null()) if SOURCE in photos.columns else photos


def _told_of(sources: Mapping[str, Mapping[str, SourceScores]]) -> list[str]:
    """Says how good the answers to other catalogues' photos are, a line each part and attribute."""
    return [f"{part}: {name} {item}" for part, each in sources.items() for name, item in each.items()]


def train(
    catalogue: Path | str | Sequence[Path | str],
    out: Path | str,
    config: TrainConfig | None = None,
    *,
    maps: Mapping[str, Path | str] | None = None,
    resume: bool = False,
    tensorboard: Path | None = None,
    progress: Progress = silent,
) -> RunResult:
    """Trains a tagger on a catalogue.

    Args:
        catalogue: See `Catalogue.open`. Of several, the first says what is learned, and the others help to learn it.
        out: The run folder to write.
        config: The settings.
        maps: One of the other catalogues -> a file that says what its labels mean: see `catalogue.label_map`.
        resume: Go on with the run that lies there; what is done is not done again.
        tensorboard: A folder for TensorBoard's event files, or None.
        progress: Is told of each picture and each batch.

    Raises:
        ModisteError: The catalogue, the taxonomy, the settings or the run folder do not allow it.
    """
    config = config or TrainConfig()
    first, *others = [catalogue] if isinstance(catalogue, Path | str) else catalogue
    if others:
        config = replace(config, sources=[*config.sources, *map(str, others)])
    if maps:
        config = replace(config, maps=config.maps | {str(path): str(file) for path, file in maps.items()})
    return run_recipe(Training(config, progress, tensorboard=tensorboard), Path(first), Path(out), resume=resume)


def _corrected(
    photos: pl.DataFrame, prepared: Prepared, corrections: pl.DataFrame, *, where: str = CORRECTIONS
) -> Reviewed:
    """Gives photos the labels of corrections."""
    return correct(photos, corrections, schema=prepared.schema, taxonomy=prepared.taxonomy, where=where)


def _check_parts(task: Task[TrainConfig]) -> None:
    """Makes sure that there is something to choose on and something to score.

    Raises:
        CatalogueError: No product of validation, or of the hold-out, has any label.
    """
    for part in ("validation", "holdout"):
        if not (task.label_ids(part) >= 0).any():
            raise CatalogueError(
                f"no product of the part {part!r} has a label of {', '.join(task.schema.names)}",
                where=task.prepared.inspection.source,
                fix="give more products with labels, or another --split",
            )


def _check_columns(config: TrainConfig, schema: Schema) -> None:
    """Makes sure that settings for single columns are for some that are to be learned, or that the schema knows.

    One file of settings may serve several catalogues.

    Raises:
        ConfigError: A column is neither.
    """
    known = list(dict.fromkeys([*config.targets, *schema.names]))
    for table, names in (("weights", config.weights), ("imbalance", config.imbalance)):
        unknown = [name for name in names if name not in known and (table, name) != ("imbalance", "default")]
        if unknown:
            raise ConfigError(
                f"unknown column {unknown[0]!r}{nearest(unknown[0], known)}",
                where=f"[{table}]",
                fix=f"the columns are {', '.join(known)}",
            )


def _validate(task: Task[TrainConfig], network: Network) -> dict[str, float]:
    """Returns `val_<attribute>`, each head's accuracy on validation, and `val_error`, 1 minus their mean.

    With several catalogues, each other one has `val_<catalogue>_<attribute>`, and the error is the mean of theirs.
    """
    right = _right(task, network, "validation")
    parts = parts_of_others(task.photos, "validation")
    others = {source: _right(task, network, part) for source, part in parts.items()}
    errors = [1 - float(np.mean(list(each.values()))) for each in (right, *others.values())]
    told = {f"val_{name}": value for name, value in right.items()}
    told |= {f"val_{source}_{name}": value for source, each in others.items() for name, value in each.items()}
    return told | {"val_error": float(np.mean(errors))}


def _right(task: Task[TrainConfig], network: Network, part: str) -> dict[str, float]:
    """Returns each head's accuracy on a part, where anything is known of the attribute."""
    logits = observe(network, in_order(task, part), mixed=is_mixed(task.config)).logits
    answers = np.stack([each.argmax(axis=1) for each in split_heads(logits, task.schema.sizes)], axis=1)
    true = task.label_ids(part)
    right, said = task.partial.allow(answers, true), known(true)
    return {
        name: float(right[said[:, index], index].mean())
        for index, name in enumerate(task.schema.names)
        if said[:, index].any()
    }
