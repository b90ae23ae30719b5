"""From logits to answers: arrays in, arrays out. The same arithmetic calibrates a network and answers in the field."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from modiste.measure.calibration import log_softmax, softmax
from modiste.measure.consistency import ALONE, best_labels, joint_log_probabilities, log_marginals
from modiste.measure.label_selection import LabelSelection, select_by_label
from modiste.measure.selection import accepted, select_expected
from modiste.portable.contents import CERTIFIED, Assurance, Calibration, Hierarchy
from modiste.predictions import Predictions
from modiste.schema import Attribute, Schema

__all__ = [
    "answer",
    "calibrated",
    "combinations_of",
    "confidence_in",
    "join_heads",
    "joint_scores",
    "select",
    "split_heads",
]

_Float = TypeVar("_Float", bound=np.floating)


def split_heads(logits: NDArray[_Float], sizes: Sequence[int]) -> list[NDArray[_Float]]:
    """Returns the logits of each attribute, (n, its labels), out of those of all, which lie side by side.

    Args:
        logits: (n, labels of all attributes).
        sizes: How many labels each attribute has.
    """
    return np.split(logits, np.cumsum(sizes)[:-1], axis=1)


def join_heads(
    logits: NDArray[np.floating],
    attributes: Sequence[Attribute],
    hierarchy: Hierarchy | None,
    offsets: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.floating], ...]:
    """Splits logits into attributes and makes those of the hierarchy fit together.

    Args:
        logits: (n, labels of all attributes).
        attributes: In the order of the logits.
        hierarchy: Which answers must fit together; None where all are independent.
        offsets: (labels of all attributes,) what the calibration adds for each label: to its logits, or to the joint
            answers that have it; None where it adds nothing.

    Returns:
        Per attribute, (n, labels): logits, or logarithms of the joint answer's marginals where the attribute belongs to
        the hierarchy. A temperature is fitted to these.

    Raises:
        ValueError: The logits are not as many as the labels.
    """
    sizes = [len(attribute.labels) for attribute in attributes]
    if logits.ndim != 2 or logits.shape[1] != sum(sizes):
        raise ValueError(f"need logits (n, {sum(sizes)}), not {logits.shape}")
    parts = split_heads(logits if offsets is None else logits + offsets, sizes)
    if hierarchy is not None:
        indices = [[attribute.name for attribute in attributes].index(name) for name in hierarchy.attributes]
        joint = joint_scores(logits, attributes, hierarchy, offsets)
        combinations = hierarchy.combinations.astype(np.int64)
        fitting = log_marginals(joint, combinations, [sizes[index] for index in indices])
        for index, part in zip(indices, fitting, strict=True):
            parts[index] = part
    return tuple(parts)


def joint_scores(
    logits: NDArray[np.floating],
    attributes: Sequence[Attribute],
    hierarchy: Hierarchy,
    offsets: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Returns the logarithms of the probabilities of a hierarchy's combinations: (n, combinations); see `join_heads`.

    An offset is for what the combinations that have a label are too probable, or too improbable. So it is added to
    them, whose sum of logits the hierarchy has weighed, and not to the logits.
    """
    sizes = [len(attribute.labels) for attribute in attributes]
    indices = [[attribute.name for attribute in attributes].index(name) for name in hierarchy.attributes]
    parts, combinations = split_heads(logits, sizes), hierarchy.combinations.astype(np.int64)
    joint = joint_log_probabilities([parts[index] for index in indices], combinations, hierarchy.weights)
    if offsets is None:
        return joint
    added = np.split(offsets.astype(np.float64), np.cumsum(sizes)[:-1])
    columns = zip(indices, combinations.T, strict=True)
    return np.asarray(log_softmax(joint + sum(added[index][labels] for index, labels in columns)), np.float64)


def calibrated(
    scores: Sequence[NDArray[np.floating]], temperatures: Sequence[float]
) -> tuple[NDArray[np.float32], ...]:
    """Returns the probabilities, per attribute float32 (n, labels).

    Args:
        scores: See `join_heads`.
        temperatures: Per attribute, above 0.
    """
    pairs = zip(scores, temperatures, strict=True)
    return tuple(softmax(part, temperature=value).astype(np.float32) for part, value in pairs)


