import numpy as np
import pytest

from modiste.catalogue.similarity import nearest_labels

PHRASES = {
    "Shirts": ("Shirts", "formal shirt"),
    "Tshirts": ("Tshirts", "t-shirt", "polo"),
    "Casual Shoes": ("Casual Shoes",),
    "Watches": ("Watches", "dial watch"),
    "Night and Lounge": ("Night and Lounge",),
}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Arrow Men Blue Formal Shirt", "Shirts"),
        ("Tantra Men Black T-shirt", "Tshirts"),  # longer agreement beats "shirt"
        ("TITAN Men White Dial WATCH", "Watches"),
        ("Fossil Women Watch", "Watches"),  # singular and plural
        ("U.S. Polo Assn. Men Black Shoes", "Casual Shoes"),  # the end of a name weighs more
    ],
)
def test_the_most_similar_label_wins(name: str, label: str) -> None:
    assert nearest_labels([name], PHRASES).labels == (label,)


def test_similarities_are_cosines() -> None:
    found = nearest_labels(["dial watch", "Titan Men White Dial Watch"], PHRASES)
    assert found.similarities.shape == (2,)
    assert found.similarities[0] > found.similarities[1] > 0
    assert found.similarities.max() <= 1


@pytest.mark.parametrize("name", ["", "   ", "!?", "Gini and Jony Boys Kidswear"])
def test_a_name_without_a_shared_word_gets_no_label(name: str) -> None:
    found = nearest_labels([name], PHRASES)
    assert found.labels == (None,)
    assert found.similarities.tolist() == [0.0]


def test_equal_similarities_go_to_the_first_label() -> None:
    same = {"First": ("bag",), "Second": ("bags",)}
    assert nearest_labels(["red bag"], same).labels == ("First",)
    assert nearest_labels(["red bag"], dict(reversed(same.items()))).labels == ("Second",)


def test_a_name_gets_the_same_label_in_any_company() -> None:
    alone = nearest_labels(["Nike Polo Shirt"], PHRASES)
    many = nearest_labels(["Black Watch"] * 5000 + ["Nike Polo Shirt"], PHRASES)  # more than one chunk
    assert len(many.labels) == len(many.similarities) == 5001
    assert many.labels[-1] == alone.labels[0]
    assert many.similarities[-1] == alone.similarities[0]


def test_no_names_are_no_labels() -> None:
    found = nearest_labels([], PHRASES)
    assert found.labels == ()
    assert found.similarities.dtype == np.float64
    assert found.similarities.shape == (0,)
