"""From what a network gives for validation products to honest answers: joint, calibrated, with thresholds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.measure.consistency import allowed_combinations, best_labels
from modiste.measure.fitting import fit_temperature, fit_weights
from modiste.measure.ood import ood_threshold
from modiste.portable.answers import (
    answer,
    calibrated,
    combinations_of,
    confidence_in,
    join_heads,
    select,
    split_heads,
)
from modiste.portable.contents import Calibration, Hierarchy
from modiste.predictions import Predictions
from modiste.schema import Schema

__all__ = ["Calibrated", "calibrate"]


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What turns a network's logits into predictions; the same as a bundle holds.

    Attributes:
        schema: The attributes, in the order of the logits.
        hierarchy: Which answers must fit together; None where no two attributes are hierarchical.
        temperatures: Per attribute.
        calibration: Per attribute: the answers on validation products that thresholds are chosen from; none about a
            picture that is out of distribution, for of such a picture nothing is accepted.
        ood_threshold: A picture with a higher OOD score is unlike the training data.
    """

    schema: Schema
    hierarchy: Hierarchy | None
    temperatures: tuple[float, ...]
    calibration: tuple[Calibration, ...]
    ood_threshold: float

    def answer(
        self,
        logits: NDArray[np.float32],
        visual: NDArray[np.float32],
        ood_score: NDArray[np.float32],
        *,
        precision: float,
        **more: Any,
    ) -> Predictions:
        """Returns predictions for what a network gave for n pictures.

        Args:
            logits: (n, labels of all attributes).
            visual: (n, d), L2-normalised.
            ood_score: (n,).
            precision: The target of the decisions, in (0, 1).
            more: Other fields of `Predictions`.
        """
        return answer(
            logits,
            visual,
            ood_score,
            self.schema,
            hierarchy=self.hierarchy,
            temperatures=self.temperatures,
            ood_threshold=self.ood_threshold,
            selections=select(self.calibration, self.schema.attributes, precision),
            precision=precision,
            **more,
        )


def calibrate(
    schema: Schema,
    logits: NDArray[np.float32],
    ood_score: NDArray[np.float32],
    *,
    train: NDArray[np.int64],
    validation: NDArray[np.int64],
    first_of_group: NDArray[np.bool_],
) -> Calibrated:
    """Fits on validation pictures what makes a network's answers fit together and its confidence honest.

    Args:
        schema: The attributes, in the order of the logits.
        logits: (n, labels of all attributes): what the network gives for the validation pictures.
        ood_score: (n,): their OOD scores.
        train: (m, attributes): the label ids of the training pictures, which say what goes together.
        validation: (n, attributes): those of the validation pictures.
        first_of_group: bool (n,): thresholds are chosen from these alone, one of each group of near-identical pictures,
            since copies are no evidence of their own.
    """
    hierarchy = _fit_hierarchy(schema, logits, train, validation)
    scores = join_heads(logits, schema.attributes, hierarchy)
    pairs = zip(scores, validation.T, strict=True)
    # A label that training never saw has no logit to be likely by.
    temperatures = tuple(fit_temperature(part, np.where(true < part.shape[1], true, -1)) for part, true in pairs)
    probabilities = calibrated(scores, temperatures)
    label_ids = best_labels(probabilities, combinations_of(hierarchy, schema.attributes))
    threshold = ood_threshold(ood_score)
    # No answer about a picture outside is accepted, so these are no evidence of the answers that are.
    evidence = first_of_group & (ood_score <= np.float32(threshold))
    rows = zip(confidence_in(label_ids, probabilities).T, label_ids.T, validation.T, strict=True)
    return Calibrated(
        schema=schema,
        hierarchy=hierarchy,
        temperatures=temperatures,
        calibration=tuple(_calibration(*each, evidence) for each in rows),
        ood_threshold=threshold,
    )


def _fit_hierarchy(
    schema: Schema, logits: NDArray[np.float32], train: NDArray[np.int64], validation: NDArray[np.int64]
) -> Hierarchy | None:
    indices = [index for index, name in enumerate(schema.names) if name in schema.hierarchy]
    combinations = allowed_combinations(train[:, indices])
    if len(indices) < 2 or not len(combinations):
        return None
    parts = split_heads(logits, schema.sizes)
    known = np.where(validation < schema.sizes, validation, -1)
    weights = fit_weights([parts[index] for index in indices], known[:, indices], combinations)
    return Hierarchy(tuple(schema.names[index] for index in indices), combinations.astype(np.int32), weights)


def _calibration(
    confidence: NDArray[np.float32],
    answers: NDArray[np.int64],
    true: NDArray[np.int64],
    evidence: NDArray[np.bool_],
) -> Calibration:
    known = (true >= 0) & evidence
    return Calibration(confidence[known], (answers == true)[known], answers[known].astype(np.uint16))
