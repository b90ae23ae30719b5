"""The model card that travels with a bundle (Mitchell et al. 2019): what it learned from, how good it is, limits."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from modiste.dataset.split import PARTS
from modiste.learning.training import Trained
from modiste.runs import Run
from modiste.workflows.findings import Findings
from modiste.workflows.tagger import Task
from modiste.workflows.tagger_scores import inconsistent, label_scores, score_answers

__all__ = ["model_card"]

LIMITS = (
    "It knows the labels of its catalogue and nothing else: another kind of product gets the nearest label it knows.",
    "It learned from pictures of single products on plain backgrounds; other photos are likely to go to review.",
    "Confidence and thresholds hold for photos like those it learned from; check them on yours before relying on them.",
    "Season and use are seldom visible: what it says of them reflects how this catalogue was labelled.",
)

LICENCE = "Apache-2.0 for the weights; the photos that they were learned from are their owners' and are not included."


def model_card(
    task: Task, findings: Findings, trained: Trained, run: Run, *, parity: Mapping[str, float]
) -> dict[str, Any]:
    """Returns a model card as nested plain values.

    Args:
        task: What was learned.
        findings: What came of it.
        trained: The training's history and best epoch.
        run: Machine and versions.
        parity: How far the bundle's probabilities are from the network's: see `ExportResult`.
    """
    numbers, answers = task.numbers("holdout"), findings.answers["holdout"]
    scores = score_answers(answers, numbers)
    hierarchy = findings.calibrated.hierarchy
    return {
        "data": {
            "catalogue": run.catalogue.rsplit("/", 1)[-1],
            "products": {part: task.part(part).height for part in PARTS},
            "pictures": f"{task.config.width}x{task.config.height} pixels",
        },
        "protocol": {
            "split": task.config.split.rsplit("/", 1)[-1],
            "seed": task.config.seed,
            "selection": "weights, temperatures and thresholds: on validation; metrics: on the hold-out",
        },
        "training": {
            **run.environment,
            "start": "ImageNet weights of EfficientNet-Lite0"
            if task.config.start == "imagenet"
            else Path(task.config.start).name,
            "epochs": trained.history.height,
            "best_epoch": trained.best,
            "minutes": round(float(trained.history["seconds"].sum()) / 60, 1),
        },
        "metrics": {name: item.as_json() for name, item in scores.items()},
        "precision": findings.precision,
        "consistency": {
            "attributes": list(hierarchy.attributes) if hierarchy else [],
            "inconsistent_heads": inconsistent(findings.observations["holdout"].logits, task.attributes, hierarchy),
            "inconsistent_answers": 0,
        },
        "labels": {
            attribute.name: _per_label(task, findings, place) for place, attribute in enumerate(task.attributes)
        },
        "export": dict(parity),
        "limits": list(LIMITS),
        "licence": LICENCE,
    }


def _per_label(task: Task, findings: Findings, place: int) -> list[dict[str, Any]]:
    """Returns each label's products in training and on the hold-out, precision, recall and F1; null where undefined."""
    labels = task.attributes[place].labels
    train = task.numbers("train")[:, place]
    seen = np.bincount(train[train >= 0], minlength=len(labels))
    scores = asdict(label_scores(findings.answers["holdout"], task.numbers("holdout"), place))
    return [
        {"label": label, "train": int(seen[number])} | {name: _plain(values[number]) for name, values in scores.items()}
        for number, label in enumerate(labels)
    ]


def _plain(value: np.generic) -> float | int | None:
    number = value.item()
    return None if np.isnan(number) else round(number, 4) if isinstance(number, float) else number
