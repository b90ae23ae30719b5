"""Reviews, as several people make them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from modiste.catalogue.corrections import Correction
from modiste.errors import ClaimError, StoreError
from modiste.review.items import Added, Progress
from modiste.review.store import ReviewStore

DECIDED = {"tone": "grey", "half": "no"}


def claimed(store: ReviewStore, reviewer: str = "Ann") -> int:
    item = store.claim(reviewer)
    assert item is not None
    return item.id


def test_the_least_certain_photo_comes_first(queue: ReviewStore) -> None:
    item = queue.claim("Ann")
    assert item is not None
    assert (item.path, item.bundle, item.state) == ("photos/2.jpg", "first", "waiting")
    assert item.reason == "uncertain"
    assert item.priority == pytest.approx(0.12 + 0.5)
    assert item.open == ("tone", "half")
    assert [question.top[0] for question in item.questions] == [("dark", 0.9), ("no", 0.5), ("a", 0.99)]
    assert queue.thumbnail(item.id) == b"jpeg 2"
    assert queue.labels("first")["tone"] == ("dark", "grey", "bright")
    assert queue.item(item.id) == item


def test_a_photo_is_in_the_queue_once(queue: ReviewStore, new_items: Any) -> None:
    assert queue.add(new_items(4), bundle="first", labels={}) == Added(new=1, known=3)
    assert queue.progress().photos == 4


def test_what_a_newer_bundle_says_takes_the_place_of_what_nobody_has_looked_at(
    queue: ReviewStore, new_items: Any
) -> None:
    looked_at = claimed(queue)
    assert queue.add(new_items(3), bundle="second", labels={}) == Added(new=3, known=0)
    assert queue.progress().photos == 4
    assert queue.item(looked_at).state == "waiting"
    assert queue.add(new_items(3), bundle="first", labels={}) == Added(new=2, known=1)
    assert queue.progress().photos == 3


def test_a_photo_of_which_nothing_is_asked_is_not_queued(store: ReviewStore, new_items: Any) -> None:
    (item,) = new_items(1)
    sure = replace(item, questions=item.questions[2:])
    assert store.add([sure], bundle="first", labels={}) == Added(new=0, known=0)
    assert store.progress().photos == 0


def test_a_question_leaves_the_queue_once_a_newer_bundle_is_sure(queue: ReviewStore, new_items: Any) -> None:
    decided, looked_at = claimed(queue, "Ann"), claimed(queue, "Bob")
    queue.decide(decided, "Ann", DECIDED)
    sure = [replace(item, questions=item.questions[2:], thumbnail=b"") for item in new_items(3)]
    assert queue.add(sure, bundle="first", labels={}) == Added(new=0, known=0)
    assert queue.progress().photos == 3, "a bundle does not overrule itself"
    assert queue.add(sure, bundle="second", labels={}) == Added(new=0, known=0)
    assert [queue.item(number).state for number in (decided, looked_at, 1)] == ["done", "waiting", "withdrawn"]
    assert queue.claim("Cid") is None
    assert len(queue.corrections()) == 2, "what people said stays"
    assert queue.add(new_items(1), bundle="first", labels={}) == Added(new=1, known=0), "uncertain again"


def test_nobody_is_asked_again_what_people_have_said(queue: ReviewStore, new_items: Any) -> None:
    queue.decide(claimed(queue), "Ann", DECIDED)
    queue.decide(claimed(queue), "Ann", {"tone": "grey"})
    assert queue.add(new_items(3), bundle="second", labels={}) == Added(new=2, known=1)


def test_what_was_decided_while_a_newer_bundle_asked_is_not_asked_again(queue: ReviewStore, new_items: Any) -> None:
    number = claimed(queue, "Ann")
    queue.add(new_items(3)[2:], bundle="second", labels={})
    assert queue.progress().photos == 4
    queue.decide(number, "Ann", {"tone": "grey"})
    assert queue.progress().photos == 4
    queue.decide(number, "Ann", {"half": "no"})
    assert queue.progress().photos == 3
    assert [queue.item(number).state, queue.item(4).state] == ["done", "withdrawn"]


def test_a_claimed_photo_is_not_shown_to_another(queue: ReviewStore) -> None:
    ann = claimed(queue, "Ann")
    assert claimed(queue, "Ann") == ann, "the page is loaded again"
    assert len({ann, claimed(queue, "Bob"), claimed(queue, "Cid")}) == 3
    assert queue.claim("Dan") is None
    assert queue.progress() == Progress(photos=3, done=0, claimed=3, skipped=0, accepted=0, changed=0)
    with pytest.raises(ClaimError, match=f"another reviewer has photo {ann}"):
        queue.decide(ann, "Bob", DECIDED)
    with pytest.raises(ClaimError, match="another reviewer"):
        queue.skip(ann, "Bob")
    queue.release(ann, "Bob")
    assert queue.claim("Dan") is None
    queue.release(ann, "Ann")
    assert claimed(queue, "Dan") == ann


def test_a_claim_expires(queue: ReviewStore, clock: Any) -> None:
    ann = claimed(queue, "Ann")
    clock.advance(minutes=9)
    assert claimed(queue, "Bob") != ann
    clock.advance(minutes=2)
    assert claimed(queue, "Cid") == ann
    with pytest.raises(ClaimError, match="another reviewer"):
        queue.decide(ann, "Ann", DECIDED)


def test_a_claim_that_has_run_out_does_no_harm_where_nobody_took_the_photo(queue: ReviewStore, clock: Any) -> None:
    ann = claimed(queue, "Ann")
    clock.advance(hours=5)
    assert queue.decide(ann, "Ann", DECIDED).state == "done"


def test_every_decision_is_kept_with_who_when_before_and_after(queue: ReviewStore, clock: Any) -> None:
    item = queue.decide(claimed(queue), "Ann", DECIDED)
    assert (item.state, item.open, item.claimed_by) == ("done", (), None)
    half, tone = queue.decisions()
    assert (tone.reviewer, tone.at, tone.kind, tone.attribute, tone.before, tone.after) == (
        ("Ann", clock.now, "change", "tone", "dark", "grey")
    )
    assert (half.kind, half.before, half.after, half.path) == ("accept", "no", "no", "photos/2.jpg")
    assert queue.corrections() == (
        Correction("photos/2.jpg", "half", "no", "no", "Ann", clock.now),
        Correction("photos/2.jpg", "tone", "dark", "grey", "Ann", clock.now),
    )
    assert queue.progress() == Progress(photos=3, done=1, claimed=0, skipped=0, accepted=1, changed=1)
    assert queue.progress().waiting == 2
    assert queue.decisions(most=1) == (half,)
    assert queue.decisions(before=half.id) == (tone,)


def test_a_photo_may_be_decided_attribute_by_attribute(queue: ReviewStore) -> None:
    number = claimed(queue)
    item = queue.decide(number, "Ann", {"tone": "grey"})
    assert (item.state, item.open, item.claimed_by) == ("waiting", ("half",), "Ann")
    assert queue.decide(number, "Ann", {"tone": "bright"}).open == ("half",)
    assert queue.decide(number, "Ann", {"half": "yes", "sure": "b"}).state == "done"
    assert [(row.attribute, row.before, row.after) for row in reversed(queue.decisions())] == [
        ("tone", "dark", "grey"),
        ("tone", "grey", "bright"),
        ("half", "no", "yes"),
        ("sure", "a", "b"),
    ]
    assert [(each.attribute, each.before, each.after) for each in queue.corrections()] == [
        ("half", "no", "yes"),
        ("sure", "a", "b"),
        ("tone", "dark", "bright"),
    ]


def test_the_same_decision_again_changes_nothing(queue: ReviewStore) -> None:
    number = claimed(queue)
    item = queue.decide(number, "Ann", DECIDED)
    assert queue.decide(number, "Ann", DECIDED) == item
    assert len(queue.decisions()) == 2
    assert queue.decide(number, "Ann", {"tone": "grey"}) == item
    with pytest.raises(ClaimError, match="has been decided; undo that first"):
        queue.decide(number, "Ann", DECIDED | {"tone": "bright"})
    with pytest.raises(ClaimError, match="has been decided"):
        queue.skip(number, "Ann")


def test_a_skipped_photo_is_for_others(queue: ReviewStore) -> None:
    skipped = claimed(queue, "Ann")
    queue.skip(skipped, "Ann")
    assert queue.progress().skipped == 1
    assert claimed(queue, "Ann") != skipped
    assert claimed(queue, "Bob") == skipped
    queue.decide(skipped, "Bob", DECIDED)
    assert queue.progress().skipped == 0


def test_undo_takes_back_the_last_thing_and_then_the_one_before(queue: ReviewStore) -> None:
    first = claimed(queue)
    queue.decide(first, "Ann", DECIDED)
    second = claimed(queue)
    queue.skip(second, "Ann")
    undone = queue.undo("Ann")
    assert undone is not None
    assert (undone.id, undone.claimed_by) == (second, "Ann")
    undone = queue.undo("Ann")
    assert undone is not None
    assert (undone.id, undone.state, undone.open, undone.claimed_by) == (first, "waiting", ("tone", "half"), "Ann")
    assert queue.undo("Ann") is None
    assert queue.undo("Bob") is None
    assert queue.corrections() == ()
    assert queue.progress().done == 0
    assert [(row.kind, row.undone) for row in queue.decisions()] == [
        ("undo", False),
        ("undo", False),
        ("undo", False),
        ("skip", True),
        ("accept", True),
        ("change", True),
    ]
    assert queue.decisions()[0].before == "no"


def test_undo_brings_back_the_label_of_before(queue: ReviewStore) -> None:
    number = claimed(queue)
    queue.decide(number, "Ann", {"tone": "grey"})
    queue.decide(number, "Ann", {"tone": "bright"})
    undone = queue.undo("Ann")
    assert undone is not None
    assert undone.questions[0].chosen == "grey"


def test_what_another_has_taken_since_is_not_undone(queue: ReviewStore) -> None:
    number = claimed(queue, "Ann")
    queue.skip(number, "Ann")
    assert claimed(queue, "Bob") == number
    with pytest.raises(ClaimError, match="another reviewer"):
        queue.undo("Ann")
    assert queue.item(number).claimed_by == "Bob"


def test_what_cannot_be_decided_is_refused(queue: ReviewStore) -> None:
    number = claimed(queue)
    for labels, message in (
        ({}, "no label"),
        ({"tnoe": "dark"}, r"no attribute 'tnoe' \(did you mean 'tone'\?\)"),
        ({"tone": " "}, "no label"),
        ({"tone": "x" * 201}, "no label"),
        ({"tone": "a\nb"}, "no label"),
        ({"tone": "a\0b"}, "no label"),
    ):
        with pytest.raises(StoreError, match=message):
            queue.decide(number, "Ann", labels)
    for reviewer in ("", "\0", "x" * 300, "a\x1b[0m"):
        with pytest.raises(StoreError, match="reviewer's name"):
            queue.claim(reviewer)
    with pytest.raises(StoreError, match="no photo 99"):
        queue.decide(99, "Ann", DECIDED)
    with pytest.raises(StoreError, match="no photo 99"):
        queue.thumbnail(99)
    with pytest.raises(StoreError, match="nothing in the queue is of the bundle 'none'"):
        queue.labels("none")
    assert queue.decisions() == ()


HOSTILE = ["'; DROP TABLE review_items; --", "=1+1", "<script>", "a\0b", "\udcff.jpg", "é\u202e", "x" * 4000, "%s{}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_names(store: ReviewStore, new_items: Any, name: str) -> None:
    path = name.replace("{", "{{").replace("}", "}}")
    store.add(new_items(1, path), bundle="first", labels={})
    assert store.add(new_items(1, path), bundle="first", labels={}).known == 1
    number = claimed(store, "'; DROP TABLE review_items; --")
    expected = name.replace("\0", "\ufffd").replace("\udcff", "\ufffd")
    assert store.item(number).path == expected
    done = store.decide(number, "'; DROP TABLE review_items; --", {"tone": "'); --", "half": "=HYPERLINK()"})
    assert done.state == "done"
    assert {(each.path, each.after) for each in store.corrections()} == {
        (expected, "'); --"),
        (expected, "=HYPERLINK()"),
    }


def test_the_database_itself_keeps_decisions(queue: ReviewStore, database: str) -> None:
    queue.decide(claimed(queue), "Ann", DECIDED)
    for statement in ("UPDATE review_decisions SET reviewer = 'Bob'", "DELETE FROM review_decisions"):
        with pytest.raises((sqlite3.Error, psycopg.Error), match="decisions are only ever added"):
            execute(database, statement)
    assert len(queue.decisions()) == 2


def execute(database: str, statement: str) -> None:
    if "://" in database:
        with psycopg.connect(database) as server:
            server.execute(statement.encode())
        return
    with closing(sqlite3.connect(database)) as file:
        file.execute(statement)
