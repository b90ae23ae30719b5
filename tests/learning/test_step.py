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


@pytest.mark.parametrize(
    ("lean", "plain", "options"),
    [(step.Adam, keras.optimizers.Adam, {}), (step.AdamW, keras.optimizers.AdamW, {"weight_decay": 0.3})],
)
def test_an_optimizer_is_keras_s(lean: type, plain: type, options: dict[str, Any]) -> None:
    weights = []
    for kind in (lean, plain):
        keras.utils.set_random_seed(3)
        network = keras.Sequential(
            [keras.Input((8,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)]
        )
        optimizer = kind(0.01, **options)
        if options:
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        network.compile(optimizer, "mse")
        generator = np.random.default_rng(0)
        for _ in range(6):
            network.train_on_batch(generator.random((16, 8)), generator.random((16, 1)))
        weights.append(network.get_weights())
    for mine, kerass in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=1e-3, atol=1e-6)


def mixed_network(*, mixed: bool) -> Any:
    keras.utils.set_random_seed(5)
    inputs = keras.Input((12, 10, 3))
    values = step.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    values = step.ReLU(6.0)(step.BatchNormalization()(values))
    values = step.DepthwiseConv2D(5, padding="same", use_bias=False)(values)
    values = step.ReLU(6.0)(step.BatchNormalization()(values))
    outputs = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(values))
    network = step.MixedModel(inputs, outputs)
    network.mixed = mixed
    network.compile(step.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return network


def test_mixed_precision_learns_as_float32_does_and_answers_in_float32() -> None:
    targets = np.array([0, 1, 0, 1])
    seen: list[torch.dtype] = []
    histories = []
    for mixed in (False, True):
        network = mixed_network(mixed=mixed)
        network.layers[2].register_forward_hook(lambda layer, inputs, outputs: seen.append(outputs.dtype))
        histories.append([float(network.train_on_batch(PICTURES, targets)) for _ in range(12)])
        assert all(weight.dtype == np.float32 for weight in network.get_weights())
        network.predict_on_batch(PICTURES)
        # Keras calls a layer once more before its first step; after that, twelve steps and a prediction.
        assert seen[-13:] == [torch.bfloat16 if mixed else torch.float32] * 12 + [torch.float32]
    np.testing.assert_allclose(histories[1], histories[0], rtol=0.05, atol=0.02)
    assert histories[1][-1] < histories[1][0] / 2
