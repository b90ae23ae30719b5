"""A study's result -> what its report shows."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import polars as pl

from modiste.config import StudyConfig
from modiste.learning.training import Trained
from modiste.measure.metrics import confusion_matrix
from modiste.predictions import Predictions
from modiste.reports.study import NetworkSummary, StudyReport
from modiste.workflows.mistakes import worst_mistakes
from modiste.workflows.pipeline import PartScores
from modiste.workflows.scores import AttributeScores, label_scores
from modiste.workflows.task import Task

__all__ = ["study_report"]

KERAS_MOMENTUM = 0.99


def study_report(
    task: Task[StudyConfig],
    network: NetworkSummary,
    trained: Trained,
    scores: PartScores,
    holdout: Predictions,
    environment: Mapping[str, str],
) -> StudyReport:
    """Gathers what the report of a study shows.

    Args:
        task: What was learned.
        network: The network's table.
        trained: The training's history and best epoch.
        scores: Part -> the attribute -> its scores.
        holdout: The predictions for the hold-out's products.
        environment: Machine and versions.
    """
    (attribute,) = task.schema.attributes
    true = task.product_label_ids("holdout")
    per_class = asdict(label_scores(holdout, true, 0))
    parts = {part: each[attribute.name] for part, each in scores.items()}
    return StudyReport(
        facts=_facts(task.config, environment, trained),
        inspection=task.prepared.inspection,
        network=network,
        history=trained.history,
        scores={part: item.scores for part, item in parts.items()},
        scores_without_leaks={part: item.without_leaks for part, item in parts.items() if item.without_leaks},
        leaked=parts["holdout"].leaked,
        labels=attribute.labels,
        confusion=confusion_matrix(true[:, 0], holdout.label_ids[:, 0], labels=len(attribute.labels)),
        per_class=pl.DataFrame({"label": attribute.labels, **per_class}),
        mistakes=worst_mistakes(task, holdout, 0),
        notes=tuple(_notes(task, trained, parts["holdout"])),
    )


def _facts(config: StudyConfig, environment: Mapping[str, str], trained: Trained) -> dict[str, str]:
    shown = {name.replace("_", " "): str(value) for name, value in asdict(config).items() if value not in ("", {})}
    minutes = trained.history["seconds"].sum() / 60
    return {
        **environment,
        **shown,
        "epochs trained": str(trained.history.height),
        "best epoch": f"{trained.best} (lowest validation loss)",
        "training time": f"{minutes:.1f} minutes",
    }


def _notes(task: Task[StudyConfig], trained: Trained, holdout: AttributeScores) -> Iterator[str]:
    config = task.config
    last = trained.history.height
    yield (
        f"The weights are those of epoch {trained.best} of {last}, the one with the lowest validation loss; "
        "the hold-out was not looked at before."
    )
    if config.bn_momentum == KERAS_MOMENTUM:
        yield (
            "The batch norms' averages move with a momentum of 0.99, Keras's default and so the study's. They lag "
            "behind the weights, which makes the validation scores swing from epoch to epoch."
        )
    else:
        yield f"The batch norms' averages move with a momentum of {config.bn_momentum}; the study's is 0.99."
    if holdout.leaked:
        yield (
            f"{holdout.leaked} of {holdout.scores.n} hold-out pictures also occur, pixel by pixel, in training or "
            "validation; the scores without them are the ones to believe."
        )
    yield from task.notes
    for label, count in task.split.too_few.items():
        yield f"{label} has only {count} products, too few for three parts: all of them are in training."
