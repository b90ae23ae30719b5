import numpy as np
import pytest

from modiste.measure.ood import familiarity, familiarity_threshold, fit_subspace


def test_what_lies_where_the_pictures_lie_is_familiar_and_what_leaves_it_is_not() -> None:
    generator = np.random.default_rng(0)
    plane = np.linalg.qr(generator.normal(size=(10, 3)))[0]
    pictures = generator.normal(size=(40, 3)) @ plane.T
    subspace = fit_subspace(pictures)
    np.testing.assert_allclose(subspace.T @ subspace, np.eye(5), atol=1e-5)
    np.testing.assert_allclose(familiarity(pictures, subspace), 1, atol=1e-5)
    away = generator.normal(size=10)
    away -= plane @ (plane.T @ away)
    away /= np.linalg.norm(away)
    # As far along the plane as away from it: half is inside, were the other two directions not there by chance.
    by_chance = np.square(away @ subspace).sum()
    halfway = plane[:, 0] + away
    assert familiarity(halfway[None], subspace)[0] == pytest.approx((1 + by_chance) / 2, abs=1e-3)
    assert by_chance < 0.7


def test_only_the_direction_of_features_counts() -> None:
    generator = np.random.default_rng(0)
    pictures = generator.normal(size=(60, 12)) * np.linspace(3, 0.1, 12)
    subspace = fit_subspace(pictures)
    np.testing.assert_allclose(familiarity(pictures * 0.01, subspace), familiarity(pictures, subspace))
    lengths = generator.uniform(0.1, 10, (60, 1))
    stretched = fit_subspace(pictures * lengths)
    np.testing.assert_allclose(familiarity(pictures, stretched), familiarity(pictures, subspace), atol=1e-4)


def test_few_pictures_give_few_directions() -> None:
    pictures = np.random.default_rng(0).normal(size=(9, 20)).astype(np.float32)
    assert fit_subspace(pictures).shape == (20, 2)
    assert fit_subspace(pictures[:2]).shape == (20, 1)
    same = np.full((5, 4), 0.1, np.float32)
    assert 0.99 <= familiarity(same, fit_subspace(same)).min() <= familiarity(same, fit_subspace(same)).max() <= 1
    nothing = np.zeros((5, 4))
    assert familiarity(nothing, fit_subspace(nothing)).tolist() == [0] * 5


def test_the_threshold_keeps_its_share() -> None:
    generator = np.random.default_rng(0)
    assert familiarity_threshold(np.arange(99) / 100, keep=0.99) == 0
    assert familiarity_threshold(np.arange(199) / 200, keep=0.9) == 19 / 200
    assert familiarity_threshold(np.arange(98) / 100, keep=0.99) == 0
    kept = [
        (generator.random(500) >= familiarity_threshold(generator.random(500), keep=0.9)).mean() for _ in range(300)
    ]
    assert np.mean(kept) == pytest.approx(0.9, abs=0.01)
    with pytest.raises(ValueError, match="keep must be"):
        familiarity_threshold(np.ones(3), keep=1.0)
