"""Predictions as a Parquet file: the table, and in the file's metadata what its columns mean."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import CatalogueError, ModisteError
from modiste.measure.consistency import ALONE
from modiste.predictions.joining import NO_LABEL
from modiste.predictions.rows import Decision
from modiste.runs import write_whole
from modiste.schema import Schema

__all__ = ["About", "read_predictions", "write_predictions"]

KEY = "modiste"
"""The entry of the file's metadata that says what the columns mean."""

FORMAT = 1
"""The version of that entry's layout."""


TYPES = {"schema": str, "bundle": str, "precision": float, "top": int, "columns": dict}
"""What else stands there, and of which type."""

ROUNDED = 1e-3
"""How far a share may be out of its range: some are kept in half the precision."""


@dataclass(frozen=True)
class About:
    """What the columns of a table of predictions mean.

    Attributes:
        schema: The attributes with their labels.
        bundle: The fingerprint of the bundle that answered.
        precision: The target of the decisions.
        top: How many labels of each attribute are named.
        columns: Our names for columns -> the table's, where they differ.
        combinations: Which label ids go together: see `Predictions.combinations`.
    """

    schema: Schema
    bundle: str
    precision: float
    top: int
    columns: Mapping[str, str] = field(default_factory=dict)
    combinations: NDArray[np.int64] | None = None

    def as_metadata(self) -> dict[str, str]:
        """Returns all this as the metadata of a Parquet file."""
        said = vars(self) | {"format": FORMAT, "schema": self.schema.to_toml(), "columns": dict(self.columns)}
        # Whoever computes with NumPy has numbers of other types.
        said |= {"precision": float(self.precision), "top": int(self.top)}
        said["combinations"] = None if self.combinations is None else self.combinations.tolist()
        return {KEY: json.dumps(said, ensure_ascii=False)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "About":
        """Reads what `as_metadata` returned.

        Raises:
            ValueError: It is not there, of another format, or its values are of other types.
        """
        if KEY not in metadata:
            raise ValueError("nothing in its metadata says what its columns mean")
        said = json.loads(metadata[KEY])
        if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
            raise ValueError("of another format")
        if wrong := [name for name, kind in TYPES.items() if type(said.get(name)) is not kind]:
            raise ValueError(f"its metadata does not say {wrong[0]}")
        if not 0 < said["precision"] < 1 or said["top"] < 1:
            raise ValueError("its metadata says a precision or a number of labels that cannot be")
        if not all(isinstance(name, str) for name in said["columns"].values()):
            raise TypeError("its metadata says columns that have no name")
        schema = Schema.from_toml(said["schema"])
        # Files from before they were kept do not have them.
        return cls(**said | {"schema": schema, "combinations": _combinations(said.get("combinations"), schema)})


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
        return _fields(_own_columns(path, about), about)
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror or error})", where=path, fix=fix) from error
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError, OverflowError, ModisteError) as error:
        raise CatalogueError(f"holds no predictions ({_first_line(error)})", where=path, fix=fix) from error
    except pl.exceptions.PolarsError as error:
        raise CatalogueError(f"holds no predictions ({_first_line(error)})", where=path, fix=fix) from error
    # What Polars raises for some damaged files.
    except pl.exceptions.PanicException as error:
        raise CatalogueError("cannot be read (it is damaged)", where=path, fix=fix) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _own_columns(path: Path, about: About) -> pl.DataFrame:
    """Reads our columns, under our names; of a table's own columns only its ids, where we wrote none."""
    # Without `glob`, a name may hold brackets.
    table = pl.scan_parquet(path, glob=False)
    there = table.collect_schema().names()
    ours = dict(about.columns) or {name: name for name in there}
    if "id" not in ours and about.schema.id in there:
        ours["id"] = about.schema.id
    return table.select(pl.col(theirs).alias(name) for name, theirs in ours.items()).collect()


