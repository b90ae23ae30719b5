"""Which label rules a catalogue needs: given ones, its own column, the shipped ones, or none."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from modiste.catalogue.labels import Labelled, label_products, without_rules
from modiste.catalogue.taxonomy import Label, Rule, Taxonomy, load_taxonomy
from modiste.schema import Schema

__all__ = ["label_by_rules"]


def label_by_rules(
    products: pl.DataFrame, schema: Schema, taxonomy: Path | str | None, targets: Sequence[str] = (), *, where: str
) -> Labelled:
    """Gives products the labels of the attribute that the schema leaves to label rules.

    They are read from the catalogue where it has a column of that attribute's name. A catalogue that lacks what the
    shipped rules look at, and has something else to learn, does without them, with a warning.

    Args:
        products: One row a product.
        schema: What is known of them.
        taxonomy: A file of label rules, or None for the shipped one.
        targets: The columns that are to be learned, if that is known.
        where: The catalogue, for errors.

    Raises:
        TaxonomyError: The rules cannot be read, or do not fit the products.
    """
    rules = _rules_for(products, schema, taxonomy, targets, where=where)
    if rules is None:
        return without_rules(products, schema, warnings=_unmet(products, schema))
    return label_products(products, rules, schema=schema, where=where)


def _rules_for(
    products: pl.DataFrame, schema: Schema, taxonomy: Path | str | None, targets: Sequence[str], *, where: str
) -> Taxonomy | None:
    """Returns the label rules for a products frame; None where it needs none."""
    if taxonomy is not None:
        return load_taxonomy(taxonomy)
    if schema.ruled is None:
        return None
    if schema.ruled.name in products.columns and products[schema.ruled.name].count():
        return _own_labels(products[schema.ruled.name], where)
    rules = load_taxonomy(None)
    there = [column for column in rules.columns if column in products.columns]
    others = [name for name in schema.names if name in products.columns]
    # With some of the columns there, the others are more likely misspelt than not wanted.
    dispensable = schema.ruled.name not in targets if targets else others and not there
    return None if len(there) < len(rules.columns) and dispensable else rules


def _unmet(products: pl.DataFrame, schema: Schema) -> tuple[str, ...]:
    """Says which attribute has no label rules; nothing where the schema has none."""
    if schema.ruled is None:
        return ()
    missing = [column for column in load_taxonomy(None).columns if column not in products.columns]
    return (f"no {schema.ruled.name}: the catalogue lacks {', '.join(missing)}, which the label rules look at",)


def _own_labels(column: pl.Series, source: str) -> Taxonomy:
    """Makes the taxonomy in which each value of a column is a label."""
    names = column.cast(pl.String).drop_nulls().unique().sort()
    labels = tuple(Label(name, (Rule({column.name: (name,)}),)) for name in names)
    return Taxonomy(f"own {column.name}", labels, source=source)
