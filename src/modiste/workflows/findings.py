"""What a trained network comes to on its catalogue: what it gives for each part, calibrated, and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.split import PARTS
from modiste.learning.prediction import Observed, observe
from modiste.learning.training import Network
from modiste.measure.fitting import fit_projection
from modiste.measure.ood import SHORTEST, familiarity, fit_subspace
from modiste.portable.answers import Answers
from modiste.progress import Progress
from modiste.workflows.calibrate import Calibrated, Observation, calibrate
from modiste.workflows.tagger import Task

__all__ = ["Findings", "Space", "find", "find_from"]

VISUAL = 128
"""Numbers that say how a picture looks."""


@dataclass(frozen=True, eq=False)
class Space:
    """What is made of pooled features.

    Attributes:
        projection: float32 (channels, d), from pooled features to how a picture looks.
        subspace: float32 (channels, d), orthonormal: where the catalogue's pictures lie.
    """

    projection: NDArray[np.float32]
    subspace: NDArray[np.float32]

    def observation(self, observed: Observed, label_ids: NDArray[np.int64]) -> Observation:
        """Returns what a network gave for n products, with how they look and their familiarity.

        Args:
            observed: What it gave.
            label_ids: (n, attributes) their label ids.
        """
        projected = observed.pooled @ self.projection
        visual = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), SHORTEST)
        likeness = familiarity(observed.pooled, self.subspace).astype(np.float32)
        return Observation(observed.logits, visual, likeness, label_ids)


@dataclass(frozen=True, eq=False)
class Findings:
    """What a trained network comes to.

    Attributes:
        space: What is made of pooled features.
        calibrated: What turns its logits into answers.
        observations: Part -> what the network gives for it.
        precision: The target of the decisions.
        answers: Part -> its answers.
    """

    space: Space
    calibrated: Calibrated
    observations: Mapping[str, Observation]
    precision: float
    answers: Mapping[str, Answers]


def find(task: Task, network: Network, *, precision: float, progress: Progress) -> Findings:
    """Looks at all parts with a trained network and calibrates it on validation.

    Args:
        task: What it was trained for.
        network: With the weights that are to answer.
        precision: The target of the decisions, in (0, 1).
        progress: Is told of each batch.
    """
    given = {part: _given(task, network, part, progress) for part in PARTS}
    pooled = given["train"].pooled
    space = Space(fit_projection(pooled, task.label_ids("train"), size=VISUAL), fit_subspace(pooled))
    return find_from(task, space, given, precision=precision)


def find_from(task: Task, space: Space, given: Mapping[str, Observed], *, precision: float) -> Findings:
    """Calibrates on validation what was given for all parts.

    Args:
        task: What was learned.
        space: What to make of pooled features.
        given: Part -> what the network that is to answer gave.
        precision: The target of the decisions, in (0, 1).
    """
    observations = {part: space.observation(each, task.label_ids(part)) for part, each in given.items()}
    groups = task.part("validation")["group"]
    calibrated = calibrate(
        task.attributes,
        observations["train"],
        observations["validation"],
        first_of_group=groups.is_first_distinct().to_numpy(),
    )
    answers = {part: calibrated.answer(each, precision=precision) for part, each in observations.items()}
    return Findings(space, calibrated, observations, precision, answers)


def _given(task: Task, network: Network, part: str, progress: Progress) -> Observed:
    batches = task.in_order(part)
    return observe(network, batches, on_batch=lambda done: progress(f"scoring {part}", done, len(batches)))
