"""Predictions as a table: which columns it has, and what is in them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import ConfigError, nearest
from modiste.predictions.joining import NO_LABEL
from modiste.schema import Schema

if TYPE_CHECKING:
    from modiste.predictions.photos import Predictions

__all__ = ["KEPT", "Columns", "check_keep", "columns_of", "decisions_of", "frame_of", "labels_of", "most_probable"]

KEPT = ("probabilities", "embedding")
"""What a table of predictions holds only where that is asked for: it is wide."""

Columns = dict[str, pl.DataType | type[pl.DataType]]
"""The columns of a table: name -> type."""

DECISIONS = pl.Series(["review", "accept", None])
"""What an answer is called that was not accepted, and one that was; `NO_LABEL`, the last index, is neither."""


def check_keep(keep: Sequence[str] | None) -> None:
    """Makes sure that what is to be kept is some of `KEPT`, or None.

    Raises:
        ConfigError: There is nothing of that name to keep.
    """
    for name in [keep] if isinstance(keep, str) else keep or ():
        if name not in KEPT:
            raise ConfigError(
                f"nothing called {name!r} can be kept{nearest(name, KEPT)}",
                where="keep",
                fix=f"there are {' and '.join(KEPT)}",
            )


def columns_of(
    schema: Schema, *, top: int = 1, keep: Sequence[str] | None = None, dimensions: int = 0, notes: bool = False
) -> Columns:
    """Returns the columns of a table of predictions.

    They are `path`; for each attribute `<attribute>`, `<attribute>_probability`, `<attribute>_decision` and, where more
    than one label is asked for, `<attribute>_top`, which lists these with their probabilities; `error`, null where all
    went well; where there are notes, `note`, which says what of a row could not be used. Where anything is to be kept,
    `id`, `digest` and `ood_score` follow, and that: the `<attribute>_probabilities`, in the order of the schema's
    labels, and `embedding`, both in half the precision.

    Args:
        schema: The attributes with their labels.
        top: How many labels of each attribute to name.
        keep: Some of `KEPT`, or None.
        dimensions: The length of an embedding.
        notes: Whether there are notes.
    """
    columns: Columns = {"path": pl.String}
    for name in schema.names:
        columns |= {name: pl.String, f"{name}_probability": pl.Float32, f"{name}_decision": pl.String}
        if top > 1:
            columns[f"{name}_top"] = pl.List(pl.Struct({"label": pl.String, "probability": pl.Float32}))
    columns["error"] = pl.String
    if notes:
        columns["note"] = pl.String
    if keep is None:
        return columns
    columns |= {"id": pl.String, "digest": pl.String, "ood_score": pl.Float32}
    if "probabilities" in keep:
        pairs = zip(schema.names, schema.sizes, strict=True)
        columns |= {f"{name}_probabilities": pl.Array(pl.Float16, size) for name, size in pairs}
    if "embedding" in keep:
        columns["embedding"] = pl.Array(pl.Float16, dimensions)
    return columns


def frame_of(predictions: "Predictions", keep: Sequence[str] | None, *, notes: bool) -> pl.DataFrame:
    """Returns one photo a row: see `columns_of`.

    Args:
        predictions: The predictions for any number of photos.
        keep: Some of `KEPT`, or None.
        notes: Whether to add what is noted of each row.

    Raises:
        ConfigError: They were not kept, or there is nothing of that name to keep.
    """
    check_keep(keep)
    schema = predictions.schema
    # Without all probabilities nobody knows which labels come after the first.
    top = 1 if predictions.all_probabilities is None else predictions.top
    failed = pl.Series(predictions.errors, dtype=pl.String).is_not_null()
    wide = keep or ()
    dimensions = predictions.embedding.shape[1] if "embedding" in wide else 0
    columns: dict[str, Any] = {
        "path": predictions.paths,
        "error": pl.Series(predictions.errors, dtype=pl.String),
        "note": pl.Series(predictions.notes or [None] * len(predictions), dtype=pl.String),
        "id": predictions.ids,
        "digest": pl.Series(predictions.digests, dtype=pl.String),
        "ood_score": pl.Series(values=predictions.ood_score, nan_to_null=True),
    }
    for index, name in enumerate(schema.names):
        columns[name] = labels_of(predictions, index)
        columns[f"{name}_probability"] = pl.Series(values=predictions.confidence[:, index], nan_to_null=True)
        columns[f"{name}_decision"] = decisions_of(predictions, index)
        if top > 1:
            columns[f"{name}_top"] = _lists(predictions, index).set(failed, None)
        if "probabilities" in wide:
            columns[f"{name}_probabilities"] = _array(predictions.probabilities(name), failed)
    if "embedding" in wide:
        columns["embedding"] = _array(predictions.embedding, failed)
    wanted = columns_of(schema, top=top, keep=keep, dimensions=dimensions, notes=notes)
    return pl.DataFrame({name: columns[name] for name in wanted}, schema=wanted)


def labels_of(predictions: "Predictions", index: int) -> pl.Series:
    """Returns the labels answered for the attribute of an index, null where there is an error."""
    labels = predictions.schema.attributes[index].labels
    # `NO_LABEL` is the last index.
    return pl.Series([*labels, None], dtype=pl.String)[predictions.label_ids[:, index]]


def decisions_of(predictions: "Predictions", index: int) -> pl.Series:
    """Returns the decisions about the attribute of an index, null where there is an error."""
    answered = predictions.label_ids[:, index] != NO_LABEL
    return DECISIONS[np.where(answered, predictions.accepted[:, index], NO_LABEL)]


def most_probable(probabilities: NDArray[np.float32], top: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the ids of the most probable labels, the most probable first, and their probabilities: (n, top) each.

    Args:
        probabilities: (n, labels).
        top: How many; where there are fewer labels, all of them.
    """
    if top == 1:
        best = probabilities.argmax(axis=1)[:, None]
    else:
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    return best, np.take_along_axis(probabilities, best, axis=1)


def _lists(predictions: "Predictions", index: int) -> pl.Series:
    """Returns a list a row, of labels with their probabilities."""
    attribute = predictions.schema.attributes[index]
    best, shares = most_probable(predictions.probabilities(attribute.name), predictions.top)
    labels = pl.Series(attribute.labels, dtype=pl.String)
    pairs = pl.DataFrame({"label": labels.gather(best.ravel()), "probability": shares.ravel()})
    return pairs.to_struct().reshape(best.shape).arr.to_list()


def _array(values: NDArray[np.float32], failed: pl.Series) -> pl.Series:
    """Returns (n, d) as a column of arrays of half the precision, null where a photo has failed."""
    column = pl.Series("values", values.astype(np.float16), dtype=pl.Array(pl.Float16, values.shape[1]))
    return pl.select(pl.when(~failed).then(column)).to_series()
