"""Whether confidence means what it says, and how much is accepted at which precision."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from modiste.measure.binomial import clopper_pearson
from modiste.measure.calibration import Reliability
from modiste.measure.selection import grid_counts
from modiste.reports.figures.sheet import panel, per_cent
from modiste.reports.style import BLUE, INK, MUTED, ORANGE, PALE, styled

__all__ = ["precision_coverage", "reliability_diagram"]

_FEWEST = 30
"""A precision over fewer accepted answers says little and is not drawn, unless there are no more."""

_DASHED = (0, (2, 2))


@styled
def reliability_diagram(found: Reliability) -> Figure:
    """Stated confidence against observed accuracy, a dot with its exact 95 % interval per bin, and below it how many
    answers each bin holds. Dots on the dashed diagonal mean what they say.

    Args:
        found: A reliability over bins of the same width.
    """
    figure, axes = panel(2.5, rows=(3, 1))
    upper, lower = axes
    upper.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=_DASHED)
    filled = found.count > 0
    stated, observed, count = found.confidence[filled], found.accuracy[filled], found.count[filled]
    low, high = clopper_pearson(np.rint(observed * count).astype(np.int64), count)
    upper.vlines(stated, low, high, color=BLUE, linewidth=1, alpha=0.5)
    upper.plot(stated, observed, color=BLUE, linewidth=1, marker="o", markersize=4)
    upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    shares = found.count / found.count.sum()
    lower.bar(found.edges[:-1], shares, width=np.diff(found.edges), align="edge", color=PALE, linewidth=0)
    lower.set_ylim(0, shares.max() * 1.5)
    lower.yaxis.set_visible(False)
    for axis in (upper.yaxis, lower.xaxis):
        per_cent(axis, most=3)
    most = int(shares.argmax())
    edge = "left" if most < 2 else "right" if most > len(shares) - 3 else "center"
    place = {"left": found.edges[most], "right": found.edges[most + 1], "center": found.edges[most : most + 2].mean()}
    lower.text(place[edge], shares[most] * 1.1, f"{100 * shares[most]:.0f} %", ha=edge, va="bottom", color=MUTED)
    return figure


@styled
def precision_coverage(
    confidence: NDArray[np.floating],
    correct: NDArray[np.bool_],
    *,
    target: float,
    decided: tuple[float, float] | None = None,
) -> Figure:
    """The precision of the accepted answers against their share, from the highest threshold to the lowest.

    Args:
        confidence: (n,) in [0, 1], n at least 1.
        correct: bool (n,).
        target: The precision asked for, a dashed line.
        decided: Coverage and precision of what was decided, a ring; None where nothing is accepted.
    """
    figure, (axes,) = panel(1.6)
    count, errors = grid_counts(confidence, correct)
    drawn = count >= min(_FEWEST, len(confidence))
    coverage, precision = count[drawn] / len(confidence), 1 - errors[drawn] / count[drawn]
    axes.plot(coverage, precision, color=BLUE)
    axes.axhline(target, color=MUTED, linewidth=0.9, linestyle=_DASHED)
    lowest = min(float(precision.min()), target)
    axes.set(xlim=(0, 1), ylim=(lowest - 0.08 * (1 - lowest), 1 + 0.03 * (1 - lowest)))
    per_cent(axes.yaxis, most=3)
    per_cent(axes.xaxis, most=2)
    axes.tick_params(axis="x", pad=6)  # a label at the foot of the other axis is near
    text = "target not promised"
    if decided is not None:
        axes.plot(*decided, marker="o", markersize=7, color=ORANGE, markeredgecolor=INK, clip_on=False)
        text = f"{100 * decided[0]:.0f} % accepted"
    axes.annotate(
        text, (1, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points", ha="right", color=MUTED
    )
    return figure
