"""Thresholds per label, for labels that are evidently worse than their attribute; the attribute's guarantee stays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.measure.selection import GRID, Selection, grid_counts, grid_tails, select_threshold

__all__ = ["LabelSelection", "select_by_label"]

SHARED = 0.9
"""The share of `delta` that the attribute's threshold gets; the labels have the rest."""


@dataclass(frozen=True)
class LabelSelection:
    """A threshold for every label of an attribute.

    Attributes:
        shared: The threshold of the labels that have none of their own, chosen from all answers.
        thresholds: float64 (labels,): accept from this confidence on; infinite where nothing is accepted.
        own: bool (labels,): the label was judged by itself, so its threshold is its own or infinite.
    """

    shared: Selection
    thresholds: NDArray[np.float64]
    own: NDArray[np.bool_]


def select_by_label(
    confidence: NDArray[np.floating],
    correct: NDArray[np.bool_],
    answers: NDArray[np.int64],
    labels: int,
    *,
    precision: float = 0.98,
    delta: float = 0.05,
    fewest: int = 200,
) -> LabelSelection:
    """Chooses the attribute's threshold, then raises it for labels that are evidently below the target there.

    The guarantee: with probability at least 1 - delta over the draw of these answers, and under what
    `select_threshold` assumes, all of this holds for new data at once:

    - the precision of all accepted answers of the attribute is at least `precision`;
    - so is the precision of the accepted answers of each label with a threshold of its own.

    Nothing is certified for a single label that shares the threshold, only that these answers are no strong evidence
    against it. To certify every label would cost much: of 8,000 answers with 30 labels of skewed frequency and 92 %
    accuracy, simulated, one threshold accepts 70 %, this 70 %, a certified threshold for each label with 200 answers
    and one for the rest 27 %.

    Why it holds: nine tenths of delta go to the shared threshold, the rest in equal parts to the labels with `fewest`
    answers. Half of a label's part goes to the evidence against it: thresholds are tested from 0 up, "the label's
    precision from here on is at least the target", until one cannot be rejected. Where all up to the shared threshold
    are, what the label adds there is below the target, so that the rest without it reaches the target if the whole did.
    The other half goes to a threshold of its own, chosen like the shared one: what that accepts reaches the target by
    itself. A label for which none can be certified goes to review entirely. Where there is no shared threshold, each of
    these labels has its own or none, and the others have none.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
        answers: (n,) the label ids answered, in [0, labels).
        labels: How many labels there are.
        precision: The target, in (0, 1).
        delta: The risk that any of the above fails, in (0, 1).
        fewest: Answers that a label must have to be judged by itself, at least 1.

    Raises:
        ValueError: The arrays do not match, or an argument is out of its range.
    """
    if answers.shape != confidence.shape or (answers.size and not 0 <= answers.min() <= answers.max() < labels):
        raise ValueError(f"answers must be a label id in [0, {labels}) per confidence")
    shared = select_threshold(confidence, correct, precision=precision, delta=SHARED * delta)
    floor = np.inf if shared.threshold is None else shared.threshold
    thresholds = np.full(labels, floor)
    own = np.zeros(labels, bool)
    judged = np.flatnonzero(np.bincount(answers, minlength=labels) >= max(fewest, 1))
    for label in judged:
        mine = answers == label
        part = (1 - SHARED) * delta / len(judged) / 2
        if shared.threshold is None or _evidently_below(
            confidence[mine], correct[mine], floor, precision=precision, delta=part
        ):
            single = select_threshold(confidence[mine], correct[mine], precision=precision, delta=part)
            own[label] = True
            thresholds[label] = np.inf if single.threshold is None else single.threshold
    if shared.threshold is not None:
        thresholds = np.maximum(thresholds, floor)
    return LabelSelection(shared, thresholds, own)


def _evidently_below(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], threshold: float, *, precision: float, delta: float
) -> bool:
    """Whether the precision from each threshold of the grid on, from 0 up to this one, is below the target."""
    count, errors = grid_counts(confidence, correct)
    tails = grid_tails(count - errors, count, precision)
    return bool((tails <= delta)[threshold >= GRID].all())
