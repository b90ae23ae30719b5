"""Partial labels (Cour, Sapp and Taskar 2011): of some products it is known that a label is one of several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.label_map import one_of
from modiste.schema import Attribute

__all__ = ["FIRST_CODE", "PartialLabels", "known"]

FIRST_CODE = -2
"""The label id of the first set; the next sets follow downwards. A missing label is -1."""


@dataclass(frozen=True)
class PartialLabels:
    """The sets of labels that products have instead of one label.

    A set has a negative label id, so whoever asks for known labels passes it over, as a missing one.

    Attributes:
        sets: Each set: the attribute's index, and its label ids, sorted. The first has the id `FIRST_CODE`.
    """

    sets: tuple[tuple[int, tuple[int, ...]], ...] = ()

    @classmethod
    def of(cls, products: pl.DataFrame, attributes: Sequence[Attribute]) -> "PartialLabels":
        """Returns the sets that products have, those of fewer than two known labels left out."""
        found = set()
        for index, attribute in enumerate(attributes):
            for names in _sets(products, attribute):
                label_ids = _label_ids(names, attribute)
                if len(label_ids) > 1:
                    found.add((index, label_ids))
        return cls(tuple(sorted(found)))

    def encode(self, products: pl.DataFrame, attributes: Sequence[Attribute], label_ids: NDArray[np.int64]) -> None:
        """Writes the ids of sets into label ids, (products, attributes), where there is no single label."""
        codes = {each: FIRST_CODE - number for number, each in enumerate(self.sets)}
        for index, attribute in enumerate(attributes):
            if one_of(attribute.name) not in products.columns:
                continue
            for row, names in enumerate(products[one_of(attribute.name)]):
                if names is None:
                    continue
                known = _label_ids(names, attribute)
                label_ids[row, index] = known[0] if len(known) == 1 else codes.get((index, known), -1)

    def masks(self, sizes: Sequence[int]) -> NDArray[np.bool_]:
        """Returns which labels belong to each set: bool (sets, attributes, most labels)."""
        masks = np.zeros((len(self.sets), len(sizes), max(sizes)), bool)
        for number, (index, label_ids) in enumerate(self.sets):
            masks[number, index, list(label_ids)] = True
        return masks

    def allow(self, answers: NDArray[np.int64], true: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether answers are right: the label itself, or one of the set.

        Args:
            answers: (n, attributes) label ids answered.
            true: (n, attributes) label ids, or ids of sets.

        Returns:
            bool (n, attributes); False where nothing is known.
        """
        right = answers == true
        for number, (index, label_ids) in enumerate(self.sets):
            rows = true[:, index] == FIRST_CODE - number
            right[rows, index] = np.isin(answers[rows, index], label_ids)
        return right


def known(true: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether anything is known of labels, one or a set: bool, of the shape of the label ids."""
    return (true >= 0) | (true <= FIRST_CODE)


def _sets(products: pl.DataFrame, attribute: Attribute) -> list[list[str]]:
    if one_of(attribute.name) not in products.columns:
        return []
    return products[one_of(attribute.name)].drop_nulls().unique(maintain_order=True).to_list()


def _label_ids(names: Sequence[str], attribute: Attribute) -> tuple[int, ...]:
    return tuple(sorted(attribute.labels.index(name) for name in names if name in attribute.labels))
