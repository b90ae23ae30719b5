"""Every chart: arrays, frames and mappings in, a matplotlib `Figure` out.

The charts are narrow, so that a phone shows them readably, and label what they show directly instead of asking the
reader to follow a grid. Nothing is shown or written, and pyplot is left alone: a figure is its caller's.
"""

from modiste.reports.figures.bars import balance_bars, class_bars, count_bars, f1_bars
from modiste.reports.figures.confidence import precision_coverage, reliability_diagram
from modiste.reports.figures.curves import best_epoch, learning_curve, progress_curve
from modiste.reports.figures.matrix import confusion_heatmap

__all__ = [
    "balance_bars",
    "best_epoch",
    "class_bars",
    "confusion_heatmap",
    "count_bars",
    "f1_bars",
    "learning_curve",
    "precision_coverage",
    "progress_curve",
    "reliability_diagram",
]
