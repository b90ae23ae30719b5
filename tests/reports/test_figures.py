import re
from itertools import pairwise
from typing import Literal

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from modiste.reports import figures
from modiste.reports.svg import to_svg

UNDEFINED = "\N{EN DASH}"
HISTORY = pl.DataFrame(
    {
        "epoch": [1, 2, 3, 4],
        "loss": [2.0, 0.8, 0.4, 0.2],
        "accuracy": [0.4, 0.7, 0.9, 0.95],
        "val_loss": [9.0, 0.7, 0.5, 0.6],
        "val_accuracy": [0.13, 0.7, 0.85, 0.86],
    }
)


def texts(figure: Figure) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", to_svg(figure))


def test_values_beyond_the_top_share_one_bar() -> None:
    drawn = texts(figures.count_bars({f"v{i}": 1000 + i for i in range(143)}, top=30))

    assert drawn[0] == "v142"
    assert "113 other values" in drawn
    assert f"{sum(1000 + i for i in range(113)):,}" in drawn
    assert "v112" not in drawn


def test_a_single_leftover_value_keeps_its_name() -> None:
    drawn = texts(figures.count_bars({"a": 3, "b": 2, "c": 1}, top=2))

    assert {"a", "b", "c"} <= set(drawn)


def test_count_bars_are_as_long_as_the_counts() -> None:
    many, few = (bar.get_window_extent().width for bar in figures.count_bars({"few": 2, "many": 8}).axes[0].patches)

    assert many == pytest.approx(4 * few)


def test_top_must_leave_a_bar() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        figures.count_bars({"a": 1}, top=0)


def test_class_bars_name_what_the_reassignment_added() -> None:
    figure = figures.class_bars({"Tops": 10, "Free Items": 3}, {"Tops": 12, "Bags": 1200})
    drawn = texts(figure)

    assert {"12 (+2)", "0 (-3)", "1,200 (+1,200)", "before", "after"} <= set(drawn)
    assert len(figure.axes[0].patches) == 6


def test_balance_bars_print_four_decimals() -> None:
    assert {"masterCategory", "0.6712"} <= set(texts(figures.balance_bars({"masterCategory": 0.67123})))


def test_f1_bars_rank_the_labels_and_an_undefined_score_comes_last() -> None:
    drawn = texts(figures.f1_bars(pl.DataFrame({"label": ["a", "b", "c"], "f1": [0.5, float("nan"), 0.9]})))

    assert drawn == ["c", "a", "b", "0.900", "0.500", UNDEFINED]


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3.0, 1.0, 1.0], 2), ([float("nan"), 5.0, 6.0], 2), ([float("nan")] * 3, None), ([None, None, 1.0], 3)],
)
def test_best_epoch_has_the_lowest_validation_loss(losses: list[float | None], best: int | None) -> None:
    assert figures.best_epoch(pl.DataFrame({"epoch": [1, 2, 3], "val_loss": losses})) == best


@pytest.mark.parametrize("measure", ["loss", "accuracy"])
def test_learning_curve_marks_the_best_epoch(measure: Literal["loss", "accuracy"]) -> None:
    figure = figures.learning_curve(HISTORY, measure)

    assert {"training", "validation", "best: epoch 3", "epoch"} <= set(texts(figure))
    validation = figure.axes[0].lines[1]
    assert np.asarray(validation.get_ydata()).tolist() == HISTORY[f"val_{measure}"].to_list()


def test_a_wide_span_of_losses_gets_a_logarithmic_axis_with_plain_numbers() -> None:
    drawn = texts(figures.learning_curve(HISTORY, "loss"))

    assert {"loss (logarithmic)", "0.5", "5"} <= set(drawn)
    assert not any("$" in text for text in drawn)


def test_one_epoch_and_a_diverged_one_can_be_drawn() -> None:
    diverged = HISTORY.head(1).with_columns(val_loss=pl.lit(float("inf")), loss=pl.lit(None, pl.Float64))

    assert "best: epoch 1" in texts(figures.learning_curve(HISTORY.head(1), "loss"))
    assert not any(text.startswith("best") for text in texts(figures.learning_curve(diverged, "loss")))


def test_confusion_heatmap_shows_shares_of_the_rows() -> None:
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


def test_svg_is_the_same_on_every_run_and_names_no_date() -> None:
    first, second = (to_svg(figures.learning_curve(HISTORY, "loss"), name="loss") for _ in range(2))

    assert first == second
    assert first.startswith("<svg ")
    assert not re.search(r"<metadata|<!--|<\?xml|<style|dc:date", first)


def test_svg_ids_belong_to_the_chart() -> None:
    svg = to_svg(figures.learning_curve(HISTORY, "loss"), name="loss")
    ids = re.findall(r' id="([^"]+)"', svg)
    used = re.findall(r'(?:url\(|href=")#([^")]+)', svg)

    assert ids
    assert all(name.startswith("loss-") for name in ids)
    assert set(used) == set(ids)


def test_svg_colours_follow_the_page() -> None:
    svg = to_svg(figures.count_bars({"a": 1}))

    assert "fill: var(--chart-blue, #2a66ad)" in svg
    assert "fill: var(--chart-ink, #1e2530)" in svg


def test_svg_says_what_it_shows() -> None:
    assert 'role="img" aria-label="&lt;3 &quot;bars&quot;"' in to_svg(figures.count_bars({"a": 1}), alt='<3 "bars"')


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=60), st.integers(0, 10**7), max_size=4))
def test_any_value_can_be_drawn(counts: dict[str, int]) -> None:
    svg = to_svg(figures.count_bars(counts))

    assert svg.count("<svg") == 1
    assert svg.rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    "name", ["$\\frac{1}{0}$ for $5", "</text><script>alert(1)</script>", "--><b>", "手袋 👜", "a\x00b\nc"]
)
def test_hostile_names_stay_text(name: str) -> None:
    svg = to_svg(figures.count_bars({name: 5}))

    assert not re.search(r"<script|<b>|\x00", svg)
    assert len(re.findall("<text", svg)) == 2


def test_settings_of_the_user_neither_count_nor_change() -> None:
    plain = to_svg(figures.count_bars({"a": 1}))
    with mpl.rc_context({"text.color": "red", "font.size": 30, "svg.fonttype": "path"}):
        assert to_svg(figures.count_bars({"a": 1})) == plain
        assert mpl.rcParams["font.size"] == 30
