"""What a catalogue of another mix of labels changes: an offset a label, and one weight for what the network says.

Where other labels are frequent, or photos are taken otherwise, a network says some labels too often and others too
seldom, and is too sure of both. Bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar, Maximum
Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation, ICML 2020) mends both from few
labelled photos, and trains nothing. It is fitted here in NumPy alone, for the base install has no SciPy.

Throughout, an outcome is a combination of labels that may occur together, or a label of an attribute that stands alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from modiste.measure.calibration import log_softmax

__all__ = ["Shift", "fit_shift", "weights_by_group"]

STEPS = 200
"""Steps of the descent at most; some dozens do."""

FLAT = 1e-3
"""The descent ends where the slope per photo is below this."""

SHORTER, ENOUGH = 0.5, 1e-4
"""How a step is shortened that does not bring the loss down by a share of what its slope promises (Armijo 1966)."""

LEAST = -30.0
"""Logarithms of probabilities are not let fall below: a label that is ruled out must not decide the fit by itself."""


@dataclass(frozen=True, eq=False)
class Shift:
    """A fitted shift.

    Attributes:
        scale: What the logarithms of the outcomes' probabilities are multiplied by, above 0.
        offsets: Per attribute, float64 (labels,): what is then added to those of the outcomes that have each label.
    """

    scale: float
    offsets: tuple[NDArray[np.float64], ...]


def weights_by_group(groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns how much each photo counts in a fit: all of a group count together like the root of their number.

    Photos that one person took of one room are no independent evidence; nor are they worth only one.

    Args:
        groups: (n,) which group each photo belongs to.
    """
    _, rows, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(counts[rows.ravel()] ** -0.5, np.float64)


def fit_shift(
    scores: NDArray[np.floating],
    outcomes: NDArray[np.int64],
    allowed: Sequence[NDArray[np.bool_]],
    weights: NDArray[np.float64],
) -> Shift:
    """Fits the most likely shift, with a normal prior around none.

    Args:
        scores: (n, m) logarithms of the outcomes' probabilities.
        outcomes: (m, attributes): which label of each attribute an outcome has.
        allowed: Per attribute, (n, its labels): which labels are right; none where nothing is known of the photo.
        weights: (n,) how much each photo counts.
    """
    base = np.maximum(log_softmax(scores.astype(np.float64)), LEAST)
    sizes = [each.shape[1] for each in allowed]
    ends = np.cumsum([1, *sizes])
    known = [each.any(axis=1) for each in allowed]
    masks = [each[:, labels] for each, labels in zip(allowed, outcomes.T, strict=True)]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scale = np.exp(parameters[0])
        added = [parameters[start:end] for start, end in pairwise(ends)]
        shifted = scale * base + sum(part[labels] for part, labels in zip(added, outcomes.T, strict=True))
        log_all = log_softmax(shifted)
        every = np.exp(log_all)
        total, slope = 0.0, np.zeros_like(every)
        for mask, rows in zip(masks, known, strict=True):
            right = every * mask
            share = np.maximum(right.sum(axis=1, keepdims=True), np.finfo(float).tiny)
            counted = np.where(rows, weights, 0.0)
            total -= float((counted * np.log(share[:, 0])).sum())
            slope += counted[:, None] * (every - right / share)
        gradient = np.empty_like(parameters)
        gradient[0] = scale * (slope * base).sum()
        for labels, start, end in zip(outcomes.T, ends, ends[1:], strict=False):
            gradient[start:end] = np.bincount(labels, slope.sum(axis=0), end - start)
        return total + float(parameters @ parameters) / 2, gradient + parameters

    found = _descend(loss, np.zeros(ends[-1]), FLAT * max(float(weights.sum()), 1.0))
    offsets = tuple(found[start:end] for start, end in pairwise(ends))
    return Shift(float(np.exp(found[0])), offsets)


def _descend(
    loss: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]], start: NDArray[np.float64], flat: float
) -> NDArray[np.float64]:
    """Goes down along the slope, with steps as long as the last two slopes suggest (Barzilai and Borwein 1988)."""
    at, (value, slope) = start, loss(start)
    step = 1.0 / max(float(np.abs(slope).max()), 1.0)
    for _ in range(STEPS):
        if np.abs(slope).max() <= flat:
            break
        steepness = float(slope @ slope)
        while (tried := loss(at - step * slope))[0] > value - ENOUGH * step * steepness and step > np.finfo(float).eps:
            step *= SHORTER
        change, before = -step * slope, slope
        at, (value, slope) = at + change, tried
        bend = float(change @ (slope - before))
        step = float(change @ change) / bend if bend > 0 else step * 2
    return at
