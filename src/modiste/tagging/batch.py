"""Photos that were tagged together, as arrays: objects are made of them for those who ask, and columns for a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.dataset.targets import Attribute
from modiste.portable.answers import Answers
from modiste.tagging.tagged import Answer, Tagged

__all__ = ["Batch", "schema_of"]

DECISIONS = pl.Series(["review", "accept"])

Schema = dict[str, pl.DataType | type[pl.DataType]]


def schema_of(attributes: Sequence[Attribute], top: int) -> Schema:
    """Returns the columns of a table of tags.

    They are `path`; for each attribute `<attribute>`, `<attribute>_probability`, `<attribute>_decision` and, where more
    than one label was asked for, `<attribute>_top`, which lists these with their probabilities; `error`, null where
    all went well.
    """
    schema: Schema = {"path": pl.String}
    for name in (attribute.name for attribute in attributes):
        schema |= {name: pl.String, f"{name}_probability": pl.Float32, f"{name}_decision": pl.String}
        if top > 1:
            schema[f"{name}_top"] = pl.List(pl.Struct({"label": pl.String, "probability": pl.Float32}))
    return schema | {"error": pl.String}


@dataclass(frozen=True, eq=False)
class Batch:
    """Photos in their order, n of them with answers.

    Attributes:
        attributes: What is said of a photo.
        top: How many labels were asked for.
        paths: What the photos are called.
        errors: For each, why there is no answer, else None.
        label_ids: int64 (n, attributes): the label ids answered.
        confidence: float32 (n, attributes).
        accepted: bool (n, attributes).
        out_of_distribution: bool (n,): whether the photo is unlike the training data.
        best: Per attribute, int64 (n, top or all labels): the most probable labels' numbers, the most probable first.
        probabilities: Per attribute, float32, of the same shape: theirs.
    """

    attributes: tuple[Attribute, ...]
    top: int
    paths: tuple[str, ...]
    errors: tuple[str | None, ...]
    label_ids: NDArray[np.int64]
    confidence: NDArray[np.float32]
    accepted: NDArray[np.bool_]
    out_of_distribution: NDArray[np.bool_]
    best: tuple[NDArray[np.int64], ...]
    probabilities: tuple[NDArray[np.float32], ...]

    @classmethod
    def answered(cls, paths: Sequence[str], errors: Sequence[str | None], answers: Answers, top: int) -> Self:
        """Returns a batch of what a predictor answered.

        Args:
            paths: What the photos are called.
            errors: For each, why there is no answer, else None.
            answers: About the photos without an error.
            top: How many labels to keep of each attribute.
        """
        best = tuple(_most_probable(each, top) for each in answers.probabilities)
        return cls(
            attributes=answers.attributes,
            top=top,
            paths=tuple(paths),
            errors=tuple(errors),
            label_ids=answers.label_ids,
            confidence=answers.confidence,
            accepted=answers.accepted,
            out_of_distribution=~answers.familiar,
            best=best,
            probabilities=tuple(map(_along, answers.probabilities, best)),
        )

    @classmethod
    def unanswered(
        cls, paths: Sequence[str], errors: Sequence[str | None], attributes: Sequence[Attribute], top: int
    ) -> Self:
        """Returns a batch without any answer."""
        kept = [np.empty((0, min(top, len(attribute.labels)))) for attribute in attributes]
        nothing = np.empty((0, len(attributes)))
        return cls(
            attributes=tuple(attributes),
            top=top,
            paths=tuple(paths),
            errors=tuple(errors),
            label_ids=nothing.astype(np.int64),
            confidence=nothing.astype(np.float32),
            accepted=nothing.astype(np.bool_),
            out_of_distribution=np.empty(0, np.bool_),
            best=tuple(each.astype(np.int64) for each in kept),
            probabilities=tuple(each.astype(np.float32) for each in kept),
        )

    @classmethod
    def joined(cls, batches: Sequence["Batch"]) -> Self:
        """Returns batches of the same attributes, at least one, as a single one."""
        return cls(
            attributes=batches[0].attributes,
            top=batches[0].top,
            paths=tuple(path for batch in batches for path in batch.paths),
            errors=tuple(error for batch in batches for error in batch.errors),
            label_ids=np.concatenate([batch.label_ids for batch in batches]),
            confidence=np.concatenate([batch.confidence for batch in batches]),
            accepted=np.concatenate([batch.accepted for batch in batches]),
            out_of_distribution=np.concatenate([batch.out_of_distribution for batch in batches]),
            best=tuple(map(np.concatenate, zip(*(batch.best for batch in batches), strict=True))),
            probabilities=tuple(map(np.concatenate, zip(*(batch.probabilities for batch in batches), strict=True))),
        )

    def narrowed(self, top: int) -> Self:
        """Returns the batch with fewer labels of each attribute."""
        return replace(
            self,
            top=top,
            best=tuple(each[:, :top] for each in self.best),
            probabilities=tuple(each[:, :top] for each in self.probabilities),
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Tagged]:
        rows = iter(range(len(self.label_ids)))
        for path, error in zip(self.paths, self.errors, strict=True):
            yield Tagged(path, self._answers(next(rows)) if error is None else {}, error)

    def _answers(self, row: int) -> dict[str, Answer]:
        answers = {}
        for index, attribute in enumerate(self.attributes):
            best = zip(self.best[index][row].tolist(), self.probabilities[index][row].tolist(), strict=True)
            answers[attribute.name] = Answer(
                attribute.labels[self.label_ids[row, index]],
                float(self.confidence[row, index]),
                "accept" if self.accepted[row, index] else "review",
                tuple((attribute.labels[label], probability) for label, probability in best),
            )
        return answers

    def to_frame(self) -> pl.DataFrame:
        """Returns the photos as a table, one a row: see `schema_of`."""
        columns: dict[str, pl.Series] = {}
        for index, attribute in enumerate(self.attributes):
            name, labels = attribute.name, pl.Series(attribute.labels, dtype=pl.String)
            columns[name] = labels.gather(self.label_ids[:, index])
            columns[f"{name}_probability"] = pl.Series(self.confidence[:, index])
            columns[f"{name}_decision"] = DECISIONS.gather(self.accepted[:, index].astype(np.uint32))
            if self.top > 1:
                columns[f"{name}_top"] = _lists(labels, self.best[index], self.probabilities[index])
        errors = pl.Series(self.errors, dtype=pl.String)
        # The number of each photo's row among those with answers; without one, all its columns are null.
        counted = count()
        rows = pl.Series([next(counted) if error is None else None for error in self.errors], dtype=pl.UInt32)
        spread = {name: column.gather(rows) for name, column in columns.items()}
        return pl.DataFrame(
            {"path": self.paths, **spread, "error": errors}, schema=schema_of(self.attributes, self.top)
        )


def _most_probable(probabilities: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    if top == 1:
        return probabilities.argmax(axis=1)[:, None]
    return np.argsort(-probabilities, axis=1, kind="stable")[:, :top]


def _along(probabilities: NDArray[np.float32], label_ids: NDArray[np.int64]) -> NDArray[np.float32]:
    return np.take_along_axis(probabilities, label_ids, axis=1)


def _lists(labels: pl.Series, label_ids: NDArray[np.int64], probabilities: NDArray[np.float32]) -> pl.Series:
    """Returns a list a row, of labels with their probabilities."""
    pairs = pl.DataFrame({"label": labels.gather(label_ids.ravel()), "probability": probabilities.ravel()})
    return pairs.to_struct().reshape(label_ids.shape).arr.to_list()
