import numpy as np
import pytest

from modiste.measure.clustering import clustered_share, folds_by_group, intraclass_correlation


def test_values_of_one_group_are_as_alike_as_they_were_drawn() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(400), 5)
    shared, own = generator.normal(size=400)[groups], generator.normal(size=2000)
    assert intraclass_correlation(shared, groups) == pytest.approx(1)
    assert intraclass_correlation(own, groups) == pytest.approx(0, abs=0.04)
    assert intraclass_correlation(shared + own, groups) == pytest.approx(0.5, abs=0.05)
    assert intraclass_correlation(own, np.arange(2000)) == 0
    assert intraclass_correlation(np.ones(10), np.repeat([0, 1], 5)) == 0


def test_the_interval_covers_the_share_although_photos_of_a_group_are_alike() -> None:
    generator, covered, plain = np.random.default_rng(1), 0, 0
    # Photos that were independent would give an interval of this half width, or so.
    half = 1.96 * np.sqrt(0.25 / 320)
    groups = np.repeat(np.arange(40), 8)
    for _ in range(25):
        rates = generator.beta(2, 2, 40)
        hits = generator.random(320) < rates[groups]
        alike = intraclass_correlation(hits.astype(float), groups)
        share = clustered_share(hits, groups, alike)
        covered += share.low <= 0.5 <= share.high
        plain += abs(hits.mean() - 0.5) <= half
    assert covered >= 22
    assert plain < 22, "else the groups would not matter"
    nothing = clustered_share(np.zeros(0, bool), np.zeros(0, int), 0.1)
    assert np.isnan(nothing.value)
    assert (nothing.low, nothing.high) == (0, 1)


def test_a_group_is_in_one_fold_and_folds_are_of_about_one_size() -> None:
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    folds = list(folds_by_group(groups, 5))
    np.testing.assert_array_equal(sum(fold.astype(int) for fold in folds), 1)
    assert all(len(np.unique(groups[fold])) + len(np.unique(groups[~fold])) == 30 for fold in folds)
    assert max(fold.sum() for fold in folds) - min(fold.sum() for fold in folds) <= 10
    assert len(list(folds_by_group(np.array([3, 3, 7]), 5))) == 2
