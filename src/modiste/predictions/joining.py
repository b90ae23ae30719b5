"""Rows of predictions picked out, put among others, and joined: each returns new predictions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modiste.errors import ConfigError

if TYPE_CHECKING:
    from modiste.predictions.photos import Predictions

__all__ = ["NO_LABEL", "joined", "picked", "row_numbers", "rows_where", "spread"]

NO_LABEL = -1
"""The label id of a photo without an answer."""

TEXTS = ("paths", "ids", "digests", "errors")
"""The fields that hold one text a photo."""
ARRAYS = {
    "label_ids": NO_LABEL,
    "confidence": np.nan,
    "accepted": False,
    "ood_score": np.nan,
    "visual": np.nan,
    "kept_embedding": np.nan,
}
"""The arrays of one row a photo -> what stands there in a row without an answer."""


def rows_where(mask: NDArray[np.bool_] | Sequence[bool], count: int) -> NDArray[np.int64]:
    """Returns the numbers of the rows, of so many, that a mask says yes to."""
    chosen = np.asarray(mask)
    if chosen.shape != (count,) or (chosen.size and chosen.dtype != np.bool_):
        raise ValueError(f"need a mask of {count} rows, bool, not {chosen.dtype} {chosen.shape}")
    return np.flatnonzero(chosen)


def row_numbers(rows: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int64]:
    """Returns row numbers as an array; of anything else, a mask among it, a ValueError."""
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or (numbers.size and not np.issubdtype(numbers.dtype, np.integer)):
        raise ValueError(f"need row numbers, not {numbers.dtype} {numbers.shape}")
    return numbers.astype(np.int64)


def picked(predictions: "Predictions", rows: "slice | NDArray[np.int64]") -> "Predictions":
    """Returns the photos of some rows, in the order given."""

    def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return values[rows] if isinstance(rows, slice) else tuple(values[row] for row in rows.tolist())

    texts = {name: some(getattr(predictions, name)) for name in TEXTS}
    texts["notes"] = predictions.notes and some(predictions.notes)
    return _with_each(predictions, lambda values, _: values[rows], texts)


def spread(predictions: "Predictions", errors: Sequence[str | None], more: dict[str, Any]) -> "Predictions":
    """Returns answers as rows among others that have an error instead: see `Predictions.spread`."""
    count = len(errors)
    names = tuple(map(str, range(count)))
    told = iter(predictions.notes)
    notes = tuple(next(told) if error is None else None for error in errors) if predictions.notes else ()
    texts: dict[str, Any] = {"paths": names, "ids": names, "digests": (None,) * count, "notes": notes}
    texts |= more | {"errors": tuple(errors)}
    rows = np.flatnonzero(np.array([error is None for error in errors], dtype=np.bool_))
    if len(rows) == count:
        return replace(predictions, **texts)

    def among(values: NDArray[Any], nothing: object) -> NDArray[Any]:
        whole = np.full((count, *values.shape[1:]), nothing, values.dtype)
        whole[rows] = values
        return whole

    return _with_each(predictions, among, texts)


def joined(parts: Iterable["Predictions"]) -> "Predictions":
    """Returns predictions one after another; the whole keeps only what all parts kept.

    Args:
        parts: At least one.

    Raises:
        ConfigError: There is none, or they are not of the same bundle.
    """
    parts = list(parts)
    if not parts:
        raise ConfigError("there are no predictions to join", fix="give one part at least")
    first = parts[0]
    if len(parts) == 1:
        return first
    if any((part.bundle, part.schema) != (first.bundle, first.schema) for part in parts):
        raise ConfigError("predictions of different bundles cannot be joined", fix="tag all photos with the same one")
    whole: dict[str, Any] = {name: tuple(chain.from_iterable(getattr(part, name) for part in parts)) for name in TEXTS}
    if any(part.notes for part in parts):
        whole["notes"] = tuple(chain.from_iterable(part.notes or (None,) * len(part) for part in parts))
    whole |= {name: _end_to_end([getattr(part, name) for part in parts]) for name in ARRAYS}
    if whole["visual"] is None and all("embedding" in part.kept for part in parts):
        whole["kept_embedding"] = np.concatenate([part.embedding for part in parts])
    wide = [part.all_probabilities for part in parts if part.all_probabilities is not None]
    whole["all_probabilities"] = (
        tuple(map(np.concatenate, zip(*wide, strict=True))) if len(wide) == len(parts) else None
    )
    return replace(first, **whole)


def _end_to_end(arrays: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    there = [each for each in arrays if each is not None]
    return np.concatenate(there) if len(there) == len(arrays) else None


def _with_each(
    predictions: "Predictions", work: Callable[[NDArray[Any], object], NDArray[Any]], texts: dict[str, Any]
) -> "Predictions":
    """Returns predictions whose every array `work` has changed; it also gets what stands in a row without an answer."""
    found = {name: getattr(predictions, name) for name in ARRAYS}
    arrays: dict[str, Any] = {
        name: None if values is None else work(values, ARRAYS[name]) for name, values in found.items()
    }
    wide = predictions.all_probabilities
    arrays["all_probabilities"] = None if wide is None else tuple(work(values, np.nan) for values in wide)
    return replace(predictions, **arrays, **texts)
