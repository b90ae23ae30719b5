import numpy as np
import pytest

from modiste.measure.embedding import embed

PROBABILITIES = (
    np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]),
    np.array([[0.2, 0.8, 0.0], [0.2, 0.8, 0.0], [0.0, 0.0, 1.0]]),
)
VISUAL = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])


def test_the_cosine_is_the_mean_of_how_alike_answers_and_looks_are() -> None:
    vectors = embed(PROBABILITIES, VISUAL, shares=[2, 1], visual_share=1)
    assert vectors.shape == (3, 7)
    assert vectors.dtype == np.float32
    cosines = vectors @ vectors.T
    np.testing.assert_allclose(np.diag(cosines), 1, atol=1e-6)
    # The first attribute's answers exclude each other, the second's are the same, the looks have a cosine of 0.6.
    assert cosines[0, 1] == pytest.approx((2 * 0 + 1 * 1 + 1 * 0.6) / 4)
    assert cosines[0, 2] == pytest.approx(2 * np.sqrt(0.5) / 4)


def test_a_share_of_nothing_counts_for_nothing() -> None:
    vectors = embed(PROBABILITIES, VISUAL, shares=[0, 1], visual_share=0)
    assert (vectors @ vectors.T)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize(("shares", "visual_share"), [([1], 1), ([1, -1], 1), ([0, 0], 0), ([1, np.nan], 1)])
def test_shares_that_make_no_sense_are_refused(shares: list[float], visual_share: float) -> None:
    with pytest.raises(ValueError, match="need a share of at least 0 for each of 2 attributes, not all 0"):
        embed(PROBABILITIES, VISUAL, shares=shares, visual_share=visual_share)
