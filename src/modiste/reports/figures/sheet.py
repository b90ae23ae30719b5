"""What the charts are drawn on."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from modiste.reports.style import MUTED

__all__ = ["PANEL", "WIDTH", "one_line", "panel", "per_cent"]

WIDTH = 4.5
"""Inches: half of a page, or a phone's."""

PANEL = 1.9
"""Inches: a chart among many, of which a phone shows two side by side."""

_LABEL_LENGTH = 28  # characters


def panel(height: float, width: float = PANEL, *, rows: Sequence[float] = (1,)) -> tuple[Figure, list[Axes]]:
    """Returns an empty chart that has faint lines for its values and no frame.

    Args:
        height: Inches.
        width: Inches.
        rows: The heights, in proportion, of charts below one another that share their horizontal axis.

    Returns:
        The figure, and its charts from the top down.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    charts = list(figure.subplots(len(rows), sharex=True, squeeze=False, height_ratios=rows)[:, 0])
    for axes in charts:
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.tick_params(which="both", length=0, labelcolor=MUTED)
    return figure, charts


def per_cent(axis: Axis, *, most: int | None = None) -> None:
    """Writes an axis's shares in per cent.

    Args:
        axis: An axis of any chart.
        most: Steps.
    """
    if most is not None:
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g} %"))


def one_line(name: str) -> str:
    """Returns one printable line of bounded length: a value may be anything that fits in a table's cell."""
    line = "".join(char if char.isprintable() else " " for char in name)
    line = " ".join(line.split())
    return line if len(line) <= _LABEL_LENGTH else line[: _LABEL_LENGTH - 1].rstrip() + "…"
