"""Which labels go together, such as those of a taxonomy's levels; a product's labels must be one such combination."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

__all__ = ["Combinations"]


@dataclass(frozen=True)
class Combinations:
    """The combinations of labels that there are.

    A label that is in none of them is new: it goes with any other, and so does a label that is missing.

    Attributes:
        attributes: The attributes whose labels must go together.
        rows: Their labels, one tuple a combination, each once.
    """

    attributes: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, products: pl.DataFrame, attributes: Sequence[str]) -> "Combinations":
        """Returns the combinations that products have, those with a missing label left out.

        Args:
            products: With the columns `attributes`.
            attributes: The attributes whose labels must go together.
        """
        labels = products.select(pl.col(name).cast(pl.String) for name in attributes)
        return cls(tuple(attributes), tuple(sorted(labels.drop_nulls().unique().rows())))

    @cached_property
    def _labels(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(row[index] for row in self.rows) for index in range(len(self.attributes)))

    def knows(self, attribute: str, label: str | None) -> bool:
        """Whether a label is in any combination."""
        return attribute in self.attributes and label in self._labels[self.attributes.index(attribute)]

    def fitting(self, labels: Mapping[str, str | None]) -> list[tuple[str, ...]]:
        """Returns the combinations that agree with all known labels.

        Args:
            labels: Attribute -> label; those of other attributes are ignored.
        """
        wanted = [
            (index, labels[name])
            for index, name in enumerate(self.attributes)
            if name in labels and self.knows(name, labels[name])
        ]
        return [row for row in self.rows if all(row[index] == label for index, label in wanted)]

    def allow(self, labels: Mapping[str, str | None]) -> bool:
        """Whether labels do not contradict one another."""
        return not self.rows or bool(self.fitting(labels))

    def choices(self, given: Mapping[str, str | None], shown: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
        """Returns what the other labels may be once some are given: as many as possible stay as they are shown.

        Args:
            given: Attribute -> the label that it has for certain.
            shown: Attribute -> the label that it had before; None where it had none.

        Returns:
            Attribute -> its label where that follows, or those to choose from; nothing where the given labels
            contradict one another. It holds the attributes of `shown` that are not given.
        """
        fitting = self.fitting(given)
        others = [name for name in self.attributes if name in shown and name not in given]
        # What is new goes with anything, so it stays.
        kept = {name: shown[name] for name in others if self.knows(name, shown[name])}
        places = {name: self.attributes.index(name) for name in others}
        agreeing = [sum(row[places[name]] == label for name, label in kept.items()) for row in fitting]
        nearest = [row for row, count in zip(fitting, agreeing, strict=True) if count == max(agreeing)]
        found: dict[str, tuple[str, ...]] = {}
        for name in others:
            label = shown[name]
            new = label is not None and name not in kept
            found[name] = (label,) if new else tuple(dict.fromkeys(row[places[name]] for row in nearest))  # type: ignore[assignment]
        return found

    def told(self, labels: Mapping[str, str | None]) -> str:
        """Returns labels in words: ``Class Fragrance with masterCategory Apparel``."""
        there: Iterable[str] = (f"{name} {labels[name]}" for name in self.attributes if labels.get(name) is not None)
        return " with ".join(there)
