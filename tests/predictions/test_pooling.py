"""From photos to products."""

from pathlib import Path

import numpy as np
import pytest
from tests.predictions.conftest import COMBINATIONS, made

from modiste.errors import ConfigError
from modiste.predictions import Predictions


def test_photos_are_pooled_to_products(photos: Predictions) -> None:
    products = photos.pooled()
    assert (products.ids, products.paths) == (("1", "2", "3"), ("a", "c", "e"))
    assert products.errors == (None, None, "gone")
    assert products.probabilities("article")[0].tolist() == pytest.approx([0.35, 0.55, 0.1])
    # The first photo's answers are shoes and boots, the second's shoes and sandals, which the means prefer.
    assert products.labels("article") == ["sandals", "tees", None]
    assert products.labels("colour") == ["red", "blue", None]
    assert products.confidence[0].tolist() == pytest.approx([0.75, 0.55, 0.6])
    # Accepted on one photo, and no other says otherwise; of the colour one does.
    assert products.accepted.tolist() == [[True, False, False], [True, True, True], [False, False, False]]
    assert products.ood_score[:2].tolist() == pytest.approx([0.1, 0.2])
    assert np.isnan(products.ood_score[2])
    assert np.linalg.norm(products.embedding[:2], axis=1) == pytest.approx([1, 1])
    assert np.isnan(products.embedding[2]).all()


def test_products_need_not_lie_together(photos: Predictions) -> None:
    mixed = photos.take([4, 2, 0, 3, 1]).pooled()
    assert (mixed.ids, mixed.paths) == (("3", "2", "1"), ("e", "c", "a"))
    assert mixed.labels("article") == [None, "tees", "sandals"]
    assert photos.pooled(by=["x"] * 5).ids == ("x",)


def test_one_photo_a_product_is_as_it_was(three: Predictions) -> None:
    assert three.pooled().to_frame().equals(three.to_frame())


def test_the_answers_of_a_product_fit_together() -> None:
    photos = made(
        [[0.6, 0.4], [0.1, 0.9], [0.6, 0.4]],
        [[0.5, 0.1, 0.4], [0.1, 0.0, 0.9], [0.5, 0.1, 0.4]],
        [[1, 0], [1, 0], [1, 0]],
        ids=("1", "1", "1"),
        combinations=COMBINATIONS,
    ).pooled()
    assert (photos.labels("kind"), photos.labels("article")) == (["shirts"], ["tees"])


SPLIT: tuple[list[list[float]], ...] = (
    [[0.55, 0.45], [0.55, 0.45]],
    [[0.5, 0.45, 0.05], [0.0, 0.45, 0.55]],
    [[0.9, 0.1], [0.4, 0.6]],
)


def test_a_products_answer_may_be_one_that_no_photo_has(tmp_path: Path) -> None:
    photos = made(
        *SPLIT,
        ids=("1", "1"),
        label_ids=np.array([[0, 0, 0], [1, 2, 1]]),
        accepted=np.array([[True, False, True], [False, False, False]]),
        combinations=COMBINATIONS,
    )
    product = photos.pooled()
    assert (product.labels("kind"), product.labels("article")) == (["shoes"], ["sandals"])
    photos.write_parquet(tmp_path / "photos.parquet")
    back = Predictions.read_parquet(tmp_path / "photos.parquet").pooled()
    assert back.label_ids.tolist() == product.label_ids.tolist()
    # Where nobody said what goes together, the photos' answers tell: boots or tees.
    alone = made(*SPLIT, ids=("1", "1"), label_ids=photos.label_ids).pooled()
    assert (alone.labels("kind"), alone.labels("article")) == (["shoes"], ["boots"])


def test_what_the_means_make_more_likely_wrong_than_right_is_not_accepted() -> None:
    accepted = np.ones((2, 3), np.bool_)
    product = made(
        [[0.9, 0.1], [0.9, 0.1]],
        [[0.6, 0.1, 0.3], [0.36, 0.34, 0.3]],
        [[0.9, 0.1], [0.9, 0.1]],
        ids=("1", "1"),
        accepted=accepted,
        combinations=COMBINATIONS,
    ).pooled()
    assert (product.labels("article"), product.accepted.tolist()) == (["boots"], [[True, False, True]])


def test_what_was_read_from_a_file_is_pooled_alike(photos: Predictions, tmp_path: Path) -> None:
    photos.write_parquet(tmp_path / "photos.parquet")
    back = Predictions.read_parquet(tmp_path / "photos.parquet").pooled()
    products = photos.pooled()
    assert back.labels("article") == products.labels("article")
    assert np.linalg.norm(back.embedding[:2], axis=1) == pytest.approx([1, 1])
    assert (back.embedding[:2] * products.embedding[:2]).sum(axis=1) == pytest.approx([1, 1], abs=0.02)
    assert np.isnan(back.embedding[2]).all()
    photos.write_parquet(tmp_path / "narrow.parquet", keep=("embedding",))
    with pytest.raises(ConfigError, match="hold no probabilities"):
        Predictions.read_parquet(tmp_path / "narrow.parquet").pooled()


def test_it_must_be_known_of_each_photo_whose_it_is(photos: Predictions) -> None:
    assert photos.pooled([7, 7, 8, 8, 9]).ids == ("7", "8", "9")  # type: ignore[list-item]
    for owners in (["1"], [], ["1", "1", None, "2", "2"]):
        with pytest.raises(ValueError, match="need whose photo it is of each of 5"):
            photos.pooled(owners)  # type: ignore[arg-type]
