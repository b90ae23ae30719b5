import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from modiste.measure.calibration import calibration_error, log_softmax, softmax
from modiste.measure.consistency import joint_log_probabilities, log_marginals
from modiste.measure.fitting import fit_temperature, fit_weights

MEASURE = Path(__file__).parents[2] / "src" / "modiste" / "measure"


def drawn(probabilities: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A label per row, with these probabilities."""
    labels: np.ndarray = (probabilities.cumsum(axis=1) > generator.random((len(probabilities), 1))).argmax(axis=1)
    return labels


def test_only_what_fits_needs_scipy() -> None:
    fitting = {"fitting", "projection"}
    modules = [f"modiste.measure.{path.stem}" for path in MEASURE.glob("[a-z]*.py") if path.stem not in fitting]
    program = f"import sys, {', '.join(modules)}; sys.exit('scipy' in sys.modules)"
    assert len(modules) > 5
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("stretch", [0.4, 1.0, 3.0])
def test_the_temperature_of_stretched_logits_is_recovered(stretch: float) -> None:
    generator = np.random.default_rng(1)
    honest = generator.normal(0, 2, (6000, 8))
    true = drawn(softmax(honest), generator)
    true[::10] = -1
    stated = (honest * stretch).astype(np.float32)
    found = fit_temperature(stated, true)
    assert found == pytest.approx(stretch, rel=0.05)
    known = true >= 0
    answers = stated[known].argmax(axis=1)
    confidence = softmax(stated[known], temperature=found).max(axis=1)
    assert calibration_error(confidence, answers == true[known]) < 0.02


def test_a_temperature_from_next_to_nothing_is_sane() -> None:
    nothing = np.empty((0, 3)), np.empty(0, np.int64)
    assert fit_temperature(*nothing) == 1
    assert fit_temperature(np.ones((4, 3)), np.full(4, -1)) == 1
    assert fit_temperature(np.zeros((4, 1)), np.zeros(4, np.int64)) == pytest.approx(1, abs=1e-4)
    right = np.eye(3)[np.arange(300) % 3] * 4
    all_right = fit_temperature(right, np.arange(300) % 3)
    assert 0.02 <= all_right < 1
    few_right = fit_temperature(right[:3], np.arange(3))
    assert all_right < few_right < 1
    all_wrong = fit_temperature(right, (np.arange(300) + 1) % 3)
    assert 1 < all_wrong <= 50


def test_weights_are_recovered() -> None:
    generator = np.random.default_rng(2)
    sizes, weights = (3, 6, 10), np.array([0.5, 1.0, 2.0])
    combinations = np.unique(np.stack([generator.integers(0, size, 25) for size in sizes], axis=1), axis=0)
    logits = [generator.normal(0, 2, (6000, size)) for size in sizes]
    true = combinations[drawn(np.exp(joint_log_probabilities(logits, combinations, weights)), generator)]
    true[:500, 1] = -1
    true[500:520] = (2, 5, 9)  # not allowed
    assert not (combinations == (2, 5, 9)).all(axis=1).any()
    found = fit_weights(logits, true, combinations)
    np.testing.assert_allclose(found, weights, rtol=0.1)
    np.testing.assert_allclose(fit_weights([-each for each in logits], true, combinations), 0.02, rtol=0.5)


def test_weights_are_where_the_likelihood_is_highest() -> None:
    generator = np.random.default_rng(3)
    combinations = np.array([[0, 0], [0, 1], [1, 2]])
    numbers = generator.integers(0, 3, 400)
    true = combinations[numbers]
    logits = [
        np.eye(size)[labels] * 2 + generator.normal(0, 1, (400, size))
        for size, labels in zip((2, 3), true.T, strict=True)
    ]

    def loss(weights: np.ndarray) -> float:
        joint = joint_log_probabilities(logits, combinations, weights)
        return float((np.log(weights) ** 2).sum() / 2 - joint[np.arange(400), numbers].sum())

    found = fit_weights(logits, true, combinations)
    for step in ([1.02, 1], [0.98, 1], [1, 1.02], [1, 0.98]):
        assert loss(found) < loss(found * np.array(step))


def test_weights_from_nothing_are_one() -> None:
    logits = [np.zeros((2, 2)), np.zeros((2, 2))]
    combinations = np.array([[0, 0]])
    np.testing.assert_array_equal(fit_weights(logits, np.array([[1, 1], [0, -1]]), combinations), [1, 1])


def test_a_temperature_on_log_marginals_makes_them_honest() -> None:
    generator = np.random.default_rng(4)
    combinations = np.array([[0, 0], [0, 1], [1, 2], [1, 3]])
    honest = [generator.normal(0, 1.5, (5000, size)) for size in (2, 4)]
    true = combinations[drawn(np.exp(joint_log_probabilities(honest, combinations, np.ones(2))), generator)]
    joint = joint_log_probabilities([3 * each for each in honest], combinations, np.ones(2))
    for logarithms, labels in zip(log_marginals(joint, combinations, (2, 4)), true.T, strict=True):
        right = logarithms.argmax(axis=1) == labels
        before = calibration_error(softmax(logarithms).max(axis=1), right)
        after = softmax(logarithms, temperature=fit_temperature(logarithms, labels)).max(axis=1)
        assert calibration_error(after, right) < 0.03
        assert before > 0.1
        assert np.isfinite(log_softmax(logarithms)).all()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match="need \\(n, labels\\) logits"):
        fit_temperature(np.zeros((2, 3)), np.zeros(3, np.int64))
    with pytest.raises(ValueError, match="label ids"):
        fit_temperature(np.zeros((2, 3)), np.array([0, 3]))
    with pytest.raises(ValueError, match="finite"):
        fit_temperature(np.full((1, 3), np.nan), np.array([0]))
    with pytest.raises(ValueError, match="1 attributes with logits, 2 true, 2 allowed"):
        fit_weights([np.zeros((1, 2))], np.zeros((1, 2), np.int64), np.zeros((1, 2), np.int64))
