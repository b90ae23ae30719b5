"""The model card that travels with a bundle (Mitchell et al. 2019): what it learned from, how good it is, limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.learning.backbones import find_backbone
from modiste.learning.checkpoints import read_history
from modiste.learning.training import Trained
from modiste.portable.contents import Hierarchy
from modiste.predictions import Predictions
from modiste.runs import CHECKPOINTS, Run
from modiste.workflows.findings import Findings
from modiste.workflows.scores import inconsistent, label_scores, score_predictions
from modiste.workflows.starting import read_start
from modiste.workflows.task import Task

__all__ = ["card_scores", "model_card"]

LIMITS = (
    "It knows the labels of its catalogue and nothing else: another kind of product gets the nearest label it knows.",
    "It learned from pictures of its catalogue; photos of another kind are likely to go to review.",
    "Confidence and thresholds hold for photos like those it learned from; check them on yours before relying on them.",
)
SHALLOW = ", without the last block of each stage that has several"


def model_card(
    task: Task[TrainConfig], findings: Findings, trained: Trained, run: Run, *, export: Mapping[str, Any], licence: str
) -> dict[str, Any]:
    """Returns a model card as nested plain values.

    Args:
        task: What was learned.
        findings: The findings of the trained network.
        trained: The training's history and best epoch.
        run: Machine and versions.
        export: How the bundle computes, and how far its answers are from the network's: see `ExportResult`.
        licence: Under what terms the bundle may be used.
    """
    return {
        "data": {
            "catalogue": run.catalogue.rsplit("/", 1)[-1],
            "products": {part: task.products(part).height for part in PARTS},
            "pictures": f"{task.config.width}x{task.config.height} pixels",
        },
        "protocol": {
            "split": task.config.split.rsplit("/", 1)[-1],
            "seed": task.config.seed,
            "selection": "weights, temperatures and thresholds: on validation; metrics: on the hold-out",
        },
        "training": {
            **run.environment,
            "network": find_backbone(task.config.backbone).title + (SHALLOW if task.config.shallow else ""),
            "start": read_start(run, task.config).weights,
            "epochs": trained.history.height,
            "best_epoch": trained.best,
            "minutes": _minutes(trained.history.to_dicts()),
            **_teacher(task),
        },
        **card_scores(task, findings.predictions["holdout"], findings.logits["holdout"], findings.calibrated.hierarchy),
        "export": dict(export),
        "limits": [*LIMITS, *_unseen(task)],
        "licence": licence,
    }


def card_scores(
    task: Task[TrainConfig], predictions: Predictions, logits: NDArray[np.float32], hierarchy: Hierarchy | None
) -> dict[str, Any]:
    """Returns what a model card says of how good the answers are.

    Args:
        task: What was learned.
        predictions: Those for the hold-out's products.
        logits: float32 (photos, labels of all attributes): what the network gives for the hold-out's photos.
        hierarchy: Which answers must fit together.
    """
    scores = score_predictions(predictions, task.product_label_ids("holdout"))
    return {
        "metrics": {name: item.as_json() for name, item in scores.items()},
        "precision": predictions.precision,
        "consistency": {
            "attributes": list(hierarchy.attributes) if hierarchy else [],
            "inconsistent_heads": inconsistent(logits, task.schema, hierarchy),
            "inconsistent_answers": 0,
        },
        "labels": {
            attribute.name: _per_label(task, predictions, index)
            for index, attribute in enumerate(task.schema.attributes)
        },
    }


def _minutes(epochs: Sequence[Mapping[str, float]]) -> float:
    return round(sum(epoch["seconds"] for epoch in epochs) / 60, 1)


def _teacher(task: Task[TrainConfig]) -> dict[str, Any]:
    """Returns what is known of the network that this one learned from besides the labels; nothing without one."""
    if not task.config.teacher:
        return {}
    run = Run(Path(task.config.teacher))
    _, epochs = read_history(run.path / CHECKPOINTS)
    pictures = f"{run.config['width']}x{run.config['height']} pixels"
    return {"teacher": {"pictures": pictures, "epochs": len(epochs), "minutes": _minutes(epochs)}}


def _unseen(task: Task[TrainConfig]) -> Iterator[str]:
    """Yields the limit that attributes have which are seldom visible."""
    if names := [attribute.name for attribute in task.schema.attributes if not attribute.visible]:
        yield f"Seldom visible: {' and '.join(names)}. What it says of them reflects how its catalogue was labelled."


def _per_label(task: Task[TrainConfig], predictions: Predictions, index: int) -> list[dict[str, Any]]:
    """Returns each label's products in training and on the hold-out, precision, recall and F1; null where undefined."""
    labels = task.schema.attributes[index].labels
    train = task.product_label_ids("train")[:, index]
    seen = np.bincount(train[train >= 0], minlength=len(labels))
    scores = asdict(label_scores(predictions, task.product_label_ids("holdout"), index))
    return [
        {"label": label, "train": int(seen[number])} | {name: _plain(values[number]) for name, values in scores.items()}
        for number, label in enumerate(labels)
    ]


def _plain(value: np.generic) -> float | int | None:
    number = value.item()
    return None if np.isnan(number) else round(number, 4) if isinstance(number, float) else number
