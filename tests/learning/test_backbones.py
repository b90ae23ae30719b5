import socket
import urllib.error
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from modiste.errors import ConfigError, DownloadError
from modiste.learning.applications import TIMEOUT, application_names, smallest_side
from modiste.learning.backbones import LITE0, find_backbone
from modiste.learning.tagger_net import FEATURES, HEADS, tagger_net, with_outputs

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 40, 36, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras keeps what it downloads elsewhere than in the user's own folder."""
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    return tmp_path


def test_the_backbone_that_ships_is_found_and_so_is_each_of_keras_s() -> None:
    assert find_backbone("EfficientNet-LITE0").name == LITE0
    assert find_backbone("convnexttiny").name == "ConvNeXtTiny"
    assert find_backbone("efficientnetv2b0").options == ()
    assert {"ConvNeXtTiny", "EfficientNetV2B0", "MobileNetV3Small", "ResNet50", "VGG16"} <= set(application_names())


@pytest.mark.parametrize(
    ("name", "meant"), [("EfficientNetV2B9", "EfficientNetV2B"), ("efficientnet-lite1", LITE0), ("ConvNextTny", "Tiny")]
)
def test_a_name_that_is_none_is_told_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"--backbone: no backbone is called '{name}' \(did you mean '.*{meant}"):
        find_backbone(name)


def test_what_keras_cannot_build_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"--backbone NASNetMobile: Keras cannot build it \(NASNetMobile is not ava"):
        tagger_net([3], backbone="NASNetMobile", height=40, width=36)


@pytest.mark.parametrize("name", ["InceptionV3", "Xception", "InceptionResNetV2", "MobileNetV3Small", "ConvNeXtTiny"])
def test_the_shortest_side_is_the_one_that_keras_takes(name: str) -> None:
    least = smallest_side(name)
    with pytest.raises(ConfigError, match=f"--backbone {name}: .* at least {least}x{least}"):
        tagger_net([3], backbone=name, height=least - 1, width=least)


# One of each way to scale bytes: within the network, to [-1, 1], and blue before red without a mean.
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined or non-square")  # of Keras, called by the test
@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNetV2", "VGG16"])
def test_imagenet_s_weights_and_preprocessing_are_those_of_keras(
    name: str, keras_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Callable[..., Any] = getattr(keras.applications, name)
    donor = build(include_top=False, weights=None, input_shape=PIXELS.shape[1:])
    for layer in donor.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.set_weights([np.array([0.485, 0.456, 0.406]), np.square([0.229, 0.224, 0.225]), np.array(0)])
    donor.save(keras_home / "donor.h5")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: str(keras_home / "donor.h5"))
    network = tagger_net([3, 4], backbone=name, height=40, width=36)
    heads = network.get_layer(HEADS).get_weights()
    find_backbone(name).load_imagenet(network)
    for one, other in zip(heads, network.get_layer(HEADS).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    prepared = import_module(build.__module__).preprocess_input(PIXELS.astype(np.float32))
    original = build(include_top=False, weights="imagenet", input_shape=PIXELS.shape[1:])
    expected = original.predict(prepared, verbose=0)
    found = with_outputs(network, FEATURES).predict(PIXELS, verbose=0)[FEATURES]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_weights_that_cannot_be_downloaded_are_one_clear_line_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    limits = []

    def fail(*_: object) -> None:
        limits.append(socket.getdefaulttimeout())
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fail)
    network = tagger_net([3], backbone="MobileNetV3Small", height=40, width=36, seed=1)
    before = network.get_weights()
    told = r"^the ImageNet weights of MobileNetV3Small cannot be downloaded \(.*Name or service not known\)$"
    with pytest.raises(DownloadError, match=told):
        find_backbone("MobileNetV3Small").load_imagenet(network)
    assert limits == [TIMEOUT], "a server that says nothing does not hold a training up"
    assert socket.getdefaulttimeout() is None
    assert capfd.readouterr() == ("", "")
    for one, other in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_mistake_of_ours_is_no_failed_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TypeError("a mistake")

    network = tagger_net([3], backbone="MobileNetV3Small", height=40, width=36)
    monkeypatch.setattr("modiste.learning.applications._trunk", fail)
    with pytest.raises(TypeError, match="a mistake"):
        find_backbone("MobileNetV3Small").load_imagenet(network)


def test_averages_move_as_fast_as_those_of_the_backbone_that_ships() -> None:
    network = tagger_net([3], backbone="MobileNetV3Small", height=40, width=36)
    (trunk,) = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    norms = [layer for layer in trunk.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 34
    assert {layer.momentum for layer in norms} == {0.95}
