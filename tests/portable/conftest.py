"""Small networks and what became of them; made once, for they take a second each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modiste.measure.ood import ood_score
from modiste.portable.bundle import Bundle
from modiste.portable.contents import Calibration, Hierarchy, ImageFacts
from modiste.schema import Attribute, Schema

ATTRIBUTES = (
    Attribute("kind", ("shoes", "shirts", "belts")),
    Attribute("colour", ("red", "blue", "green", "grey", "black")),
    Attribute("article", ("boots", "sandals", "tees", "belts")),
)
SCHEMA = Schema(ATTRIBUTES, hierarchy=("kind", "article"))
SIZES = [len(attribute.labels) for attribute in ATTRIBUTES]
COMBINATIONS = np.array([[0, 0], [0, 1], [1, 2], [2, 3]], np.int32)


@dataclass(frozen=True)
class Lab:
    """A network and what it gives for pictures."""

    network: Any
    pixels: NDArray[np.uint8]
    outputs: dict[str, NDArray[np.float32]]
    projection: NDArray[np.float32]

    @property
    def subspace(self) -> NDArray[np.float32]:
        """Where some pictures' features lie more than others': without the mean, which is most of random features."""
        pooled = self.outputs["pooled"]
        return np.linalg.qr((pooled[:6] - pooled.mean(axis=0)).T)[0]

    @property
    def ood_score(self) -> NDArray[np.float32]:
        return ood_score(self.outputs["pooled"], self.subspace).astype(np.float32)

    @property
    def embedding(self) -> NDArray[np.float32]:
        projected = self.outputs["pooled"] @ self.projection
        return np.asarray(projected / np.linalg.norm(projected, axis=1, keepdims=True))


def draw(n: int, height: int, width: int) -> NDArray[np.uint8]:
    """Draws pictures with edges and planes, so that features differ from picture to picture."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (n, height, width, 3), dtype=np.uint8)
    for picture in pixels[n // 4 :]:
        picture[:] = random.integers(0, 256, 3)
        for _ in range(3):
            top, left = random.integers(0, height), random.integers(0, width)
            picture[top : top + height // 2, left : left + width // 2] = random.integers(0, 256, 3)
    return pixels


def make_lab(height: int, width: int, last_stride: int, **more: bool) -> Lab:
    import keras

    from modiste.learning.tagger_net import FEATURES, HEADS, POOLED, tagger_net

    options: dict[str, Any] = {"height": height, "width": width, "last_stride": last_stride} | more
    network = tagger_net(SIZES, **options, seed=1)
    random = np.random.default_rng(2)
    for layer in network.layers:
        weights = layer.get_weights()
        if len(weights) == 4:  # a batch norm; fresh, it would be trivial to fold
            shape = weights[0].shape
            layer.set_weights([random.uniform(0.5, 1.5, shape), random.normal(0.5, 1, shape), *weights[2:]])
            layer.momentum = 0.0  # what is moving is what the last batch has
    pixels = draw(24, height, width)
    network(pixels, training=True)  # now its moving statistics are those of the pictures
    inside = {name: network.get_layer(name).output for name in (POOLED, FEATURES)}
    whole = keras.Model(network.inputs, {"logits": network.output, **inside})
    pooled = whole.predict(pixels, verbose=0)[POOLED]
    # Logits that vary from picture to picture by about 2.
    kernel = random.normal(0, 2 / np.linalg.norm(pooled.std(axis=0)), (1280, sum(SIZES)))
    network.get_layer(HEADS).set_weights([kernel, -pooled.mean(axis=0) @ kernel])
    projection = random.normal(size=(1280, 16)).astype(np.float32)
    return Lab(network, pixels, whole.predict(pixels, verbose=0), projection)


def settle(network: Any, pixels: NDArray[np.uint8]) -> None:
    """Gives a network on a backbone of Keras's answers that depend on the picture: batch norms of the averages of these
    pictures, and logits that vary by 2.
    """
    import keras

    from modiste.learning.tagger_net import HEADS, POOLED, with_outputs

    (trunk,) = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(pixels, training=True)
    pooled = with_outputs(network, POOLED).predict(pixels, verbose=0)[POOLED]
    size = 2 / np.linalg.norm(pooled.std(axis=0))
    kernel = np.random.default_rng(5).normal(0, size, (pooled.shape[1], network.output.shape[1]))
    network.get_layer(HEADS).set_weights([kernel, -pooled.mean(axis=0) @ kernel])


@pytest.fixture(scope="session")
def labs() -> Callable[..., Lab]:
    """Height, width, stride of the last stage, maybe other options of `tagger_net` -> a lab."""
    made: dict[tuple[object, ...], Lab] = {}

    def lab(height: int, width: int, last_stride: int, **more: bool) -> Lab:
        key = (height, width, last_stride, *more.items())
        if key not in made:
            made[key] = make_lab(height, width, last_stride, **more)
        return made[key]

    return lab


@pytest.fixture(scope="session")
def lab(labs: Callable[..., Lab]) -> Lab:
    return labs(40, 32, 2)


def make_calibration(labels: int, n: int = 400) -> Calibration:
    random = np.random.default_rng(labels)
    confidence = random.uniform(0.3, 1, n).astype(np.float32)
    correct = random.random(n) < np.where(confidence > 0.7, 1, confidence)
    return Calibration(confidence, correct, random.integers(0, labels, n).astype(np.uint16))


def make_bundle(network: bytes, heads: NDArray[np.float16], **changes: Any) -> Bundle:
    parts: dict[str, Any] = {
        "schema": SCHEMA,
        "image": ImageFacts(40, 32),
        "network": network,
        "heads": heads,
        "temperatures": (1.5, 0.7, 2.0),
        "calibration": tuple(make_calibration(size) for size in SIZES),
        "ood_threshold": 1.0,
        "hierarchy": Hierarchy(("kind", "article"), COMBINATIONS, np.array([1.0, 0.8])),
        "card": {"data": {"products": 400}, "metrics": [0.9, None, "ok"]},
    }
    return Bundle(**(parts | changes))


def bundle_of(lab: Lab) -> Bundle:
    """Exports a lab's network."""
    from modiste.portable.export import export_network, heads_of

    exported = export_network(lab.network, SIZES, lab.pixels, subspace=lab.subspace, projection=lab.projection)
    return make_bundle(exported.onnx, heads_of(lab.network))


@pytest.fixture(scope="session")
def bundle(lab: Lab) -> Bundle:
    """The lab's network as a bundle."""
    return bundle_of(lab)
