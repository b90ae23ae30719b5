"""A training's findings -> what its report shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.learning.training import Trained
from modiste.measure.calibration import calibration_error
from modiste.measure.consistency import best_labels
from modiste.measure.metrics import confusion_matrix
from modiste.measure.selection import SelectiveScores
from modiste.portable.answers import calibrated, combinations_of, confidence_in, join_heads, select
from modiste.reports.study import NetworkSummary
from modiste.reports.tagger import AttributeReport, Decisions, TaggerReport
from modiste.workflows.findings import Findings
from modiste.workflows.mistakes import worst_mistakes
from modiste.workflows.networks import imbalance_of
from modiste.workflows.scores import AttributeScores, label_scores
from modiste.workflows.task import Task

__all__ = ["tagger_report"]


def tagger_report(
    task: Task[TrainConfig],
    findings: Findings,
    trained: Trained,
    scores: Mapping[str, Mapping[str, AttributeScores]],
    *,
    network: NetworkSummary,
    environment: Mapping[str, str],
    inconsistent: int,
    notes: Sequence[str],
) -> TaggerReport:
    """Gathers what the report of a training shows.

    Args:
        task: What was learned.
        findings: The findings of the trained network.
        trained: The training's history and best epoch.
        scores: Part -> attribute -> how good the answers are.
        network: The network's table.
        environment: Machine and versions.
        inconsistent: Hold-out products whose answers would contradict the taxonomy.
        notes: Sentences about the products and the split.
    """
    hierarchy = findings.calibrated.hierarchy
    predictions, true = findings.predictions["holdout"], task.product_label_ids("holdout")
    scored = scores["holdout"]
    names, sizes = task.schema.names, task.schema.sizes
    at = next(at for at, name in enumerate(names) if name in scored)
    known = (true[:, at] >= 0) & (true[:, at] < sizes[at])
    return TaggerReport(
        facts=_facts(task.config, environment, trained),
        inspection=task.prepared.inspection,
        network=network,
        history=trained.history,
        best=trained.best,
        parts={part: task.products(part).height for part in PARTS},
        leaked=scored[names[at]].leaked,
        precision=findings.precision,
        attributes=tuple(_attributes(task, findings, scored)),
        inconsistent=inconsistent,
        hierarchy=hierarchy.attributes if hierarchy else (),
        confusion=confusion_matrix(true[known, at], predictions.label_ids[known, at], labels=sizes[at]),
        mistakes=worst_mistakes(task, predictions, at),
        notes=(*_notes(task, trained), *notes),
    )


def _facts(config: TrainConfig, environment: Mapping[str, str], trained: Trained) -> dict[str, str]:
    shown = {name.replace("_", " "): str(value) for name, value in asdict(config).items() if value not in ("", {}, [])}
    minutes = trained.history["seconds"].sum() / 60
    return {**environment, **shown, "training time": f"{minutes:.1f} minutes"}


def _attributes(
    task: Task[TrainConfig], findings: Findings, scores: Mapping[str, AttributeScores]
) -> Iterator[AttributeReport]:
    calibrated, predictions = findings.calibrated, findings.predictions["holdout"]
    attributes = task.schema.attributes
    true, train = task.product_label_ids("holdout"), task.product_label_ids("train")
    selections = select(calibrated.calibration, attributes, findings.precision)
    methods = imbalance_of(task.config, attributes)
    before = _uncalibrated_errors(task, findings)
    for at, attribute in enumerate(attributes):
        if attribute.name not in scores:
            continue
        item, known = scores[attribute.name], true[:, at] >= 0
        size = len(attribute.labels)
        per_label = asdict(label_scores(predictions, true, at))
        seen = np.bincount(train[train[:, at] >= 0, at], minlength=size)
        own = np.flatnonzero(selections[at].own)
        yield AttributeReport(
            name=attribute.name,
            labels=attribute.labels,
            scores=item.scores,
            scores_without_leaks=item.without_leaks if item.leaked else None,
            calibration_error=item.calibration_error,
            uncalibrated_error=before[at],
            temperature=calibrated.temperatures[at],
            imbalance=methods[at],
            decisions=_decisions(
                item.decisions,
                selections[at].shared.threshold,
                {attribute.labels[label]: float(selections[at].thresholds[label]) for label in own},
            ),
            confidence=predictions.confidence[known, at].astype(np.float64),
            correct=true[known, at] == predictions.label_ids[known, at],
            per_label=pl.DataFrame({"label": attribute.labels, "train": seen, **per_label}),
        )


def _uncalibrated_errors(task: Task[TrainConfig], findings: Findings) -> list[float]:
    """Returns each attribute's calibration error on the hold-out's photos before it is calibrated."""
    hierarchy, attributes = findings.calibrated.hierarchy, task.schema.attributes
    scores = join_heads(findings.logits["holdout"], attributes, hierarchy)
    raw = calibrated(scores, [1.0] * len(attributes))
    answers = best_labels(raw, combinations_of(hierarchy, attributes))
    errors = []
    for confidence, labels, said in zip(
        confidence_in(answers, raw).T, task.label_ids("holdout").T, answers.T, strict=True
    ):
        known = labels >= 0
        stated = confidence[known].astype(np.float64)
        correct = labels[known] == said[known]
        errors.append(calibration_error(np.minimum(stated, 1.0), correct) if known.any() else float("nan"))
    return errors


def _decisions(scores: SelectiveScores | None, threshold: float | None, own: dict[str, float]) -> Decisions:
    if scores is None:
        raise ValueError("a tagger's answers are decided about")
    return Decisions(threshold, scores.precision if scores.accepted else None, scores.coverage, own)


def _notes(task: Task[TrainConfig], trained: Trained) -> Iterator[str]:
    yield (
        f"The weights are those of epoch {trained.best} of {trained.history.height}, the one with the lowest error on "
        "validation, on which temperatures and thresholds were chosen too; the hold-out was not looked at before."
    )
    for attribute, label_ids in zip(task.schema.attributes, task.product_label_ids("holdout").T, strict=True):
        unseen = int((label_ids >= len(attribute.labels)).sum())
        if unseen:
            yield (
                f"{unseen} hold-out products have a label of {attribute.name} that no training product has; they count "
                "as wrong."
            )