def _fields(frame: pl.DataFrame, about: About) -> dict[str, Any]:
    schema = about.schema
    paths = _texts(frame["path"])
    if paths.null_count():
        raise ValueError("a row has no path")
    ids = frame["id"].cast(pl.String) if "id" in frame.columns else paths
    wide = {f"{name}_probabilities": size for name, size in zip(schema.names, schema.sizes, strict=True)}
    return {
        "schema": schema,
        "bundle": about.bundle,
        "precision": about.precision,
        "top": about.top,
        "combinations": about.combinations,
        "paths": tuple(paths),
        "ids": tuple(ids.zip_with(ids.is_not_null(), paths)),
        "digests": tuple(_texts(frame["digest"])) if "digest" in frame.columns else (None,) * frame.height,
        "errors": tuple(_texts(frame["error"])),
        "notes": tuple(_texts(frame["note"])) if "note" in frame.columns else (),
        "label_ids": _label_ids(frame, schema),
        "confidence": np.stack([_shares(frame[f"{name}_probability"]) for name in schema.names], axis=1),
        "accepted": np.stack([_accepted(frame[f"{name}_decision"]) for name in schema.names], axis=1),
        "ood_score": _shares(frame["ood_score"])
        if "ood_score" in frame.columns
        else np.full(frame.height, np.nan, np.float32),
        "all_probabilities": tuple(_in_range(_rows(frame[name], size), name) for name, size in wide.items())
        if set(wide) <= set(frame.columns)
        else None,
        "kept_embedding": _normalised(_rows(frame["embedding"])) if "embedding" in frame.columns else None,
    }


def _combinations(rows: object, schema: Schema) -> NDArray[np.int64] | None:
    """Returns which label ids go together.

    Raises:
        ValueError: They are not label ids of the schema.
    """
    if rows is None:
        return None
    combinations = np.array(rows)
    if combinations.shape[1:] != (len(schema.names),) or combinations.dtype != np.int64 or not len(combinations):
        raise ValueError("its combinations of labels are none")
    if not ((combinations >= ALONE) & (combinations < schema.sizes)).all():
        raise ValueError("its combinations name labels that the schema does not have")
    return combinations


def _label_ids(frame: pl.DataFrame, schema: Schema) -> NDArray[np.int64]:
    """Returns the ids of labels, `NO_LABEL` where they are null.

    Raises:
        ValueError: A photo without an error has no label.
        PolarsError: A label is not in the schema.
    """
    columns = [
        frame[each.name].cast(pl.Enum(each.labels)).to_physical().cast(pl.Int64).fill_null(NO_LABEL).to_numpy()
        for each in schema.attributes
    ]
    label_ids = np.stack(columns, axis=1)
    if ((label_ids == NO_LABEL).any(axis=1) & frame["error"].is_null().to_numpy()).any():
        raise ValueError("a photo has neither labels nor an error")
    return label_ids


def _accepted(decisions: pl.Series) -> NDArray[np.bool_]:
    """Returns whether an answer is accepted, False where it is null.

    Raises:
        PolarsError: A decision is another than those that there are.
    """
    return (decisions.cast(pl.Enum(get_args(Decision))) == "accept").fill_null(value=False).to_numpy()


def _texts(column: pl.Series) -> pl.Series:
    """Returns a column of text, which holds nothing but nulls where Polars calls it something else.

    Raises:
        TypeError: It holds no text.
    """
    if column.dtype not in (pl.String, pl.Null):
        raise TypeError(f"the column {column.name!r} holds no text")
    return column.cast(pl.String)


def _shares(column: pl.Series) -> NDArray[np.float32]:
    """Returns a column of numbers from 0 to 1 as float32 (n,), NaN where it is null.

    Raises:
        TypeError: It holds no numbers.
        ValueError: A number is out of that range.
    """
    if not column.dtype.is_numeric() and column.dtype != pl.Null:
        raise TypeError(f"the column {column.name!r} holds no numbers")
    return _in_range(column.cast(pl.Float32).fill_null(float("nan")).to_numpy(), column.name)


def _in_range(values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if ((values < -ROUNDED) | (values > 1 + ROUNDED)).any():
        raise ValueError(f"a number of the column {name!r} is not from 0 to 1")
    return values


def _rows(column: pl.Series, size: int | None = None) -> NDArray[np.float32]:
    """Returns a column of arrays as float32 (n, d), NaN where it is null."""
    if not isinstance(column.dtype, pl.Array):
        raise TypeError(f"the column {column.name!r} holds no arrays")
    values = np.full((len(column), size or column.dtype.size), np.nan, np.float32)
    known = column.is_not_null()
    values[known.to_numpy()] = column.filter(known).to_numpy()
    return values


def _normalised(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns rows of length 1 again: in half the precision it is off by a ten-thousandth."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
