"""Confidence that means what it says: softmax with a temperature, reliability, calibration error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.measure.checks import check_answers

__all__ = ["Reliability", "calibration_error", "log_softmax", "reliability", "softmax"]


@dataclass(frozen=True)
class Reliability:
    """Stated against observed, over bins of confidence; what a reliability diagram shows.

    Attributes:
        edges: float64 (bins + 1,): a bin is above its lower edge and up to its upper edge; the first holds both.
        confidence: float64 (bins,): mean confidence; NaN where the bin is empty.
        accuracy: float64 (bins,): share of right answers; NaN where the bin is empty.
        count: int64 (bins,): answers.
    """

    edges: NDArray[np.float64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]


def log_softmax(logits: NDArray[np.floating], *, temperature: float = 1.0) -> NDArray[np.floating]:
    """Returns the logarithms of `softmax`, finite wherever the logits are.

    Args:
        logits: (..., labels), float32 or float64.
        temperature: Above 0; above 1 it takes confidence away, below 1 it adds some.

    Returns:
        The same shape and type.

    Raises:
        ValueError: The temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature must be above 0, not {temperature}")
    # A Python float, so that it does not turn float32 into float64.
    shifted = (logits - logits.max(axis=-1, keepdims=True)) / float(temperature)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: NDArray[np.floating], *, temperature: float = 1.0) -> NDArray[np.floating]:
    """Returns probabilities, exp(logits / temperature) over their sum; large logits do not overflow.

    Args:
        logits: (..., labels), float32 or float64.
        temperature: Above 0; above 1 it takes confidence away, below 1 it adds some.

    Returns:
        The same shape and type; the last axis sums to 1.

    Raises:
        ValueError: The temperature is not above 0.
    """
    return np.exp(log_softmax(logits, temperature=temperature))


def reliability(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, bins: int = 15, equal_mass: bool = False
) -> Reliability:
    """Compares the confidence of answers with how many of them are right.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
        bins: How many bins, at least 1.
        equal_mass: Bins that hold equally many answers, as far as ties allow, instead of bins of the same width.

    Raises:
        ValueError: The arrays do not match, are empty, or hold other values.
    """
    check_answers(confidence, correct)
    if not len(confidence) or bins < 1:
        raise ValueError(f"need at least one answer and one bin, not {len(confidence)} and {bins}")
    stated = confidence.astype(np.float64)
    edges = np.linspace(0, 1, bins + 1)
    if equal_mass:
        edges = np.quantile(stated, edges)
    places = np.searchsorted(edges[1:-1], stated, side="left")
    count = np.bincount(places, minlength=bins)
    filled = np.where(count > 0, count, np.nan)
    return Reliability(
        edges=edges,
        confidence=np.bincount(places, weights=stated, minlength=bins) / filled,
        accuracy=np.bincount(places, weights=correct, minlength=bins) / filled,
        count=count,
    )


def calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, bins: int = 15, equal_mass: bool = False
) -> float:
    """Returns the expected calibration error, the mean over answers of their bin's |accuracy - confidence|.

    With bins of the same width it is the usual one (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017); with bins
    that hold equally many answers the adaptive one (Nixon et al. 2019). Both are slightly above 0 for a perfectly
    calibrated source, by chance alone: about sqrt(bins / n) times a quarter.

    Args:
        confidence: (n,) in [0, 1].
        correct: bool (n,).
        bins: How many bins, at least 1.
        equal_mass: Bins that hold equally many answers: the adaptive error.

    Raises:
        ValueError: The arrays do not match, are empty, or hold other values.
    """
    found = reliability(confidence, correct, bins=bins, equal_mass=equal_mass)
    gaps = np.nan_to_num(np.abs(found.accuracy - found.confidence))
    return float((gaps * found.count).sum() / found.count.sum())
