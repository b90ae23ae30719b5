"""What is known of n photos, as columns: row i of every array is photo i.

A photo that could not be read keeps its row, with its error; its label ids are `NO_LABEL` there, its numbers NaN.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import ConfigError, MissingExtraError
from modiste.measure.embedding import embed
from modiste.predictions.files import About, read_predictions, write_predictions
from modiste.predictions.frames import KEPT, decisions_of, frame_of, labels_of
from modiste.predictions.joining import joined, picked, row_numbers, rows_where, spread
from modiste.predictions.pooling import pool
from modiste.predictions.rows import Decision, Prediction, rows_of
from modiste.schema import Schema

__all__ = ["Predictions"]

AT_A_TIME = 512
"""Rows that are made into objects together."""


@dataclass(frozen=True, eq=False)
class Predictions(Sequence[Prediction]):
    """The predictions of a bundle for n photos.

    Attributes:
        schema: The attributes with their labels.
        bundle: The fingerprint of the bundle that answered; empty where a network in training did.
        precision: The target of the decisions, in (0, 1).
        label_ids: int64 (n, attributes): the ids of the labels answered, `NO_LABEL` where there is an error.
        confidence: float32 (n, attributes): how probable it is that each is right, NaN where there is an error.
        accepted: bool (n, attributes): whether it may be used without review.
        ood_score: float32 (n,), in [0, 1]: how unlike the training data a photo is (see `measure.ood`); NaN where there
            is an error.
        paths: What the photos are called.
        ids: Whose photos they are, as text: a product's id, or the path again.
        digests: A digest of each photo's file, None where it could not be read.
        errors: Why there is no answer, None where there is one.
        notes: What else there is to know of each row, None where there is nothing: which of a product's photos could
            not be read, for instance. Empty where there is nothing of any.
        top: How many labels of each attribute to name in tables and rows.
        combinations: int64 (m, attributes): which label ids go together, `ALONE` for attributes that stand alone (see
            `measure.consistency`); None where all do, or nobody said.
        all_probabilities: Per attribute, float32 (n, labels), each row summing to 1; None where they were not kept.
        visual: float32 (n, d), L2-normalised: the network's own embedding of how the photos look; None where not kept.
        kept_embedding: float32 (n, e): embeddings that were read from a file; None where they follow from
            `all_probabilities` and `visual`.
    """

    schema: Schema
    label_ids: NDArray[np.int64]
    confidence: NDArray[np.float32]
    accepted: NDArray[np.bool_]
    ood_score: NDArray[np.float32]
    paths: tuple[str, ...]
    ids: tuple[str, ...]
    digests: tuple[str | None, ...]
    errors: tuple[str | None, ...]
    notes: tuple[str | None, ...] = ()
    bundle: str = ""
    precision: float = 0.98
    top: int = 1
    combinations: NDArray[np.int64] | None = field(default=None, repr=False)
    all_probabilities: tuple[NDArray[np.float32], ...] | None = field(default=None, repr=False)
    visual: NDArray[np.float32] | None = field(default=None, repr=False)
    kept_embedding: NDArray[np.float32] | None = field(default=None, repr=False)

    @classmethod
    def answered(
        cls,
        schema: Schema,
        probabilities: Sequence[NDArray[np.float32]],
        *,
        label_ids: NDArray[np.int64] | None = None,
        confidence: NDArray[np.float32] | None = None,
        accepted: NDArray[np.bool_] | None = None,
        ood_score: NDArray[np.float32] | None = None,
        ids: Sequence[str] | None = None,
        **more: Any,
    ) -> Self:
        """Returns predictions of n photos that all could be answered.

        Args:
            schema: The attributes with their labels.
            probabilities: Per attribute, float32 (n, labels).
            label_ids: The labels answered; by default the most probable ones.
            confidence: float32 (n, attributes); by default the probabilities of the labels answered.
            accepted: bool (n, attributes); by default no answer is accepted.
            ood_score: float32 (n,); by default 0.
            ids: Whose photos they are; `paths` are the same. By default the rows are numbered.
            more: Other fields of the class.
        """
        count = len(probabilities[0])
        if label_ids is None:
            label_ids = np.stack([each.argmax(axis=1) for each in probabilities], axis=1)
        if confidence is None:
            pairs, rows = zip(probabilities, label_ids.T, strict=True), np.arange(count)
            confidence = np.stack([each[rows, labels] for each, labels in pairs], axis=1)
        names = tuple(map(str, range(count))) if ids is None else tuple(ids)
        nothing: tuple[None, ...] = (None,) * count
        fields = {"paths": names, "ids": names, "digests": nothing, "errors": nothing}
        return cls(
            schema=schema,
            label_ids=label_ids,
            confidence=confidence,
            accepted=np.zeros(label_ids.shape, np.bool_) if accepted is None else accepted,
            ood_score=np.zeros(count, np.float32) if ood_score is None else ood_score,
            all_probabilities=tuple(probabilities),
            **(fields | more),
        )

    @classmethod
    def failed(cls, schema: Schema, errors: Sequence[str], **more: Any) -> "Predictions":
        """Returns predictions of photos of which none could be read: each has its error.

        Args:
            schema: The attributes that have no answer.
            errors: Why each photo could not be read.
            more: Other fields of the class, such as `paths` and `ids`.
        """
        empty = cls.answered(schema, [np.empty((0, size), np.float32) for size in schema.sizes])
        return empty.spread(errors, **more)

    def spread(self, errors: Sequence[str | None], **more: Any) -> "Predictions":
        """Returns a longer table: these rows in their order, and between them rows that have an error instead.

        Args:
            errors: One for each row of the result; as many are None as there are rows here, which they get in order.
            more: Fields of the result, such as `paths`, `ids` and `digests`.
        """
        return spread(self, errors, more)

    @classmethod
    def concat(cls, parts: Iterable["Predictions"]) -> "Predictions":
        """Returns predictions one after another; the whole keeps only what all parts kept.

        Args:
            parts: At least one.

        Raises:
            ConfigError: There is none, or they are not of the same bundle.
        """
        return joined(parts)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> "Predictions": ...

    def __getitem__(self, index: int | slice) -> "Prediction | Predictions":
        """Returns one photo, or a part of them."""
        if isinstance(index, slice):
            return picked(self, index)
        row = range(len(self))[index]
        return next(rows_of(self[row : row + 1]))

    def __iter__(self) -> Iterator[Prediction]:
        # A few at a time: sorting all probabilities takes several times the memory that they do.
        return chain.from_iterable(rows_of(self[start : start + AT_A_TIME]) for start in range(0, len(self), AT_A_TIME))

    def filter(self, mask: NDArray[np.bool_] | Sequence[bool]) -> "Predictions":
        """Returns the photos for which a mask is true, in their order.

        Args:
            mask: bool (n,).

        Raises:
            ValueError: It is of another length, or holds anything but yes and no: row numbers are for `take`.
        """
        return picked(self, rows_where(mask, len(self)))

    def take(self, rows: NDArray[np.integer] | Sequence[int]) -> "Predictions":
        """Returns the photos of some rows, in the order given.

        Raises:
            IndexError: There is no such row.
            ValueError: They are no row numbers: a mask is for `filter`.
        """
        return picked(self, row_numbers(rows))

    def named(self, **names: Any) -> "Predictions":
        """Returns the same photos with other `paths`, `ids` or `digests`, or another `top`."""
        return replace(self, **names)

    def labels(self, attribute: str) -> list[str | None]:
        """Returns the labels answered, None where there is an error.

        Raises:
            ConfigError: There is no such attribute.
        """
        return labels_of(self, self.schema.index(attribute)).to_list()

    def decisions(self, attribute: str) -> list[Decision | None]:
        """Returns `accept` or `review` for each photo, None where there is an error.

        Raises:
            ConfigError: There is no such attribute.
        """
        return decisions_of(self, self.schema.index(attribute)).to_list()

    def probabilities(self, attribute: str) -> NDArray[np.float32]:
        """Returns how probable each label is: float32 (n, labels), NaN where there is an error.

        Raises:
            ConfigError: There is no such attribute, or the probabilities were not kept.
        """
        index = self.schema.index(attribute)
        if self.all_probabilities is None:
            raise _not_kept("probabilities")
        return self.all_probabilities[index]

    @cached_property
    def embedding(self) -> NDArray[np.float32]:
        """float32 (n, e), L2-normalised, NaN where there is an error: their cosine says how alike two photos are.

        See `measure.embedding`; how much each attribute and the looks count is in the schema.

        Raises:
            ConfigError: They were not kept.
        """
        if self.kept_embedding is not None:
            return self.kept_embedding
        if self.all_probabilities is None or self.visual is None:
            raise _not_kept("embedding")
        shares = [attribute.similarity for attribute in self.schema.attributes]
        return embed(self.all_probabilities, self.visual, shares=shares, visual_share=self.schema.visual_similarity)

    @property
    def kept(self) -> tuple[str, ...]:
        """Which of `KEPT` these predictions hold."""
        probabilities = self.all_probabilities is not None
        embedded = self.kept_embedding is not None or (probabilities and self.visual is not None)
        return tuple(name for name, there in zip(KEPT, (probabilities, embedded), strict=True) if there)

    def pooled(self, by: Sequence[str] | None = None) -> "Predictions":
        """Returns one row a product instead of one a photo: see `pooling.pool`.

        Args:
            by: Whose photo each is; by default `ids`.
        """
        return pool(self, self.ids if by is None else by)

    def to_frame(self, *, keep: Sequence[str] | None = None, notes: bool | None = None) -> pl.DataFrame:
        """Returns one photo a row: see `columns_of`.

        Args:
            keep: Which of `KEPT` to add, with `id`, `digest` and `ood_score`; by default nothing of all that.
            notes: Whether to add `note`; by default where there are any.

        Raises:
            ConfigError: They were not kept, or there is nothing of that name.
        """
        return frame_of(self, keep, notes=bool(self.notes) if notes is None else notes)

    def to_pandas(self, *, keep: Sequence[str] | None = None) -> Any:
        """Returns the same as a pandas frame; raises a `MissingExtraError` where pandas is not installed."""
        try:
            import pandas as pd  # noqa: PLC0415 - a user brings it, or does not
        except ModuleNotFoundError as error:
            raise MissingExtraError("pandas", "pandas") from error
        return pd.DataFrame({column.name: column.to_list() for column in self.to_frame(keep=keep)})

    def write_parquet(self, path: Path | str, *, keep: Sequence[str] | None = None) -> None:
        """Writes all that is known as one Parquet file, whole or not at all; what lies there is replaced.

        Args:
            path: The file.
            keep: Which of `KEPT` to write; by default all that these predictions hold.

        Raises:
            OutputError: It cannot be written; what was there is still there.
            ConfigError: Something was not kept.
        """
        about = About(self.schema, self.bundle, self.precision, self.top, combinations=self.combinations)
        write_predictions(Path(path), self.to_frame(keep=self.kept if keep is None else keep), about)

    @classmethod
    def read_parquet(cls, path: Path | str) -> "Predictions":
        """Reads a file that `write_parquet`, or `modiste tag --out FILE.parquet`, wrote.

        Raises:
            CatalogueError: It cannot be read, or holds no predictions.
        """
        return cls(**read_predictions(Path(path)))

    def __str__(self) -> str:
        return "\n".join(map(str, self))


def _not_kept(what: str) -> ConfigError:
    return ConfigError(f"these predictions hold no {what}", fix=f"tag with --keep {what}")
