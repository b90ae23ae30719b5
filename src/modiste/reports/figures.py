"""Every chart: arrays, frames and mappings in, a matplotlib `Figure` out.

The charts are narrow, so that a phone shows them readably, and label their bars directly instead of asking
the reader to follow a grid. Nothing is shown or written, and pyplot is left alone: a figure is its caller's.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from modiste.reports.style import BLUE, GRID, INK, MUTED, ON_COLOUR, ORANGE, PALE, styled

__all__ = [
    "balance_bars",
    "best_epoch",
    "class_bars",
    "confusion_heatmap",
    "count_bars",
    "f1_bars",
    "learning_curve",
]

_WIDTH = 4.5  # inches
_PITCH = 0.215  # inches from one bar to the next
_LABEL_LENGTH = 28  # characters
_FAINT = 0.005  # a share of a row of the confusion matrix below this is left blank


@styled
def count_bars(counts: Mapping[str, int], *, top: int = 30) -> Figure:
    """Products per value, one bar each, the largest first.

    Args:
        counts: Value -> products.
        top: How many values get a bar of their own; the others share the last bar.

    Raises:
        ValueError: `top` is below 1.
    """
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}")
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    # One leftover value takes the place that the shared bar would take.
    shown = ranked if len(ranked) <= top + 1 else ranked[:top]
    rest = [count for _, count in ranked[len(shown) :]]
    names = [name for name, _ in shown] + ([f"{len(rest)} other values"] if rest else [])
    values = [count for _, count in shown] + ([sum(rest)] if rest else [])
    figure, axes = _rows(names)
    colours = [BLUE] * len(shown) + [PALE] * bool(rest)
    bars = axes.barh(range(len(names)), values, color=colours, height=0.72)
    axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, color=MUTED)
    return figure


@styled
def class_bars(before: Mapping[str, int], after: Mapping[str, int]) -> Figure:
    """Products per label, before and after ambiguous products were reassigned, as a pair of bars per label.

    Args:
        before: Label -> products; gives the order.
        after: Label -> products. A label that only one of the two knows counts 0 in the other.
    """
    names = list(dict.fromkeys([*before, *after]))
    figure, axes = _rows(names, pitch=_PITCH * 1.2, legend=True)
    old = [before.get(name, 0) for name in names]
    new = [after.get(name, 0) for name in names]
    places = np.arange(len(names))
    axes.barh(places - 0.2, old, color=PALE, height=0.36, label="before")
    bars = axes.barh(places + 0.2, new, color=BLUE, height=0.36, label="after")
    texts = [f"{b:,}" + (f" ({b - a:+,})" if b != a else "") for a, b in zip(old, new, strict=True)]
    axes.bar_label(bars, texts, padding=3, color=MUTED)
    figure.legend(loc="outside upper left", ncols=2)
    return figure


@styled
def balance_bars(balance: Mapping[str, float]) -> Figure:
    """Entropy balance per feature, between 0 (one value has everything) and 1 (all values have the same).

    Args:
        balance: Feature -> balance in [0, 1].
    """
    figure, axes = _rows(list(balance), pitch=_PITCH * 1.25)
    places = range(len(balance))
    axes.barh(places, [1.0] * len(balance), color=GRID, height=0.6)
    bars = axes.barh(places, list(balance.values()), color=BLUE, height=0.6)
    axes.set_xlim(0, 1)
    for bar, value in zip(bars, balance.values(), strict=True):
        axes.text(1.02, bar.get_y() + bar.get_height() / 2, f"{value:.4f}", color=MUTED, va="center")
    return figure


@styled
def f1_bars(per_class: pl.DataFrame) -> Figure:
    """F1 per label, the best first, over a pale track from 0 to 1.

    Args:
        per_class: Columns `label` (String) and `f1` (in [0, 1]; null or NaN without a single example).
    """
    ranked = per_class.with_columns(pl.col("f1").cast(pl.Float64).fill_nan(None)).sort(
        "f1", descending=True, nulls_last=True, maintain_order=True
    )
    scores = ranked["f1"].to_list()
    figure, axes = _rows(ranked["label"].to_list())
    places = range(len(scores))
    axes.barh(places, [1.0] * len(scores), color=GRID, height=0.66)
    axes.barh(places, [score or 0.0 for score in scores], color=BLUE, height=0.66)
    axes.set_xlim(0, 1)
    for place, score in zip(places, scores, strict=True):
        axes.text(1.02, place, "\N{EN DASH}" if score is None else f"{score:.3f}", color=MUTED, va="center")
    return figure


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
    figure = Figure(figsize=(_WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot()
    epochs = history["epoch"].to_numpy()
    series = [("training", BLUE, measure), ("validation", ORANGE, f"val_{measure}")]
    drawn = []
    for name, colour, column in series:
        values = history[column].cast(pl.Float64).to_numpy().copy()
        values[~np.isfinite(values)] = np.nan
        axes.plot(epochs, values, color=colour, label=name, marker="o", markersize=2.6)
        drawn.append(values)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    _scale(axes, np.concatenate(drawn), measure)
    axes.tick_params(which="both", length=0, labelcolor=MUTED)
    _mark_best(axes, history, f"val_{measure}")
    figure.legend(loc="outside upper left", ncols=2)
    return figure


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
    names = [_short(label) for label in labels]
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


def _rows(names: Sequence[str], *, pitch: float = _PITCH, legend: bool = False) -> tuple[Figure, Axes]:
    """An empty chart of horizontal bars, one row per name from the top down, without an axis of values."""
    height = pitch * (max(len(names), 1) + legend) + 0.12
    figure = Figure(figsize=(_WIDTH, height), layout=ConstrainedLayoutEngine(h_pad=0.02, w_pad=0.02))
    axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
    return figure, axes


def _short(name: str) -> str:
    """One printable line of bounded length: a value may be anything that fits in a table's cell."""
    line = "".join(char if char.isprintable() else " " for char in name)
    line = " ".join(line.split())
    return line if len(line) <= _LABEL_LENGTH else line[: _LABEL_LENGTH - 1].rstrip() + "…"


def _scale(axes: Axes, values: NDArray[np.float64], measure: str) -> None:
    if measure == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set_ylabel("accuracy")
        return
    axes.set_ylabel("loss")
    known = values[np.isfinite(values)]
    if known.size and known.min() > 0 and known.max() > 10 * known.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylabel("loss (logarithmic)")


def _mark_best(axes: Axes, history: pl.DataFrame, column: str) -> None:
    best = best_epoch(history)
    if best is None:
        return
    value = history.filter(pl.col("epoch") == best)[column][0]
    axes.axvline(best, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=0)
    axes.plot([best], [value], marker="o", markersize=7, markerfacecolor="none", markeredgecolor=INK)
    late = 2 * best > history["epoch"][0] + history["epoch"][-1]
    axes.annotate(
        f"best: epoch {best}",
        (best, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3 if late else -3, 3),
        textcoords="offset points",
        ha="right" if late else "left",
        color=MUTED,
    )
