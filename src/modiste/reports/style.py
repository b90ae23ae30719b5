"""How every chart looks: one palette, one set of matplotlib settings."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from matplotlib import style

__all__ = ["BLUE", "GRID", "INK", "MUTED", "ON_COLOUR", "ORANGE", "PALE", "THEME", "styled"]

INK = "#1e2530"
MUTED = "#66707f"
GRID = "#dce0e6"
PALE = "#b4bfcc"
BLUE = "#2a66ad"  # with orange the pair that every common colour vision deficiency tells apart
ORANGE = "#d4711a"
ON_COLOUR = "#fefefe"

THEME = {
    INK: "--chart-ink",
    MUTED: "--chart-muted",
    GRID: "--chart-grid",
    PALE: "--chart-pale",
    BLUE: "--chart-blue",
    ORANGE: "--chart-orange",
    ON_COLOUR: "--chart-on-colour",
}
"""Colour -> the CSS custom property that a page may set to replace it, as a dark page does."""

_SETTINGS: dict[str, object] = {
    "axes.axisbelow": True,
    "axes.edgecolor": PALE,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same layout on any machine
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: small, sharp, searchable
    "svg.hashsalt": "modiste",
    "text.color": INK,
    "text.parse_math": False,  # a value may hold dollar signs
    "xtick.color": PALE,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 9,
    "ytick.color": PALE,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


def styled(draw: Callable[_P, _R]) -> Callable[_P, _R]:
    """Runs `draw` under the house style instead of the user's matplotlib settings, and restores those."""

    @wraps(draw)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with style.context(["default", _SETTINGS]):
            return draw(*args, **kwargs)

    return wrapper
