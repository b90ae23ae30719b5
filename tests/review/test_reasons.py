"""One photo in the queue for several reasons, and what a reason's items say beside the tagger's answers."""

from dataclasses import replace
from typing import get_args

import pytest

from modiste.catalogue.corrections import Correction
from modiste.errors import StoreError
from modiste.review.items import REASONS, Added, NewItem, Progress, Question, Reason
from modiste.review.store import ReviewStore

LABELS = {"Class": ("Shirts", "Tshirts"), "colour": ("Blue", "Red")}

UNCERTAIN = NewItem(
    "1.jpg",
    "digest 1",
    b"jpeg 1",
    (Question("Class", "Tshirts", 0.6), Question("colour", "Blue", 0.7)),
    "uncertain",
    0.7,
)
SUSPECT = replace(
    UNCERTAIN,
    questions=(
        Question("Class", "Tshirts", 0.6, catalogue_label="Shirts"),
        Question("colour", "Blue", 0.7, catalogue_label="Blue", asked=False),
    ),
    reason="suspect_label",
    priority=0.9,
)
OUTSIDE = replace(UNCERTAIN, reason="out_of_distribution", priority=1.35)


def named(item: NewItem, name: str) -> NewItem:
    return replace(item, path=f"{name}.jpg", digest=f"digest {name}")


def add(store: ReviewStore, *items: NewItem, bundle: str = "first") -> Added:
    return store.add(items, bundle=bundle, labels=LABELS)


def claimed(store: ReviewStore, reviewer: str, reason: Reason | None = None) -> int:
    item = store.claim(reviewer, reason)
    assert item is not None
    return item.id


def test_every_reason_is_said_in_words() -> None:
    assert tuple(REASONS) == get_args(Reason)


def test_a_photo_is_queued_once_for_each_reason(store: ReviewStore) -> None:
    assert add(store, UNCERTAIN, SUSPECT) == Added(new=2)
    assert add(store, UNCERTAIN, SUSPECT) == Added(known=2)
    assert store.progress_by_reason() == {"uncertain": Progress(photos=1), "suspect_label": Progress(photos=1)}
    assert store.progress() == Progress(photos=2)
    item = store.item(claimed(store, "Ann"))
    assert (item.reason, item.priority, item.open) == ("suspect_label", 0.9, ("Class",))
    assert item.questions == SUSPECT.questions


def test_another_bundle_withdraws_only_what_has_the_same_reason(store: ReviewStore) -> None:
    add(store, UNCERTAIN, SUSPECT)
    assert add(store, UNCERTAIN, bundle="second") == Added(new=1)
    assert [store.item(number).state for number in (1, 2, 3)] == ["withdrawn", "waiting", "waiting"]
    nothing_asked = replace(SUSPECT, questions=SUSPECT.questions[1:])
    assert add(store, nothing_asked, bundle="second") == Added()
    assert [store.item(number).state for number in (1, 2, 3)] == ["withdrawn", "withdrawn", "waiting"]


def test_the_two_reasons_of_the_tagger_take_each_others_place(store: ReviewStore) -> None:
    add(store, UNCERTAIN)
    assert add(store, OUTSIDE) == Added(known=1), "the same bundle has asked about it already"
    assert add(store, OUTSIDE, bundle="second") == Added(new=1)
    assert [store.item(number).state for number in (1, 2)] == ["withdrawn", "waiting"]
    assert store.item(2).reason == "out_of_distribution"


def test_what_people_decided_for_one_reason_is_not_asked_for_another(store: ReviewStore) -> None:
    add(store, UNCERTAIN, SUSPECT)
    assert store.decide(claimed(store, "Ann"), "Ann", {"Class": "Shirts"}).state == "done"
    other = store.item(claimed(store, "Bob"))
    assert (other.reason, other.open) == ("uncertain", ("colour",))
    assert [question.chosen for question in other.questions] == ["Shirts", None]
    assert store.decide(other.id, "Bob", {"Class": "Shirts", "colour": "Red"}).state == "done"
    assert [(each.reviewer, each.attribute, each.after) for each in store.decisions()] == [
        ("Bob", "colour", "Red"),
        ("Ann", "Class", "Shirts"),
    ], "what is decided already is nobody else's decision"
    assert add(store, replace(SUSPECT, reason="copy_with_other_label")) == Added(known=1)


def test_an_item_that_another_one_has_answered_is_withdrawn(store: ReviewStore) -> None:
    add(store, UNCERTAIN, SUSPECT)
    store.decide(claimed(store, "Ann", "uncertain"), "Ann", {"Class": "Shirts", "colour": "Blue"})
    assert store.item(2).state == "withdrawn"
    assert store.progress().waiting == 0
    store.undo("Ann")
    assert (store.item(1).open, store.item(2).state) == (("Class", "colour"), "withdrawn")


