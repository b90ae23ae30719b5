"""Scores of a classifier, each with its 95 % interval: arrays in, numbers out.

Everything but top-k follows from the confusion matrix, so that its intervals need no second pass over the predictions:
resampling n predictions with replacement is drawing the matrix's cells from a multinomial distribution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassScores", "Estimate", "Scores", "class_scores", "confusion_matrix", "score", "top_k_hits"]

DRAWS = 1000
CONFIDENCE = 0.95
Z = 1.959963984540054
"""The normal quantile of `CONFIDENCE`, two-sided."""


@dataclass(frozen=True)
class Estimate:
    """A score in [0, 1] with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class Scores:
    """How good a classifier is on one set of products.

    Attributes:
        n: How many products were scored.
        accuracy: Share of right answers; Wilson score interval.
        top3: Share of products whose label is among the three most probable; Wilson score interval.
        macro_f1: Mean over labels of the F1 score; a label neither present nor predicted is left out. Bootstrap
            interval.
        balanced_accuracy: Mean over the labels present of their recall. Bootstrap interval.
    """

    n: int
    accuracy: Estimate
    top3: Estimate
    macro_f1: Estimate
    balanced_accuracy: Estimate


@dataclass(frozen=True)
class ClassScores:
    """Per-label scores, each an array over the labels; NaN where a score is undefined.

    Attributes:
        support: int64 (labels,): products that have the label.
        precision: float64 (labels,).
        recall: float64 (labels,).
        f1: float64 (labels,).
    """

    support: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def confusion_matrix(true: NDArray[np.int64], predicted: NDArray[np.int64], *, labels: int) -> NDArray[np.int64]:
    """Counts how often each label was predicted for each true label.

    Args:
        true: (n,) label ids in [0, labels).
        predicted: (n,) label ids in [0, labels).
        labels: How many labels there are.

    Returns:
        int64 (labels, labels): rows true, columns predicted.

    Raises:
        ValueError: The arrays differ in length or hold other numbers.
    """
    if true.shape != predicted.shape or true.ndim != 1:
        raise ValueError(f"true {true.shape} and predicted {predicted.shape} must be vectors of the same length")
    if true.size and not 0 <= min(true.min(), predicted.min()) <= max(true.max(), predicted.max()) < labels:
        raise ValueError(f"label ids must be in [0, {labels})")
    return np.bincount(true * labels + predicted, minlength=labels * labels).reshape(labels, labels)


def top_k_hits(true: NDArray[np.int64], probabilities: NDArray[np.floating], *, k: int) -> int:
    """Returns how many products have their true label among the k most probable; ties count by label id.

    Args:
        true: (n,) label ids.
        probabilities: (n, labels), any monotone score will do.
        k: How many of the most probable labels count.
    """
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return int((best == true[:, None]).any(axis=1).sum())


def score(
    true: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    *,
    answers: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Scores:
    """Scores predicted probabilities.

    Args:
        true: (n,) label ids, n at least 1.
        probabilities: (n, labels).
        answers: (n,) label ids; by default each product's most probable label. Top-k goes by the probabilities.
        seed: The seed of the bootstrap draws.

    Raises:
        ValueError: The arrays do not match, or there is nothing to score.
    """
    if probabilities.ndim != 2 or len(true) != len(probabilities) or len(true) == 0:
        raise ValueError(
            f"need (n,) labels and (n, labels) probabilities, n > 0, not {true.shape}, {probabilities.shape}"
        )
    labels = probabilities.shape[1]
    answers = probabilities.argmax(axis=1) if answers is None else answers
    matrix = confusion_matrix(true, answers, labels=labels)
    draws = _resampled(matrix, seed)
    return Scores(
        n=len(true),
        accuracy=_wilson(int(np.trace(matrix)), len(true)),
        top3=_wilson(top_k_hits(true, probabilities, k=3), len(true)),
        macro_f1=_bootstrapped(_macro_f1(matrix[None]), _macro_f1(draws)),
        balanced_accuracy=_bootstrapped(_balanced_accuracy(matrix[None]), _balanced_accuracy(draws)),
    )


def class_scores(matrix: NDArray[np.int64]) -> ClassScores:
    """Returns each label's scores from a confusion matrix (rows true, columns predicted)."""
    hits = np.diagonal(matrix)
    support, answers = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(support, _ratio(hits, answers), _ratio(hits, support), _ratio(2 * hits, support + answers))


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _macro_f1(matrices: NDArray[np.int64]) -> NDArray[np.float64]:
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    return np.nanmean(_ratio(2 * hits, matrices.sum(axis=1) + matrices.sum(axis=2)), axis=1)


def _balanced_accuracy(matrices: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.nanmean(_ratio(np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=2)), axis=1)


def _resampled(matrix: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Returns (DRAWS, labels, labels) confusion matrices of bootstrap samples (Efron 1979)."""
    total = int(matrix.sum())
    draws = np.random.default_rng(seed).multinomial(total, matrix.ravel() / total, size=DRAWS)
    return draws.reshape(DRAWS, *matrix.shape)


def _bootstrapped(value: NDArray[np.float64], draws: NDArray[np.float64]) -> Estimate:
    """The percentile interval, widened where need be to hold the value itself (small samples lose rare labels)."""
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    point = float(value[0])
    return Estimate(point, min(float(low), point), max(float(high), point))


def _wilson(hits: int, n: int) -> Estimate:
    """The score interval of a proportion (Wilson 1927), which stays in [0, 1] and holds at 0 and n hits too."""
    share = hits / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Estimate(share, max(0.0, float(centre - half)), min(1.0, float(centre + half)))
