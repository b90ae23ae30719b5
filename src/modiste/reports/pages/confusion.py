"""Which labels are confused: a heat map and the most frequent confusions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from modiste.reports import figures
from modiste.reports.pages.render import chart

__all__ = ["Confusion", "ConfusionPart", "confusion_part"]

_MOST_LABELS = 35
"""As many as a page is wide; of more, only those with the most confusions have a row of their own."""


@dataclass(frozen=True)
class Confusion:
    """How often one label was taken for another.

    Attributes:
        true: The products' label.
        predicted: The label they were given.
        count: How many products.
        share: Out of all products with the true label.
    """

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class ConfusionPart:
    """What the part on confusions shows.

    Attributes:
        svg: The heat map.
        size: How many rows the heat map has.
        left_out: Labels that share its last row.
        pairs: The most frequent confusions, the most frequent first.
    """

    svg: Markup
    size: int
    left_out: int
    pairs: list[Confusion]


def confusion_part(matrix: NDArray[np.int64], labels: Sequence[str]) -> ConfusionPart | None:
    """Returns what the part on confusions shows, None where nothing was scored.

    Args:
        matrix: (C, C) counts; rows are the true labels, columns the predicted ones.
        labels: C names.
    """
    if not matrix.sum():
        return None
    left_out = len(labels) - _MOST_LABELS + 1 if len(labels) > _MOST_LABELS else 0
    shown, names = _busiest(matrix, labels, left_out) if left_out else (matrix, labels)
    alt = "Heat map of the confusion matrix; a table below names the most frequent confusions."
    svg = chart(figures.confusion_heatmap(shown, names), "confusion", alt)
    return ConfusionPart(svg, len(names), left_out, _pairs(matrix, labels))


def _busiest(
    matrix: NDArray[np.int64], labels: Sequence[str], left_out: int
) -> tuple[NDArray[np.int64], Sequence[str]]:
    """The matrix and its labels with those of the fewest errors, so many, drawn together in the last row."""
    errors = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diagonal(matrix)
    kept = np.sort(np.argsort(-errors, kind="stable")[: len(labels) - left_out])
    place = np.full(len(labels), len(kept))
    place[kept] = np.arange(len(kept))
    shown = np.zeros((len(kept) + 1, len(kept) + 1), np.int64)
    np.add.at(shown, (place[:, None], place[None, :]), matrix)
    return shown, [*(labels[index] for index in kept), f"{left_out} other labels"]


def _pairs(matrix: NDArray[np.int64], labels: Sequence[str], most: int = 12) -> list[Confusion]:
    """The most frequent pairs of a true label and another predicted one."""
    errors = matrix - np.diag(np.diagonal(matrix))
    support = matrix.sum(axis=1)
    order = np.argsort(-errors, axis=None, kind="stable")[:most]
    pairs = [divmod(int(cell), len(labels)) for cell in order]
    return [
        Confusion(labels[row], labels[column], int(errors[row, column]), float(errors[row, column] / support[row]))
        for row, column in pairs
        if errors[row, column]
    ]
