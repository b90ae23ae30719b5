import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modiste.measure.calibration import calibration_error, log_softmax, reliability, softmax


@given(
    logits=arrays(np.float64, (5, 4), elements=st.floats(-1e6, 1e6)),
    temperature=st.floats(0.02, 50),
    kind=st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=50, deadline=None)
def test_softmax_is_a_distribution_in_the_type_it_got(logits: np.ndarray, temperature: float, kind: type) -> None:
    values: np.ndarray = logits.astype(kind)
    probabilities = softmax(values, temperature=temperature)
    assert probabilities.dtype == log_softmax(values, temperature=np.float64(temperature)).dtype == kind
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(softmax(values[:, ::-1], temperature=temperature), probabilities[:, ::-1], rtol=1e-4)
    assert np.isfinite(log_softmax(values, temperature=temperature)).all()


def test_softmax_by_hand() -> None:
    np.testing.assert_allclose(softmax(np.log([[1.0, 3.0]])), [[0.25, 0.75]])
    np.testing.assert_allclose(softmax(np.log([[1.0, 9.0]]), temperature=2), [[0.25, 0.75]])
    for temperature in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="above 0"):
            softmax(np.zeros((1, 2)), temperature=temperature)


def test_reliability_by_hand() -> None:
    confidence = np.array([0.0, 0.2, 0.5, 0.6, 0.9, 1.0])
    correct = np.array([False, False, True, False, True, True])
    found = reliability(confidence, correct, bins=4)
    np.testing.assert_array_equal(found.edges, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(found.count, [2, 1, 1, 2])
    np.testing.assert_allclose(found.confidence, [0.1, 0.5, 0.6, 0.95])
    np.testing.assert_allclose(found.accuracy, [0, 1, 0, 1])
    assert calibration_error(confidence, correct, bins=4) == pytest.approx((2 * 0.1 + 0.5 + 0.6 + 2 * 0.05) / 6)


def test_bins_of_equal_mass_hold_equally_many_and_may_be_empty() -> None:
    confidence = np.linspace(0.9, 1.0, 100, dtype=np.float32)
    correct = np.ones(100, bool)
    assert reliability(confidence, correct, bins=5, equal_mass=True).count.tolist() == [20] * 5
    assert calibration_error(confidence, correct, bins=5, equal_mass=True) == pytest.approx(0.05, abs=1e-6)
    tied = reliability(np.full(10, 0.7), correct[:10], bins=3, equal_mass=True)
    assert tied.count.tolist() == [10, 0, 0]
    assert np.isnan(tied.accuracy[1:]).all()
    assert calibration_error(np.full(10, 0.7), correct[:10], bins=3, equal_mass=True) == pytest.approx(0.3)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_the_error_of_a_calibrated_source_is_near_zero(equal_mass: bool) -> None:
    generator = np.random.default_rng(0)
    confidence = generator.beta(4, 1, 50_000)
    honest = generator.random(50_000) < confidence
    boasting = generator.random(50_000) < confidence - 0.1
    assert calibration_error(confidence, honest, equal_mass=equal_mass) < 0.01
    assert calibration_error(confidence, boasting, equal_mass=equal_mass) == pytest.approx(0.1, abs=0.01)


def test_what_is_no_list_of_answers_is_refused() -> None:
    right = np.array([True])
    for confidence, correct, words in (
        (np.array([0.5, 0.5]), right, "same length"),
        (np.array([1.5]), right, r"in \[0, 1\]"),
        (np.array([np.nan]), right, r"in \[0, 1\]"),
        (np.array([0.5]), np.array([1]), "must be bool"),
        (np.array([]), np.array([], bool), "at least one answer"),
    ):
        with pytest.raises(ValueError, match=words):
            calibration_error(confidence, correct)
