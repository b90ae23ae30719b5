import numpy as np
import pytest

from modiste.measure.calibration import log_softmax
from modiste.measure.prior_shift import fit_shift, weights_by_group

ALONE = np.arange(3)[:, None]


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draws scores and labels of a domain where label 0 is said too often, and everything too surely."""
    generator = np.random.default_rng(seed)
    right = log_softmax(generator.normal(0, 2, (n, 3)))
    labels = np.array([generator.choice(3, p=np.exp(row)) for row in right])
    return 2 * (right + np.array([1.5, 0, 0])), labels


def test_the_fit_finds_the_shift_that_was_made() -> None:
    scores, labels = drawn(4000)
    shift = fit_shift(scores, ALONE, [np.eye(3, dtype=bool)[labels]], np.ones(4000))
    assert shift.scale == pytest.approx(0.5, abs=0.05)
    offsets = shift.offsets[0] - shift.offsets[0][1]
    np.testing.assert_allclose(offsets, [-1.5, 0, 0], atol=0.2)
    few, known = drawn(300, 1)
    shift = fit_shift(few, ALONE, [np.eye(3, dtype=bool)[known]], np.ones(300))
    mended = (shift.scale * few + shift.offsets[0]).argmax(axis=1)
    assert (mended == known).mean() > (few.argmax(axis=1) == known).mean()


def test_one_of_several_labels_is_enough_and_an_unknown_one_counts_nothing() -> None:
    scores, labels = drawn(1000)
    allowed = np.eye(3, dtype=bool)[labels]
    either = allowed.copy()
    either[:, 1:] |= allowed[:, 1:].any(axis=1, keepdims=True)
    assert fit_shift(scores, ALONE, [either], np.ones(1000)).offsets[0][0] < -0.5
    nothing = np.concatenate([allowed, np.zeros_like(allowed)])
    doubled = fit_shift(np.concatenate([scores, scores]), ALONE, [nothing], np.ones(2000))
    np.testing.assert_allclose(
        doubled.offsets[0], fit_shift(scores, ALONE, [allowed], np.ones(1000)).offsets[0], atol=0.05
    )


def test_nothing_is_shifted_without_a_reason() -> None:
    generator = np.random.default_rng(3)
    scores = log_softmax(generator.normal(0, 2, (6000, 3)))
    labels = np.array([generator.choice(3, p=np.exp(row)) for row in scores])
    shift = fit_shift(scores, ALONE, [np.eye(3, dtype=bool)[labels]], np.ones(6000))
    assert shift.scale == pytest.approx(1, abs=0.08)
    np.testing.assert_allclose(shift.offsets[0], 0, atol=0.12)
    none = fit_shift(scores, ALONE, [np.zeros((6000, 3), bool)], np.ones(6000))
    assert none.scale == 1
    assert not none.offsets[0].any()


def test_a_group_counts_less_than_its_photos_and_more_than_one() -> None:
    np.testing.assert_allclose(weights_by_group(np.array([4, 4, 4, 4, 9])), [0.5, 0.5, 0.5, 0.5, 1])
