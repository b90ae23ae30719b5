"""A study's result -> what its report shows."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import polars as pl

from modiste.config import StudyConfig
from modiste.learning.training import Trained
from modiste.measure.metrics import class_scores, confusion_matrix
from modiste.reports.study import Mistake, NetworkSummary, StudyReport
from modiste.workflows.prepare import Prepared
from modiste.workflows.scoring import Answers, PartScores

__all__ = ["study_report"]

GALLERY = 30
"""How many of the worst mistakes to show."""

KERAS_MOMENTUM = 0.99


def study_report(
    prepared: Prepared,
    network: NetworkSummary,
    trained: Trained,
    scores: Mapping[str, PartScores],
    holdout: Answers,
    *,
    config: StudyConfig,
    environment: Mapping[str, str],
    too_few: Mapping[str, int],
) -> StudyReport:
    """Gathers what the report of a study shows.

    Args:
        prepared: The catalogue.
        network: The network's table.
        trained: The training's history and best epoch.
        scores: Part -> its scores.
        holdout: The answers to the hold-out part.
        config: The settings.
        environment: Machine and versions.
        too_few: Labels with too few products for all parts, with their count.
    """
    matrix = confusion_matrix(holdout.true, holdout.probabilities.argmax(axis=1), labels=len(prepared.labels))
    single = class_scores(matrix)
    return StudyReport(
        facts=_facts(config, environment, trained),
        inspection=prepared.inspection,
        network=network,
        history=trained.history,
        scores={part: item.all for part, item in scores.items()},
        scores_without_leaks={part: item.without_leaks for part, item in scores.items() if item.without_leaks},
        leaked=scores["holdout"].leaked,
        labels=prepared.labels,
        confusion=matrix,
        per_class=pl.DataFrame({"label": prepared.labels, **asdict(single)}),
        mistakes=_mistakes(prepared, holdout),
        notes=tuple(_notes(config, trained, scores["holdout"], too_few)),
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


def _mistakes(prepared: Prepared, answers: Answers) -> tuple[Mistake, ...]:
    """The wrong answers that the network was surest of, the surest first."""
    predicted = answers.probabilities.argmax(axis=1)
    sureness = answers.probabilities.max(axis=1)
    wrong = (predicted != answers.true).nonzero()[0]
    worst = sorted(wrong.tolist(), key=lambda index: (-sureness[index], index))[:GALLERY]
    ids, rows = answers.products["id"], answers.products["row"]
    return tuple(
        Mistake(
            id=ids[index],
            true=prepared.labels[answers.true[index]],
            predicted=prepared.labels[predicted[index]],
            probability=float(sureness[index]),
            pixels=prepared.cache.pixels[rows[index]],
        )
        for index in worst
    )


def _notes(config: StudyConfig, trained: Trained, holdout: PartScores, too_few: Mapping[str, int]) -> Iterator[str]:
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
            f"{holdout.leaked} of {holdout.all.n} hold-out pictures also occur, pixel by pixel, in training or "
            "validation; the scores without them are the ones to believe."
        )
    for label, count in too_few.items():
        yield f"{label} has only {count} products, too few for three parts: all of them are in training."
