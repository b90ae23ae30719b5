"""Gives a tagger's products the labels of a file of corrections, after they have been split.

A split is stratified by the catalogue's own labels, so a product keeps its part whatever people say of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.corrections import apply_corrections, read_corrections
from modiste.catalogue.labels import label_products
from modiste.catalogue.products import NAME
from modiste.catalogue.taxonomy import Taxonomy
from modiste.dataset.images import FACTS
from modiste.errors import RunError
from modiste.runs import CORRECTIONS, Run
from modiste.schema import Attribute

__all__ = ["Reviewed", "check_same_corrections", "correct", "corrections_of"]

NO_LABELS = frozenset({*FACTS, "id", NAME, "row", "group", "part", "reason", "similarity"})
"""Columns of products that no reviewer gives a label of."""

CLASS = "Class"


@dataclass(frozen=True, eq=False)
class Reviewed:
    """Products as people see them.

    Attributes:
        products: The products, in their order, with corrected labels.
        changed: Which labels are others than the catalogue's: `id`, `attribute`; None where nobody corrected any.
        notes: What could not be used, a line each.
    """

    products: pl.DataFrame
    changed: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def describe(self, attributes: Iterable[Attribute]) -> tuple[str, ...]:
        """Says how many labels changed of what is learned, and what could not be used, a line each."""
        if self.changed is None:
            return ()
        learned = self.changed.filter(pl.col("attribute").is_in([attribute.name for attribute in attributes]))
        count, products = learned.height, learned["id"].n_unique()
        return (f"{count:,} labels of {products:,} products changed by corrections", *self.notes)


def corrections_of(file: str) -> pl.DataFrame | None:
    """Reads the file that the settings name; None where they name none.

    Raises:
        CatalogueError: It cannot be read.
    """
    return read_corrections(Path(file)) if file else None


def correct(
    products: pl.DataFrame, taxonomy: Taxonomy, corrections: pl.DataFrame, *, where: str | Path = CORRECTIONS
) -> Reviewed:
    """Gives products the labels of corrections.

    Where a column that the label rules look at is corrected and `Class` is not, the rules give the product its `Class`
    again, so that the two go together.

    Args:
        products: Split, with `Class`.
        taxonomy: The label rules.
        corrections: See `read_corrections`.
        where: Where they are from, for errors.

    Raises:
        ConfigError: A correction is of an attribute that the catalogue does not have.
    """
    columns = [name for name in products.columns if name not in NO_LABELS]
    corrected = apply_corrections(products, corrections, columns=columns, where=where)
    frame = corrected.frame
    told = corrected.given.filter(pl.col("attribute") == CLASS)["id"]
    ruled = corrected.given.filter(pl.col("attribute").is_in(taxonomy.columns) & ~pl.col("id").is_in(told.implode()))
    again = frame.filter(pl.col("id").is_in(ruled["id"].implode()))
    if again.height:
        labelled = label_products(again, taxonomy).frame.select("id", again=CLASS)
        frame = frame.join(labelled, on="id", how="left", maintain_order="left")
        frame = frame.with_columns(pl.coalesce("again", CLASS).alias(CLASS)).drop("again")
    return Reviewed(frame, _changed(products, frame, columns), corrected.notes)


def _changed(before: pl.DataFrame, after: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Returns which values differ: `id`, `attribute`."""
    parts = [
        after.filter(after[name].ne_missing(before[name])).select("id", pl.lit(name).alias("attribute"))
        for name in columns
    ]
    return pl.concat(parts)


def check_same_corrections(run: Run | None, corrections: pl.DataFrame | None) -> None:
    """Makes sure that a training goes on with the corrections that it began with.

    Args:
        run: What is gone on with; None for a new run.
        corrections: What is to be learned now; None for none.

    Raises:
        RunError: The file has changed since.
    """
    if run is None or corrections is None or not (run.path / CORRECTIONS).exists():
        return
    if not read_corrections(run.path / CORRECTIONS).equals(corrections):
        raise RunError(
            "began with other corrections than the file holds now",
            where=run.path,
            fix="start anew with another --out",
        )
