"""How evenly the values of a categorical column are spread."""

from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl

__all__ = ["Balance", "balance", "value_counts"]


@dataclass(frozen=True)
class Balance:
    """The balance of one column.

    Attributes:
        values: C, the number of distinct values; missing ones are left out.
        balance: H / log C, from 0 (one value holds nearly everything) to 1 (all values equally frequent).
            A column with fewer than two values has nothing to choose from and a balance of 0.
    """

    values: int
    balance: float


def balance(column: pl.Series) -> Balance:
    """Measures Shannon's entropy H = -sum(p_i log p_i), p_i = n_i / N, as a share of its maximum log C.

    The share is also known as Pielou's evenness (E. C. Pielou, "The measurement of diversity in different
    types of biological collections", Journal of Theoretical Biology 13, 1966).

    Args:
        column: N values of any type; nulls are left out.

    Returns:
        The number of distinct values C and the balance.
    """
    counts = np.sort(column.drop_nulls().value_counts()["count"].to_numpy())  # a fixed order of summation
    if len(counts) < 2:
        return Balance(values=len(counts), balance=0.0)
    shares = counts / counts.sum()
    return Balance(values=len(counts), balance=float(-(shares * np.log(shares)).sum() / log(len(counts))))


def value_counts(column: pl.Series) -> dict[str, int]:
    """Counts each value, the most frequent first and equal counts by name; nulls are left out."""
    counts = column.drop_nulls().cast(pl.String).rename("value").value_counts(name="count")
    ordered = counts.sort("count", "value", descending=[True, False])
    return dict(zip(ordered["value"], ordered["count"], strict=True))