def test_who_looks_at_what_another_item_has_answered_meanwhile_still_finishes_it(store: ReviewStore) -> None:
    add(store, replace(UNCERTAIN, questions=UNCERTAIN.questions[:1]), SUSPECT)
    suspect = claimed(store, "Ann")
    assert store.claim("Bob") is None, "Ann has the photo, for whatever reason"
    store.release(suspect, "Ann")
    uncertain = claimed(store, "Bob", "uncertain")
    store.decide(suspect, "Ann", {"Class": "Shirts"})
    assert store.item(uncertain).state == "waiting", "Bob is looking at it"
    assert store.decide(uncertain, "Bob", {"Class": "Shirts"}).state == "done"
    assert len(store.decisions()) == 1


def test_reviewers_choose_what_to_review(store: ReviewStore) -> None:
    add(store, SUSPECT, named(UNCERTAIN, "2"), named(OUTSIDE, "3"))
    assert store.item(claimed(store, "Ann")).reason == "out_of_distribution", "the highest priority"
    assert store.item(claimed(store, "Ann", "suspect_label")).reason == "suspect_label"
    assert store.progress().claimed == 1, "who turns to another reason gives back what they had"
    assert store.item(claimed(store, "Bob")).reason == "out_of_distribution"
    assert claimed(store, "Ann") == claimed(store, "Ann", "suspect_label"), "the page is loaded again"
    assert store.claim("Cid", "chosen_for_learning") is None
    assert store.claim("Cid", "suspect_label") is None


def test_progress_is_kept_by_reason(store: ReviewStore) -> None:
    add(store, SUSPECT, named(SUSPECT, "2"), named(UNCERTAIN, "3"), named(UNCERTAIN, "4"))
    store.decide(claimed(store, "Ann", "suspect_label"), "Ann", {"Class": "Tshirts"})
    store.skip(claimed(store, "Ann", "suspect_label"), "Ann")
    store.decide(claimed(store, "Ann", "uncertain"), "Ann", {"Class": "Shirts", "colour": "Blue"})
    claimed(store, "Ann", "uncertain")
    assert store.progress_by_reason() == {
        "uncertain": Progress(photos=2, done=1, claimed=1, accepted=1, changed=1),
        "suspect_label": Progress(photos=2, done=1, skipped=1, accepted=1),
    }
    assert store.progress() == Progress(photos=4, done=2, claimed=1, skipped=1, accepted=2, changed=1)
    assert [each.reason for each in store.decisions()] == ["uncertain", "uncertain", "suspect_label", "suspect_label"]


def test_where_nothing_is_suggested_the_catalogues_label_is_proposed(store: ReviewStore) -> None:
    asked = (Question("Class", None, catalogue_label="Shirts"), Question("colour", None))
    add(store, replace(SUSPECT, questions=asked, reason="chosen_for_learning"))
    item = store.item(claimed(store, "Ann"))
    assert [question.proposed for question in item.questions] == ["Shirts", None]
    store.decide(item.id, "Ann", {"Class": "Shirts", "colour": "Red"})
    colour, label = store.decisions()
    assert (label.kind, label.before, label.after) == ("accept", "Shirts", "Shirts")
    assert (colour.kind, colour.before, colour.after) == ("change", None, "Red")
    assert [(each.attribute, each.before, each.after) for each in store.corrections()] == [
        ("Class", "Shirts", "Shirts"),
        ("colour", None, "Red"),
    ]


def test_the_suggestion_is_what_a_correction_was_before(store: ReviewStore) -> None:
    add(store, SUSPECT)
    store.decide(claimed(store, "Ann"), "Ann", {"Class": "Shirts"})
    (correction,) = store.corrections()
    assert correction == Correction("1.jpg", "Class", "Tshirts", "Shirts", "Ann", correction.when)


def test_labels_that_no_database_holds_are_made_storable(store: ReviewStore) -> None:
    add(store, replace(SUSPECT, questions=(Question("Class", "a\0b", catalogue_label="\udcff"),)))
    (question,) = store.item(1).questions
    assert (question.suggested_label, question.catalogue_label) == ("a\ufffdb", "\ufffd")


@pytest.mark.parametrize("priority", [float("nan"), float("inf")])
def test_a_priority_is_a_finite_number(priority: float) -> None:
    with pytest.raises(StoreError, match=r"priority of '1\.jpg' is (nan|inf); give a finite number"):
        replace(SUSPECT, priority=priority)


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(StoreError, match=r"unknown reason 'suspect' .*the reasons are uncertain, out_of_distribution"):
        replace(SUSPECT, reason="suspect")  # type: ignore[arg-type]
