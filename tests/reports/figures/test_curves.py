from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from modiste.reports import figures

Texts = Callable[[Figure], list[str]]


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3.0, 1.0, 1.0], 2), ([float("nan"), 5.0, 6.0], 2), ([float("nan")] * 3, None), ([None, None, 1.0], 3)],
)
def test_best_epoch_has_the_lowest_validation_loss(losses: list[float | None], best: int | None) -> None:
    assert figures.best_epoch(pl.DataFrame({"epoch": [1, 2, 3], "val_loss": losses})) == best


@pytest.mark.parametrize("measure", ["loss", "accuracy"])
def test_learning_curve_marks_the_best_epoch(
    measure: Literal["loss", "accuracy"], history: pl.DataFrame, texts: Texts
) -> None:
    figure = figures.learning_curve(history, measure)

    assert {"training", "validation", "best: epoch 3", "epoch"} <= set(texts(figure))
    validation = figure.axes[0].lines[1]
    assert np.asarray(validation.get_ydata()).tolist() == history[f"val_{measure}"].to_list()


def test_a_wide_span_of_losses_gets_a_logarithmic_axis_with_plain_numbers(history: pl.DataFrame, texts: Texts) -> None:
    drawn = texts(figures.learning_curve(history, "loss"))

    assert {"loss (logarithmic)", "0.5", "5"} <= set(drawn)
    assert not any("$" in text for text in drawn)


def test_one_epoch_and_a_diverged_one_can_be_drawn(history: pl.DataFrame, texts: Texts) -> None:
    diverged = history.head(1).with_columns(val_loss=pl.lit(float("inf")), loss=pl.lit(None, pl.Float64))

    assert "best: epoch 1" in texts(figures.learning_curve(history.head(1), "loss"))
    assert not any(text.startswith("best") for text in texts(figures.learning_curve(diverged, "loss")))


@pytest.mark.parametrize("small", [False, True])
def test_progress_names_the_best_epoch_and_its_value(history: pl.DataFrame, texts: Texts, small: bool) -> None:
    accuracy = figures.progress_curve(history, "val_accuracy", "share", best=3, small=small)
    loss = figures.progress_curve(history, "loss", "loss", best=3, small=small)

    assert "epoch 3: 85.0 %" in texts(accuracy)
    assert "epoch 3: 0.4" in texts(loss)
    assert np.asarray(loss.axes[0].lines[0].get_ydata()).tolist() == history["loss"].to_list()


def test_progress_without_a_number_at_the_best_epoch_can_be_drawn(history: pl.DataFrame, texts: Texts) -> None:
    diverged = figures.progress_curve(history.with_columns(loss=pl.lit(float("nan"))), "loss", "loss", best=1)
    short = figures.progress_curve(history.head(1), "loss", "loss", best=9)

    assert not any(text.startswith("epoch ") for text in texts(diverged) + texts(short))
