from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest
import torch

from modiste.learning import step

PICTURES = np.random.default_rng(1).normal(size=(8, 24, 20, 3)).astype(np.float32)
TARGETS = np.arange(8) % 2

Build = Callable[[Any], tuple[keras.KerasTensor, keras.KerasTensor]]


def inverted_residuals(kinds: Any) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The tagger's kinds of blocks: what widens, what halves the resolution with an odd pixel to pad, what is added."""
    inputs = keras.Input((None, None, 3))
    values = kinds.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs)
    values = kinds.ReLU(6.0)(kinds.BatchNormalization(momentum=0.9)(values))
    for filters, window, stride in ((8, 3, 1), (16, 3, 2), (16, 5, 1), (16, 5, 2)):
        before = values
        values = kinds.Conv2D(48, 1, padding="same", use_bias=False)(values)
        values = kinds.ReLU(6.0)(kinds.BatchNormalization(momentum=0.8)(values))
        values = kinds.DepthwiseConv2D(window, strides=stride, padding="same", use_bias=False)(values)
        values = kinds.ReLU(6.0)(kinds.BatchNormalization()(values))
        values = kinds.Conv2D(filters, 1, padding="same", use_bias=False)(values)
        values = kinds.BatchNormalization()(values)
        if stride == 1 and before.shape[-1] == filters:
            values = keras.layers.Add(autocast=False)([values, before])
    return inputs, keras.layers.Activation("linear", autocast=False, name="watched")(values)


def what_does_not_fuse(kinds: Any) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Biases, activations, norms without scale, layers used twice and outputs read twice."""
    inputs = keras.Input((None, None, 3))
    values = kinds.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    values = kinds.BatchNormalization()(values)
    again = kinds.Conv2D(8, 1, padding="same", use_bias=False)
    values = again(again(values))
    values = kinds.BatchNormalization(scale=False)(values)
    raw = kinds.Conv2D(48, 1, use_bias=False)(values)
    normed = kinds.BatchNormalization()(raw)
    values = kinds.ReLU(max_value=6.0, negative_slope=0.1)(normed) + raw
    values = kinds.DepthwiseConv2D(3, padding="same", use_bias=False, depth_multiplier=2)(values)
    values = kinds.ReLU()(kinds.BatchNormalization()(values))
    return inputs, kinds.Conv2D(8, 3, padding="valid", use_bias=False, dilation_rate=2)(values) * 0.5


def network_of(kinds: ModuleType, build: Build, *, mixed: bool = False, frozen: str = "") -> Any:
    keras.utils.set_random_seed(5)
    inputs, values = build(kinds)
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(values))
    network = getattr(kinds, "MixedModel", keras.Model)(inputs, outputs)
    for layer in network.layers:
        layer.trainable = not (frozen and isinstance(layer, getattr(keras.layers, frozen)))
    network.mixed = mixed
    optimizer = keras.optimizers.SGD(0.02)
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network


def trained(network: Any, pictures: list[np.ndarray[Any, Any]]) -> tuple[list[float], list[np.ndarray[Any, Any]]]:
    return [float(network.train_on_batch(each, TARGETS)) for each in pictures], network.get_weights()


@pytest.mark.parametrize("build", [inverted_residuals, what_does_not_fuse])
@pytest.mark.parametrize("frozen", ["", "BatchNormalization", "Conv2D", "DepthwiseConv2D"])
def test_in_float32_a_network_learns_what_keras_s_layers_learn(build: Build, frozen: str) -> None:
    """Of pictures of even and of odd sides."""
    pictures = [PICTURES, PICTURES[:, :23, :19], PICTURES[:, :22, :17], PICTURES]
    mine, kerass = (trained(network_of(kinds, build, frozen=frozen), pictures) for kinds in (step, keras.layers))
    np.testing.assert_allclose(mine[0], kerass[0], rtol=1e-3)
    for one, other in zip(mine[1], kerass[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4)


@pytest.mark.bfloat16
def test_in_bfloat16_it_learns_as_in_float32_and_answers_in_float32() -> None:
    histories = []
    for mixed in (False, True):
        network = network_of(step, inverted_residuals, mixed=mixed)
        seen: list[torch.dtype] = []
        watched = network.get_layer("watched")
        watched.register_forward_hook(lambda layer, inputs, outputs, seen=seen: seen.append(outputs.dtype))
        histories.append([float(network.train_on_batch(PICTURES, TARGETS)) for _ in range(40)])
        assert all(weight.dtype == np.float32 for weight in network.get_weights())
        network.predict_on_batch(PICTURES)
        # Keras calls a layer once more before its first step; after that, forty steps and a prediction.
        assert seen[-41:] == [torch.bfloat16 if mixed else torch.float32] * 40 + [torch.float32]
    np.testing.assert_allclose(histories[1], histories[0], rtol=0.1, atol=0.03)
    assert histories[1][-1] < histories[1][0] / 2


@pytest.mark.parametrize("mixed", [False, pytest.param(True, marks=pytest.mark.bfloat16)])
def test_a_network_that_goes_astray_shows_it_in_its_loss(mixed: bool) -> None:
    network = network_of(step, inverted_residuals, mixed=mixed)
    pictures = PICTURES.copy()
    pictures[0, 5, 5] = np.nan
    assert np.isnan(float(network.train_on_batch(pictures, TARGETS)))


def test_what_is_frozen_later_is_frozen() -> None:
    network = network_of(step, inverted_residuals)
    network.train_on_batch(PICTURES, TARGETS)
    norm = next(layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))
    norm.trainable = False
    network.compile(keras.optimizers.SGD(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = norm.get_weights()
    network.train_on_batch(PICTURES, TARGETS)
    for one, other in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
