from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.portable.conftest import bundle_of

from modiste.errors import BundleError
from modiste.learning.tagger_net import HEADS, tagger_net
from modiste.portable.bundle import Bundle
from modiste.portable.recovery import load_bundle
from modiste.schema import Attribute


def recovered(lab: Any, bundle: Bundle) -> Any:
    network = tagger_net(bundle.sizes, height=40, width=32, last_stride=2, dropout=0.0, seed=7)
    assert load_bundle(network, bundle, bundle.attributes, lab.pixels) == 12
    return network


def test_a_network_answers_as_the_bundle_it_starts_from(lab: Any, bundle: Bundle) -> None:
    given = recovered(lab, bundle).predict(lab.pixels, verbose=0)
    np.testing.assert_allclose(given, lab.outputs["logits"], atol=0.05)


def test_a_deeper_network_answers_as_the_shallow_bundle_it_starts_from(labs: Any) -> None:
    shallow = labs(40, 32, 2, shallow=True)
    given = recovered(shallow, bundle_of(shallow)).predict(shallow.pixels, verbose=0)
    np.testing.assert_allclose(given, shallow.outputs["logits"], atol=0.05)


def test_batch_norms_are_as_a_training_on_these_pictures_would_have_them(lab: Any, bundle: Bundle) -> None:
    network = recovered(lab, bundle)
    # In training, each norm takes the mean and variance of the very batch: here the same pictures.
    given = np.asarray(network(lab.pixels, training=True).detach())
    np.testing.assert_allclose(given, lab.outputs["logits"], atol=0.1)


def test_labels_that_both_know_are_kept_and_others_start_anew(lab: Any, bundle: Bundle) -> None:
    attributes = (Attribute("colour", ("blue", "mauve", "red")), Attribute("fabric", ("silk", "wool")))
    network = tagger_net([3, 2], height=64, width=48, seed=7)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 64, 48, 3), dtype=np.uint8)
    assert load_bundle(network, bundle, attributes, pixels) == 2
    kernel, _ = network.get_layer(HEADS).get_weights()
    theirs, _ = lab.network.get_layer(HEADS).get_weights()
    np.testing.assert_allclose(kernel[:, [0, 2]], theirs[:, [4, 3]], rtol=1e-3, atol=1e-4)
    assert not kernel[:, [1, 3, 4]].any()


def test_another_network_is_refused(lab: Any, bundle: Bundle) -> None:
    network = tagger_net(bundle.sizes, height=40, width=32)
    with pytest.raises(BundleError, match="ONNX"):
        load_bundle(network, replace(bundle, network=b"no network"), bundle.attributes, lab.pixels)
