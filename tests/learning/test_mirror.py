import numpy as np

from modiste.learning.pretrained import load_imagenet
from modiste.learning.tagger_net import FEATURES, HEADS, POOLED, tagger_net, with_outputs
from modiste.learning.training import Network

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 48, 40, 3), dtype=np.uint8)


def networks() -> tuple[Network, Network]:
    """One that answers for each picture alone, and one, of the same weights, that looks into the mirror too."""
    plain, mirrored = (tagger_net([7], height=48, width=40, mirrored=each, dropout=0.0) for each in (False, True))
    load_imagenet(plain)
    kernel = np.random.default_rng(1).normal(size=(1280, 7)).astype(np.float32)
    plain.get_layer(HEADS).set_weights([kernel, np.arange(7, dtype=np.float32)])
    mirrored.set_weights(plain.get_weights())
    return plain, mirrored


def test_an_answer_is_the_mean_of_both_sides() -> None:
    plain, mirrored = (with_outputs(each, FEATURES, POOLED) for each in networks())
    flipped = np.ascontiguousarray(PIXELS[:, :, ::-1])
    one, other, both = (
        net.predict(pixels, verbose=0) for net, pixels in ((plain, PIXELS), (plain, flipped), (mirrored, PIXELS))
    )
    assert np.abs(one["logits"] - other["logits"]).max() > 0.01
    np.testing.assert_allclose(both["logits"], (one["logits"] + other["logits"]) / 2, atol=1e-4)
    np.testing.assert_allclose(both[FEATURES], (one[FEATURES] + other[FEATURES][:, :, ::-1]) / 2, atol=1e-4)
    np.testing.assert_allclose(both[POOLED], both[FEATURES].mean(axis=(1, 2)), atol=1e-5)


def test_a_training_sees_the_pictures_alone() -> None:
    plain, mirrored = networks()
    one, other = (np.asarray(net(PIXELS, training=True).detach()) for net in (plain, mirrored))
    np.testing.assert_array_equal(one, other)
