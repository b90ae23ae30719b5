"""Predictions on disk and back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.predictions.conftest import SCHEMA

from modiste.errors import CatalogueError, ConfigError
from modiste.predictions import Predictions


@pytest.fixture
def path(three: Predictions, tmp_path: Path) -> Path:
    """A file of all that is known of three photos, in a folder whose name would match others."""
    path = tmp_path / "mine [1]" / "predictions*.parquet"
    path.parent.mkdir()
    three.named(top=2).write_parquet(path)
    return path


def test_a_parquet_file_holds_all_of_it(three: Predictions, path: Path) -> None:
    table = pl.read_parquet(path, glob=False)
    assert table.schema["article_probabilities"] == pl.Array(pl.Float16, 3)
    assert table.schema["embedding"] == pl.Array(pl.Float16, 11)
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


def test_it_is_the_same_when_written_again(path: Path, tmp_path: Path) -> None:
    Predictions.read_parquet(path).write_parquet(tmp_path / "again.parquet")
    first, second = (pl.read_parquet(each, glob=False) for each in (path, tmp_path / "again.parquet"))
    assert second.drop("kind_top", "article_top", "colour_top").equals(
        first.drop("kind_top", "article_top", "colour_top")
    )
    assert Predictions.concat([Predictions.read_parquet(path)] * 2).embedding.shape == (6, 11)


def test_what_is_fresh_and_what_was_read_are_joined(three: Predictions, path: Path) -> None:
    both = Predictions.concat([three, Predictions.read_parquet(path)])
    assert both.kept == ("probabilities", "embedding")
    assert both.embedding[3:] == pytest.approx(three.embedding, abs=1e-3, nan_ok=True)
    assert (both.embedding[0] == three.embedding[0]).all()


def test_what_was_not_kept_is_said_so(three: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "narrow.parquet"
    three.write_parquet(path, keep=())
    back = Predictions.read_parquet(path)
    assert back.kept == ()
    assert (back.ids, back.digests) == (three.ids, three.digests)
    assert back.labels("kind") == ["shoes", None, "shirts"]
    ((label, probability),) = back[0].answers["kind"].top
    assert label == "shoes"
    assert probability == pytest.approx(0.9)
    with pytest.raises(ConfigError, match="hold no embedding; tag with --keep embedding"):
        _ = back.embedding
    with pytest.raises(ConfigError, match="hold no probabilities"):
        back.probabilities("kind")
    with pytest.raises(ConfigError, match="did you mean 'colour'"):
        back.labels("color")
    with pytest.raises(ConfigError, match="hold no embedding"):
        back.write_parquet(tmp_path / "more.parquet", keep=("embedding",))
    assert not (tmp_path / "more.parquet").exists()


def test_no_photo_is_a_file_too(three: Predictions, tmp_path: Path) -> None:
    three[:0].write_parquet(tmp_path / "none.parquet")
    back = Predictions.read_parquet(tmp_path / "none.parquet")
    assert (len(back), back.embedding.shape, back.probabilities("article").shape) == (0, (0, 11), (0, 3))


@pytest.mark.parametrize("content", [b"", b"no parquet", None])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.parquet"
    if content is None:
        pl.DataFrame({"path": ["a"]}).write_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"other\.parquet: (cannot be read|holds no predictions)") as refused:
        Predictions.read_parquet(path)
    assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(CatalogueError, match=r"nowhere\.parquet: cannot be read \(No such file"):
        Predictions.read_parquet(tmp_path / "nowhere.parquet")


Change = Callable[[pl.DataFrame, dict[str, Any]], tuple[pl.DataFrame, dict[str, Any]]]

WRONG: dict[str, Change] = {
    "a label that nobody knows": lambda table, about: (table.with_columns(kind=pl.lit("hats")), about),
    "no label": lambda table, about: (table.with_columns(kind=pl.lit(None, pl.String)), about),
    "no column": lambda table, about: (table.drop("article_decision"), about),
    "lists": lambda table, about: (table.with_columns(pl.col("embedding").cast(pl.List(pl.Float32))), about),
    "another format": lambda table, about: (table, about | {"format": 99}),
    "no schema": lambda table, about: (table, about | {"schema": "name = 1"}),
    "a schema that is no text": lambda table, about: (table, about | {"schema": 3}),
    "a precision that is no number": lambda table, about: (table, about | {"precision": "high"}),
    "a list": lambda table, _: (table, []),  # type: ignore[return-value,dict-item]
    "no path": lambda table, about: (table.with_columns(path=pl.lit(None, pl.String)), about),
    "errors that are numbers": lambda table, about: (table.with_columns(error=pl.lit(3)), about),
    "a decision that nobody knows": lambda table, about: (table.with_columns(kind_decision=pl.lit("maybe")), about),
    "a field that nobody knows": lambda table, about: (table, about | {"colour": 1}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_contradicts_itself_is_refused(path: Path, what: str) -> None:
    about = json.loads(pl.read_parquet_metadata(path)["modiste"])
    table, about = WRONG[what](pl.read_parquet(path, glob=False), about)
    table.write_parquet(path, metadata={"modiste": json.dumps(about)})
    with pytest.raises(CatalogueError, match="holds no predictions") as refused:
        Predictions.read_parquet(path)
    assert len(str(refused.value).splitlines()) == 1


def test_a_panic_of_the_reader_is_no_traceback(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("range end index 33552 out of range for slice of length 5105")

    monkeypatch.setattr(pl, "scan_parquet", panic)
    with pytest.raises(CatalogueError, match=r"cannot be read \(it is damaged\); give a file that `modiste tag"):
        Predictions.read_parquet(path)


def test_embeddings_are_of_length_one_in_half_the_precision_too(three: Predictions, path: Path) -> None:
    lengths = np.linalg.norm(Predictions.read_parquet(path).embedding, axis=1)
    assert lengths == pytest.approx([1, np.nan, 1], abs=1e-6, nan_ok=True)


def test_labels_after_the_first_are_not_asked_for_where_they_were_not_kept(three: Predictions, path: Path) -> None:
    three.named(top=2).write_parquet(path, keep=())
    back = Predictions.read_parquet(path)
    assert back.to_frame().columns == three.to_frame().columns
    back.write_parquet(path)
    assert Predictions.read_parquet(path).labels("kind") == ["shoes", None, "shirts"]


def test_numbers_of_numpy_are_numbers(three: Predictions, path: Path) -> None:
    three.named(precision=np.float32(0.5), top=np.int64(2)).write_parquet(path)
    back = Predictions.read_parquet(path)
    assert (back.precision, back.top) == (0.5, 2)


def test_a_file_of_something_else_says_what_it_lacks(tmp_path: Path) -> None:
    pl.DataFrame({"path": ["a"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(CatalogueError, match="nothing in its metadata says what its columns mean"):
        Predictions.read_parquet(tmp_path / "other.parquet")
