import numpy as np
import pytest

from modiste.measure.fitting import fit_projection
from modiste.measure.retrieval import nearest_rows, precision_at_k


def normalised(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_it_finds_the_few_directions_that_tell_labels_apart() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, (600, 2))
    labels[::7, 1] = -1
    features = generator.normal(0, 3, (600, 40))
    features[:, 0] += 4 * labels[:, 0]
    features[:, 1] += 4 * np.maximum(labels[:, 1], 0)
    features[:, 1] += np.where(labels[:, 1] < 0, generator.normal(0, 6, 600), 0)
    projection = fit_projection(features, labels, size=2)
    assert projection.shape == (40, 2)
    assert projection.dtype == np.float32
    strongest = set(np.abs(projection).argmax(axis=0).tolist())
    assert strongest == {0, 1}
    plain, fitted = normalised(features), normalised((features - features.mean(axis=0)) @ projection)
    found = [
        precision_at_k(nearest_rows(each[:100], each[100:], k=10), labels[:100, 0], labels[100:, 0])
        for each in (plain, fitted)
    ]
    assert found[1] > found[0] + 0.05


@pytest.mark.parametrize("size", [1, 5, 9])
def test_it_has_no_more_directions_than_the_features(size: int) -> None:
    features = np.random.default_rng(1).normal(size=(50, 5))
    projection = fit_projection(features, np.arange(50)[:, None] % 2, size=size)
    assert projection.shape == (5, min(size, 5))
