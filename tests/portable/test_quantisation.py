from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tests.portable.conftest import SIZES, Lab
from tests.portable.test_export import anywhere

from modiste.errors import BundleError
from modiste.learning.tagger_net import FEATURES, POOLED, tagger_net
from modiste.measure.calibration import softmax
from modiste.portable import quantisation
from modiste.portable.bundle import Bundle
from modiste.portable.conversion import to_onnx
from modiste.portable.engine import ENGINES, open_engine
from modiste.portable.graph import read_arrays
from modiste.portable.quantisation import quantise
from modiste.portable.recovery import load_bundle


@pytest.fixture(scope="module")
def exact(lab: Lab) -> bytes:
    return to_onnx(
        lab.network,
        features=FEATURES,
        pooled=POOLED,
        subspace=lab.subspace,
        projection=lab.projection,
        exact=True,
    )


@pytest.fixture(scope="module")
def small(lab: Lab, exact: bytes) -> bytes:
    return quantise(exact, lab.pixels)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_answer_nearly_as_before(lab: Lab, small: bytes, engine: str) -> None:
    outputs = open_engine(small, name=engine).run(lab.pixels)
    off = outputs["logits"] - lab.outputs["logits"]
    # Random weights: what is rounded in one layer grows in the next; a trained network is off by a sixth of this.
    assert np.sqrt(np.square(off).mean()) < 0.45 * lab.outputs["logits"].std()
    for part, before in zip(
        *(np.split(each, np.cumsum(SIZES)[:-1], axis=1) for each in (outputs["logits"], lab.outputs["logits"])),
        strict=True,
    ):
        sure = np.sort(softmax(before))[:, -1] > 0.9
        np.testing.assert_array_equal(part.argmax(axis=1)[sure], before.argmax(axis=1)[sure])
    assert (outputs["embedding"] * lab.embedding).sum(axis=1).min() > 0.9
    np.testing.assert_allclose(outputs["ood_score"], lab.ood_score, atol=0.15)
    assert outputs["features"].shape == lab.outputs["features"].shape


def test_engines_agree(lab: Lab, small: bytes) -> None:
    one, other = (open_engine(small, name=name).run(lab.pixels)["logits"] for name in ENGINES)
    assert np.sqrt(np.square(one - other).mean()) < 0.35 * one.std()


def test_a_picture_is_answered_alike_in_any_company(lab: Lab, small: bytes) -> None:
    engine = open_engine(small)
    together = engine.run(lab.pixels)["logits"]
    alone = np.concatenate([engine.run(lab.pixels[row : row + 1])["logits"] for row in range(len(lab.pixels))])
    np.testing.assert_allclose(alone, together, atol=1e-4)


def test_only_the_trunk_is_in_8_bits_and_bytes_come_in_as_they_are(exact: bytes, small: bytes) -> None:
    model = onnx.load_from_string(small)
    kinds = Counter(node.op_type for node in model.graph.node)
    before = Counter(node.op_type for node in onnx.load_from_string(exact).graph.node)
    assert kinds["Conv"] == before["Conv"] == 49
    assert {kind: kinds[kind] for kind in ("Gemm", "ReduceL2", "Transpose")} == {
        "Gemm": 1,
        "ReduceL2": 1,
        "Transpose": 2,
    }
    assert [node.op_type for node in model.graph.node if "pixels" in node.name] == ["Transpose", "Pad"]
    arrays = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
    padded = next(node for node in model.graph.node if node.op_type == "DequantizeLinear" and "pixels" in node.input[0])
    assert arrays[padded.input[2]] == 0
    assert arrays["pixels_zero"] == 127
    given = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type == "Conv":
            assert [given[name].op_type for name in node.input] == ["DequantizeLinear"] * 3, node.name
    assert {opset.domain for opset in model.opset_import} == {""}


def test_kernels_leave_room_for_the_sums_of_processors_without_vnni(small: bytes) -> None:
    arrays = {array.name: numpy_helper.to_array(array) for array in onnx.load_from_string(small).graph.initializer}
    kernels = [values for name, values in arrays.items() if values.dtype == np.int8 and values.ndim == 4]
    assert len(kernels) == 49
    # They add two products of a byte and a weight in 16 bits.
    assert max(np.abs(values.astype(int)).max() for values in kernels) * 255 * 2 < 2**15


