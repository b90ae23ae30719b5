"""The currency: what it says row by row and column by column, and how it is cut and joined."""

from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.predictions.conftest import SCHEMA, made

from modiste.errors import ConfigError
from modiste.predictions import Answer, Prediction, Predictions, columns_of

ALL = ("probabilities", "embedding")


def test_columns_say_what_rows_say(three: Predictions) -> None:
    assert len(three) == 3
    assert three.labels("article") == ["boots", None, "tees"]
    assert three.decisions("kind") == ["accept", None, "accept"]
    assert three.probabilities("colour")[0].tolist() == pytest.approx([0.6, 0.4])
    assert np.isnan(three.probabilities("colour")[1]).all()
    assert three.ood_score[0] == pytest.approx(0.1)
    assert np.isnan(three.ood_score[1])
    assert (three.ids, three.paths, three.errors[1]) == (("1", "2", "3"), ("a.jpg", "b.jpg", "c.jpg"), "not a picture")
    first, second, _ = three
    assert (first.path, first.id, first.answers["article"].label) == ("a.jpg", "1", "boots")
    assert first.answers["kind"].probability == pytest.approx(0.9)
    assert first.ood_score == pytest.approx(0.1)
    assert second == Prediction("b.jpg", {}, "not a picture", "2", None)
    assert three[-1].answers["colour"].decision == "review"


def test_an_answer_may_be_another_than_the_most_probable_label() -> None:
    told = made(
        [[0.5, 0.5]], [[0.25, 0.5, 0.25]], [[1, 0]], label_ids=np.array([[0, 0, 0]]), accepted=np.array([[1, 0, 1]]) > 0
    )
    assert told.named(top=2)[0].answers == {
        "kind": Answer("shoes", 0.5, "accept", (("shoes", 0.5), ("shirts", 0.5))),
        "article": Answer("boots", 0.25, "review", (("sandals", 0.5), ("boots", 0.25))),
        "colour": Answer("red", 1.0, "accept", (("red", 1.0), ("blue", 0.0))),
    }


@pytest.mark.parametrize("top", [1, 2, 9])
def test_its_table_says_what_its_objects_say(three: Predictions, top: int) -> None:
    told = three.named(top=top)
    frame = told.to_frame()
    assert frame.schema == pl.Schema(columns_of(SCHEMA, top=top))
    assert frame.height == len(told) == 3
    for row, item in zip(frame.rows(named=True), told, strict=True):
        assert (row["path"], row["error"]) == (item.path, item.error)
        for name in SCHEMA.names:
            answer = item.answers.get(name)
            said = answer and (answer.label, answer.probability, answer.decision)
            assert (row[name], row[f"{name}_probability"], row[f"{name}_decision"]) == (said or (None, None, None))
            if top > 1:
                listed = row[f"{name}_top"] and tuple(tuple(pair.values()) for pair in row[f"{name}_top"])
                assert listed == (answer and answer.top)


def test_columns_are_named_after_the_attributes(three: Predictions) -> None:
    assert three.to_frame().columns == [
        *("path", "kind", "kind_probability", "kind_decision"),
        *("article", "article_probability", "article_decision"),
        *("colour", "colour_probability", "colour_decision", "error"),
    ]
    assert three.named(top=2).to_frame().columns[1:5] == ["kind", "kind_probability", "kind_decision", "kind_top"]
    kept = three.to_frame(keep=ALL).columns
    assert kept[10:] == [
        *("error", "id", "digest", "ood_score", "kind_probabilities", "article_probabilities"),
        *("colour_probabilities", "embedding"),
    ]
    assert three.to_frame(keep=()).columns == kept[:14]


def test_what_cannot_be_kept_is_told(three: Predictions) -> None:
    with pytest.raises(ConfigError, match=r"nothing called 'embeddings' can be kept \(did you mean 'embedding'\?\)"):
        three.to_frame(keep=("embeddings",))
    with pytest.raises(ConfigError, match="hold no embedding"):
        made([[1, 0]], [[1, 0, 0]], [[1, 0]], visual=None).to_frame(keep=("embedding",))


def test_many_rows_are_each_their_own() -> None:
    count = 1300
    share = np.linspace(0, 1, count, dtype=np.float32)
    even = np.full((count, 3), 1 / 3, np.float32)
    told = Predictions.answered(SCHEMA, [np.stack([share, 1 - share], axis=1), even, even[:, :2]])
    rows = list(told)
    assert [row.answers["kind"].probability for row in rows] == np.maximum(share, 1 - share).tolist()
    assert [row.path for row in rows] == [str(number) for number in range(count)]
    assert told[700] == rows[700]


