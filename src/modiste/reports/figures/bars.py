"""Horizontal bars: products per value, balance, F1."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from modiste.reports.figures.sheet import WIDTH, one_line
from modiste.reports.style import BLUE, GRID, MUTED, PALE, styled

__all__ = ["balance_bars", "class_bars", "count_bars", "f1_bars"]

_PITCH = 0.215
"""Inches from one bar to the next."""


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


def _rows(names: Sequence[str], *, pitch: float = _PITCH, legend: bool = False) -> tuple[Figure, Axes]:
    """An empty chart of horizontal bars, one row per name from the top down, without an axis of values."""
    height = pitch * (max(len(names), 1) + legend) + 0.12
    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(h_pad=0.02, w_pad=0.02))
    axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), [one_line(name) for name in names])
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
    return figure, axes
