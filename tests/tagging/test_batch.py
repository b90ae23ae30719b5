import numpy as np
import polars as pl
import pytest
from modiste.tagging.batch import Batch, schema_of
from modiste.tagging.tagged import Answer, Tagged

from modiste.portable.answers import Answers
from modiste.schema import Attribute

ATTRIBUTES = (Attribute("colour", ("red", "blue", "green")), Attribute("kind", ("shoe", "shirt")))

# The hierarchy may answer with another label than the most probable one.
ANSWERS = Answers(
    attributes=ATTRIBUTES,
    label_ids=np.array([[0, 1], [2, 0]]),
    confidence=np.array([[0.5, 0.75], [0.25, 1]], np.float32),
    accepted=np.array([[False, True], [False, True]]),
    probabilities=(
        np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], np.float32),
        np.array([[0.25, 0.75], [1, 0]], np.float32),
    ),
    visual=np.ones((2, 1), np.float32),
    familiarity=np.ones(2, np.float32),
    familiar=np.ones(2, bool),
)


def batch(top: int) -> Batch:
    """Two photos with answers, around one without; then two more without."""
    answered = Batch.answered(["1.jpg", "2.jpg", "3.jpg"], [None, "empty", None], ANSWERS, top)
    return Batch.joined([answered, Batch.unanswered(["4.jpg", "5.jpg"], ["bad", "worse"], ATTRIBUTES, top)])


def test_objects_are_made_of_it() -> None:
    first, second, third, *others = batch(2)
    assert first.answers["colour"] == Answer("red", 0.5, "review", (("red", 0.5), ("blue", 0.25)))
    assert second == Tagged("2.jpg", {}, "empty")
    assert third.answers == {
        "colour": Answer("green", 0.25, "review", (("blue", 0.5), ("red", 0.25))),
        "kind": Answer("shoe", 1.0, "accept", (("shoe", 1.0), ("shirt", 0.0))),
    }
    assert others == [Tagged("4.jpg", {}, "bad"), Tagged("5.jpg", {}, "worse")]


@pytest.mark.parametrize("top", [1, 2, 9])
def test_its_table_says_what_its_objects_say(top: int) -> None:
    frame = batch(top).to_frame()
    assert frame.schema == pl.Schema(schema_of(ATTRIBUTES, top))
    assert frame.height == len(batch(top)) == 5
    for row, item in zip(frame.rows(named=True), batch(top), strict=True):
        assert (row["path"], row["error"]) == (item.path, item.error)
        for name in ("colour", "kind"):
            answer = item.answers.get(name)
            said = answer and (answer.label, answer.probability, answer.decision)
            assert (row[name], row[f"{name}_probability"], row[f"{name}_decision"]) == (said or (None, None, None))
            if top > 1:
                listed = row[f"{name}_top"] and tuple(tuple(pair.values()) for pair in row[f"{name}_top"])
                assert listed == (answer and answer.top)


def test_columns_are_named_after_the_attributes() -> None:
    assert batch(1).to_frame().columns == [
        *("path", "colour", "colour_probability", "colour_decision"),
        *("kind", "kind_probability", "kind_decision", "error"),
    ]
    assert batch(2).to_frame().columns[1:5] == ["colour", "colour_probability", "colour_decision", "colour_top"]


@pytest.mark.parametrize("top", [1, 2])
def test_without_a_photo_it_is_an_empty_table(top: int) -> None:
    empty = Batch.unanswered([], [], ATTRIBUTES, top)
    assert list(empty) == []
    assert empty.to_frame().schema == pl.Schema(schema_of(ATTRIBUTES, top))