def combinations_of(hierarchy: Hierarchy | None, attributes: Sequence[Attribute]) -> NDArray[np.int64] | None:
    """Returns which answers go together, int64 (m, attributes), as `best_labels` takes it; None where all stand alone.

    Args:
        hierarchy: Which answers must fit together.
        attributes: In the order of the result's columns.
    """
    if hierarchy is None:
        return None
    names = [attribute.name for attribute in attributes]
    wide = np.full((len(hierarchy.combinations), len(names)), ALONE)
    wide[:, [names.index(name) for name in hierarchy.attributes]] = hierarchy.combinations
    return wide


def confidence_in(label_ids: NDArray[np.int64], probabilities: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Returns how probable it is that each answer is right: float32 (n, attributes).

    Args:
        label_ids: (n, attributes) the answers.
        probabilities: See `calibrated`.
    """
    rows = np.arange(len(label_ids))
    return np.stack([part[rows, answers] for part, answers in zip(probabilities, label_ids.T, strict=True)], axis=1)


def select(
    calibration: Sequence[Calibration],
    attributes: Sequence[Attribute],
    precision: float,
    assurance: Assurance = CERTIFIED,
) -> tuple[LabelSelection, ...]:
    """Chooses each attribute's thresholds for a target precision, from its answers on validation products.

    Args:
        calibration: Per attribute.
        attributes: The attributes.
        precision: What the accepted answers should have, in (0, 1).
        assurance: How sure that must be.

    Raises:
        ValueError: The precision is out of its range.
    """
    return tuple(
        _select_for(each, len(attribute.labels), precision, assurance)
        for each, attribute in zip(calibration, attributes, strict=True)
    )


def _select_for(each: Calibration, labels: int, precision: float, assurance: Assurance) -> LabelSelection:
    certified = select_by_label(
        each.confidence, each.correct, each.answer.astype(np.int64), labels, precision=precision
    )
    if assurance == CERTIFIED or np.isfinite(certified.thresholds).any():
        return certified
    shared = select_expected(each.confidence, each.correct, precision=precision)
    least = np.inf if shared.threshold is None else shared.threshold
    return LabelSelection(shared, np.full(labels, least), np.zeros(labels, np.bool_))


def answer(  # noqa: PLR0913 - all that a bundle knows
    logits: NDArray[np.floating],
    visual: NDArray[np.float32],
    ood_score: NDArray[np.float32],
    schema: Schema,
    *,
    hierarchy: Hierarchy | None,
    temperatures: Sequence[float],
    ood_threshold: float,
    selections: Sequence[LabelSelection],
    offsets: NDArray[np.floating] | None = None,
    **more: Any,
) -> Predictions:
    """Turns what a network gives into predictions.

    Args:
        logits: (n, labels of all attributes).
        visual: (n, d), L2-normalised.
        ood_score: (n,) how unlike the training data each picture is.
        schema: Its attributes come in the order of the logits.
        hierarchy: Which answers must fit together; None where all are independent.
        temperatures: Per attribute.
        ood_threshold: Nothing is accepted of a picture with a higher score.
        selections: Per attribute, from which confidence on an answer is accepted; see `select`.
        offsets: See `join_heads`.
        more: Other fields of `Predictions`.

    Raises:
        ValueError: The arrays do not match.
    """
    probabilities = calibrated(join_heads(logits, schema.attributes, hierarchy, offsets), temperatures)
    combinations = combinations_of(hierarchy, schema.attributes)
    label_ids = best_labels(probabilities, combinations)
    confidence = confidence_in(label_ids, probabilities)
    inside = ood_score <= np.float32(ood_threshold)
    columns = zip(confidence.T, label_ids.T, selections, strict=True)
    certain = [accepted(stated, answers, selection.thresholds) for stated, answers, selection in columns]
    return Predictions.answered(
        schema,
        probabilities,
        label_ids=label_ids,
        confidence=confidence,
        combinations=combinations,
        accepted=np.stack(certain, axis=1) & inside[:, None],
        ood_score=ood_score,
        visual=visual,
        **more,
    )
