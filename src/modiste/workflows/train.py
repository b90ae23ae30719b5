"""Trains a tagger: catalogue -> split -> attributes -> network -> calibration -> scores -> run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS, describe_few
from modiste.dataset.targets import ATTRIBUTES as KNOWN
from modiste.dataset.targets import Attribute, find_attributes
from modiste.errors import CatalogueError, ConfigError, nearest
from modiste.learning.backend import computing_on
from modiste.learning.prediction import observe
from modiste.learning.training import Network, Trained, fit
from modiste.portable.predictor import DEFAULT_PRECISION
from modiste.progress import Progress, silent
from modiste.reports.pages import tagger_page
from modiste.runs import (
    ATTRIBUTES,
    CHECKPOINTS,
    CORRECTIONS,
    METRICS,
    PREDICTIONS,
    REPORT,
    SPLIT,
    START,
    TAXONOMY,
    Run,
    check_folder,
)
from modiste.workflows.correcting import Reviewed, check_same_corrections, correct, corrections_of
from modiste.workflows.findings import Findings, find
from modiste.workflows.run_folder import open_or_resume, start_run
from modiste.workflows.splitting import check_split, split_for
from modiste.workflows.starting import check_network, start_bundle, start_network
from modiste.workflows.study import summarise
from modiste.workflows.tagger import Task, network_of, prepare_for, ready
from modiste.workflows.tagger_report import tagger_report
from modiste.workflows.tagger_scores import AttributeScores, inconsistent, prediction_table, score_answers, with_similar
from modiste.workflows.teacher import find_teacher, taught_by
from modiste.workflows.tensorboard import Report, open_board

__all__ = ["TrainResult", "train"]


@dataclass(frozen=True, eq=False)
class TrainResult:
    """What a training came to.

    Attributes:
        run: The run folder.
        attributes: What was learned.
        trained: The training's history and best epoch.
        scores: Part -> attribute -> how good the answers are.
        inconsistent: Hold-out products whose answers would contradict the taxonomy, were each head to answer alone.
        precision: The target of the decisions.
        too_few: Labels with too few products for all parts, with their count; all of them are in training.
        corrections: How many labels people changed, and what of their corrections could not be used, a line each.
        notes: What went otherwise than the settings ask, a line each.
    """

    run: Path
    attributes: tuple[Attribute, ...]
    trained: Trained
    scores: Mapping[str, Mapping[str, AttributeScores]]
    inconsistent: int
    precision: float
    too_few: Mapping[str, int]
    corrections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def report(self) -> Path:
        """The page that shows it all."""
        return self.run / REPORT

    def as_json(self) -> dict[str, object]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        return {part: {name: item.as_json() for name, item in scores.items()} for part, scores in self.scores.items()}


def train(
    catalogue: Path,
    out: Path,
    config: TrainConfig | None = None,
    *,
    resume: bool = False,
    tensorboard: Path | None = None,
    progress: Progress = silent,
) -> TrainResult:
    """Trains a tagger on a catalogue.

    Args:
        catalogue: See `catalogue.sources.open_catalogue`.
        out: The run folder to write.
        config: The settings.
        resume: Go on with the run that lies there; what is done is not done again.
        tensorboard: A folder for TensorBoard's event files, or None.
        progress: Is told of each picture and each batch.

    Raises:
        ModisteError: The catalogue, the taxonomy, the settings or the run folder do not allow it.
    """
    config = check_network(config or TrainConfig())
    with computing_on(config.device):
        return _train(catalogue, out, config, resume=resume, tensorboard=tensorboard, progress=progress)


def _train(
    catalogue: Path, out: Path, config: TrainConfig, *, resume: bool, tensorboard: Path | None, progress: Progress
) -> TrainResult:
    changeable = frozenset({"device"})
    begun = open_or_resume(
        out, config, catalogue, kind="train", resume=resume, changeable=changeable, progress=progress
    )
    if tensorboard:
        check_folder(tensorboard, flag="--tensorboard")
    check_split(config, catalogue)
    _check_columns(config)
    bundle, teacher = start_bundle(config), find_teacher(config)
    corrections = corrections_of(config.corrections)
    check_same_corrections(begun, corrections)
    prepared = prepare_for(config, catalogue, progress=progress)
    products, split = split_for(prepared, config, progress=progress)
    reviewed = Reviewed(products)
    if corrections is not None:
        reviewed = correct(products, prepared.taxonomy, corrections, where=config.corrections)
        products = reviewed.products
    learned = products.filter(pl.col("part") == "train")
    attributes = find_attributes(learned, config.targets or None, order={"Class": prepared.labels})
    task = Task(config, attributes, prepared, products)
    _check(task)
    if teacher is not None:
        task = replace(task, taught=taught_by(teacher, task, progress))
    network = network_of(config, attributes)
    start = start_network(network, task, bundle, begun, progress)
    # From here on something is written: what can be wrong has been found by now.
    run = start_run(begun, out, config, catalogue, kind="train")
    board = open_board(tensorboard) if tensorboard else None
    run.write_parquet(SPLIT, split.frame)
    run.write_text(TAXONOMY, prepared.taxonomy.to_toml())
    if corrections is not None:
        run.write_parquet(CORRECTIONS, corrections)
    run.write_json(START, asdict(start))
    run.write_json(ATTRIBUTES, {attribute.name: attribute.labels for attribute in attributes})
    trained = _fit(task, network, run, board, progress)
    findings = find(task, network, precision=DEFAULT_PRECISION, progress=progress)
    told, notes = reviewed.describe(attributes), (start.note,) if start.note else ()
    result = replace(_result(task, findings, trained, run.path, split.too_few), corrections=told, notes=notes)
    run.write_json(METRICS, result.as_json())
    tables = [prediction_table(task.part(part), findings.answers[part]) for part in PARTS]
    run.write_parquet(PREDICTIONS, pl.concat(tables))
    report = tagger_report(
        task,
        findings,
        trained,
        result.scores,
        network=summarise(network),
        environment=run.environment,
        inconsistent=result.inconsistent,
        notes=(*notes, *told, *split.notes, *describe_few(split.too_few)),
    )
    run.write_text(REPORT, tagger_page(report))
    return result


def _check(task: Task) -> None:
    """Makes sure that there is something to choose on and something to score.

    Raises:
        CatalogueError: No product of validation, or of the hold-out, has any label.
    """
    for part in ("validation", "holdout"):
        if not (task.label_ids(part) >= 0).any():
            raise CatalogueError(
                f"no product of the part {part!r} has a label of {', '.join(each.name for each in task.attributes)}",
                where=task.prepared.inspection.source,
                fix="give more products with labels, or another --split",
            )


def _check_columns(config: TrainConfig) -> None:
    """Makes sure that the settings for single columns are for some that are to be learned, or that we know: one file of
    settings may serve several catalogues.

    Raises:
        ConfigError: A column is neither.
    """
    known = list(dict.fromkeys([*config.targets, *KNOWN]))
    for table, names in (("weights", config.weights), ("imbalance", config.imbalance)):
        unknown = [name for name in names if name not in known and (table, name) != ("imbalance", "default")]
        if unknown:
            raise ConfigError(
                f"unknown column {unknown[0]!r}{nearest(unknown[0], known)}",
                where=f"[{table}]",
                fix=f"the columns are {', '.join(known)}",
            )


def _fit(task: Task, network: Network, run: Run, board: Report | None, progress: Progress) -> Trained:
    config = task.config
    steps = ready(network, task)
    batches = task.shuffled()
    first = task.attributes[0].name
    note = ""

    def told(row: Mapping[str, float]) -> None:
        nonlocal note
        note = f" (validation: {first} {row[f'val_{first}']:.3f}, all {1 - row['val_error']:.3f})"
        if board is not None:
            board(row)

    def on_batch(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        seen = f"epoch {epoch}, loss {logs['loss']:.3f}, accuracy {logs['accuracy']:.3f}{note}"
        progress("training", (epoch - 1) * len(batches) + batch, steps, seen)

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
        on_epoch=told,
    )


def _validate(task: Task, network: Network) -> dict[str, float]:
    """Returns `val_<attribute>`, each head's accuracy on validation, and `val_error`, 1 minus their mean."""
    logits = observe(network, task.in_order("validation"), mixed=task.mixed).logits
    parts = np.split(logits, np.cumsum(task.sizes)[:-1], axis=1)
    right = {}
    for attribute, part, true in zip(task.attributes, parts, task.label_ids("validation").T, strict=True):
        known = true >= 0
        if known.any():
            right[f"val_{attribute.name}"] = float((part.argmax(axis=1) == true)[known].mean())
    return right | {"val_error": 1 - float(np.mean(list(right.values())))}


def _result(task: Task, findings: Findings, trained: Trained, run: Path, too_few: Mapping[str, int]) -> TrainResult:
    leaked = {part: _leaked(task.products, part) for part in ("validation", "holdout")}
    scores = {part: score_answers(findings.answers[part], task.label_ids(part), leaked.get(part)) for part in PARTS}
    seen = findings.observations
    scores["holdout"] = with_similar(
        scores["holdout"],
        findings.answers["holdout"],
        findings.answers["train"],
        (task.label_ids("holdout"), task.label_ids("train")),
        leaked["holdout"],
    )
    contradicting = inconsistent(seen["holdout"].logits, task.attributes, findings.calibrated.hierarchy)
    return TrainResult(run, task.attributes, trained, scores, contradicting, findings.precision, too_few)


def _leaked(products: pl.DataFrame, part: str) -> NDArray[np.bool_]:
    """Returns which products of a part have a near-identical picture in another part."""
    elsewhere = products.filter(pl.col("part") != part)["group"].unique()
    return products.filter(pl.col("part") == part)["group"].is_in(elsewhere.implode()).to_numpy()
