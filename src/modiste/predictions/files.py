"""Predictions as a Parquet file: the table, and in the file's metadata what its columns mean."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modiste.errors import CatalogueError, ModisteError
from modiste.predictions.frames import KEPT
from modiste.runs import write_whole
from modiste.schema import Schema

__all__ = ["About", "read_predictions", "write_predictions"]

KEY = "modiste"
"""Of the file's metadata."""

FORMAT = 1
"""The version of what stands there."""


@dataclass(frozen=True)
class About:
    """What the columns of a table of predictions mean.

    Attributes:
        schema: What is said of a photo.
        bundle: The fingerprint of the bundle that answered.
        precision: The target of the decisions.
        top: How many labels of each attribute are named.
        columns: Our names for columns -> the table's, where they differ.
    """

    schema: Schema
    bundle: str
    precision: float
    top: int
    columns: Mapping[str, str] = field(default_factory=dict)

    def as_metadata(self) -> dict[str, str]:
        """Returns it as the metadata of a Parquet file."""
        said = vars(self) | {"format": FORMAT, "schema": self.schema.to_toml(), "columns": dict(self.columns)}
        return {KEY: json.dumps(said, ensure_ascii=False)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "About":
        """Reads it back.

        Raises:
            ValueError: It is not there, or of another format.
        """
        said = json.loads(metadata[KEY])
        if said.pop("format", None) != FORMAT:
            raise ValueError("of another format")
        return cls(**said | {"schema": Schema.from_toml(said["schema"])})


def write_predictions(path: Path, frame: pl.DataFrame, about: About) -> None:
    """Writes a table of predictions, whole or not at all.

    Raises:
        OutputError: It cannot be written; what was there is still there.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, metadata=about.as_metadata())
    write_whole(path, buffer.getbuffer())


def read_predictions(path: Path) -> dict[str, Any]:
    """Returns the fields of the `Predictions` that a file holds.

    Raises:
        CatalogueError: It cannot be read, or holds no predictions.
    """
    fix = "give a file that `modiste tag --out FILE.parquet` or `Predictions.write_parquet` wrote"
    try:
        about = About.from_metadata(pl.read_parquet_metadata(path))
        frame = pl.read_parquet(path)
        return _fields(frame.rename({theirs: ours for ours, theirs in about.columns.items() if ours != theirs}), about)
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror or error})", where=path, fix=fix) from error
    except (ValueError, KeyError, TypeError, ModisteError, pl.exceptions.PolarsError) as error:
        raise CatalogueError(f"holds no predictions ({str(error).splitlines()[0]})", where=path, fix=fix) from error


def _fields(frame: pl.DataFrame, about: About) -> dict[str, Any]:
    schema = about.schema
    paths = tuple(frame["path"])
    label_ids = [
        frame[each.name].replace_strict(
            {label: number for number, label in enumerate(each.labels)}, default=-1, return_dtype=pl.Int64
        )
        for each in schema.attributes
    ]
    wide = {f"{name}_probabilities": size for name, size in zip(schema.names, schema.sizes, strict=True)}
    there = {kept: kept in frame.columns or set(wide) <= set(frame.columns) for kept in KEPT}
    return {
        "schema": schema,
        "bundle": about.bundle,
        "precision": about.precision,
        "top": about.top,
        "paths": paths,
        "ids": tuple(frame["id"]) if "id" in frame.columns else paths,
        "digests": tuple(frame["digest"]) if "digest" in frame.columns else (None,) * len(paths),
        "errors": tuple(frame["error"]),
        "label_ids": np.stack([each.fill_null(-1).to_numpy() for each in label_ids], axis=1),
        "confidence": np.stack([_numbers(frame[f"{name}_probability"]) for name in schema.names], axis=1),
        "accepted": np.stack(
            [(frame[f"{name}_decision"] == "accept").fill_null(value=False).to_numpy() for name in schema.names], axis=1
        ),
        "ood_score": _numbers(frame["ood_score"] if "ood_score" in frame.columns else pl.Series([None] * len(paths))),
        "all_probabilities": tuple(_rows(frame[name], size) for name, size in wide.items())
        if there["probabilities"]
        else None,
        "kept_embedding": _rows(frame["embedding"]) if "embedding" in frame.columns else None,
    }


def _numbers(column: pl.Series) -> np.ndarray[Any, np.dtype[np.float32]]:
    return column.cast(pl.Float32).fill_null(float("nan")).to_numpy()


def _rows(column: pl.Series, size: int | None = None) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Returns a column of arrays as float32 (n, d), NaN where it is null."""
    size = column.dtype.shape[0] if size is None else size  # type: ignore[attr-defined]
    values = np.full((len(column), size), np.nan, np.float32)
    known = column.is_not_null()
    values[known.to_numpy()] = column.filter(known).to_numpy()
    return values
