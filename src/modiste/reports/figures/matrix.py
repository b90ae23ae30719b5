"""The confusion matrix."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from modiste.reports.figures.sheet import one_line
from modiste.reports.style import BLUE, GRID, INK, ON_COLOUR, ORANGE, styled

__all__ = ["confusion_heatmap"]

_FAINT = 0.005
"""A share of a row below this is left blank."""


@styled
def confusion_heatmap(confusion: NDArray[np.int64], labels: Sequence[str]) -> Figure:
    """The confusion matrix in per cent of each row: blue on the diagonal, orange off it.

    The depth of the colour grows with the square root of the share, so that rare confusions show as well;
    below 0.5 % a cell is left blank.

    Args:
        confusion: (C, C) counts; rows are the true labels, columns the predicted ones.
        labels: C names.

    Raises:
        ValueError: The matrix does not have one row and one column per label.
    """
    size = len(labels)
    if confusion.shape != (size, size):
        raise ValueError(f"confusion must have shape ({size}, {size}), not {confusion.shape}")
    side = 1.7 + 0.2 * max(size, 6)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.add_subplot()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    for row, column in np.argwhere(shares >= _FAINT).tolist():
        share = float(shares[row, column])
        fill = to_rgba(BLUE if row == column else ORANGE, 0.1 + 0.9 * share**0.5)
        axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=fill))
        colour = ON_COLOUR if share >= 0.4 else INK
        axes.text(column, row, f"{100 * share:.0f}", color=colour, ha="center", va="center", fontsize=6.5)
    names = [one_line(label) for label in labels]
    axes.set_xticks(range(size), names, rotation=90)
    axes.set_yticks(range(size), names)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    for place in range(size):
        axes.axhline(place, color=GRID, linewidth=0.4, zorder=0)
        axes.axvline(place, color=GRID, linewidth=0.4, zorder=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
