"""Photos that an audit or a picker puts into the queue."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from modiste.errors import CatalogueError, ImageError, StoreError
from modiste.predictions import Answer
from modiste.review import enqueue as module
from modiste.review.enqueue import Candidate, enqueue
from modiste.review.items import Added, Question, expected_errors
from modiste.review.store import ReviewStore

LABELS = {"Class": ("Shirts", "Tshirts")}

QUESTIONS = (
    Question("Class", "Tshirts", 0.6, (("Tshirts", 0.6), ("Shirts", 0.4)), catalogue_label="Shirts"),
    Question("colour", "Blue", 0.9, catalogue_label="Blue", asked=False),
)


def photo() -> Image.Image:
    return Image.new("RGB", (600, 800), "white")


def found(name: str, picture: Callable[[], Image.Image] = photo) -> Candidate:
    return Candidate(name, f"digest of {name}", picture, QUESTIONS, "suspect_label", 0.8)


def test_an_audits_find_comes_with_both_labels_and_a_small_photo(store: ReviewStore) -> None:
    candidates = [found("products/1.png")]
    assert enqueue(store, candidates, bundle="b", labels=LABELS) == Added(new=1)
    assert enqueue(store, candidates, bundle="b", labels=LABELS) == Added(known=1)
    item = store.claim("Ann")
    assert item is not None
    assert (item.path, item.bundle, item.reason, item.priority) == ("products/1.png", "b", "suspect_label", 0.8)
    assert item.questions == QUESTIONS
    assert item.open == ("Class",)
    with Image.open(io.BytesIO(store.thumbnail(item.id))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (360, 480))
    assert store.labels("b") == LABELS


def test_a_photo_that_cannot_be_read_is_counted_and_the_others_are_queued(store: ReviewStore) -> None:
    def gone() -> Image.Image:
        raise CatalogueError("no such picture")

    def damaged() -> Image.Image:
        raise ImageError("is no picture")

    candidates = [found("gone.png", gone), found("bad.png", damaged), found("good.png")]
    assert enqueue(store, candidates, bundle="b", labels=LABELS) == Added(new=1, unreadable=2)
    assert store.item(1).path == "good.png"


def test_photos_are_decoded_while_nobody_waits_for_the_database(
    store: ReviewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 2)

    def picture() -> Image.Image:
        store.claim("Ann")  # it writes, so it would wait for a transaction that is open
        return photo()

    candidates = [found(f"{number}.png", picture) for number in range(5)]
    assert enqueue(store, candidates, bundle="b", labels=LABELS) == Added(new=5)
    assert enqueue(store, [], bundle="b", labels=LABELS) == Added()


def test_where_nothing_is_asked_no_picture_is_decoded(store: ReviewStore) -> None:
    def fail() -> Image.Image:
        pytest.fail("it is decoded")

    candidate = replace(found("1.png", fail), questions=QUESTIONS[1:])
    assert enqueue(store, [candidate], bundle="b", labels=LABELS) == Added()


def test_a_slip_is_refused_before_anything_is_written(store: ReviewStore) -> None:
    wrong = replace(found("2.png"), priority=float("nan"))
    with pytest.raises(StoreError, match="give a finite number"):
        enqueue(store, [found("1.png"), wrong], bundle="b", labels=LABELS)
    assert store.progress().photos == 0


ANSWERS = {
    "Class": Answer("Dress", 0.9, "accept", (("Dress", 0.9), ("Tops", 0.1))),
    "colour": Answer("Red", 0.7, "review", (("Red", 0.7),)),
}


def test_an_uncertain_photo_comes_by_the_errors_to_be_expected() -> None:
    candidate = Candidate.tagged("1.png", "digest", photo, ANSWERS, out_of_distribution=False)
    assert candidate.reason == "uncertain"
    assert candidate.priority == pytest.approx(0.3)
    assert candidate.questions == (
        Question("Class", "Dress", 0.9, (("Dress", 0.9), ("Tops", 0.1)), asked=False),
        Question("colour", "Red", 0.7, (("Red", 0.7),)),
    )


def test_the_probabilities_of_a_photo_out_of_distribution_count_half() -> None:
    answers = {name: replace(answer, decision="review") for name, answer in ANSWERS.items()}
    candidate = Candidate.tagged("1.png", "digest", photo, answers, out_of_distribution=True)
    assert candidate.reason == "out_of_distribution"
    assert candidate.priority == pytest.approx(0.55 + 0.65)


def test_a_label_without_a_probability_counts_as_wrong() -> None:
    asked = (Question("Class", "Dress"), Question("colour", "Red", 0.75), Question("gender", "Men", 0.1, asked=False))
    assert expected_errors(asked) == pytest.approx(1.25)
