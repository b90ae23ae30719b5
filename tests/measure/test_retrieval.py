import numpy as np
import pytest

from modiste.measure.retrieval import BLOCK, nearest_rows, precision_at_k


def normalised(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_the_nearest_are_those_of_the_highest_cosine() -> None:
    generator = np.random.default_rng(0)
    queries, gallery = normalised(generator.normal(size=(BLOCK + 5, 4))), normalised(generator.normal(size=(50, 4)))
    expected = np.argsort(-(queries @ gallery.T), axis=1)[:, :7]
    np.testing.assert_array_equal(nearest_rows(queries, gallery, k=7), expected)
    with pytest.raises(ValueError, match=r"k must be in \[1, 50\]"):
        nearest_rows(queries, gallery, k=51)


def test_precision_is_the_share_of_neighbours_with_the_query_s_label() -> None:
    neighbours = np.array([[0, 1], [2, 3], [0, 3]])
    assert precision_at_k(neighbours, np.array([5, -1, 6]), np.array([5, 5, 6, -1])) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="no query"):
        precision_at_k(neighbours, np.array([-1, -1, -1]), np.array([5, 5, 6, -1]))
