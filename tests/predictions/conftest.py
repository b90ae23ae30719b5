"""Predictions about kinds, articles and colours, of a few photos."""

from typing import Any

import numpy as np
import pytest

from modiste.predictions import Predictions
from modiste.schema import Attribute, Schema

SCHEMA = Schema(
    (
        Attribute("kind", ("shoes", "shirts")),
        Attribute("article", ("boots", "sandals", "tees"), similarity=2.0),
        Attribute("colour", ("red", "blue")),
    ),
    hierarchy=("kind", "article"),
)

COMBINATIONS = np.array([[0, 0, -1], [0, 1, -1], [1, 2, -1]])
"""Boots and sandals are shoes, tees are shirts; any of them has any colour."""


def made(kind: list[list[float]], article: list[list[float]], colour: list[list[float]], **more: Any) -> Predictions:
    wide = [np.array(each, np.float32) for each in (kind, article, colour)]
    fields: dict[str, Any] = {"visual": np.eye(4, dtype=np.float32)[: len(kind)], "bundle": "b" * 32} | more
    return Predictions.answered(SCHEMA, wide, **fields)


@pytest.fixture
def three() -> Predictions:
    """Three photos; the second could not be read."""
    two = made(
        [[0.9, 0.1], [0.2, 0.8]],
        [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]],
        [[0.6, 0.4], [0.5, 0.5]],
        accepted=np.array([[True, False, False], [True, True, False]]),
        ood_score=np.array([0.1, 0.9], np.float32),
    )
    return two.spread(
        [None, "not a picture", None], paths=("a.jpg", "b.jpg", "c.jpg"), ids=("1", "2", "3"), digests=("x", None, "z")
    )


@pytest.fixture
def photos() -> Predictions:
    """Five photos of three products; of the second product one could not be read, of the third none."""
    return made(
        [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]],
        [[0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]],
        [[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]],
        accepted=np.array([[True, False, True], [False, False, False], [True, True, True]]),
        ood_score=np.array([0.3, 0.1, 0.2], np.float32),
    ).spread([None, None, None, "gone", "gone"], ids=("1", "1", "2", "2", "3"), paths=("a", "b", "c", "d", "e"))
