"""What networks are made of, by backend and device. No machine of the tests has a GPU, so one is made believe."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import pytest
import torch

from modiste.config import Device
from modiste.errors import ConfigError
from modiste.learning import backend as backends
from modiste.learning import step
from modiste.learning.backend import KERAS, LEAN, choose_device, computing_on, cuda_available, pieces_for
from modiste.learning.compilation import compile_classifier, compile_tagger
from modiste.learning.imbalance import MaskedCrossEntropy, attribute_losses
from modiste.learning.study_cnn import study_cnn
from modiste.learning.tagger_net import tagger_net

LABELS = np.array([[0, 1], [1, 0], [2, 1], [0, 0]])
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 40, 32, 3), dtype=np.uint8)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes believe that there is a GPU, and that computing on it works; returns the devices that Keras is given."""
    given: list[str] = []

    @contextmanager
    def device(name: str) -> Iterator[None]:
        given.append(name)
        yield

    monkeypatch.setattr(backends, "cuda_available", lambda: True)
    monkeypatch.setattr(keras, "device", device)
    return given


@pytest.mark.parametrize(
    ("backend", "device", "lean"),
    [
        ("torch", "auto", False),
        ("torch", "cuda", False),
        ("torch", "cpu", True),
        ("tensorflow", "auto", False),
        ("tensorflow", "cpu", False),
        ("jax", "cuda", False),
        ("jax", "cpu", False),
    ],
)
def test_with_a_gpu_the_lean_pieces_are_for_the_cpu_with_pytorch(
    gpu: list[str], backend: str, device: Device, lean: bool
) -> None:
    assert pieces_for(device, backend=backend) is (LEAN if lean else KERAS)


@pytest.mark.parametrize(
    ("backend", "device", "lean"),
    [("torch", "auto", True), ("torch", "cpu", True), ("tensorflow", "auto", False), ("jax", "cpu", False)],
)
def test_without_one_auto_is_the_cpu(monkeypatch: pytest.MonkeyPatch, backend: str, device: Device, lean: bool) -> None:
    monkeypatch.setattr(backends, "cuda_available", lambda: False)
    assert pieces_for(device, backend=backend) is (LEAN if lean else KERAS)
    assert choose_device(device) == "cpu"


def test_the_two_kinds_are_ours_and_keras_s() -> None:
    assert (LEAN.Conv2D, LEAN.AdamW, LEAN.Model) == (step.Conv2D, step.AdamW, step.MixedModel)
    assert (KERAS.Conv2D, KERAS.AdamW, KERAS.Model) == (keras.layers.Conv2D, keras.optimizers.AdamW, keras.Model)


def test_a_gpu_that_is_not_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not cuda_available()
    for asked in (lambda: pieces_for("cuda"), computing_on("cuda").__enter__, lambda: tagger_net([3], device="cuda")):
        with pytest.raises(ConfigError, match=r"--device cuda: Keras on torch sees no GPU; take --device cpu, or"):
            asked()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert cuda_available()


def test_keras_is_told_where_to_compute(gpu: list[str]) -> None:
    for device in ("auto", "cuda", "cpu"):
        with computing_on(device):
            pass
    assert gpu == ["gpu", "gpu", "cpu"]


def test_a_network_for_a_gpu_is_keras_s_own_and_learns(gpu: list[str]) -> None:
    network = tagger_net([3, 2], height=40, width=32, device="cuda")
    loss = MaskedCrossEntropy(attribute_losses(LABELS, (3, 2), weights=[1, 1], methods=["plain", "plain"]))
    compile_tagger(network, loss, learning_rate=1e-3, steps=1, mixed=False, device="cuda")
    assert type(network) is not step.MixedModel
    kinds = {type(layer) for layer in network.layers} | {type(network.optimizer)}
    assert {kind.__module__.partition(".")[0] for kind in kinds} == {"keras"}
    before = network.get_layer("stem").get_weights()[0]
    network.get_layer("heads").set_weights([np.eye(1280, 5), np.zeros(5)])
    network.train_on_batch(PIXELS, LABELS)
    assert not np.array_equal(before, network.get_layer("stem").get_weights()[0])


def test_the_study_s_network_for_a_gpu_is_keras_s_own(gpu: list[str]) -> None:
    network = study_cnn(3, height=16, width=16, device="auto")
    compile_classifier(network, learning_rate=1e-3, device="auto")
    kinds = {type(layer) for layer in network.layers} | {type(network.optimizer)}
    assert {kind.__module__.partition(".")[0] for kind in kinds} == {"keras"}


def test_weights_of_one_kind_are_those_of_the_other(gpu: list[str]) -> None:
    lean, plain = (tagger_net([3, 2], height=40, width=32, seed=3, device=each) for each in ("cpu", "cuda"))
    assert type(lean) is step.MixedModel
    assert [weight.path for weight in lean.weights] == [weight.path for weight in plain.weights]
    for one, other in zip(lean.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_on_the_cpu_everything_is_there_though_keras_would_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    # PyTorch's `meta` stands for the GPU that Keras takes by itself where there is one: it holds no numbers.
    monkeypatch.setattr("keras.src.backend.torch.core.DEFAULT_DEVICE", "meta")
    loss = MaskedCrossEntropy(attribute_losses(LABELS, (3, 2), weights=[1, 1], methods=["plain", "plain"]))
    with computing_on("cpu"):
        network = tagger_net([3, 2], height=40, width=32, device="cpu")
        compile_tagger(network, loss, learning_rate=1e-3, steps=1, device="cpu")
        assert np.isfinite(network.train_on_batch(PIXELS, LABELS)).all()
        kept = (*network.weights, *network.optimizer.variables)
        assert {weight.value.device.type for weight in kept} == {"cpu"}
