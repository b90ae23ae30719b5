from collections import Counter
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from numpy.typing import NDArray
from tests.portable.conftest import SIZES, Lab

from modiste.errors import BundleError
from modiste.learning.tagger_net import FEATURES, HEADS, POOLED, tagger_net
from modiste.portable import export
from modiste.portable.conversion import to_onnx
from modiste.portable.engine import ENGINES, open_engine
from modiste.portable.export import LIMIT, check_parity, export_network, heads_of


def anywhere(channels: int) -> NDArray[np.float32]:
    """A subspace to which any picture may belong."""
    return np.eye(channels, 2, dtype=np.float32)


NAMES: Any = {"features": FEATURES, "pooled": POOLED, "subspace": anywhere(1280)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("net", "more"),
    [
        ((40, 32, 1), {}),
        ((40, 32, 2), {}),
        ((40, 32, 2), {"shallow": True}),
        ((37, 49, 2), {}),
        ((37, 49, 2), {"mirrored": True}),
    ],
)
def test_both_engines_give_what_keras_gives(
    labs: Callable[..., Lab], net: tuple[int, int, int], more: dict[str, bool], engine: str
) -> None:
    lab = labs(*net, **more)
    assert lab.outputs["logits"].std(axis=0).max() > 0.3, "answers that do not depend on the picture prove nothing"
    onnx_file = to_onnx(lab.network, **NAMES | {"subspace": lab.subspace}, projection=lab.projection, exact=True)
    outputs = open_engine(onnx_file, name=engine, threads=1).run(lab.pixels)
    np.testing.assert_allclose(outputs["logits"], lab.outputs["logits"], atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(outputs["features"], lab.outputs["features"], atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(outputs["embedding"], lab.embedding, atol=1e-4)
    np.testing.assert_allclose(outputs["ood_score"], lab.ood_score, atol=2e-5)
    assert lab.ood_score.std() > 0.03
    assert all(values.dtype == np.float32 for values in outputs.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_any_number_of_pictures_goes_at_once(lab: Lab, engine: str) -> None:
    runner = open_engine(to_onnx(lab.network, **NAMES), name=engine, threads=1)
    for n in (1, 5):
        logits = runner.run(lab.pixels[:n])["logits"]
        np.testing.assert_allclose(logits, lab.outputs["logits"][:n], atol=0.05)


def test_without_a_projection_the_embedding_is_the_pooled_features(lab: Lab) -> None:
    pooled = lab.outputs["pooled"]
    embedding = open_engine(to_onnx(lab.network, **NAMES, exact=True)).run(lab.pixels)["embedding"]
    np.testing.assert_allclose(embedding, pooled / np.linalg.norm(pooled, axis=1, keepdims=True), atol=1e-5)


def test_the_graph_is_clean(lab: Lab) -> None:
    model = onnx.load_from_string(to_onnx(lab.network, **NAMES, exact=True))
    kinds = Counter(node.op_type for node in model.graph.node)
    assert kinds["Conv"] == 49
    assert kinds["Transpose"] == 2, "one where the picture comes in, one where the features go out"
    assert not {"BatchNormalization", "Pad", "Reshape"} & set(kinds)
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "pixels": ["batch", 40, 32, 3],
        "logits": ["batch", 12],
        "embedding": ["batch", 1280],
        "ood_score": ["batch"],
        "features": ["batch", 2, 1, 1280],
    }


def test_the_stored_file_is_half_as_large_and_gives_the_same_answers(lab: Lab) -> None:
    exact, small = (to_onnx(lab.network, **NAMES, exact=exact) for exact in (True, False))
    assert len(small) < 0.55 * len(exact)
    for engine in ENGINES:
        assert 0 < check_parity(lab.network, small, lab.pixels, SIZES, engine=engine) < LIMIT
    assert to_onnx(lab.network, **NAMES) == small, "the same network gives the same bytes"


def test_the_network_that_ships_leaves_room_in_10_mb() -> None:
    assert len(to_onnx(tagger_net([280]), **NAMES)) < 8_300_000


def test_an_export_says_how_far_it_is_from_the_original(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = export_network(lab.network, SIZES, lab.pixels, subspace=lab.subspace)
    assert exported.converted < exported.stored < LIMIT
    assert "onnx" not in repr(exported)
    monkeypatch.setattr(export, "ROUNDING_LIMIT", 0.0)
    exact = export_network(lab.network, SIZES, lab.pixels, subspace=lab.subspace)
    assert exact.stored == exact.converted == exported.converted
    assert len(exact.onnx) > 1.8 * len(exported.onnx)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_export_with_other_answers_is_refused(
    lab: Lab, labs: Callable[[int, int, int], Lab], monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    other = to_onnx(labs(40, 32, 1).network, **NAMES)
    assert check_parity(lab.network, other, lab.pixels, SIZES, engine=engine) > 0.01
    monkeypatch.setattr(export, "to_onnx", lambda *_, **__: other)
    with pytest.raises(BundleError, match="differ by"):
        export_network(lab.network, SIZES, lab.pixels, subspace=lab.subspace)


def test_parity_needs_a_picture(lab: Lab) -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        export_network(lab.network, SIZES, lab.pixels[:0], subspace=lab.subspace)


def test_heads_are_the_linear_layer_s_weights(lab: Lab) -> None:
    heads = heads_of(lab.network)
    assert heads.dtype == np.float16
    np.testing.assert_allclose(heads, lab.network.get_layer(HEADS).get_weights()[0], rtol=1e-3, atol=1e-6)


def one_layer(*middle: layers.Layer) -> keras.Model:
    pixels = keras.Input((8, 8, 3), dtype="uint8", name="pixels")
    values = layers.Rescaling(1 / 255, name="scale")(pixels)
    for layer in middle:
        values = layer(values)
    pooled = layers.GlobalAveragePooling2D(name="pooled")(values)
    return keras.Model(pixels, layers.Dense(2, name="heads")(pooled))


def test_a_layer_that_is_not_known_is_named() -> None:
    with pytest.raises(BundleError, match=r"'odd', of kind UpSampling2D, cannot be exported"):
        to_onnx(one_layer(layers.UpSampling2D(name="odd")), features="odd", pooled="pooled", subspace=anywhere(3))


def test_a_batch_norm_without_a_convolution_is_named() -> None:
    with pytest.raises(BundleError, match="'norm' follows no convolution"):
        to_onnx(
            one_layer(layers.BatchNormalization(name="norm")), features="norm", pooled="pooled", subspace=anywhere(3)
        )


def test_weights_that_are_no_numbers_are_named() -> None:
    network = one_layer(layers.Conv2D(4, 3, padding="valid", strides=2, name="conv"))
    kernel, bias = network.get_layer("conv").get_weights()
    network.get_layer("conv").set_weights([kernel * np.nan, bias])
    with pytest.raises(BundleError, match="conv_kernel holds NaN"):
        to_onnx(network, features="conv", pooled="pooled", subspace=anywhere(4))


def test_a_convolution_with_a_bias_and_without_padding_is_keras_s() -> None:
    network = one_layer(layers.Conv2D(4, 3, padding="valid", strides=2, name="conv"))
    kernel, _ = network.get_layer("conv").get_weights()
    network.get_layer("conv").set_weights([kernel, np.arange(4.0)])
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    logits = open_engine(to_onnx(network, features="conv", pooled="pooled", subspace=anywhere(4))).run(pixels)["logits"]
    np.testing.assert_allclose(logits, network.predict(pixels, verbose=0), atol=1e-5)


def test_a_network_that_was_called_again_exports_as_before(lab: Lab) -> None:
    before = to_onnx(lab.network, **NAMES)
    keras.Model(again := keras.Input((40, 32, 3), dtype="uint8"), lab.network(again))
    assert to_onnx(lab.network, **NAMES) == before
