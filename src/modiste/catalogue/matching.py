"""A user's labels, matched with those of a schema: by their names, or by a map."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.catalogue.label_map import LabelMap, one_of
from modiste.catalogue.omissions import EXAMPLES, Omission, Omissions
from modiste.catalogue.photos import IMAGE
from modiste.catalogue.products import ID
from modiste.errors import CatalogueError, nearest
from modiste.schema import Schema

__all__ = ["Matched", "match_labels", "match_mapped", "match_names"]

SHOWN = 8
"""Labels that a message names."""

ROW = "\0row"
"""A name that no column of a file has."""

PLURALS = (("ies", "y"), ("es", ""), ("s", ""))
"""Endings of English plurals, and what stands there in the singular."""


@dataclass(frozen=True, eq=False)
class Matched:
    """What is known of n photos in the words of a schema.

    Attributes:
        allowed: Per attribute, bool (n, its labels): which labels are right; none where nothing is known.
        columns: Attribute -> the column that its labels come from.
        unmatched: How many photos have a label, and none that the schema knows.
        omissions: The photos whose labels say nothing, by reason; its examples are labels.
    """

    allowed: tuple[NDArray[np.bool_], ...]
    columns: Mapping[str, str]
    unmatched: int
    omissions: Omissions

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Of which photos anything is known: bool (n,)."""
        return np.any([each.any(axis=1) for each in self.allowed], axis=0)


def match_labels(photos: pl.DataFrame, schema: Schema, *, column: str | None = None, where: str) -> Matched:
    """Finds out which labels of a schema photos have.

    A column that is called like an attribute has its labels. Where one is named, or photos have no other column, as
    those in a folder per label, its labels are those of the attribute that most photos have a label of.

    Args:
        photos: One row a photo.
        schema: The attributes, with their labels.
        column: The column of labels; None for those that are called like attributes.
        where: What to call the photos in errors.

    Raises:
        CatalogueError: There is no such column, or none of its labels is one of the schema's.
    """
    columns = _columns(photos, schema, column, where)
    allowed = [np.zeros((photos.height, size), np.bool_) for size in schema.sizes]
    omissions, found = Omissions(), {}
    for attribute, name in columns:
        values = photos[name].cast(pl.String).to_list()
        named = {each.name: match_names(values, each.labels) for each in schema.attributes}
        counts = {each: sum(value in known for value in values) for each, known in named.items()}
        sole = column is not None or {*photos.columns} == {ID, IMAGE, name}
        own = max(counts, key=counts.__getitem__) if sole else attribute
        known = named[own]
        if not known:
            continue
        found[own] = name
        index = schema.index(own)
        for row, value in enumerate(values):
            if value in known:
                allowed[index][row, known[value]] = True
        omissions.extend(_unmatched(values, known, own))
    if not found:
        raise _none_known(photos, columns[0][1], schema, where)
    labelled = photos.select(pl.any_horizontal(pl.col(*found.values()).is_not_null())).to_series().to_numpy()
    usable = np.any([each.any(axis=1) for each in allowed], axis=0)
    return Matched(tuple(allowed), found, int((labelled & ~usable).sum()), omissions)


def match_mapped(photos: pl.DataFrame, schema: Schema, label_map: LabelMap, *, where: str) -> Matched:
    """Finds out which labels of a schema photos have, by a map.

    Args:
        photos: One row a photo, with the map's columns.
        schema: The attributes, with their labels.
        label_map: What the photos' labels mean.
        where: What to call the photos in errors.

    Raises:
        CatalogueError: There is no such column, or none of its labels means anything.
        ConfigError: The map names attributes or labels that the schema does not have.
    """
    label_map.check(schema)
    mapped = label_map.apply(photos.with_row_index(ROW), where=where)
    allowed = [np.zeros((photos.height, size), np.bool_) for size in schema.sizes]
    rows = mapped.frame[ROW].to_list()
    for name in label_map.attributes:
        index = schema.index(name)
        ids = {label: number for number, label in enumerate(schema.attributes[index].labels)}
        single = mapped.frame[name].to_list()
        several = mapped.frame[one_of(name)].to_list() if one_of(name) in mapped.frame.columns else [None] * len(rows)
        for row, label, labels in zip(rows, single, several, strict=True):
            allowed[index][row, [ids[each] for each in labels or filter(None, [label])]] = True
    labelled = photos[label_map.column].is_not_null().to_numpy()
    usable = np.any([each.any(axis=1) for each in allowed], axis=0)
    columns = dict.fromkeys(label_map.attributes, label_map.column)
    return Matched(tuple(allowed), columns, int((labelled & ~usable).sum()), Omissions(mapped.omissions))


