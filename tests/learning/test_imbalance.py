from typing import Any

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from modiste.learning.imbalance import (
    METHODS,
    AttributeLoss,
    MaskedAccuracy,
    MaskedCrossEntropy,
    attribute_losses,
    class_weights,
    sampling_weights,
)
from modiste.schema import Imbalance

TRUE = np.array([[0, 2], [1, -1], [1, 0], [-1, 1]])
LOGITS = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)


def plain(size: int, weight: float = 1.0) -> AttributeLoss:
    return AttributeLoss(size, weight, (1.0,) * size, (0.0,) * size)


def loss_of(losses: list[AttributeLoss] | tuple[AttributeLoss, ...], **options: Any) -> np.ndarray:
    values = MaskedCrossEntropy(losses, **options).call(
        keras.ops.convert_to_tensor(TRUE), keras.ops.convert_to_tensor(LOGITS)
    )
    return np.asarray(keras.ops.convert_to_numpy(values))


def test_the_plain_loss_is_the_weighted_cross_entropy_of_the_known_labels() -> None:
    first, second = log_softmax(LOGITS[:, :2], axis=1), log_softmax(LOGITS[:, 2:], axis=1)
    expected = [
        -first[0, 0] - 0.3 * second[0, 2],
        -first[1, 1],
        -first[2, 1] - 0.3 * second[2, 0],
        -0.3 * second[3, 1],
    ]
    np.testing.assert_allclose(loss_of([plain(2), plain(3, 0.3)]), expected, rtol=1e-5)


def test_a_missing_label_moves_nothing() -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    network.compile("sgd", MaskedCrossEntropy([plain(2), plain(3)]))
    before = [weight.copy() for weight in network.get_weights()]
    network.train_on_batch(np.ones((2, 4), np.float32), np.full((2, 2), -1))
    for mine, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)


def test_focus_weighs_sure_answers_less() -> None:
    focal = [AttributeLoss(2, 1.0, (1.0, 1.0), (0.0, 0.0), gamma=2.0), plain(3, 0.0)]
    ordinary = loss_of([plain(2), plain(3, 0.0)])
    np.testing.assert_allclose(loss_of(focal), ordinary * (1 - np.exp(-ordinary)) ** 2, rtol=1e-4)


def test_smoothing_spreads_the_target() -> None:
    first = log_softmax(LOGITS[:, :2], axis=1)
    smoothed = loss_of([plain(2), plain(3, 0.0)], label_smoothing=0.1)
    np.testing.assert_allclose(smoothed[0], -(0.95 * first[0, 0] + 0.05 * first[0, 1]), rtol=1e-5)


def test_a_teacher_takes_its_share_of_the_loss_even_where_the_label_is_missing() -> None:
    told = np.array([[0.9, 0.1, 0.2, 0.3, 0.5]] * len(TRUE), np.float32)
    targets = np.concatenate([TRUE, told], axis=1, dtype=np.float32)
    loss = MaskedCrossEntropy([plain(2), plain(3, 0.3)], teaching=0.4)
    found = loss.call(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(LOGITS))
    first, second = log_softmax(LOGITS[:, :2], axis=1), log_softmax(LOGITS[:, 2:], axis=1)
    teaching = -(told[:, :2] * first).sum(axis=1) - 0.3 * (told[:, 2:] * second).sum(axis=1)
    expected = 0.6 * loss_of([plain(2), plain(3, 0.3)]) + 0.4 * teaching
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-5)


def test_adjusted_logits_are_raised_by_the_log_frequencies() -> None:
    numbers = np.array([[0]] * 30 + [[1]] * 10 + [[-1]] * 5)
    (loss,) = attribute_losses(numbers, [2], weights=[1.0], methods=["adjusted"])
    np.testing.assert_allclose(loss.adjustment, np.log([0.75, 0.25]))


@pytest.mark.parametrize("method", METHODS)
def test_the_mean_product_weighs_one(method: Imbalance) -> None:
    counts = np.array([500, 40, 3, 0])
    weights = class_weights(counts, method)
    assert (weights * counts).sum() == pytest.approx(counts.sum())
    assert list(weights[:3]) == sorted(weights[:3])


def test_rare_labels_are_drawn_more_often() -> None:
    numbers = np.array([0] * 90 + [1] * 10 + [-1] * 5)
    drawn = sampling_weights(numbers, 2)
    assert drawn.sum() == pytest.approx(1)
    assert drawn[90] / drawn[0] == pytest.approx(3)
    assert drawn[0] < drawn[-1] < drawn[90]


def test_the_accuracy_is_the_mean_over_attributes_of_the_known_labels() -> None:
    metric = MaskedAccuracy([2, 3])
    metric.update_state(keras.ops.convert_to_tensor(TRUE), keras.ops.convert_to_tensor(LOGITS))
    first = LOGITS[:3, :2].argmax(axis=1) == TRUE[:3, 0]
    second = LOGITS[[0, 2, 3], 2:].argmax(axis=1) == TRUE[[0, 2, 3], 1]
    assert float(metric.result()) == pytest.approx((first.mean() + second.mean()) / 2)


def test_one_of_several_labels_costs_what_all_of_them_lack_together() -> None:
    true = np.array([[-2, 2], [1, -1], [-1, -3], [0, 1]])
    sets = np.zeros((2, 2, 3), bool)
    sets[0, 0, [0, 1]] = True  # both labels of the first attribute: nothing to learn
    sets[1, 1, [0, 2]] = True
    first, second = softmax(LOGITS[:, :2], axis=1), softmax(LOGITS[:, 2:], axis=1)
    expected = [
        -np.log(second[0, 2]),
        -np.log(first[1, 1]),
        -np.log(second[2, 0] + second[2, 2]),
        -np.log(first[3, 0]) - np.log(second[3, 1]),
    ]
    loss = MaskedCrossEntropy([plain(2), plain(3)], sets=sets)
    found = loss.call(keras.ops.convert_to_tensor(true), keras.ops.convert_to_tensor(LOGITS))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-6)
