import numpy as np
import pytest
from scipy.stats import binom

from modiste.measure.label_selection import select_by_label
from modiste.measure.selection import EVEN, accepted, select_threshold


def drawn(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three labels; the middle one, a seventh of all, is wrong in 15 % below 0.99 and always right from there on."""
    answers = generator.choice(3, n, p=[0.75, 0.15, 0.1])
    confidence = 1 - 0.08 * generator.random(n) ** 2
    risky = (answers == 1) & (confidence < 0.99)
    return confidence, generator.random(n) >= np.where(risky, 0.15, 0.002), answers


def test_labels_without_evidence_against_them_share() -> None:
    generator = np.random.default_rng(0)
    confidence, correct, answers = generator.uniform(0.9, 1, 5000), generator.random(5000) < 0.995, np.arange(5000) % 4
    found = select_by_label(confidence, correct, answers, 5)
    assert found.shared == select_threshold(confidence, correct, delta=0.045)
    assert not found.own.any()
    np.testing.assert_array_equal(found.thresholds, np.full(5, found.shared.threshold))


def test_a_label_evidently_below_gets_a_threshold_of_its_own() -> None:
    confidence, correct, answers = drawn(40_000, np.random.default_rng(1))
    found = select_by_label(confidence, correct, answers, 3)
    assert found.own.tolist() == [False, True, False]
    assert found.shared.threshold is not None
    assert found.shared.threshold < 0.95
    assert 0.95 < found.thresholds[1] <= 0.99
    accept = accepted(confidence, answers, found.thresholds)
    assert correct[accept & (answers == 1)].mean() > 0.98


def test_a_label_that_cannot_be_certified_goes_to_review() -> None:
    confidence = np.full(6000, 0.99)
    answers = np.repeat([0, 1, 2], [5400, 400, 200])
    correct = np.ones(6000, bool)
    correct[5400:5460] = False
    found = select_by_label(confidence, correct, answers, 3)
    np.testing.assert_array_equal(found.thresholds, [EVEN, np.inf, EVEN])
    assert found.own.tolist() == [False, True, False]
    # With too few answers to be judged it stays with the others.
    assert not select_by_label(confidence, correct, answers, 3, fewest=401).own.any()


def test_labels_stand_alone_where_there_is_no_shared_threshold() -> None:
    confidence = np.full(4100, 0.9)
    answers = np.repeat([0, 1, 2], [2000, 2000, 100])
    correct = (answers != 1) | (np.arange(4100) % 2 == 0)
    found = select_by_label(confidence, correct, answers, 3)
    assert found.shared.threshold is None
    np.testing.assert_array_equal(found.thresholds, [EVEN, np.inf, np.inf])
    assert found.own.tolist() == [True, True, False]


def test_the_guarantee_holds_for_the_attribute_and_for_labels_of_their_own() -> None:
    generator = np.random.default_rng(2)
    many = drawn(300_000, generator)
    repetitions, missed, judged = 100, 0, 0
    for _ in range(repetitions):
        found = select_by_label(*drawn(8000, generator), 3)
        accept = accepted(many[0], many[2], found.thresholds)
        own = accept & found.own[many[2]]
        judged += int(found.own[1])
        missed += bool(many[1][accept].mean() < 0.98 or (own.any() and many[1][own].mean() < 0.98))
        assert accept.mean() > 0.5
    assert missed <= binom.ppf(0.999, repetitions, 0.05)
    assert judged > 0.9 * repetitions


def test_no_answers_and_wrong_labels() -> None:
    nothing = select_by_label(np.empty(0), np.empty(0, bool), np.empty(0, np.int64), 2)
    assert np.isinf(nothing.thresholds).all()
    with pytest.raises(ValueError, match=r"in \[0, 2\)"):
        select_by_label(np.array([0.5]), np.array([True]), np.array([2]), 2)
