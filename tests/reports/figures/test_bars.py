from collections.abc import Callable

import polars as pl
import pytest
from matplotlib.figure import Figure

from modiste.reports import figures

Texts = Callable[[Figure], list[str]]

UNDEFINED = "\N{EN DASH}"


def test_values_beyond_the_top_share_one_bar(texts: Texts) -> None:
    drawn = texts(figures.count_bars({f"v{i}": 1000 + i for i in range(143)}, top=30))

    assert drawn[0] == "v142"
    assert "113 other values" in drawn
    assert f"{sum(1000 + i for i in range(113)):,}" in drawn
    assert "v112" not in drawn


def test_a_single_leftover_value_keeps_its_name(texts: Texts) -> None:
    drawn = texts(figures.count_bars({"a": 3, "b": 2, "c": 1}, top=2))

    assert {"a", "b", "c"} <= set(drawn)


def test_count_bars_are_as_long_as_the_counts() -> None:
    many, few = (bar.get_window_extent().width for bar in figures.count_bars({"few": 2, "many": 8}).axes[0].patches)

    assert many == pytest.approx(4 * few)


def test_top_must_leave_a_bar() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        figures.count_bars({"a": 1}, top=0)


def test_class_bars_name_what_the_reassignment_added(texts: Texts) -> None:
    figure = figures.class_bars({"Tops": 10, "Free Items": 3}, {"Tops": 12, "Bags": 1200})
    drawn = texts(figure)

    assert {"12 (+2)", "0 (-3)", "1,200 (+1,200)", "before", "after"} <= set(drawn)
    assert len(figure.axes[0].patches) == 6


def test_balance_bars_print_four_decimals(texts: Texts) -> None:
    assert {"masterCategory", "0.6712"} <= set(texts(figures.balance_bars({"masterCategory": 0.67123})))


def test_f1_bars_rank_the_labels_and_an_undefined_score_comes_last(texts: Texts) -> None:
    drawn = texts(figures.f1_bars(pl.DataFrame({"label": ["a", "b", "c"], "f1": [0.5, float("nan"), 0.9]})))

    assert drawn == ["c", "a", "b", "0.900", "0.500", UNDEFINED]
