"""From what a network gives for validation products to honest answers: joint, calibrated, with thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.dataset.targets import HIERARCHY
from modiste.measure.consistency import allowed_combinations
from modiste.measure.fitting import fit_temperature, fit_weights
from modiste.measure.ood import familiarity_threshold
from modiste.portable.answers import Answers, answer, calibrated, score, select
from modiste.portable.contents import Calibration, Hierarchy
from modiste.schema import Attribute

__all__ = ["Calibrated", "Observation", "calibrate"]


@dataclass(frozen=True, eq=False)
class Observation:
    """What a network gives for the products of one part, and what they are.

    Attributes:
        logits: float32 (n, labels of all attributes).
        visual: float32 (n, d), L2-normalised: how the pictures look, as the network embeds them.
        familiarity: float32 (n,): how like the catalogue each picture is (see `measure.familiarity`).
        label_ids: int64 (n, attributes): their label ids (see `encode_labels`).
    """

    logits: NDArray[np.float32]
    visual: NDArray[np.float32]
    familiarity: NDArray[np.float32]
    label_ids: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What turns a network's logits into answers; the same as a bundle holds.

    Attributes:
        attributes: In the order of the logits.
        hierarchy: Which answers must fit together; None where no two attributes are hierarchical.
        temperatures: Per attribute.
        calibration: Per attribute: the answers on validation products that thresholds are chosen from.
        familiarity: A picture of less is unlike the catalogue.
    """

    attributes: tuple[Attribute, ...]
    hierarchy: Hierarchy | None
    temperatures: tuple[float, ...]
    calibration: tuple[Calibration, ...]
    familiarity: float

    def answer(self, observation: Observation, *, precision: float) -> Answers:
        """Answers for what a network gave.

        Args:
            observation: Of any products.
            precision: The target of the decisions, in (0, 1).
        """
        return answer(
            observation.logits,
            observation.visual,
            observation.familiarity,
            self.attributes,
            hierarchy=self.hierarchy,
            temperatures=self.temperatures,
            threshold=self.familiarity,
            selections=select(self.calibration, self.attributes, precision),
        )


def calibrate(
    attributes: Sequence[Attribute],
    train: Observation,
    validation: Observation,
    *,
    first_of_group: NDArray[np.bool_],
) -> Calibrated:
    """Fits on validation products what makes a network's answers fit together and its confidence honest.

    Args:
        attributes: In the order of the logits.
        train: Its labels say which answers go together.
        validation: Everything else is fitted to these.
        first_of_group: bool (validation products,): thresholds are chosen from these alone, one of each group of
            near-identical pictures, since copies are no evidence of their own.
    """
    hierarchy = _fit_hierarchy(attributes, train, validation)
    scores = score(validation.logits, attributes, hierarchy)
    pairs = zip(scores.logits, validation.label_ids.T, strict=True)
    # A label that training never saw has no logit to be likely by.
    temperatures = tuple(fit_temperature(logits, np.where(true < logits.shape[1], true, -1)) for logits, true in pairs)
    _, confidence = calibrated(scores, temperatures)
    rows = zip(confidence.T, scores.label_ids.T, validation.label_ids.T, strict=True)
    return Calibrated(
        attributes=tuple(attributes),
        hierarchy=hierarchy,
        temperatures=temperatures,
        calibration=tuple(_calibration(*each, first_of_group) for each in rows),
        familiarity=familiarity_threshold(validation.familiarity),
    )


def _fit_hierarchy(attributes: Sequence[Attribute], train: Observation, validation: Observation) -> Hierarchy | None:
    indices = [index for index, attribute in enumerate(attributes) if attribute.name in HIERARCHY]
    combinations = allowed_combinations(train.label_ids[:, indices])
    if len(indices) < 2 or not len(combinations):
        return None
    parts = np.split(validation.logits, np.cumsum([len(attribute.labels) for attribute in attributes])[:-1], axis=1)
    known = np.where(
        validation.label_ids < [len(attribute.labels) for attribute in attributes], validation.label_ids, -1
    )
    weights = fit_weights([parts[index] for index in indices], known[:, indices], combinations)
    names = tuple(attributes[index].name for index in indices)
    return Hierarchy(names, combinations.astype(np.int32), weights)


def _calibration(
    confidence: NDArray[np.float32],
    answers: NDArray[np.int64],
    true: NDArray[np.int64],
    first_of_group: NDArray[np.bool_],
) -> Calibration:
    known = (true >= 0) & first_of_group
    return Calibration(confidence[known], (answers == true)[known], answers[known].astype(np.uint16))
