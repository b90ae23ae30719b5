import numpy as np
import pytest

from modiste.learning.pretrained import load_imagenet
from modiste.learning.tagger_net import FEATURES, HEADS, POOLED, tagger_net, with_outputs

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 80, 60, 3), dtype=np.uint8)


def test_it_has_efficientnet_lite0_s_numbers() -> None:
    # Lite0 has 4,652,008 parameters with its 1,000 ImageNet heads (Tan and Le's B0 less squeeze-and-excitation),
    # and the moving statistics of its batch norms on top.
    network = tagger_net([1000])
    trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    assert trainable == 4_652_008


@pytest.mark.parametrize(("last_stride", "rows", "columns"), [(2, 3, 2), (1, 5, 4)])
def test_it_gives_logits_features_and_their_mean(last_stride: int, rows: int, columns: int) -> None:
    network = tagger_net([3, 4], last_stride=last_stride, seed=1)
    kernel = np.random.default_rng(1).normal(size=(1280, 7)).astype(np.float32)
    network.get_layer(HEADS).set_weights([kernel, np.arange(7, dtype=np.float32)])
    outputs = with_outputs(network, FEATURES, POOLED).predict(PIXELS, verbose=0)
    assert outputs[FEATURES].shape == (2, rows, columns, 1280)
    np.testing.assert_allclose(outputs[POOLED], outputs[FEATURES].mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(outputs["logits"], outputs[POOLED] @ kernel + np.arange(7), rtol=1e-4, atol=1e-4)


def test_a_shallow_network_is_the_whole_one_without_the_last_block_of_each_longer_stage() -> None:
    whole, shallow = tagger_net([3]), tagger_net([3], shallow=True)
    assert shallow.output_shape == whole.output_shape
    load_imagenet(whole)
    load_imagenet(shallow)
    left_out = {layer.name for layer in whole.layers} - {layer.name for layer in shallow.layers}
    assert {name.partition("_")[0] for name in left_out} == {"block2", "block4", "block7", "block10", "block14"}
    for weight in shallow.trainable_weights:
        name, _, kind = weight.path.partition("/")
        if name != HEADS:
            there = next(each for each in whole.get_layer(name).weights if each.path == f"{name}/{kind}")
            np.testing.assert_array_equal(weight.numpy(), there.numpy())


def test_it_takes_pictures_of_other_sizes_as_well() -> None:
    network = tagger_net([3], height=80, width=60)
    assert network(PIXELS[:, :50, :40]).shape == (2, 3)
    assert network.output_shape == (None, 3)
    assert network.input_shape == (None, 80, 60, 3)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two, other = (tagger_net([3], seed=seed).get_layer("stem").get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_imagenet_s_weights_fill_the_whole_trunk() -> None:
    network, untouched = tagger_net([3]), tagger_net([3])
    load_imagenet(network)
    for mine, other in zip(network.weights, untouched.weights, strict=True):
        same = np.array_equal(mine.numpy(), other.numpy())
        assert same == mine.path.startswith(HEADS), mine.path
