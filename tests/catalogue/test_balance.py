from math import log

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.balance import Balance, balance, value_counts


def test_balance_is_entropy_over_its_maximum() -> None:
    column = pl.Series(["a"] * 3 + ["b"])
    entropy = -(0.75 * log(0.75) + 0.25 * log(0.25))
    assert balance(column).values == 2
    assert balance(column).balance == pytest.approx(entropy / log(2))


def test_equally_frequent_values_are_in_perfect_balance() -> None:
    found = balance(pl.Series([2011, 2012, 2013]))
    assert found.values == 3
    assert found.balance == pytest.approx(1)


@pytest.mark.parametrize(("column", "values"), [(["a", "a", None], 1), ([None], 0), ([], 0)])
def test_fewer_than_two_values_have_no_balance(column: list[str | None], values: int) -> None:
    assert balance(pl.Series(column, dtype=pl.String)) == Balance(values=values, balance=0.0)


def test_missing_values_are_left_out() -> None:
    assert balance(pl.Series(["a", "b", None, None])) == balance(pl.Series(["a", "b"]))
    assert value_counts(pl.Series(["a", None])) == {"a": 1}


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_balance_lies_between_0_and_1_and_ignores_the_order(values: list[str]) -> None:
    found = balance(pl.Series(values))
    assert 0 <= found.balance <= 1 + 1e-12
    assert balance(pl.Series(sorted(values))) == found


def test_counts_are_ordered_by_count_then_name() -> None:
    counts = value_counts(pl.Series("fruit", ["pear", "fig", "apple", "fig", "pear", "kiwi"]))
    assert list(counts.items()) == [("fig", 2), ("pear", 2), ("apple", 1), ("kiwi", 1)]


def test_numbers_are_counted_under_their_text() -> None:
    assert value_counts(pl.Series([2012, 2011, 2012])) == {"2012": 2, "2011": 1}