def test_it_slices_filters_and_joins(three: Predictions) -> None:
    assert three[1:].paths == ("b.jpg", "c.jpg")
    assert three.filter([True, False, True]).labels("kind") == ["shoes", "shirts"]
    assert three.filter(three.ood_score > 0.5).ids == ("3",)
    assert three.take([2, 0]).ids == ("3", "1")
    again = Predictions.concat([three[:1], three[1:2], three[2:]])
    assert again.to_frame(keep=ALL).equals(three.to_frame(keep=ALL))
    with pytest.raises(ValueError, match="mask of 3"):
        three.filter([True])
    for row in (3, -4):
        with pytest.raises(IndexError):
            three[row]


def test_what_one_part_does_not_hold_the_whole_does_not_hold(three: Predictions) -> None:
    narrow = made([[1, 0]], [[1, 0, 0]], [[1, 0]], visual=None)
    both = Predictions.concat([three, narrow])
    assert (both.kept, both.labels("colour")) == (("probabilities",), ["red", None, "red", "red"])
    none = Predictions.concat([three, made([[1, 0]], [[1, 0, 0]], [[1, 0]]), three[:0]])
    assert none.kept == ALL


def test_predictions_of_different_bundles_are_not_joined(three: Predictions) -> None:
    for other in (three.named(bundle="another"), three.named(schema=SCHEMA.narrowed(SCHEMA.attributes[::-1]))):
        with pytest.raises(ConfigError, match="different bundles cannot be joined; tag all photos with the same one"):
            Predictions.concat([three, other])


def test_embeddings_are_normalised_and_follow_the_schema(three: Predictions) -> None:
    read = three.embedding[[0, 2]]
    assert read.dtype == np.float32
    assert np.linalg.norm(read, axis=1) == pytest.approx([1, 1])
    assert np.isnan(three.embedding[1]).all()
    # The Bhattacharyya coefficients of the attributes, weighted 1, 2 and 1, and the looks, which differ, 0.3.
    pairs = [three.probabilities(name)[[0, 2]] for name in SCHEMA.names]
    alike = [float(np.sqrt(one * other).sum()) for one, other in pairs]
    assert read[0] @ read[1] == pytest.approx((alike[0] + 2 * alike[1] + alike[2]) / 4.3, abs=1e-6)


def test_a_pandas_frame_says_the_same(three: Predictions) -> None:
    frame = three.to_pandas()
    assert list(frame.columns) == three.to_frame().columns
    assert frame["article"].to_list()[0] == "boots"
    assert len(three.to_pandas(keep=ALL)["embedding"][0]) == 11


@pytest.mark.parametrize("top", [1, 2])
def test_no_photo_at_all(top: int) -> None:
    none = Predictions.failed(SCHEMA, [], top=top)
    assert (len(none), list(none), str(none), none.labels("kind")) == (0, [], "", [])
    assert none.to_frame().schema == pl.Schema(columns_of(SCHEMA, top=top))
    failed = Predictions.failed(SCHEMA, ["empty", "bad"], paths=("x.jpg", "y.jpg"), top=top)
    assert [(item.path, item.error) for item in failed] == [("x.jpg", "empty"), ("y.jpg", "bad")]
    assert failed.to_frame()["kind"].to_list() == [None, None]


def test_row_numbers_are_no_mask_and_a_mask_is_no_row_numbers(three: Predictions) -> None:
    for mask in ([0, 1, 2], ["yes", "no", "yes"], pl.Series([True, None, False])):
        with pytest.raises(ValueError, match="need a mask of 3 rows, bool, not"):
            three.filter(mask)  # type: ignore[arg-type]
    for rows in ([True, False, True], [0.5], [[0, 1]]):
        with pytest.raises(ValueError, match="need row numbers, not"):
            three.take(rows)  # type: ignore[arg-type]
    assert three.filter(pl.Series([True, True, False]).to_numpy()).ids == ("1", "2")
    assert (three[:0].filter([]).ids, three.take([]).ids, three.take([-1]).ids) == ((), (), ("3",))


def test_parts_come_one_by_one_or_not_at_all(three: Predictions) -> None:
    assert Predictions.concat(three[row : row + 1] for row in range(3)).ids == ("1", "2", "3")
    with pytest.raises(ConfigError, match="there are no predictions to join"):
        Predictions.concat([])


@pytest.mark.parametrize("attribute", [None, 0, ["kind"]])
def test_an_attribute_that_is_no_text_is_none(three: Predictions, attribute: str) -> None:
    for ask in (three.labels, three.decisions, three.probabilities):
        with pytest.raises(ConfigError, match=r"no attribute .*; there are kind, article, colour"):
            ask(attribute)


@pytest.mark.parametrize("keep", ["all", ["embeddings"]])
def test_what_cannot_be_kept_is_said_so(three: Predictions, tmp_path: Path, keep: list[str]) -> None:
    for write in (three.to_frame, three.to_pandas, partial(three.write_parquet, tmp_path / "x.parquet")):
        with pytest.raises(
            ConfigError, match=r"keep: nothing called .* can be kept.*; there are probabilities and emb"
        ):
            write(keep=keep)
    assert not list(tmp_path.iterdir())
