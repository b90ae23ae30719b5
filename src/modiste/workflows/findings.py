"""The findings of a trained tagger on its catalogue: its outputs for each part, calibrated, and its predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.config import TrainConfig
from modiste.dataset.split import PARTS
from modiste.learning.prediction import Outputs, observe
from modiste.learning.training import Network
from modiste.measure.fitting import fit_projection
from modiste.measure.ood import SHORTEST, fit_subspace, ood_score
from modiste.portable.calibration import Calibrated, calibrate
from modiste.predictions import Predictions
from modiste.progress import Progress
from modiste.workflows.networks import in_order
from modiste.workflows.task import Task

__all__ = ["Findings", "Space", "collect_findings", "findings_from_outputs"]

VISUAL = 128
"""The length of the visual part of an embedding."""


@dataclass(frozen=True, eq=False)
class Space:
    """The linear maps of pooled features, fitted on the training part.

    Attributes:
        projection: float32 (channels, d), from pooled features to how a picture looks.
        subspace: float32 (channels, d), orthonormal: where the catalogue's pictures lie.
    """

    projection: NDArray[np.float32]
    subspace: NDArray[np.float32]

    def visual(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns how pictures look: float32 (n, d), L2-normalised."""
        projected = pooled @ self.projection
        lengths = np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), SHORTEST)
        return np.asarray(projected / lengths, np.float32)

    def ood_score(self, pooled: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns how unlike the training data pictures are: float32 (n,)."""
        return ood_score(pooled, self.subspace).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Findings:
    """The outputs of a trained network, calibrated, and its predictions.

    Attributes:
        space: The linear maps of its pooled features.
        calibrated: What turns its logits into answers.
        logits: Part -> float32 (photos, labels of all attributes).
        alone: The answers about the hold-out's photos, not yet its products.
        precision: The target of the decisions.
        predictions: Part -> the predictions for its products.
    """

    space: Space
    calibrated: Calibrated
    logits: Mapping[str, NDArray[np.float32]]
    precision: float
    predictions: Mapping[str, Predictions]
    alone: Predictions

    def answer(self, outputs: Outputs, ids: Sequence[str]) -> Predictions:
        """Returns the predictions for products, out of the outputs for their photos.

        Args:
            outputs: What the network gave for the photos.
            ids: Whose photos they are.
        """
        return _answer(self.space, self.calibrated, outputs, ids, self.precision)


def _answer(
    space: Space, calibrated: Calibrated, outputs: Outputs, ids: Sequence[str], precision: float
) -> Predictions:
    return _answer_photos(space, calibrated, outputs, ids, precision).pooled()


def _answer_photos(
    space: Space, calibrated: Calibrated, outputs: Outputs, ids: Sequence[str], precision: float
) -> Predictions:
    visual, scores = space.visual(outputs.pooled), space.ood_score(outputs.pooled)
    return calibrated.answer(outputs.logits, visual, scores, precision=precision, ids=ids)


def collect_findings(task: Task[TrainConfig], network: Network, *, precision: float, progress: Progress) -> Findings:
    """Runs a trained network on all parts and calibrates it on validation.

    Args:
        task: What it was trained for.
        network: With the weights that are to answer.
        precision: The target of the decisions, in (0, 1).
        progress: Is told of each batch.
    """
    outputs = {part: _outputs(task, network, part, progress) for part in PARTS}
    pooled = outputs["train"].pooled
    space = Space(fit_projection(pooled, task.label_ids("train"), size=VISUAL), fit_subspace(pooled))
    return findings_from_outputs(task, space, outputs, precision=precision)


def findings_from_outputs(
    task: Task[TrainConfig], space: Space, outputs: Mapping[str, Outputs], *, precision: float
) -> Findings:
    """Calibrates on validation what a network gave for all parts.

    Args:
        task: What was learned.
        space: The linear maps of pooled features.
        outputs: Part -> what the network that is to answer gave for its photos.
        precision: The target of the decisions, in (0, 1).
    """
    validation = outputs["validation"]
    calibrated = calibrate(
        task.schema,
        validation.logits,
        space.ood_score(validation.pooled),
        train=task.label_ids("train"),
        validation=task.label_ids("validation"),
        first_of_group=task.part("validation")["group"].is_first_distinct().to_numpy(),
    )
    photos = {
        part: _answer_photos(space, calibrated, each, task.owners(part), precision) for part, each in outputs.items()
    }
    logits = {part: each.logits for part, each in outputs.items()}
    predictions = {part: each.pooled() for part, each in photos.items()}
    return Findings(space, calibrated, logits, precision, predictions, photos["holdout"])


def _outputs(task: Task[TrainConfig], network: Network, part: str, progress: Progress) -> Outputs:
    batches = in_order(task, part)
    return observe(network, batches, on_batch=lambda done: progress(f"scoring {part}", done, len(batches)))
