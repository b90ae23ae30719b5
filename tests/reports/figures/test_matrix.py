from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from modiste.reports import figures
from modiste.reports.svg import to_svg

Texts = Callable[[Figure], list[str]]


def test_confusion_heatmap_shows_shares_of_the_rows(texts: Texts) -> None:
    matrix = np.array([[3, 1, 0], [0, 0, 0], [1, 0, 999]])
    figure = figures.confusion_heatmap(matrix, ["Sandal", "Flip Flops", "Heels"])

    cells = [text for text in texts(figure) if text.isdigit()]
    assert cells == ["75", "25", "100"]
    assert len(figure.axes[0].patches) == 3


def test_confusion_heatmap_wants_a_row_and_a_column_per_label() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        figures.confusion_heatmap(np.zeros((3, 3), dtype=np.int64), ["a", "b"])


def test_thirty_labels_do_not_overlap() -> None:
    labels = [f"Loungewear and Nightwear {i}" for i in range(30)]
    figure = figures.confusion_heatmap(np.eye(30, dtype=np.int64), labels)
    to_svg(figure)

    ticks = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert len(ticks) == 30
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(ticks))
