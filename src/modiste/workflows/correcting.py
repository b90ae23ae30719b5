"""Gives a tagger's products the labels of a file of corrections, after they have been split.

A split is stratified by the catalogue's own labels, so a product keeps its part whatever people say of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.catalogue.combinations import Combinations
from modiste.catalogue.corrected import apply_corrections, check_named, check_together
from modiste.catalogue.corrections import read_corrections
from modiste.catalogue.labels import label_products
from modiste.catalogue.photos import one_a_photo
from modiste.catalogue.taxonomy import Taxonomy
from modiste.dataset.targets import RESERVED
from modiste.errors import RunError
from modiste.runs import CORRECTIONS, Run
from modiste.schema import Attribute, Schema

__all__ = ["Reviewed", "check_corrections", "check_same_corrections", "correct", "corrections_of"]


@dataclass(frozen=True, eq=False)
class Reviewed:
    """Products as people see them.

    Attributes:
        products: Their photos, in their order, with corrected labels.
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


def check_corrections(corrections: pl.DataFrame, products: pl.DataFrame, *, where: str | Path) -> None:
    """Makes sure, before any picture is decoded, that corrections are of a catalogue.

    Args:
        corrections: See `read_corrections`.
        products: The catalogue's, see `Catalogue.products`.
        where: Where the corrections are from, for errors.

    Raises:
        CatalogueError: None of them is a product's.
    """
    check_named(one_a_photo(products), corrections, where=where)


def correct(
    products: pl.DataFrame,
    corrections: pl.DataFrame,
    *,
    schema: Schema,
    taxonomy: Taxonomy | None,
    where: str | Path = CORRECTIONS,
) -> Reviewed:
    """Gives products the labels of corrections.

    Where a column that the label rules look at is corrected and the attribute that they give is not, the rules say
    again what it is, so that the two go together.

    Args:
        products: One row a photo, split, with all labels.
        corrections: See `read_corrections`.
        schema: What is known of the products.
        taxonomy: The label rules; None without any.
        where: Where the corrections are from, for errors.

    Raises:
        ConfigError: A correction is of an attribute that the catalogue does not have, or labels contradict one another.
        CatalogueError: None of the corrections is a product's.
    """
    columns = [name for name in products.columns if name not in {*RESERVED, "id", schema.text}]
    ruled = schema.ruled.name if taxonomy is not None and schema.ruled is not None else None
    # What the label rules will say again need not fit yet.
    together = [name for name in schema.hierarchy if name != ruled]
    corrected = apply_corrections(products, corrections, columns=columns, together=together, where=where)
    frame = corrected.frame
    if taxonomy is not None and ruled is not None:
        frame = _ruled_again(frame, corrected.given, taxonomy, schema, ruled)
        said = corrected.given.filter(pl.col("attribute") == ruled)["id"]
        levels = [name for name in schema.hierarchy if name in products.columns]
        check_together(frame, said, Combinations.of(products, levels), where=where)
    return Reviewed(frame, _changed(products, frame, columns), corrected.notes)


def _ruled_again(
    frame: pl.DataFrame, given: pl.DataFrame, taxonomy: Taxonomy, schema: Schema, name: str
) -> pl.DataFrame:
    """Applies the rules again to products whose columns were corrected, unless their own label was corrected, too."""
    told = given.filter(pl.col("attribute") == name)["id"]
    ruled = given.filter(pl.col("attribute").is_in(taxonomy.columns) & ~pl.col("id").is_in(told.implode()))
    again = frame.filter(pl.col("id").is_in(ruled["id"].implode())).unique("id", keep="first", maintain_order=True)
    if again.is_empty():
        return frame
    labels = label_products(again, taxonomy, schema=schema).frame.select("id", pl.col(name).alias("again"))
    found = frame.select("id").join(labels, on="id", how="left", maintain_order="left")["again"]
    return frame.with_columns(pl.coalesce(found, name).alias(name))


def _changed(before: pl.DataFrame, after: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Returns which values differ: `id`, `attribute`, each once."""
    parts = [
        after.filter(after[name].ne_missing(before[name])).select("id", pl.lit(name).alias("attribute"))
        for name in columns
    ]
    return pl.concat(parts).unique(maintain_order=True)


def check_same_corrections(run: Run | None, corrections: pl.DataFrame | None) -> None:
    """Makes sure that a resumed training has the corrections that it began with.

    Args:
        run: The run that is resumed; None for a new run.
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
