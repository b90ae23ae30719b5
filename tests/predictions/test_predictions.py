"""The currency: what it says row by row, column by column, on disk and back, and of products with several photos."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modiste.errors import CatalogueError, ConfigError
from modiste.predictions import Predictions
from modiste.schema import Attribute, Schema

SCHEMA = Schema(
    (
        Attribute("kind", ("shoes", "shirts")),
        Attribute("article", ("boots", "sandals", "tees"), similarity=2.0),
        Attribute("colour", ("red", "blue")),
    ),
    hierarchy=("kind", "article"),
)


def made(kind: list[list[float]], article: list[list[float]], colour: list[list[float]], **more: Any) -> Predictions:
    wide = [np.array(each, np.float32) for each in (kind, article, colour)]
    visual = np.eye(4, dtype=np.float32)[: len(kind)]
    return Predictions.answered(SCHEMA, wide, visual=visual, bundle="b" * 32, **more)


@pytest.fixture
def three() -> Predictions:
    """Three photos; the second could not be read."""
    two = made(
        [[0.9, 0.1], [0.2, 0.8]],
        [[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]],
        [[0.6, 0.4], [0.5, 0.5]],
        accepted=np.array([[True, False, False], [True, True, False]]),
        ood_score=np.array([0.1, 0.9], np.float32),
    )
    return two.spread(
        [None, "not a picture", None], paths=("a.jpg", "b.jpg", "c.jpg"), ids=("1", "2", "3"), digests=("x", None, "z")
    )


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
    assert (second.error, second.answers, second.ood_score) == ("not a picture", {}, None)
    assert three[-1].answers["colour"].decision == "review"


def test_top_names_the_most_probable_labels(three: Predictions) -> None:
    more = three.named(top=2)
    assert [label for label, _ in more[0].answers["article"].top] == ["boots", "sandals"]
    frame = more.to_frame()
    assert frame["article_top"][0].struct.field("label").to_list() == ["boots", "sandals"]
    assert frame["article_top"][1] is None
    assert "article_top" not in three.to_frame().columns


def test_it_slices_filters_and_joins(three: Predictions) -> None:
    assert three[1:].paths == ("b.jpg", "c.jpg")
    assert three.filter([True, False, True]).labels("kind") == ["shoes", "shirts"]
    assert three.take([2, 0]).ids == ("3", "1")
    again = Predictions.concat([three[:1], three[1:2], three[2:]])
    assert again.to_frame(keep=("probabilities", "embedding")).equals(
        three.to_frame(keep=("probabilities", "embedding"))
    )
    with pytest.raises(ValueError, match="mask of 3"):
        three.filter([True])


def test_embeddings_are_normalised_and_follow_the_schema(three: Predictions) -> None:
    read = three.embedding[[0, 2]]
    assert read.dtype == np.float32
    assert np.linalg.norm(read, axis=1) == pytest.approx([1, 1])
    assert np.isnan(three.embedding[1]).all()
    # The Bhattacharyya coefficients of the attributes, weighted 1, 2 and 1, and the looks, which differ, 0.3.
    pairs = [three.probabilities(name)[[0, 2]] for name in SCHEMA.names]
    alike = [float(np.sqrt(one * other).sum()) for one, other in pairs]
    assert read[0] @ read[1] == pytest.approx((alike[0] + 2 * alike[1] + alike[2]) / 4.3, abs=1e-6)


def test_a_parquet_file_holds_all_of_it(three: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    three.named(top=2).write_parquet(path)
    table = pl.read_parquet(path)
    assert table.schema["article_probabilities"] == pl.Array(pl.Float16, 3)
    assert table["embedding"].null_count() == 1
    back = Predictions.read_parquet(path)
    assert (back.schema, back.bundle, back.precision, back.top) == (SCHEMA, "b" * 32, 0.98, 2)
    assert (back.ids, back.paths, back.digests, back.errors) == (three.ids, three.paths, three.digests, three.errors)
    assert back.labels("article") == three.labels("article")
    assert (back.accepted == three.accepted).all()
    for name in SCHEMA.names:
        assert back.probabilities(name) == pytest.approx(three.probabilities(name), abs=1e-3, nan_ok=True)
    assert back.embedding == pytest.approx(three.embedding, abs=1e-3, nan_ok=True)
    assert back.ood_score == pytest.approx(three.ood_score, nan_ok=True)


def test_what_was_not_kept_is_said_so(three: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "narrow.parquet"
    three.write_parquet(path, keep=())
    back = Predictions.read_parquet(path)
    assert back.kept == ()
    assert back.labels("kind") == ["shoes", None, "shirts"]
    assert back[0].answers["kind"].top == (("shoes", pytest.approx(0.9)),)
    with pytest.raises(ConfigError, match="hold no embedding; tag with --keep embedding"):
        _ = back.embedding
    with pytest.raises(ConfigError, match="hold no probabilities"):
        back.probabilities("kind")
    with pytest.raises(ConfigError, match="did you mean 'colour'"):
        back.labels("color")


@pytest.mark.parametrize("content", [b"", b"no parquet", None])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.parquet"
    if content is None:
        pl.DataFrame({"path": ["a"]}).write_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"other\.parquet: (cannot be read|holds no predictions)"):
        Predictions.read_parquet(path)


def test_a_pandas_frame_says_the_same(three: Predictions) -> None:
    frame = three.to_pandas()
    assert list(frame.columns) == three.to_frame().columns
    assert frame["article"].to_list()[0] == "boots"


def test_no_photo_at_all() -> None:
    none = Predictions.failed(SCHEMA, [])
    assert (len(none), none.to_frame().height, none.labels("kind")) == (0, 0, [])
    assert Predictions.failed(SCHEMA, ["empty"], paths=("x.jpg",))[0].error == "empty"


def test_photos_are_pooled_to_products() -> None:
    photos = made(
        [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]],
        [[0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]],
        [[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]],
        accepted=np.array([[True, False, True], [False, False, False], [True, True, True]]),
        ood_score=np.array([0.3, 0.1, 0.2], np.float32),
        ids=("1", "1", "2"),
    ).spread([None, None, None, "gone", "gone"], ids=("1", "1", "2", "2", "3"), paths=("a", "b", "c", "d", "e"))
    products = photos.pooled()
    assert (products.ids, products.paths) == (("1", "2", "3"), ("a", "c", "e"))
    assert products.errors == (None, None, "gone")
    assert products.probabilities("article")[0].tolist() == pytest.approx([0.35, 0.55, 0.1])
    # The first photo's answers are shoes and boots, the second's shoes and sandals, which the means prefer.
    assert products.labels("article") == ["sandals", "tees", None]
    assert products.labels("colour") == ["red", "blue", None]
    assert products.confidence[0].tolist() == pytest.approx([0.75, 0.55, 0.6])
    # Accepted on one photo, and no other says otherwise; of the colour one does.
    assert products.accepted.tolist() == [[True, False, False], [True, True, True], [False, False, False]]
    assert products.ood_score[:2].tolist() == pytest.approx([0.1, 0.2])
    assert np.linalg.norm(products.embedding[:2], axis=1) == pytest.approx([1, 1])


def test_one_photo_a_product_is_as_it_was(three: Predictions) -> None:
    assert three.pooled().to_frame().equals(three.to_frame())


def test_the_answers_of_a_product_fit_together() -> None:
    photos = made(
        [[0.6, 0.4], [0.1, 0.9], [0.6, 0.4]],
        [[0.5, 0.1, 0.4], [0.1, 0.0, 0.9], [0.5, 0.1, 0.4]],
        [[1, 0], [1, 0], [1, 0]],
        ids=("1", "1", "1"),
    ).pooled()
    # By themselves, the means would say shirts (0.57) and tees (0.57); one photo said both.
    assert (photos.labels("kind"), photos.labels("article")) == (["shirts"], ["tees"])