def test_a_network_that_looks_at_mirror_images_too(labs: Callable[..., Lab]) -> None:
    both = labs(40, 32, 2, mirrored=True)
    exact = to_onnx(both.network, features=FEATURES, pooled=POOLED, subspace=both.subspace, exact=True)
    small = quantise(exact, both.pixels)
    for engine in (open_engine(small, name=name) for name in ENGINES):
        given, turned = (engine.run(pixels) for pixels in (both.pixels, both.pixels[:, :, ::-1].copy()))
        off = given["logits"] - both.outputs["logits"]
        assert np.sqrt(np.square(off).mean()) < 0.45 * both.outputs["logits"].std()
        np.testing.assert_allclose(turned["logits"], given["logits"], atol=1e-3)


def test_it_is_small_and_the_same_every_time(lab: Lab, exact: bytes, small: bytes) -> None:
    assert len(small) < 0.4 * len(exact)
    assert quantise(exact, lab.pixels) == small


def test_nothing_is_printed(
    lab: Lab, exact: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    open_engine(quantise(exact, lab.pixels[:5])).run(lab.pixels[:1])
    captured = capfd.readouterr()
    assert (captured.out, captured.err, caplog.text) == ("", "", "")


def test_arrays_are_read_as_they_are_computed_with(exact: bytes, small: bytes) -> None:
    before, after = read_arrays(exact), read_arrays(small)
    for name, values in before.items():
        if name.endswith("_kernel") and values.ndim == 4:
            step = np.abs(values).max(axis=(1, 2, 3), keepdims=True) / 63
            assert (np.abs(after[name] - values) <= step + 1e-7).all(), name
            assert after[name.replace("_kernel", "_bias")].shape == (len(values),)


def test_a_training_can_start_from_it(lab: Lab, bundle: Bundle, small: bytes) -> None:
    network = tagger_net(SIZES, height=40, width=32, dropout=0.0, seed=7)
    assert load_bundle(network, replace(bundle, network=small), bundle.attributes, lab.pixels) == sum(SIZES)
    off = network.predict(lab.pixels, verbose=0) - lab.outputs["logits"]
    assert np.sqrt(np.square(off).mean()) < 0.45 * lab.outputs["logits"].std()


def test_rounding_a_kernel_does_not_move_the_mean_of_what_it_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = keras.Input((12, 9, 3), dtype="uint8", name="pixels")
    values = keras.layers.Rescaling(1 / 128, offset=-127 / 128)(pixels)
    values = keras.layers.Conv2D(5, 3, strides=2, padding="same", name="conv")(values)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(values)
    network = keras.Model(pixels, keras.layers.Dense(2, name="heads")(pooled))
    kernel, bias = network.get_layer("conv").get_weights()
    # All but one weight of each channel lie just below the middle between two steps, so that all are rounded down.
    kernel = (np.random.default_rng(0).integers(-20, 20, kernel.shape) + 0.49) / 64
    kernel[0, 0, 0] = 1
    network.get_layer("conv").set_weights([kernel, bias])
    exact = to_onnx(network, features="conv", pooled="pooled", subspace=anywhere(5), exact=True)
    bright = np.random.default_rng(1).integers(150, 256, (30, 12, 9, 3), dtype=np.uint8)
    before = open_engine(exact).run(bright)["features"].mean(axis=(0, 1, 2))

    def moved() -> float:
        after = open_engine(quantise(exact, bright)).run(bright)["features"].mean(axis=(0, 1, 2))
        return float(np.abs(after - before).max())

    assert moved() < 0.005
    monkeypatch.setattr(quantisation, "correct_biases", lambda *_: None)
    assert moved() > 0.05


def test_a_network_that_does_not_scale_its_pictures_is_refused() -> None:
    pixels = keras.Input((12, 9, 3), dtype="uint8", name="pixels")
    values = keras.layers.Conv2D(5, 3, name="conv")(pixels)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(values)
    network = keras.Model(pixels, keras.layers.Dense(2, name="heads")(pooled))
    exact = to_onnx(network, features="conv", pooled="pooled", subspace=anywhere(5), exact=True)
    with pytest.raises(BundleError, match=r"does not begin by scaling bytes; .*--float"):
        quantise(exact, np.zeros((1, 12, 9, 3), np.uint8))


def test_a_picture_is_needed(lab: Lab, exact: bytes) -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        quantise(exact, lab.pixels[:0])
