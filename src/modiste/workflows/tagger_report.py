"""A training's findings -> what its report shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.learning.training import Trained
from modiste.measure.calibration import calibration_error, softmax
from modiste.measure.metrics import confusion_matrix
from modiste.measure.selection import SelectiveScores
from modiste.portable.answers import score, select
from modiste.reports.study import Mistake, NetworkSummary
from modiste.reports.tagger import AttributeReport, Decisions, TaggerReport
from modiste.workflows.findings import Findings
from modiste.workflows.tagger import Task, imbalance_of
from modiste.workflows.tagger_scores import AttributeScores, label_scores

__all__ = ["tagger_report"]

GALLERY = 30
"""How many of the worst mistakes to show."""


def tagger_report(
    task: Task,
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
        findings: What came of it.
        trained: The training's history and best epoch.
        scores: Part -> attribute -> how good the answers are.
        network: The network's table.
        environment: Machine and versions.
        inconsistent: Hold-out products whose answers would contradict the taxonomy.
        notes: What is to be said of the split.
    """
    hierarchy = findings.calibrated.hierarchy
    answers, label_ids = findings.answers["holdout"], task.label_ids("holdout")
    scored = scores["holdout"]
    at = next(at for at, attribute in enumerate(task.attributes) if attribute.name in scored)
    known = (label_ids[:, at] >= 0) & (label_ids[:, at] < task.sizes[at])
    first = scored[task.attributes[at].name]
    return TaggerReport(
        facts=_facts(task.config, environment, trained),
        inspection=task.prepared.inspection,
        network=network,
        history=trained.history,
        best=trained.best,
        parts={part: task.part(part).height for part in PARTS},
        leaked=first.scores.n - first.without_leaks.n if first.without_leaks else 0,
        precision=findings.precision,
        attributes=tuple(_attributes(task, findings, scored)),
        inconsistent=inconsistent,
        hierarchy=hierarchy.attributes if hierarchy else (),
        confusion=confusion_matrix(label_ids[known, at], answers.label_ids[known, at], labels=task.sizes[at]),
        mistakes=_mistakes(task, findings, at),
        notes=(*_notes(task, trained), *notes),
    )


def _facts(config: TrainConfig, environment: Mapping[str, str], trained: Trained) -> dict[str, str]:
    shown = {name.replace("_", " "): str(value) for name, value in asdict(config).items() if value not in ("", {}, [])}
    minutes = trained.history["seconds"].sum() / 60
    return {**environment, **shown, "training time": f"{minutes:.1f} minutes"}


def _attributes(task: Task, findings: Findings, scores: Mapping[str, AttributeScores]) -> Iterator[AttributeReport]:
    calibrated, answers = findings.calibrated, findings.answers["holdout"]
    label_ids, train = task.label_ids("holdout"), task.label_ids("train")
    selections = select(calibrated.calibration, task.attributes, findings.precision)
    raw = score(findings.observations["holdout"].logits, task.attributes, calibrated.hierarchy)
    methods = imbalance_of(task.config, task.attributes)
    for at, attribute in enumerate(task.attributes):
        if attribute.name not in scores:
            continue
        item, known = scores[attribute.name], label_ids[:, at] >= 0
        true, said = label_ids[known, at], answers.label_ids[known, at]
        correct = true == said
        before = softmax(raw.logits[at][known])[np.arange(len(said)), said]
        size = len(attribute.labels)
        per_label = asdict(label_scores(answers, label_ids, at))
        seen = np.bincount(train[train[:, at] >= 0, at], minlength=size)
        own = np.flatnonzero(selections[at].own)
        yield AttributeReport(
            name=attribute.name,
            labels=attribute.labels,
            scores=item.scores,
            scores_without_leaks=item.without_leaks,
            calibration_error=item.calibration_error,
            uncalibrated_error=calibration_error(np.minimum(before.astype(np.float64), 1.0), correct),
            temperature=calibrated.temperatures[at],
            imbalance=methods[at],
            decisions=_decisions(
                item.decisions,
                selections[at].shared.threshold,
                {attribute.labels[label]: float(selections[at].thresholds[label]) for label in own},
            ),
            confidence=answers.confidence[known, at].astype(np.float64),
            correct=correct,
            per_label=pl.DataFrame({"label": attribute.labels, "train": seen, **per_label}),
        )


def _decisions(scores: SelectiveScores, threshold: float | None, own: dict[str, float]) -> Decisions:
    return Decisions(threshold, scores.precision if scores.accepted else None, scores.coverage, own)


def _mistakes(task: Task, findings: Findings, at: int) -> tuple[Mistake, ...]:
    """The wrong answers about an attribute that the network was surest of, the surest first."""
    products, answers = task.part("holdout"), findings.answers["holdout"]
    labels, true = task.attributes[at].labels, task.label_ids("holdout")[:, at]
    said, confidence = answers.label_ids[:, at], answers.confidence[:, at]
    wrong = np.flatnonzero((true >= 0) & (true < len(labels)) & (true != said))
    worst = sorted(wrong.tolist(), key=lambda index: (-confidence[index], index))[:GALLERY]
    return tuple(
        Mistake(
            id=products["id"][index],
            true=labels[true[index]],
            predicted=labels[said[index]],
            probability=float(confidence[index]),
            pixels=task.prepared.cache.pixels[products["row"][index]],
        )
        for index in worst
    )


def _notes(task: Task, trained: Trained) -> Iterator[str]:
    yield (
        f"The weights are those of epoch {trained.best} of {trained.history.height}, the one with the lowest error on "
        "validation, on which temperatures and thresholds were chosen too; the hold-out was not looked at before."
    )
    for attribute, label_ids in zip(task.attributes, task.label_ids("holdout").T, strict=True):
        unseen = int((label_ids >= len(attribute.labels)).sum())
        if unseen:
            yield (
                f"{unseen} hold-out products have a label of {attribute.name} that no training product has; they count "
                "as wrong."
            )
