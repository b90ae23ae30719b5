"""Files of predictions whose columns or metadata are others than ours: each is refused with one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modiste.errors import CatalogueError
from modiste.predictions import Predictions
from modiste.schema import Attribute, Schema

SCHEMA = Schema((Attribute("kind", ("a", "b", "c")), Attribute("tone", ("x", "y"))))


def refused(path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holds no predictions|cannot be read") as caught:
        Predictions.read_parquet(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Sound predictions."""
    random = np.random.default_rng(0)
    shares = [random.dirichlet(np.ones(size), 20).astype(np.float32) for size in SCHEMA.sizes]
    looks = np.linalg.qr(random.normal(size=(4, 4)))[0][np.arange(20) % 4].astype(np.float32)
    place = tmp_path / "tags.parquet"
    Predictions.answered(SCHEMA, shares, visual=looks, bundle="3f1c", top=2).write_parquet(place)
    return place


@pytest.fixture
def forge(path: Path) -> Callable[..., Path]:
    """Writes the file again with another table, or with other metadata."""
    frame, said = pl.read_parquet(path), pl.read_parquet_metadata(path)["modiste"]

    def written(table: pl.DataFrame = frame, metadata: str = said) -> Path:
        table.write_parquet(path, metadata={"modiste": metadata})
        return path

    return written


def test_columns_that_are_missing_or_of_another_type(path: Path, forge: Callable[..., Path]) -> None:
    frame = pl.read_parquet(path)
    needed = ["path", "error", *(f"{name}{end}" for name in SCHEMA.names for end in ("", "_probability", "_decision"))]
    for name in needed:
        refused(forge(frame.drop(name)))
    lists, records, data = pl.lit([1, 2]), pl.struct(pl.lit(1).alias("k")), pl.lit(b"\xff")
    for name in [*needed, "digest", "ood_score", "embedding", "kind_probabilities"]:
        for value in (lists, records, data):
            refused(forge(frame.with_columns(value.alias(name))))
    for number in (7.0, -3.0, float("inf")):
        for name in ("kind_probability", "ood_score"):
            refused(forge(frame.with_columns(pl.lit(number).alias(name))))
    for name, text in (("kind", "d"), ("kind", None), ("tone_decision", "perhaps"), ("path", None)):
        refused(forge(frame.with_columns(pl.lit(text, dtype=pl.String).alias(name))))
    wide = pl.lit([0.5, 9.0], dtype=pl.Array(pl.Float32, 2))
    refused(forge(frame.with_columns(wide.alias("tone_probabilities"))))
    refused(forge(frame.with_columns(wide.alias("kind_probabilities"))))


def test_metadata_that_say_something_else(path: Path, forge: Callable[..., Path]) -> None:
    said: dict[str, Any] = json.loads(pl.read_parquet_metadata(path)["modiste"])
    wrong: dict[str, list[object]] = {
        "format": [None, 2, "1", []],
        "schema": [None, 1, "", "format = 2", "[[attribute]]", said["schema"].replace("kind", "path")],
        "bundle": [None, 1, []],
        "precision": [None, 0.0, 1.0, -1.0, float("nan"), float("inf"), "0.98", True, 10**400],
        "top": [None, 0, -1, True, 1.5, "2", [2]],
        "columns": [None, [], "kind", {"path": 3}, {"path": ["x"]}, {"path": "nowhere"}],
    }
    for name, values in wrong.items():
        refused(forge(metadata=json.dumps({key: value for key, value in said.items() if key != name})))
        for value in values:
            refused(forge(metadata=json.dumps(said | {name: value})))
    for text in ("", "{", "[]", "null", "[" * 100_000, json.dumps(said | {"more": 1})):
        refused(forge(metadata=text))


def test_a_file_that_was_cut_off(path: Path) -> None:
    whole = path.read_bytes()
    for length in np.random.default_rng(1).integers(0, len(whole), 30):
        path.write_bytes(whole[:length])
        refused(path)
