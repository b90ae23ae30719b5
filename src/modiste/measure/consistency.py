"""Answers that the taxonomy allows: several heads, one joint answer.

The heads of a hierarchy (master category, article type, ...) each give logits of their own. Their product of experts
(Hinton 2002) over the combinations of labels that occur together is a distribution in which every outcome is allowed::

    q(c)  ~  exp( sum over attributes a of  weights[a] * log_softmax(logits[a])[c[a]] )

The joint answer is the allowed combination with the most levels right on average, not the likeliest single combination:
where a perfume's probability is split between two article types, all that is split still counts for Personal Care.

Throughout, `combinations` is an int array (m, attributes), one row per allowed combination of label ids, and the
attributes come in the same order as the logits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.measure.calibration import log_softmax

__all__ = [
    "ALONE",
    "FLOOR",
    "allowed_combinations",
    "best_labels",
    "combination_rows",
    "count_inconsistent",
    "joint_log_probabilities",
    "log_marginals",
    "marginals",
]

FLOOR = 1e-12
"""The least probability of which a logarithm is taken: a label that no combination has."""

ALONE = -1
"""Stands for a label id in the column of an attribute whose answers need not fit the others'."""

BLOCK = 4096
"""Rows computed at a time, which bounds the memory beyond the result's own."""


def allowed_combinations(true: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the combinations that occur, sorted, each once.

    Args:
        true: (n, attributes) label ids; a row with a missing label (-1) is left out.

    Returns:
        (m, attributes).
    """
    return np.unique(true[(true >= 0).all(axis=1)], axis=0)


def combination_rows(answers: NDArray[np.int64], combinations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns each answer's row in `combinations`, -1 where it is not allowed or a label is missing.

    Args:
        answers: (n, attributes) label ids.
        combinations: (m, attributes), no row twice.
    """
    both = np.concatenate([combinations, answers])
    names = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    rows = np.full(len(both), -1)
    rows[names[: len(combinations)]] = np.arange(len(combinations))
    return rows[names[len(combinations) :]]


def count_inconsistent(answers: NDArray[np.int64], combinations: NDArray[np.int64]) -> int:
    """Returns how many of the answers (n, attributes) no combination allows, as independent heads may give."""
    return int((combination_rows(answers, combinations) < 0).sum())


def joint_log_probabilities(
    logits: Sequence[NDArray[np.floating]], combinations: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns log q of every allowed combination.

    Args:
        logits: Per attribute, (n, its labels).
        combinations: (m, attributes), m at least 1.
        weights: (attributes,), above 0: how far each head is believed, the inverse of a temperature.

    Returns:
        (n, m); the exponentials of a row sum to 1. It takes 8 n m bytes: 10 MB for 8,000 x 160.

    Raises:
        ValueError: The attributes do not match, a weight is not above 0, or nothing is allowed.
    """
    if not len(logits) == combinations.shape[1] == len(weights):
        raise ValueError(
            f"{len(logits)} attributes with logits, {combinations.shape[1]} in combinations, {len(weights)} weights"
        )
    if not len(combinations) or not (weights > 0).all():
        raise ValueError("need at least one combination, and weights above 0")
    joint = np.zeros((len(logits[0]), len(combinations)))
    for start in range(0, len(joint), BLOCK):
        rows = slice(start, start + BLOCK)
        for each, labels, weight in zip(logits, combinations.T, weights, strict=True):
            joint[rows] += weight * log_softmax(each[rows].astype(np.float64))[:, labels]
        joint[rows] = log_softmax(joint[rows])
    return joint


def best_labels(
    probabilities: Sequence[NDArray[np.floating]], combinations: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Returns (n, attributes) the label ids to answer with; of equally good ones, the first.

    Attributes that go together get the allowed combination with the greatest expected number of right labels. That is
    the sum of its labels' probabilities, whatever the joint distribution. Every other attribute gets its most probable
    label.

    Args:
        probabilities: Per attribute, (n, its labels); each row sums to 1.
        combinations: (m, attributes), m at least 1, the allowed ones; `ALONE` in the columns of attributes that go with
            no other. None where all stand alone.
    """
    best = np.stack([each.argmax(axis=1) for each in probabilities], axis=1)
    if combinations is None:
        return best
    together = np.flatnonzero((combinations != ALONE).any(axis=0)).tolist()
    for start in range(0, len(best), BLOCK):
        rows = slice(start, start + BLOCK)
        expected = np.zeros((len(best[rows]), len(combinations)))
        for index in together:
            expected += probabilities[index][rows][:, combinations[:, index]]
        best[rows, together] = combinations[expected.argmax(axis=1)][:, together]
    return best


def marginals(
    joint: NDArray[np.float64], combinations: NDArray[np.int64], sizes: Sequence[int]
) -> list[NDArray[np.float64]]:
    """Returns per attribute (n, labels) how probable each label is: the sum of q over the combinations that have it.

    Args:
        joint: (n, m), from `joint_log_probabilities`.
        combinations: (m, attributes).
        sizes: How many labels each attribute has; a label without a combination has probability 0.
    """
    probabilities = np.exp(joint)
    found = []
    for size, labels in zip(sizes, combinations.T, strict=True):
        order = np.argsort(labels, kind="stable")
        present, starts = np.unique(labels[order], return_index=True)
        sums = np.zeros((len(joint), size))
        # No matrix product: its threads would wait for one another on the cores that are computing the next batches.
        sums[:, present] = np.add.reduceat(probabilities[:, order], starts, axis=1)
        found.append(np.minimum(sums, 1.0))
    return found


def log_marginals(
    joint: NDArray[np.float64], combinations: NDArray[np.int64], sizes: Sequence[int]
) -> list[NDArray[np.float64]]:
    """Returns the logarithms of `marginals`, never below log(FLOOR).

    They are logits like any others: `softmax` gives the marginals back, and a temperature can be fitted to them.
    """
    return [np.log(np.maximum(each, FLOOR)) for each in marginals(joint, combinations, sizes)]
