"""What a training came to, epoch by epoch."""

from typing import Literal

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from modiste.reports.figures.sheet import WIDTH, panel, per_cent
from modiste.reports.style import BLUE, INK, MUTED, ORANGE, styled

__all__ = ["best_epoch", "learning_curve", "progress_curve"]

_TRAINING, _VALIDATION = BLUE, ORANGE


def best_epoch(history: pl.DataFrame) -> int | None:
    """The epoch with the lowest validation loss, the first of equals; None where no epoch has a finite one.

    Args:
        history: Columns `epoch` and `val_loss`.
    """
    finite = history.filter(pl.col("val_loss").cast(pl.Float64).is_finite())
    if finite.is_empty():
        return None
    return int(finite.sort("val_loss", maintain_order=True)["epoch"][0])


@styled
def learning_curve(history: pl.DataFrame, measure: Literal["loss", "accuracy"]) -> Figure:
    """Training against validation over the epochs; the epoch with the lowest validation loss is marked.

    Args:
        history: One row per epoch: `epoch`, `loss`, `accuracy` (in [0, 1]), `val_loss`, `val_accuracy`.
        measure: What is drawn. A loss that spans more than a factor of ten gets a logarithmic axis.
    """
    figure, (axes,) = panel(2.9, WIDTH)
    drawn = [_line(axes, history, measure, "training"), _line(axes, history, f"val_{measure}", "validation")]
    axes.set_xlabel("epoch")
    if measure == "loss":
        _scale_loss(axes, np.concatenate(drawn))
    else:
        axes.set_ylabel("accuracy")
        per_cent(axes.yaxis)
    best = best_epoch(history)
    if best is not None:
        _mark(axes, history, f"val_{measure}", best, f"best: epoch {best}")
    figure.legend(loc="outside upper left", ncols=2)
    return figure


@styled
def progress_curve(
    history: pl.DataFrame, column: str, measure: Literal["loss", "share"], *, best: int, small: bool = False
) -> Figure:
    """One column over the epochs: orange where it is of the validation part, blue where it is of the training part.

    Args:
        history: One row per epoch: `epoch` and the column.
        column: A loss, or a share in [0, 1]; of the validation part where the name starts with `val_`.
        measure: Which of the two. A loss that spans more than a factor of ten gets a logarithmic axis.
        best: The epoch to mark, with its value.
        small: One chart among many.
    """
    figure, (axes,) = panel(1.4) if small else panel(2.5, WIDTH)
    values = _line(axes, history, column, column)
    if measure == "loss":
        _scale_loss(axes, values)
        axes.set_ylabel("")
    else:
        per_cent(axes.yaxis, most=3 if small else None)
    if small:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))
    else:
        axes.set_xlabel("epoch")
    marked = history.filter(pl.col("epoch") == best)[column].cast(pl.Float64)
    if len(marked) and marked.is_finite()[0]:
        value = f"{marked[0]:.3g}" if measure == "loss" else f"{100 * marked[0]:.1f} %"
        _mark(axes, history, column, best, f"epoch {best}: {value}")
    return figure


def _line(axes: Axes, history: pl.DataFrame, column: str, name: str) -> NDArray[np.float64]:
    """Draws a column over the epochs and returns what was drawn, NaN where a value is not finite."""
    values = history[column].cast(pl.Float64).to_numpy().copy()
    values[~np.isfinite(values)] = np.nan
    colour = _VALIDATION if column.startswith("val_") else _TRAINING
    axes.plot(history["epoch"].to_numpy(), values, color=colour, label=name, marker="o", markersize=2.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return values


def _scale_loss(axes: Axes, values: NDArray[np.float64]) -> None:
    axes.set_ylabel("loss")
    known = values[np.isfinite(values)]
    if known.size and known.min() > 0 and known.max() > 10 * known.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylabel("loss (logarithmic)")


def _mark(axes: Axes, history: pl.DataFrame, column: str, epoch: int, text: str) -> None:
    """A vertical line and a ring at an epoch, named above the chart."""
    value = history.filter(pl.col("epoch") == epoch)[column][0]
    axes.axvline(epoch, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=0)
    axes.plot([epoch], [value], marker="o", markersize=7, markerfacecolor="none", markeredgecolor=INK)
    first, last = history["epoch"][0], history["epoch"][-1]
    past = (epoch - first) / (last - first) if last > first else 0.5
    side, shift = ("left", -3) if past < 1 / 3 else ("right", 3) if past > 2 / 3 else ("center", 0)
    axes.annotate(
        text,
        (epoch, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(shift, 3),
        textcoords="offset points",
        ha=side,
        color=MUTED,
    )
