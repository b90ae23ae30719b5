"""The whole study: catalogue -> labels -> split -> network -> scores -> report."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.taxonomy import load_taxonomy
from modiste.config import StudyConfig
from modiste.dataset.duplicates import copy_groups
from modiste.dataset.images import Size
from modiste.dataset.split import PARTS, Split, leaked, split_products
from modiste.errors import CatalogueError
from modiste.learning.backend import computing_on
from modiste.learning.compilation import compile_classifier
from modiste.learning.layers import network_facts
from modiste.learning.prediction import evaluate
from modiste.learning.study_cnn import study_cnn
from modiste.learning.training import Network, Trained, fit
from modiste.progress import Progress, silent
from modiste.reports.pages import study_page
from modiste.reports.study import LayerSummary, NetworkSummary
from modiste.runs import CHECKPOINTS, METRICS, PREDICTIONS, REPORT, SPLIT, TAXONOMY, Run
from modiste.workflows.prepare import Prepared, prepare
from modiste.workflows.run_folder import open_or_resume, start_run
from modiste.workflows.scoring import PartScores, answer, batches_of, network_of, predictions, score_part
from modiste.workflows.study_report import study_report

__all__ = ["StudyResult", "study", "summarise", "summarise_study"]


@dataclass(frozen=True)
class StudyResult:
    """What a study came to.

    Attributes:
        run: The run folder.
        labels: All labels.
        history: See `learning.training.HISTORY`.
        best: The epoch of the lowest validation loss, whose weights were scored.
        scores: Part -> its scores.
        predictions: id, part, true, predicted, probability, top3.
        too_few: Labels with too few products for all parts, with their count; all of them are in training.
    """

    run: Path
    labels: tuple[str, ...]
    history: pl.DataFrame
    best: int
    scores: Mapping[str, PartScores]
    predictions: pl.DataFrame
    too_few: Mapping[str, int]

    @property
    def report(self) -> Path:
        """The page that shows it all."""
        return self.run / REPORT

    def as_json(self) -> dict[str, object]:
        """Returns the scores as plain values, in the form of `metrics.json`."""
        return {part: scores.as_json() for part, scores in self.scores.items()}


def study(
    catalogue: Path,
    out: Path,
    config: StudyConfig | None = None,
    *,
    resume: bool = False,
    progress: Progress = silent,
) -> StudyResult:
    """Runs the study on a catalogue.

    Args:
        catalogue: See `catalogue.sources.open_catalogue`.
        out: The run folder to write.
        config: The settings; the study's own by default.
        resume: Go on with the run that lies there; what is done is not done again.
        progress: Is told of each picture and each batch.

    Raises:
        ModisteError: The catalogue, the taxonomy, the settings or the run folder do not allow it.
    """
    config = config or StudyConfig()
    with computing_on(config.device):
        return _study(catalogue, out, config, resume=resume, progress=progress)


def _study(catalogue: Path, out: Path, config: StudyConfig, *, resume: bool, progress: Progress) -> StudyResult:
    # More epochs, more patience or another device is what one may want of a resumed run; all else must be as it was.
    changeable = frozenset({"device", "epochs", "patience"})
    begun = open_or_resume(
        out, config, catalogue, kind="study", resume=resume, changeable=changeable, progress=progress
    )
    prepared = prepare(
        catalogue,
        taxonomy=Path(config.taxonomy) if config.taxonomy else None,
        columns=config.columns,
        images=Path(config.images) if config.images else None,
        progress=progress,
    )
    split = _split(prepared, config)
    run = start_run(begun, out, config, catalogue, kind="study")
    run.write_parquet(SPLIT, split.frame)
    run.write_text(TAXONOMY, prepared.taxonomy.to_toml())
    products = prepared.products.join(split.frame, on="id", maintain_order="left")
    network, trained = _train(prepared, products, config, run, progress)
    answers = {
        part: answer(network, prepared, products.filter(pl.col("part") == part), config, progress, part)
        for part in PARTS
    }
    scores = {
        part: score_part(answers[part], None if part == "train" else leaked(split, products, part)) for part in PARTS
    }
    table = pl.concat(predictions(answers[part], prepared.labels) for part in PARTS)
    result = StudyResult(run.path, prepared.labels, trained.history, trained.best, scores, table, split.too_few)
    run.write_json(METRICS, result.as_json())
    run.write_parquet(PREDICTIONS, table)
    report = study_report(
        prepared,
        summarise(network),
        trained,
        scores,
        answers["holdout"],
        config=config,
        environment=run.environment,
        too_few=split.too_few,
    )
    run.write_text(REPORT, study_page(report))
    return result


def _split(prepared: Prepared, config: StudyConfig) -> Split:
    products = prepared.products
    if config.split == "grouped":
        products = products.with_columns(copy_groups(products["digest"]))
    split = split_products(products, seed=config.seed)
    if split.ids("holdout").is_empty():
        raise CatalogueError(
            "no label has the three products that a split needs",
            where=prepared.inspection.source,
            fix="give more products",
        )
    if products["Class"].n_unique() < 2:
        raise CatalogueError(
            f"every product has the label {products['Class'][0]!r}; two labels are the least",
            where=prepared.inspection.source,
            fix="give products of other labels",
        )
    return split


def _train(
    prepared: Prepared, products: pl.DataFrame, config: StudyConfig, run: Run, progress: Progress
) -> tuple[Network, Trained]:
    network = network_of(config, prepared)
    compile_classifier(network, learning_rate=config.learning_rate, device=config.device)
    train = batches_of(prepared, products.filter(pl.col("part") == "train"), config, training=True)
    validation = batches_of(prepared, products.filter(pl.col("part") == "validation"), config)
    note = ""

    def on_batch(epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        progress(
            f"epoch {epoch}",
            batch,
            len(train),
            f"loss {logs['loss']:.3f}, accuracy {logs['accuracy']:.3f}{note}",
        )

    def on_epoch(row: Mapping[str, float]) -> None:
        nonlocal note
        note = f" (validation {row['val_loss']:.3f}, {row['val_accuracy']:.3f})"

    trained = fit(
        network,
        train,
        lambda: evaluate(network, validation),
        folder=run.path / CHECKPOINTS,
        seed=config.seed,
        epochs=config.epochs,
        patience=config.patience,
        on_batch=on_batch,
        on_epoch=on_epoch,
    )
    return network, trained


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
    size = Size()
    network = study_cnn(
        len(load_taxonomy(Path(config.taxonomy) if config.taxonomy else None).labels),
        height=size.height,
        width=size.width,
        channels=1 if config.greyscale else 3,
        bn_momentum=config.bn_momentum,
    )
    return summarise(network)
