"""What calibration and consistency learn from validation rows; alone in `measure` in needing SciPy.

Both fits minimise the negative log-likelihood plus half the square of each parameter's logarithm, a normal prior around
1. Against thousands of rows the prior is nothing; where there are few rows, or none are wrong, it keeps the fit finite.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import minimize, minimize_scalar

from modiste.measure.calibration import log_softmax
from modiste.measure.consistency import combination_rows

__all__ = ["fit_projection", "fit_temperature", "fit_weights"]

RANGE = (np.log(0.02), np.log(50.0))
"""The bounds of the logarithm of a temperature or a weight."""


def fit_temperature(logits: NDArray[np.floating], true: NDArray[np.int64]) -> float:
    """Fits the temperature that makes a softmax's confidence honest (Guo et al. 2017).

    Args:
        logits: (n, labels), finite; log-probabilities will do.
        true: (n,) label ids; rows without one (-1) are left out.

    Returns:
        A temperature in [0.02, 50]; 1 where there is nothing to learn from.

    Raises:
        ValueError: The arrays do not match, or hold other values.
    """
    _check(logits, true)
    known = true >= 0
    if not known.any():
        return 1.0
    scores, labels = logits[known].astype(np.float64), true[known]
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(scores, temperature=np.exp(log_temperature))[rows, labels].sum()
        return float(log_temperature**2 / 2 - likelihood)

    return float(np.exp(minimize_scalar(loss, bounds=RANGE, method="bounded").x))


def fit_weights(
    logits: Sequence[NDArray[np.floating]], true: NDArray[np.int64], combinations: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Fits how far each head is believed in the joint answer: the most likely weights of the true combinations.

    Rows that miss a label, or whose labels do not go together, are left out. Takes 8 n m bytes per attribute, 10 MB for
    8,000 rows and 160 combinations.

    Args:
        logits: Per attribute, (n, its labels), finite.
        true: (n, attributes) label ids, -1 where missing.
        combinations: (m, attributes), the allowed ones.

    Returns:
        (attributes,) weights in [0.02, 50], for `joint_log_probabilities`; 1 where there is nothing to learn from.

    Raises:
        ValueError: The arrays do not match, or hold other values.
    """
    if not len(logits) == true.shape[1] == combinations.shape[1]:
        raise ValueError(f"{len(logits)} attributes with logits, {true.shape[1]} true, {combinations.shape[1]} allowed")
    for each, labels in zip(logits, true.T, strict=True):
        _check(each, labels)
    answers = combination_rows(true, combinations)
    known = answers >= 0
    if not known.any():
        return np.ones(len(logits))
    rows, answers = np.arange(int(known.sum())), answers[known]
    scores = np.stack(
        [log_softmax(z[known].astype(np.float64))[:, c] for z, c in zip(logits, combinations.T, strict=True)]
    )
    flat = scores.reshape(len(logits), -1)
    observed = scores[:, rows, answers].sum(axis=1)

    def loss(log_weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = np.exp(log_weights)
        joint = log_softmax((weights @ flat).reshape(len(rows), -1))
        slope = flat @ np.exp(joint).ravel() - observed
        value = (log_weights**2).sum() / 2 - joint[rows, answers].sum()
        return float(value), slope * weights + log_weights

    start = np.zeros(len(logits))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[RANGE] * len(logits))
    return np.exp(found.x)


def _check(logits: NDArray[np.floating], true: NDArray[np.int64]) -> None:
    if logits.ndim != 2 or true.shape != logits.shape[:1]:
        raise ValueError(f"need (n, labels) logits and (n,) labels, not {logits.shape}, {true.shape}")
    if true.size and not -1 <= true.min() <= true.max() < logits.shape[1]:
        raise ValueError(f"label ids must be in [-1, {logits.shape[1]})")
    if not np.isfinite(logits).all():
        raise ValueError("logits must be finite")


RIDGE = 0.05
"""What is added to the variance within labels, as a share of the mean variance, which tames rare directions."""

POWER = 0.25
"""A direction's length is the ratio of the variance between labels to that within them, to this power."""


def fit_projection(features: NDArray[np.floating], labels: NDArray[np.int64], *, size: int) -> NDArray[np.float32]:
    """Fits a projection by what separates the labels of several attributes (Fisher 1936, Rao 1948).

    The variance between labels is the mean over the attributes; all else counts as variance within. Chosen on
    validation products of the real catalogue: see docs/results/accuracy.md.

    Args:
        features: (n, channels).
        labels: (n, attributes) label ids, negative where missing.
        size: How many directions to keep, at most as many as there are channels.

    Returns:
        float32 (channels, size).
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    total = centred.T @ centred / len(centred)
    between = np.mean([_between(centred, label_ids) for label_ids in labels.T], axis=0)
    ridge = RIDGE * max(np.trace(total) / len(total), 1e-12) * np.eye(len(total))
    first = max(len(total) - size, 0)
    ratios, directions = eigh(between, total - between + ridge, subset_by_index=[first, len(total) - 1])
    return (directions * np.maximum(ratios, 1e-9) ** POWER)[:, ::-1].astype(np.float32)


def _between(centred: NDArray[np.float64], label_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the covariance of the labels' means: float64 (channels, channels)."""
    known = label_ids >= 0
    counts = np.bincount(label_ids[known])
    sums = np.zeros((len(counts), centred.shape[1]))
    np.add.at(sums, label_ids[known], centred[known])
    present = counts > 0
    weighted = sums[present] / np.sqrt(counts[present])[:, None]
    return weighted.T @ weighted / max(int(known.sum()), 1)