def match_names(values: Sequence[str | None], labels: Sequence[str]) -> dict[str, int]:
    """Returns which label each value is, as far as that is sure: value -> the label's id.

    Of capitals, blanks and signs, and of singular or plural, nothing is made, unless two labels differ in them alone.

    Args:
        values: What a user calls things; None where nothing is said.
        labels: A schema's labels.
    """
    exact = {label: number for number, label in enumerate(labels)}
    spellings: list[dict[str, set[int]]] = [defaultdict(set), defaultdict(set)]
    for number, label in enumerate(labels):
        spellings[0][_letters(label)].add(number)
        for form in _forms(label):
            spellings[1][form].add(number)
    known = {}
    for value in {each for each in values if each}:
        meant = {exact[value]} if value in exact else spellings[0].get(_letters(value), set())
        meant = meant or set().union(*(spellings[1].get(form, set()) for form in _forms(value)))
        if len(meant) == 1:
            known[value] = next(iter(meant))
    return known


def _columns(photos: pl.DataFrame, schema: Schema, column: str | None, where: str) -> list[tuple[str, str]]:
    """Returns pairs of an attribute and a column."""
    if column is not None:
        if column not in photos.columns:
            raise CatalogueError(
                f"no column {column!r}{nearest(column, photos.columns)}",
                where=where,
                fix=f"the columns are {', '.join(photos.columns[:SHOWN])}",
            )
        return [(schema.names[0], column)]
    if found := [(name, name) for name in schema.names if name in photos.columns]:
        return found
    raise CatalogueError(
        f"no column is called like an attribute of the bundle ({', '.join(schema.names)})",
        where=where,
        fix=f"name the column of labels with --labels: there are {', '.join(photos.columns[:SHOWN])}",
    )


def _letters(name: str) -> str:
    """Returns a name without capitals, blanks and signs; one that is nothing else stays as it is."""
    return re.sub(r"[\W_]+", "", name.casefold()) or name


def _forms(name: str) -> set[str]:
    letters = _letters(name)
    ended = {letters.removesuffix(end) + other for end, other in PLURALS if letters.endswith(end)}
    return {letters, *(form for form in ended if len(form) > 1)}


def _unmatched(values: Sequence[str | None], known: Mapping[str, int], attribute: str) -> Iterator[Omission]:
    """Yields what could not be matched, the most frequent labels first."""
    counts = Counter(value for value in values if value and value not in known)
    if counts:
        first = sorted(counts, key=lambda value: (-counts[value], value))[:EXAMPLES]
        reason = f"photos with a label that is none of {attribute}'s"
        yield Omission(reason, counts.total(), tuple(f"{value} {counts[value]:,}" for value in first))
    if missing := sum(not value for value in values):
        yield Omission(f"photos without a label of {attribute}", missing, ())


def _none_known(photos: pl.DataFrame, column: str, schema: Schema, where: str) -> CatalogueError:
    theirs = photos[column].cast(pl.String).drop_nulls().unique(maintain_order=True).head(SHOWN).to_list()
    return CatalogueError(
        f"none of the labels in {column!r} is one of the bundle's: {', '.join(theirs) or 'there are none'}",
        where=where,
        fix=f"its labels of {schema.names[0]} are {', '.join(schema.attributes[0].labels[:SHOWN])}, ...; "
        "name the column with --labels, or say what they mean with --map",
    )
