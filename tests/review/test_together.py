"""A label never contradicts another after review: what goes together is decided together."""

import pytest

from modiste.catalogue.combinations import Combinations
from modiste.errors import StoreError
from modiste.review.items import NewItem, Question, ReviewItem
from modiste.review.store import ReviewStore

TOGETHER = Combinations(
    ("master", "sub", "article"),
    (
        ("Apparel", "Topwear", "Tshirts"),
        ("Apparel", "Topwear", "Shirts"),
        ("Personal Care", "Fragrance", "Perfume"),
        ("Personal Care", "Fragrance", "Deodorant"),
        ("Personal Care", "Skin", "Cream"),
    ),
)
LABELS = {
    name: tuple(dict.fromkeys(row[index] for row in TOGETHER.rows)) for index, name in enumerate(TOGETHER.attributes)
} | {"colour": ("Red", "Blue")}


def item(*asked: str, reason: str = "uncertain", names: tuple[str, ...] = tuple(LABELS)) -> NewItem:
    suggested = {"master": "Apparel", "sub": "Topwear", "article": "Tshirts", "colour": "Red"}
    questions = tuple(Question(name, suggested[name], 0.4, asked=name in asked) for name in names)
    return NewItem("1.jpg", "digest", b"jpeg", questions, reason, 1.0)  # type: ignore[arg-type]


def claimed(store: ReviewStore, new: NewItem) -> ReviewItem:
    store.add([new], bundle="b", labels=LABELS, combinations=TOGETHER)
    found = store.claim("Ann")
    assert found is not None
    return found


def given(store: ReviewStore) -> dict[str, str]:
    return {each.attribute: each.after for each in store.corrections()}


def test_what_follows_is_decided_with_it_and_taken_back_with_it(store: ReviewStore) -> None:
    photo = claimed(store, item("article"))
    done = store.decide(photo.id, "Ann", {"article": "Perfume"})
    assert done.state == "done"
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Perfume"}
    assert {each.attribute: each.kind for each in store.decisions()} == dict.fromkeys(
        ("master", "sub", "article"), "change"
    )
    store.decide(photo.id, "Ann", {"article": "Perfume"})  # once more, for the page did not hear
    assert len(store.decisions()) == 3
    store.undo("Ann")
    assert given(store) == {}


def test_levels_that_fit_are_decided_too_so_that_the_catalogues_cannot_contradict(store: ReviewStore) -> None:
    photo = claimed(store, item("article", "colour"))
    store.decide(photo.id, "Ann", {"article": "Shirts", "colour": "Red"})
    assert given(store) == {"master": "Apparel", "sub": "Topwear", "article": "Shirts", "colour": "Red"}


def test_a_label_that_has_nothing_to_do_with_the_levels_carries_nothing(store: ReviewStore) -> None:
    store.decide(claimed(store, item("colour")).id, "Ann", {"colour": "Blue"})
    assert given(store) == {"colour": "Blue"}


def test_where_several_fit_it_is_asked(store: ReviewStore) -> None:
    photo = claimed(store, item("sub"))
    with pytest.raises(StoreError, match=r"article Tshirts does not go with sub Fragrance") as caught:
        store.decide(photo.id, "Ann", {"sub": "Fragrance"})
    assert "give article as well: Perfume, Deodorant" in str(caught.value)
    assert given(store) == {}
    store.decide(photo.id, "Ann", {"sub": "Fragrance", "article": "Deodorant"})
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Deodorant"}


def test_what_is_asked_by_itself_may_be_decided_later(store: ReviewStore) -> None:
    photo = claimed(store, item("sub", "article"))
    assert store.decide(photo.id, "Ann", {"sub": "Fragrance"}).open == ("article",)
    with pytest.raises(StoreError, match="no product is sub Topwear with article Perfume"):
        store.decide(photo.id, "Ann", {"sub": "Topwear", "article": "Perfume"})
    store.decide(photo.id, "Ann", {"article": "Deodorant"})
    assert given(store) == {"master": "Personal Care", "sub": "Fragrance", "article": "Deodorant"}


def test_what_was_decided_for_another_reason_counts(store: ReviewStore) -> None:
    photo = claimed(store, item("article"))
    store.decide(photo.id, "Ann", {"article": "Perfume"})
    store.add(
        [item("colour", reason="suspect_label", names=("master", "colour"))],
        bundle="b",
        labels=LABELS,
        combinations=TOGETHER,
    )
    again = store.claim("Ann")
    assert again is not None
    with pytest.raises(StoreError, match="does not go with master Apparel"):
        store.decide(again.id, "Ann", {"colour": "Red", "master": "Apparel"})


def test_a_new_label_goes_with_any(store: ReviewStore) -> None:
    store.decide(claimed(store, item("article")).id, "Ann", {"article": "Kimono"})
    assert given(store) == {"master": "Apparel", "sub": "Topwear", "article": "Kimono"}


def test_a_bundle_from_before_says_later_what_goes_together(store: ReviewStore) -> None:
    store.add([item("article")], bundle="b", labels=LABELS)
    assert store.combinations("b") == Combinations()
    store.add([], bundle="b", labels=LABELS, combinations=TOGETHER)
    assert store.combinations("b") == TOGETHER
    assert store.combinations("unheard of") == Combinations()
