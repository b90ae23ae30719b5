from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from modiste.measure.binomial import binomial_tail, clopper_pearson


def test_the_tail_is_scipy_s() -> None:
    def furthest(n: int, rate: float) -> float:
        near = int(n * rate) + np.arange(-40, 41)
        hits = np.unique(np.clip(np.concatenate([near, np.linspace(-2, n + 2, 30).astype(int)]), -2, n + 2))
        return float(np.abs(binomial_tail(hits, n, rate) - binom.cdf(hits, n, rate)).max())

    cases = product([0, 1, 7, 149, 8_000, 44_000], [1e-4, 0.02, 0.5, 0.98])
    found = {case: furthest(*case) for case in cases}
    assert not {case: value for case, value in found.items() if not value <= 1e-10}


def test_small_tails_by_hand() -> None:
    np.testing.assert_allclose(binomial_tail([-1, 0, 1, 2, 3], 2, 0.25), [0, 9 / 16, 15 / 16, 1, 1])
    np.testing.assert_allclose(binomial_tail(0, [0, 149, 400], 0.02), [1, 0.98**149, 0.98**400])


@given(n=st.integers(0, 5_000), data=st.data(), confidence=st.sampled_from([0.9, 0.95, 0.999]))
@settings(max_examples=25, deadline=None)
def test_the_interval_is_scipy_s(n: int, data: st.DataObject, confidence: float) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = clopper_pearson(hits, n, confidence=confidence)
    expected = binomtest(hits, n).proportion_ci(confidence_level=confidence) if n else (0.0, 1.0)
    assert (float(low), float(high)) == pytest.approx(tuple(expected), abs=1e-9)


def test_a_confidence_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        clopper_pearson(1, 2, confidence=1.0)
