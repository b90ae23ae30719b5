import numpy as np
import pytest

from modiste.text.fitting import fit_names, fit_shares
from modiste.text.fusion import fused
from modiste.text.names import NameModel
from modiste.text.words import terms_of

NAMES = [
    f"{brand} {colour} {kind}"
    for brand in ("Acme", "Borel")
    for colour in ("Red", "Blue")
    for kind in ("Shirt", "Shoe")
]
TRUE = np.array([[int("Shoe" in name), int("Blue" in name)] for name in NAMES])


@pytest.fixture(scope="module")
def model() -> NameModel:
    fitted = fit_names(NAMES * 5, np.tile(TRUE, (5, 1)), (2, 2))
    assert fitted is not None
    return fitted


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("Men's RED  Shirt", ["men", "red", "shirt", "men red", "red shirt"]),
        ("Men\u2019s", ["men"]),
        ("Stra\u00dfe", ["strasse"]),
        ("Cafe\u0301", ["caf\u00e9"]),
        ("A-1000mm", ["a", "0000mm", "a 0000mm"]),
        ("\u8d64\u8863", ["\u8d64", "\u8863", "\u8d64 \u8863"]),
        ("\u0932\u093e\u0932", ["\u0932\u093e\u0932"]),
        ("red red", ["red", "red red"]),
        (" \t-- ", []),
        ("\U0001f45f\ud800", []),
        (None, []),
    ],
)
def test_names_have_terms_in_any_language(name: str | None, terms: list[str]) -> None:
    assert terms_of(name) == terms


def test_a_long_name_is_read_from_its_beginning() -> None:
    assert terms_of("word " * 1_000_000) == ["word", "word word"]


def test_the_model_says_what_the_words_say(model: NameModel) -> None:
    said = model.logits(["New blue SHOE", "red shirt by Borel"])
    assert said.dtype == np.float32
    assert [row.reshape(2, 2).argmax(axis=1).tolist() for row in said] == [[1, 1], [0, 0]]


def test_a_name_without_a_known_word_says_nothing(model: NameModel) -> None:
    names = ["Schuhe", "", None, "red"]
    assert model.known(names).tolist() == [False, False, False, True]
    np.testing.assert_array_equal(model.logits(names)[:3], np.tile(model.bias, (3, 1)))


def test_the_words_that_spoke_sum_to_the_logit(model: NameModel) -> None:
    words = model.words("Blue Shoe", 1, top=50)
    assert "shoe" in dict(words)
    assert [weight for _, weight in words] == sorted((weight for _, weight in words), reverse=True)
    assert sum(weight for _, weight in words) == pytest.approx(
        float(model.logits(["Blue Shoe"])[0, 1] - model.bias[1]), abs=0.5
    )


def test_nothing_is_learned_of_names_that_share_no_word() -> None:
    assert fit_names(["one", "two", None], np.zeros((3, 1), np.int64), (2,)) is None


def test_fusion_believes_who_is_right() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 2, (400, 1))
    right = np.where(np.arange(2) == true, 2.0, 0.0) + random.normal(0, 0.5, (400, 2))
    noise = random.normal(0, 2, (400, 2))
    shares = fit_shares(noise, right, true, (2,))
    assert shares[0, 0] < 0.2
    assert shares[0, 1] > 1
    assert (fused(noise, right, shares, (2,)).argmax(axis=1) == true[:, 0]).mean() > 0.95
    np.testing.assert_array_equal(fit_shares(noise, right, np.full((400, 1), -1), (2,)), [[1, 1]])
