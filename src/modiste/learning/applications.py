"""The image backbones of `keras.applications`, as trunks of ours: bytes in, the last feature map out.

Each has its own preprocessing, which stands in the module that defines it; here that is a part of the network. ImageNet
weights are downloaded by Keras to `~/.keras` (`KERAS_HOME` names another folder) when a training first asks for them.
"""

import io
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import applications, layers

from modiste.errors import ConfigError, DownloadError
from modiste.learning.backend import Pieces
from modiste.learning.lite0 import BN_MOMENTUM

__all__ = ["application_names", "build_application", "download_imagenet", "smallest_side"]

SMALLEST_SIDES = {"InceptionResNetV2": 75, "InceptionV3": 75, "Xception": 71}
"""The shortest side of a picture, in pixels, that these take; the others take 32."""

TIMEOUT = 20.0
"""Seconds without a word from the server after which a download has failed."""

IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""The standard deviation of ImageNet's red, green and blue, in [0, 1]."""


def application_names() -> tuple[str, ...]:
    """Returns the names of all backbones of `keras.applications`, as Keras spells them."""
    return tuple(sorted(name for name, value in vars(applications).items() if name[0].isupper() and callable(value)))


def smallest_side(name: str) -> int:
    """Returns the shortest side of a picture that a backbone takes, in pixels."""
    return SMALLEST_SIDES.get(name, 32)


def build_application(application: str, pixels: keras.KerasTensor, _: Pieces, *, name: str) -> keras.KerasTensor:
    """Builds a trunk: pictures, uint8 (batch, height, width, 3) -> the last feature map (batch, rows, columns, n).

    Args:
        application: One of `application_names`.
        pixels: The pictures.
        name: Of the layer that gives the feature map.

    Raises:
        ConfigError: Keras cannot build it: the backend lacks something, or the pictures are too small.
    """
    try:
        trunk = _trunk(application, tuple(pixels.shape[1:]), weights=None)
    except ValueError as error:
        raise ConfigError(f"Keras cannot build it ({error})", where=f"--backbone {application}") from error
    # Convolutions take pictures of any size that is not too small; Keras would insist on this one.
    trunk.input_spec = layers.InputSpec(shape=(None, None, None, 3))
    for layer in trunk.layers:
        if isinstance(layer, layers.BatchNormalization):
            # Keras's 0.99 and 0.999 are for trainings of a hundred thousand steps.
            layer.momentum = BN_MOMENTUM
    module = import_module(_factory(application).__module__)
    values = module.preprocess_input(keras.ops.cast(pixels, "float32"))
    return layers.Identity(name=name)(trunk(values))


def download_imagenet(application: str, network: keras.Model) -> None:
    """Gives the trunk of a `tagger_net` the weights learned on ImageNet; the heads stay as they are.

    Raises:
        DownloadError: They are not on this machine and cannot be downloaded.
    """
    try:
        with _in_silence(), _impatient():
            donor = _trunk(application, tuple(network.input.shape[1:]), weights="imagenet")
    except Exception as error:
        # A download that fails is a bare Exception to Keras, and one whose checksum is wrong a ValueError.
        if type(error) is not Exception and not isinstance(error, OSError | ValueError):
            raise
        raise DownloadError(f"the ImageNet weights of {application} cannot be downloaded ({error})") from error
    trunk = next(layer for layer in network.layers if isinstance(layer, keras.Model))
    trunk.set_weights(donor.get_weights())
    if len(donor.layers) > len(trunk.layers):
        _scale_once_more(trunk)


def _factory(application: str) -> Any:
    return getattr(applications, application)


def _trunk(application: str, shape: tuple[int, int, int], *, weights: str | None) -> keras.Model:
    return _factory(application)(include_top=False, weights=weights, input_shape=shape)


def _scale_once_more(trunk: keras.Model) -> None:
    """Lets the normalisation of bytes in an EfficientNet (the first version) divide by the root of ImageNet's standard
    deviation as well: Keras has one more layer for that, which it builds only where it loads ImageNet's weights.
    """
    (norm,) = [layer for layer in trunk.layers if isinstance(layer, layers.Normalization)]
    mean, variance, count = norm.get_weights()
    norm.set_weights([mean, variance * IMAGENET_DEVIATION, count])
    norm.finalize_state()


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keeps to itself where Keras downloads from, how far it is, and for which size of pictures weights were made."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _impatient() -> Iterator[None]:
    """Ends downloads that hang; Keras would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
