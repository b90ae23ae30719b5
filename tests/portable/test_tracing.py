"""Networks on backbones of `keras.applications` learn, leave the lab and answer as in Keras.

PyTorch's exporter takes several seconds for each, so each is exported once; MobileNetV3Small is in
tests/workflows/test_backbones.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from tests.portable.conftest import ATTRIBUTES, SIZES, draw, make_bundle, settle

from modiste.errors import BundleError, ConfigError
from modiste.learning.backbones import LITE0
from modiste.learning.compilation import compile_tagger
from modiste.learning.imbalance import MaskedCrossEntropy, attribute_losses
from modiste.learning.tagger_net import FEATURES, HEADS, POOLED, tagger_net, with_outputs
from modiste.measure.ood import ood_score
from modiste.portable import export
from modiste.portable.contents import ImageFacts
from modiste.portable.engine import ENGINES, OUTPUTS, open_engine
from modiste.portable.explain import activation_map, heat_map
from modiste.portable.export import Exported, check_exportable, export_network, heads_of
from modiste.portable.predictor import Predictor

HEIGHT, WIDTH = 64, 48

CASES = {"ConvNeXtTiny": True, "EfficientNetV2B0": False}
"""Backbone -> whether its network answers for mirror images too."""


@dataclass(frozen=True)
class Left:
    """A network, what it gives for pictures, and what left the lab."""

    network: Any
    pixels: NDArray[np.uint8]
    outputs: dict[str, NDArray[np.float32]]
    subspace: NDArray[np.float32]
    projection: NDArray[np.float32]
    exported: Exported


def trained(backbone: str, *, mirrored: bool, pixels: NDArray[np.uint8], random: np.random.Generator) -> Any:
    """A network that has made two steps."""
    label_ids = np.stack([random.integers(0, size, len(pixels)) for size in SIZES], axis=1)
    losses = attribute_losses(label_ids, SIZES, weights=[1, 1, 1], methods=["plain"] * 3)
    network = tagger_net(SIZES, backbone=backbone, height=HEIGHT, width=WIDTH, mirrored=mirrored, seed=1)
    compile_tagger(network, MaskedCrossEntropy(losses), learning_rate=1e-3, steps=2)
    first, second = (float(network.train_on_batch(pixels, label_ids)[0]) for _ in range(2))
    assert second < first, "a step makes the loss of what it saw smaller"
    return network


@pytest.fixture(scope="module")
def leave() -> Callable[[str], Left]:
    """Backbone -> a network on it that has left the lab."""
    made: dict[str, Left] = {}

    def left(backbone: str) -> Left:
        if backbone not in made:
            random, pixels = np.random.default_rng(5), draw(12, HEIGHT, WIDTH)
            network = trained(backbone, mirrored=CASES[backbone], pixels=pixels, random=random)
            settle(network, pixels)
            outputs = with_outputs(network, POOLED, FEATURES).predict(pixels, verbose=0)
            pooled = outputs[POOLED]
            subspace = np.linalg.qr((pooled[:6] - pooled.mean(axis=0)).T)[0]
            projection = random.normal(size=(pooled.shape[1], 16)).astype(np.float32)
            exported = export_network(
                network, SIZES, pixels, subspace=subspace, projection=projection, backbone=backbone
            )
            made[backbone] = Left(network, pixels, outputs, subspace, projection, exported)
        return made[backbone]

    return left


@pytest.mark.parametrize("backbone", CASES)
def test_it_answers_as_in_keras(leave: Callable[[str], Left], backbone: str) -> None:
    left = leave(backbone)
    assert left.outputs["logits"].std(axis=0).max() > 0.3, "answers that do not depend on the picture prove nothing"
    pooled = left.outputs[POOLED]
    projected = pooled @ left.projection
    expected = {
        "logits": left.outputs["logits"],
        "embedding": projected / np.linalg.norm(projected, axis=1, keepdims=True),
        "ood_score": ood_score(pooled, left.subspace),
        "features": left.outputs[FEATURES],
    }
    for engine in ENGINES:
        for n in (len(left.pixels), 1):  # of any number of pictures
            given = open_engine(left.exported.onnx, name=engine, threads=1).run(left.pixels[:n])
            assert given.keys() == expected.keys()
            for name, values in expected.items():
                np.testing.assert_allclose(given[name], values[:n], atol=1e-3, err_msg=name)
    assert left.exported.converted == left.exported.stored < 1e-4


@pytest.mark.parametrize("backbone", CASES)
def test_its_file_tells_nothing_of_the_machine_that_wrote_it(leave: Callable[[str], Left], backbone: str) -> None:
    written = leave(backbone).exported.onnx
    assert b"site-packages" not in written
    assert b"stack_trace" not in written
    model = onnx.load_from_string(written)
    assert [value.name for value in model.graph.input] == ["pixels"]
    assert {value.name for value in model.graph.output} == set(OUTPUTS)
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


@pytest.mark.parametrize("backbone", CASES)
def test_its_bundle_shows_what_a_label_was_seen_from(leave: Callable[[str], Left], backbone: str) -> None:
    left = leave(backbone)
    image = ImageFacts(HEIGHT, WIDTH)
    bundle = make_bundle(left.exported.onnx, heads_of(left.network), image=image)
    (features,) = Predictor(bundle).features(left.pixels[:1])
    _, bias = left.network.get_layer(HEADS).get_weights()
    for index, label in enumerate(ATTRIBUTES[0].labels):
        seen = activation_map(bundle, features, ATTRIBUTES[0].name, label)
        assert seen.shape == features.shape[:2]
        logit = left.outputs["logits"][0, index]
        assert seen.mean() + bias[index] == pytest.approx(logit, abs=2e-2), "what places add up to is the logit"
        assert heat_map(seen, image, (2 * WIDTH, 2 * HEIGHT)).shape == (2 * HEIGHT, 2 * WIDTH)


def test_another_backend_is_told_in_one_line_how_to_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "describe_backend", lambda: "jax")
    told = "KERAS_BACKEND: networks on ConvNeXtTiny are exported by PyTorch, and Keras computes on jax; set it to torch"
    with pytest.raises(ConfigError, match=told):
        check_exportable("ConvNeXtTiny")
    check_exportable(LITE0)


def test_what_pytorch_cannot_export_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.onnx.errors.OnnxExporterError("no\nway")

    monkeypatch.setattr(torch.onnx, "export", fail)
    network = tagger_net(SIZES, backbone="MobileNetV3Small", height=HEIGHT, width=WIDTH)
    with pytest.raises(BundleError, match=r"^PyTorch cannot export this network \(no way\); please report this"):
        export_network(
            network,
            SIZES,
            draw(2, HEIGHT, WIDTH),
            subspace=np.eye(576, 2, dtype=np.float32),
            backbone="MobileNetV3Small",
        )
