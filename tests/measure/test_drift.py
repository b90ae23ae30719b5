"""Drift: known distances, and what chance alone makes of samples of one distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.measure.drift import chance_distance, jensen_shannon_distance

COUNTS = st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any).map(np.array)


def test_equal_distributions_are_at_zero_and_disjoint_ones_at_one() -> None:
    assert jensen_shannon_distance(np.array([1, 2, 0]), np.array([10, 20, 0])) == pytest.approx(0, abs=1e-7)
    assert jensen_shannon_distance(np.array([5, 0]), np.array([0, 3])) == 1


def test_a_known_value() -> None:
    # Half the mass moved: the divergence is 1 - (3/4 log2 3 - 1/2) ... = 0.3113 bits.
    assert jensen_shannon_distance(np.array([1, 0]), np.array([1, 1])) ** 2 == pytest.approx(0.31128, abs=1e-5)


@given(COUNTS, COUNTS, COUNTS)
def test_it_is_a_metric(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    there = jensen_shannon_distance(first, second)
    assert there == pytest.approx(jensen_shannon_distance(second, first))
    assert there <= jensen_shannon_distance(first, third) + jensen_shannon_distance(third, second) + 1e-6


def test_chance_alone_gives_about_what_is_expected() -> None:
    random, shares = np.random.default_rng(0), np.arange(1, 21) / 210
    reference = random.multinomial(8000, shares)
    found = [jensen_shannon_distance(random.multinomial(500, shares), reference) for _ in range(200)]
    expected = chance_distance(random.multinomial(500, shares), reference)
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("recent", "reference"), [([0, 0], [1, 2]), ([1, 2], [1, 2, 3]), ([[1]], [[1]])])
def test_what_is_no_pair_of_counts_is_refused(recent: list[int], reference: list[int]) -> None:
    for measure in (jensen_shannon_distance, chance_distance):
        with pytest.raises(ValueError, match="need"):
            measure(np.array(recent), np.array(reference))
