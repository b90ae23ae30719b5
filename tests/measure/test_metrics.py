import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score, top_k_accuracy_score

from modiste.measure import metrics


@given(seed=st.integers(0, 10**6), n=st.integers(20, 200), labels=st.integers(4, 9))
@settings(max_examples=25, deadline=None)
def test_scores_are_scikit_learn_s(seed: int, n: int, labels: int) -> None:
    generator = np.random.default_rng(seed)
    true = np.concatenate([np.arange(labels), generator.integers(0, labels, n)])
    probabilities = generator.random((len(true), labels)) + np.eye(labels)[true] * 0.3
    predicted = probabilities.argmax(axis=1)
    scores = metrics.score(true, probabilities)
    assert scores.accuracy.value == pytest.approx(accuracy_score(true, predicted))
    assert scores.macro_f1.value == pytest.approx(f1_score(true, predicted, average="macro"))
    assert scores.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(true, predicted))
    assert scores.top3.value == pytest.approx(top_k_accuracy_score(true, probabilities, k=3))
    wilson = binomtest(int((true == predicted).sum()), len(true)).proportion_ci(method="wilson")
    assert (scores.accuracy.low, scores.accuracy.high) == pytest.approx((wilson.low, wilson.high))
    for estimate in (scores.macro_f1, scores.balanced_accuracy):
        assert estimate.low <= estimate.value <= estimate.high
    expected = confusion_matrix(true, predicted, labels=range(labels))
    np.testing.assert_array_equal(metrics.confusion_matrix(true, predicted, labels=labels), expected)


def test_a_label_neither_present_nor_predicted_is_left_out() -> None:
    scores = metrics.score(np.array([0, 1]), np.eye(3)[[0, 1]])
    assert (scores.macro_f1.value, scores.balanced_accuracy.value) == (1, 1)
    single = metrics.class_scores(metrics.confusion_matrix(np.array([0, 1]), np.array([0, 0]), labels=3))
    np.testing.assert_array_equal(single.precision, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(single.recall, [1, 0, np.nan])


def test_arrays_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        metrics.confusion_matrix(np.array([0]), np.array([0, 1]), labels=2)
    with pytest.raises(ValueError, match="label ids"):
        metrics.confusion_matrix(np.array([2]), np.array([0]), labels=2)
    with pytest.raises(ValueError, match="n > 0"):
        metrics.score(np.array([], dtype=np.int64), np.empty((0, 2)))


def test_answers_that_are_not_the_most_probable_labels_count_as_given() -> None:
    true = np.array([0, 1, 1, 2])
    probabilities = np.eye(4)[[0, 0, 0, 3]]
    scores = metrics.score(true, probabilities, answers=true)
    assert (scores.accuracy.value, scores.macro_f1.value) == (1.0, 1.0)
    assert scores.top3 == metrics.score(true, probabilities).top3
