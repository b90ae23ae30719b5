"""Attributes that no column has: their labels are told by words of the products' names, as the schema says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from modiste.catalogue.labels import Labelled
from modiste.schema import Attribute, Schema

__all__ = ["label_by_words"]


def label_by_words(labelled: Labelled) -> Labelled:
    """Gives products the labels of the attributes that the schema leaves to words of names.

    A product gets the label whose words its name has; none where no word speaks, or words of several labels do. A
    catalogue that has a column of the attribute's name keeps what is in it, and one without names has no such
    attribute.

    Args:
        labelled: The products, with the labels of columns and of label rules.
    """
    frame, schema, told = labelled.frame, labelled.schema, list(labelled.warnings)
    for attribute in [each for each in schema.attributes if each.kind == "words" and each.name not in frame.columns]:
        if schema.text not in frame.columns or not frame[schema.text].count():
            told.append(f"no {attribute.name}: the catalogue has no {schema.text or 'names'}, whose words tell it")
            schema = schema.narrowed(each for each in schema.attributes if each != attribute)
            continue
        frame, note = _with_labels(frame, attribute, schema)
        told.append(note)
        # The order of the words is that of the labels.
        ordered = replace(attribute, labels=(*attribute.words, *filter(None, [attribute.elsewhere])))
        schema = schema.narrowed(ordered if each == attribute else each for each in schema.attributes)
    return replace(labelled, frame=frame, schema=schema, warnings=tuple(told))


def _with_labels(frame: pl.DataFrame, attribute: Attribute, schema: Schema) -> tuple[pl.DataFrame, str]:
    """Returns products with an attribute's labels, and a line on how many have one."""
    speaks = frame.select(
        pl.col(schema.text).cast(pl.String).str.contains(_pattern(words)).fill_null(value=False).alias(label)
        for label, words in attribute.words.items()
    )
    count = speaks.select(pl.sum_horizontal(pl.all().cast(pl.Int32))).to_series()
    said = speaks.select(
        pl.coalesce(pl.when(pl.col(label)).then(pl.lit(label)) for label in attribute.words)
    ).to_series()
    inside = frame.select(_inside(attribute.where, frame.columns)).to_series()
    elsewhere = pl.lit(attribute.elsewhere or None, pl.String)
    label = pl.when((count == 1) & inside).then(said).when(~inside).then(elsewhere)
    labels = frame.select(label.alias(attribute.name))
    one, several = int(((count == 1) & inside).sum()), int(((count > 1) & inside).sum())
    note = f"{attribute.name}: the names of {one:,} of {int(inside.sum()):,} products tell it"
    note += f", of {several:,} they tell two labels" if several else ""
    return frame.with_columns(labels), note


def _inside(where: Mapping[str, Sequence[str]], columns: Sequence[str]) -> pl.Expr:
    """Says for which products words speak; a column that the catalogue lacks excludes none."""
    rules = [
        pl.col(column).cast(pl.String).is_in(list(values)).fill_null(value=False)
        for column, values in where.items()
        if column in columns
    ]
    return pl.all_horizontal(rules) if rules else pl.repeat(value=True, n=pl.len(), dtype=pl.Boolean)


def _pattern(words: Sequence[str]) -> str:
    """Returns the regular expression of words: whole ones, in any case; `*` at the end stands for any ending."""
    each = "|".join(r"\s+".join(re.escape(part).replace(r"\*", r"\w*") for part in word.split()) for word in words)
    return rf"(?i)\b(?:{each})(?:\b|$)"
