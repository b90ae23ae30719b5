from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers
from PIL import Image
from tests.portable.conftest import ATTRIBUTES, Lab

from modiste.errors import ConfigError
from modiste.learning.tagger_net import HEADS
from modiste.portable.bundle import Bundle
from modiste.portable.contents import ImageFacts
from modiste.portable.explain import _centres, activation_map, heat_map, overlay
from modiste.portable.predictor import Predictor

LABELS = [(attribute.name, label) for attribute in ATTRIBUTES for label in attribute.labels]
FACTS = ImageFacts(80, 60)


def grad_cam(network: Any, features: np.ndarray[Any, Any], column: int) -> np.ndarray[Any, Any]:
    """Grad-CAM before its rectifier (Selvaraju et al. 2017, equations 1 and 2), with the gradients that torch finds."""
    values = torch.tensor(features, requires_grad=True)
    logits = network.get_layer(HEADS)(network.get_layer("pooled")(values))
    logits[:, column].sum().backward()
    assert values.grad is not None
    weights = values.grad.sum(dim=(1, 2), keepdim=True)
    return (weights * values).sum(dim=-1).detach().numpy()


@pytest.mark.parametrize(("attribute", "label"), LABELS[::3])
def test_it_is_grad_cam_up_to_a_factor(bundle: Bundle, lab: Lab, attribute: str, label: str) -> None:
    features = lab.outputs["features"]
    expected = grad_cam(lab.network, features, LABELS.index((attribute, label)))
    found = np.stack([activation_map(bundle, each, attribute, label) for each in features])
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99999
    factor = float((found * expected).sum() / (expected**2).sum())
    assert factor > 0
    np.testing.assert_allclose(found, factor * expected, atol=2e-3 * np.abs(found).max())


def test_its_mean_is_the_logit_without_the_bias(bundle: Bundle, lab: Lab) -> None:
    features = Predictor(bundle).features(lab.pixels)
    bias = lab.network.get_layer(HEADS).get_weights()[1]
    for column, (attribute, label) in enumerate(LABELS):
        means = [activation_map(bundle, each, attribute, label).mean() for each in features]
        np.testing.assert_allclose(np.array(means) + bias[column], lab.outputs["logits"][:, column], atol=0.05)


@pytest.mark.parametrize(
    ("attribute", "label", "message"),
    [
        ("colours", "red", r"no attribute 'colours' \(did you mean 'colour'\?\); there are kind, colour, article"),
        ("kind", "shoe", r"kind has no label 'shoe' \(did you mean 'shoes'\?\)"),
        ("kind", "red", "kind has no label 'red'"),
    ],
)
def test_what_is_not_in_the_bundle_is_told(bundle: Bundle, attribute: str, label: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        activation_map(bundle, np.zeros((2, 1, 1280), np.float32), attribute, label)


@pytest.mark.parametrize("windows", [(3, 3, 3), (3, 5, 3, 5), (5, 3, 5, 3, 3)])
def test_cells_look_where_the_strides_put_them(windows: tuple[int, ...], subtests: pytest.Subtests) -> None:
    for side in (33, 40, 60, 77, 80):
        with subtests.test(side=side):
            check_cells(side, windows)


def check_cells(side: int, windows: tuple[int, ...]) -> None:
    # Each window passes on its middle pixel, so what comes out of a ramp is the place that was looked at.
    values = ramp = keras.Input((side, side, 1))
    for window in windows:
        tap = np.zeros((window, window, 1, 1))
        tap[window // 2, window // 2] = 1
        layer = layers.Conv2D(1, window, strides=2, padding="same", use_bias=False)
        values = layer(values)
        layer.set_weights([tap])
    rows = np.broadcast_to(np.arange(side, dtype=np.float32)[:, None, None], (1, side, side, 1))
    found = keras.Model(ramp, values).predict(rows, verbose=0)[0, :, 0, 0]
    np.testing.assert_allclose(_centres(side, len(found)), found, atol=1e-4)


def test_cells_of_another_network_are_spread_evenly() -> None:
    np.testing.assert_allclose(_centres(12, 4), [1, 4, 7, 10])


def test_a_heat_map_is_hottest_where_the_evidence_is() -> None:
    activation = np.zeros((3, 2), np.float32)
    activation[1, 0] = 5
    heat = heat_map(activation, FACTS)
    assert heat.shape == (80, 60)
    assert (heat.min(), heat.max()) == (0, 1)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert row == round(_centres(80, 3)[1]) == 47
    assert column <= round(_centres(60, 2)[0]) == 27


def test_evidence_that_is_the_same_everywhere_gives_no_heat() -> None:
    assert not heat_map(np.full((3, 2), 7, np.float32), FACTS).any()


def test_between_two_cells_heat_changes_evenly() -> None:
    heat = heat_map(np.array([[0], [1], [2]], np.float32), FACTS)[:, 30]
    first, _, last = (round(place) for place in _centres(80, 3))
    steps = np.diff(heat[first : last + 1])
    np.testing.assert_allclose(steps, 1 / (last - first), atol=1e-5)
    assert not heat[:first].any()


@pytest.mark.parametrize(("width", "height"), [(600, 800), (1200, 400), (100, 900), (60, 80)])
def test_a_photo_of_any_size_gets_the_heat_of_what_the_network_saw(width: int, height: int) -> None:
    activation = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    heat = heat_map(activation, FACTS, (width, height))
    assert heat.shape == (height, width)
    # Brought to the network's size as a photo is, it is the heat map there, but for the range of its values.
    factor = min(60 / width, 80 / height)
    inside = Image.fromarray(heat).resize((round(width * factor), round(height * factor)), Image.Resampling.BOX)
    seen = heat_map(activation, FACTS)
    top, left = (80 - inside.height) // 2, (60 - inside.width) // 2
    part = seen[top : top + inside.height, left : left + inside.width]
    assert np.corrcoef(np.asarray(inside).ravel(), part.ravel())[0, 1] > 0.995


@pytest.mark.parametrize(("width", "height"), [(1200, 400), (100, 900)])
def test_heat_lies_on_a_stretched_photo_where_the_network_saw_it(width: int, height: int) -> None:
    image = ImageFacts(80, 60, fill="border", stretch=1.5)
    activation = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    box = image.fit.place(width, height, image.size)
    heat = Image.fromarray(heat_map(activation, image, (width, height)))
    inside = np.asarray(heat.resize((box.width, box.height), Image.Resampling.BOX))
    seen = heat_map(activation, image)
    part = seen[box.top : box.top + box.height, box.left : box.left + box.width]
    assert np.corrcoef(inside.ravel(), part.ravel())[0, 1] > 0.995


def test_an_overlay_leaves_cold_places_as_they_are_and_colours_hot_ones() -> None:
    photo = Image.new("L", (60, 80), 128)
    heat = np.zeros((80, 60), np.float32)
    heat[:40] = 1
    seen = np.asarray(overlay(photo, heat))
    assert seen.shape == (80, 60, 3)
    assert (seen[40:] == 128).all()
    assert (seen[:40] == seen[0, 0]).all()
    red, green, blue = seen[0, 0].astype(int)
    assert red > 200 > blue
    assert green > 200
