import numpy as np
import pytest
from scipy.stats import binom, binomtest

from modiste.measure.binomial import binomial_tail
from modiste.measure.selection import (
    EVEN,
    GRID,
    Selection,
    accepted,
    grid_counts,
    grid_tails,
    select_threshold,
    selective_scores,
)

REPETITIONS = 400
ERRORS = 0.2
"""Of the least confident answers. An answer at rank u, 0 the best and 1 the last, is wrong with probability ERRORS u^3
and says so; the best t of all have precision 1 - ERRORS t^3 / 4."""


def drawn(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    wrong = ERRORS * generator.random(n) ** 3
    return 1 - wrong, generator.random(n) >= wrong


def true_coverage(threshold: float) -> float:
    return float(min(1.0, ((1 - threshold) / ERRORS) ** (1 / 3)))


@pytest.mark.parametrize(("precision", "n", "fraction"), [(0.98, 3000, 0.85), (0.97, 600, 0.6)])
def test_the_guarantee_holds_and_is_not_bought_with_silly_coverage(precision: float, n: int, fraction: float) -> None:
    generator = np.random.default_rng(7)
    oracle = (4 * (1 - precision) / ERRORS) ** (1 / 3)
    thresholds = [select_threshold(*drawn(n, generator), precision=precision).threshold for _ in range(REPETITIONS)]
    coverage = np.array([0.0 if each is None else true_coverage(each) for each in thresholds])
    missed = int((coverage > oracle).sum())
    assert missed <= binom.ppf(0.999, REPETITIONS, 0.05)
    assert coverage.mean() >= fraction * oracle


def test_the_guarantee_holds_where_no_threshold_reaches_the_target() -> None:
    generator = np.random.default_rng(8)
    found = 0
    for _ in range(REPETITIONS):
        confidence = generator.random(1500)
        found += select_threshold(confidence, generator.random(1500) < 0.979).threshold is not None
    assert found <= binom.ppf(0.999, REPETITIONS, 0.05)


def test_a_precision_that_never_gets_far_above_the_target_is_found() -> None:
    generator = np.random.default_rng(9)
    coverage = []
    for _ in range(20):
        confidence = 0.5 + generator.random(8000) / 2
        coverage.append(
            select_threshold(confidence, generator.random(8000) < np.minimum(confidence + 0.2, 0.992)).coverage
        )
    assert np.mean(coverage) > 0.45  # of 0.58 that a known precision would allow


def test_a_selection_by_hand() -> None:
    # 300 right answers, then 100 of which every other is wrong.
    confidence = np.repeat([0.9, 0.5], [300, 100])
    correct = np.concatenate([np.ones(300, bool), np.arange(100) % 2 == 0])
    found = select_threshold(confidence, correct)
    assert found.threshold is not None
    assert 0.5 < found.threshold <= 0.9
    assert (found.precision, found.coverage, found.n) == (1, 0.75, 400)
    assert str(found).endswith("on: precision 1.0000, coverage 0.7500, n 400")
    # 0.98^n is 0.05 x 0.75 at 163 answers: fewer certify nothing.
    for n, threshold in ((162, None), (163, EVEN)):
        assert select_threshold(np.full(n, 0.9), np.ones(n, bool)).threshold == threshold


def test_no_threshold_lets_through_what_is_more_likely_wrong_than_right() -> None:
    right = np.ones(400, bool)
    found = select_threshold(np.repeat([0.2, 0.8], 200), right)
    assert (found.threshold, found.precision, found.coverage) == (EVEN, 1, 0.5)
    assert select_threshold(np.full(400, 0.49), right).threshold is None


def test_a_target_out_of_reach_says_so() -> None:
    for n in (0, 10, 1000):
        found = select_threshold(np.full(n, 0.9), np.arange(n) % 10 > 0)
        assert (found.threshold, found.coverage, found.n) == (None, 0, n)
        assert np.isnan(found.precision)
        assert str(found) == f"the target cannot be reached with confidence, seen on {n} answers"


@pytest.mark.parametrize("seed", range(10))
def test_a_higher_target_never_lowers_the_threshold(seed: int) -> None:
    confidence, correct = drawn(4000, np.random.default_rng(seed))
    found = [select_threshold(confidence, correct, precision=each) for each in (0.9, 0.95, 0.97, 0.98, 0.99, 0.999)]
    thresholds = [2.0 if each.threshold is None else each.threshold for each in found]
    assert thresholds == sorted(thresholds)
    surer = select_threshold(confidence, correct, delta=0.01).threshold
    assert surer is not None
    assert surer >= thresholds[3]
    order = np.random.default_rng(seed).permutation(4000)
    assert select_threshold(confidence[order], correct[order], precision=0.98) == found[3]


def test_counts_at_the_grid() -> None:
    confidence = np.array([1.0, 0.5, 0.0, GRID[600]])
    count, errors = grid_counts(confidence, np.array([True, False, True, False]))
    assert (np.diff(GRID) < 0).all()
    assert (count[0], count[599], count[600], count[-2], count[-1]) == (1, 1, 2, 3, 4)
    assert (errors[0], errors[599], errors[600], errors[-1]) == (0, 0, 1, 2)
    single = grid_counts(confidence.astype(np.float32), np.ones(4, bool))[0]
    assert single[-1] == 4


def test_accepted_and_its_scores() -> None:
    confidence = np.array([0.9, 0.9, 0.99, 0.2], np.float32)
    accept = accepted(confidence, np.array([0, 1, 1, 2]), np.array([0.5, 0.95, np.inf]))
    assert accept.tolist() == [True, False, True, False]
    found = selective_scores(np.array([True, True, False, True]), accept)
    assert (found.precision.value, found.coverage.value, found.accepted, found.n) == (0.5, 0.5, 2, 4)
    expected = binomtest(1, 2).proportion_ci()
    assert (found.precision.low, found.precision.high) == pytest.approx((expected.low, expected.high))
    nothing = selective_scores(np.ones(3, bool), np.zeros(3, bool))
    assert np.isnan(nothing.precision.value)
    assert (nothing.precision.low, nothing.precision.high, nothing.coverage.value) == (0, 1, 0)


def test_arguments_out_of_range_are_refused() -> None:
    confidence, correct = np.array([0.5]), np.array([True])
    with pytest.raises(ValueError, match="precision must be between 0 and 1, not 1"):
        select_threshold(confidence, correct, precision=1.0)
    with pytest.raises(ValueError, match="delta must be between 0 and 1, not 0"):
        select_threshold(confidence, correct, delta=0.0)
    with pytest.raises(ValueError, match="same length"):
        select_threshold(confidence, np.array([True, False]))
    with pytest.raises(ValueError, match="same shape"):
        selective_scores(correct, np.array([True, False]))
    assert Selection(0.5, 1.0, 1.0, 1) == Selection(0.5, 1.0, 1.0, 1)


@pytest.mark.parametrize("n", [0, 1, 300])
def test_tails_of_the_grid_are_those_of_each_threshold(n: int) -> None:
    generator = np.random.default_rng(n)
    confidence, correct = drawn(n, generator)
    count, errors = grid_counts(confidence, correct)
    for hits in (errors, count - errors, np.full_like(count, 5)):
        np.testing.assert_array_equal(grid_tails(hits, count, 0.02), binomial_tail(hits, count, 0.02))
