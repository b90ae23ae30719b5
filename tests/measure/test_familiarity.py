import numpy as np
import pytest

from modiste.measure.familiarity import centroids, familiarity, familiarity_threshold


def test_centroids_and_familiarity_by_hand() -> None:
    embeddings = np.array([[1, 0], [0, 1], [0, -1], [0.6, 0.8]])
    centres = centroids(embeddings, np.array([0, 0, 2, -1]), 3)
    np.testing.assert_allclose(centres, [[0.5**0.5, 0.5**0.5], [0, 0], [0, -1]])
    np.testing.assert_allclose(familiarity(embeddings, centres), [0.5**0.5, 0.5**0.5, 1, 1.4 * 0.5**0.5])
    # A label without a picture is near to nothing, not at a right angle to everything.
    assert familiarity(np.array([[-1.0, 0]]), centres[:2])[0] == pytest.approx(-(0.5**0.5))


def test_the_threshold_keeps_its_share() -> None:
    generator = np.random.default_rng(0)
    assert familiarity_threshold(np.arange(99) / 100, keep=0.99) == 0
    assert familiarity_threshold(np.arange(199) / 200, keep=0.9) == 19 / 200
    assert familiarity_threshold(np.arange(98) / 100, keep=0.99) == -1
    kept = [
        (generator.random(500) >= familiarity_threshold(generator.random(500), keep=0.9)).mean() for _ in range(300)
    ]
    assert np.mean(kept) == pytest.approx(0.9, abs=0.01)
    with pytest.raises(ValueError, match="keep must be"):
        familiarity_threshold(np.ones(3), keep=1.0)
