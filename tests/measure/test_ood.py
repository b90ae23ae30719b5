import numpy as np
import pytest

from modiste.measure.ood import fit_subspace, ood_score, ood_threshold


def test_what_lies_where_the_training_data_lies_scores_0_and_what_leaves_it_scores_more() -> None:
    generator = np.random.default_rng(0)
    plane = np.linalg.qr(generator.normal(size=(10, 3)))[0]
    pictures = generator.normal(size=(40, 3)) @ plane.T
    subspace = fit_subspace(pictures)
    np.testing.assert_allclose(subspace.T @ subspace, np.eye(5), atol=1e-5)
    np.testing.assert_allclose(ood_score(pictures, subspace), 0, atol=1e-5)
    away = generator.normal(size=10)
    away -= plane @ (plane.T @ away)
    away /= np.linalg.norm(away)
    # As far along the plane as away from it: half is inside, were the other two directions not there by chance.
    by_chance = np.square(away @ subspace).sum()
    halfway = plane[:, 0] + away
    assert ood_score(halfway[None], subspace)[0] == pytest.approx((1 - by_chance) / 2, abs=1e-3)
    assert by_chance < 0.7


def test_only_the_direction_of_features_counts() -> None:
    generator = np.random.default_rng(0)
    pictures = generator.normal(size=(60, 12)) * np.linspace(3, 0.1, 12)
    subspace = fit_subspace(pictures)
    np.testing.assert_allclose(ood_score(pictures * 0.01, subspace), ood_score(pictures, subspace))
    lengths = generator.uniform(0.1, 10, (60, 1))
    stretched = fit_subspace(pictures * lengths)
    np.testing.assert_allclose(ood_score(pictures, stretched), ood_score(pictures, subspace), atol=1e-4)


def test_few_pictures_give_few_directions() -> None:
    pictures = np.random.default_rng(0).normal(size=(9, 20)).astype(np.float32)
    assert fit_subspace(pictures).shape == (20, 2)
    assert fit_subspace(pictures[:2]).shape == (20, 1)
    same = np.full((5, 4), 0.1, np.float32)
    assert 0 <= ood_score(same, fit_subspace(same)).min() <= ood_score(same, fit_subspace(same)).max() <= 0.01
    nothing = np.zeros((5, 4))
    assert ood_score(nothing, fit_subspace(nothing)).tolist() == [1] * 5


def test_the_threshold_keeps_its_share() -> None:
    generator = np.random.default_rng(0)
    assert ood_threshold(np.arange(99) / 100, keep=0.99) == 98 / 100
    assert ood_threshold(np.arange(199) / 200, keep=0.9) == 179 / 200
    assert ood_threshold(np.arange(98) / 100, keep=0.99) == 1
    kept = [(generator.random(500) <= ood_threshold(generator.random(500), keep=0.9)).mean() for _ in range(300)]
    assert np.mean(kept) == pytest.approx(0.9, abs=0.01)
    with pytest.raises(ValueError, match="keep must be"):
        ood_threshold(np.ones(3), keep=1.0)
