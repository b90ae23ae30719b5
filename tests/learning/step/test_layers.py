from typing import Any

import keras
import numpy as np
import pytest
import torch

from modiste.learning import step


def twins(lean: type, plain: type, shape: tuple[int, ...], **options: Any) -> tuple[Any, Any]:
    """A lean layer and Keras's own with the same weights."""
    layers = lean(**options), plain(**options)
    for layer in layers:
        layer.build(shape)
    generator = np.random.default_rng(0)
    weights = [generator.random(weight.shape).astype(np.float32) for weight in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def outcome(layer: Any, inputs: np.ndarray[Any, Any], **call: Any) -> list[np.ndarray[Any, Any]]:
    """Outputs, the gradient of the inputs and of the weights, and all weights afterwards."""
    tensor = torch.tensor(inputs, requires_grad=True)
    outputs = layer(tensor, **call)
    (outputs * torch.linspace(0.5, 1.5, outputs.numel()).reshape(outputs.shape)).sum().backward()
    assert tensor.grad is not None
    gradients = [weight.value.grad for weight in layer.trainable_weights]
    return [item.detach().numpy() for item in (outputs, tensor.grad, *gradients)] + layer.get_weights()


def assert_same(lean: Any, plain: Any, inputs: np.ndarray[Any, Any], **call: Any) -> None:
    for mine, kerass in zip(outcome(lean, inputs, **call), outcome(plain, inputs, **call), strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=2e-4, atol=2e-4)


PICTURES = np.random.default_rng(1).normal(size=(4, 12, 10, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "same", "activation": "relu"},
        {"padding": "same", "use_bias": False},
        {"padding": "same", "strides": 2},
        {"padding": "same", "kernel_size": (2, 5), "strides": 2},
        {"padding": "same", "dilation_rate": 2},
        {"padding": "valid"},
        {"padding": "valid", "strides": (2, 2), "kernel_size": 4},
    ],
)
@pytest.mark.parametrize("height", [11, 12])
def test_a_convolution_is_keras_s(options: dict[str, Any], height: int) -> None:
    options = {"kernel_size": 3} | options
    pictures = PICTURES[:, :height]
    lean, plain = twins(step.Conv2D, keras.layers.Conv2D, pictures.shape, filters=5, **options)
    assert_same(lean, plain, pictures)


@pytest.mark.parametrize("height", [11, 12])
@pytest.mark.parametrize(
    "options",
    [
        {"padding": "same", "use_bias": False},
        {"padding": "same", "strides": 2, "kernel_size": 5},
        {"padding": "same", "use_bias": False, "kernel_size": 5},
        {"padding": "same", "use_bias": False, "kernel_size": (3, 7), "strides": 2},
        {"padding": "valid", "use_bias": False, "kernel_size": (1, 4)},
        {"padding": "valid", "activation": "relu"},
        {"padding": "same", "depth_multiplier": 2},
    ],
)
def test_a_depthwise_convolution_is_keras_s(options: dict[str, Any], height: int) -> None:
    options = {"kernel_size": 3} | options
    pictures = PICTURES[:, :height]
    lean, plain = twins(step.DepthwiseConv2D, keras.layers.DepthwiseConv2D, pictures.shape, **options)
    assert_same(lean, plain, pictures)


@pytest.mark.parametrize("options", [{"max_value": 1.0}, {}, {"max_value": 1.0, "negative_slope": 0.1}])
def test_a_rectifier_is_keras_s(options: dict[str, Any]) -> None:
    lean, plain = twins(step.ReLU, keras.layers.ReLU, PICTURES.shape, **options)
    assert_same(lean, plain, PICTURES)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("inputs", [PICTURES, PICTURES[:, 0, 0]], ids=["pictures", "vectors"])
@pytest.mark.parametrize("momentum", [0.99, 0.5])
def test_a_batch_norm_is_keras_s(training: bool, inputs: np.ndarray[Any, Any], momentum: float) -> None:
    lean, plain = twins(step.BatchNormalization, keras.layers.BatchNormalization, inputs.shape, momentum=momentum)
    assert_same(lean, plain, inputs, training=training)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_max_pooling_is_keras_s(padding: str) -> None:
    lean, plain = twins(step.MaxPooling2D, keras.layers.MaxPooling2D, PICTURES.shape, pool_size=2, padding=padding)
    assert_same(lean, plain, PICTURES)
