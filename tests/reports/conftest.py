"""What the tests of charts and pages share: made-up results."""

import re
from collections.abc import Callable

import polars as pl
import pytest
from matplotlib.figure import Figure

from modiste.reports.svg import to_svg


@pytest.fixture(scope="session")
def texts() -> Callable[[Figure], list[str]]:
    """Reads what a chart says, from the top of its SVG down."""
    return lambda figure: re.findall(r"<text[^>]*>([^<]*)</text>", to_svg(figure))


@pytest.fixture(scope="session")
def history() -> pl.DataFrame:
    """Four epochs of a study, the third the best."""
    return pl.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "loss": [2.0, 0.8, 0.4, 0.2],
            "accuracy": [0.4, 0.7, 0.9, 0.95],
            "val_loss": [9.0, 0.7, 0.5, 0.6],
            "val_accuracy": [0.13, 0.7, 0.85, 0.86],
        }
    )
