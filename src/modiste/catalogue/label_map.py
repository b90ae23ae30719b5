"""What another catalogue's labels mean in ours: a TOML that maps each label of a column to labels of our attributes."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w

from modiste.catalogue.omissions import EXAMPLES, Omission
from modiste.catalogue.products import ID, first_few
from modiste.errors import CatalogueError, ConfigError, nearest
from modiste.files import read_text
from modiste.schema import Schema

__all__ = ["THEIRS", "LabelMap", "Mapped", "one_of"]

FORMAT = 1

THEIRS = "their label"
"""The column that keeps a product's label as the other catalogue has it."""

KEYS = ("format", "column", "columns", "group", "times", "labels")


def one_of(attribute: str) -> str:
    """Returns the name of the column that holds, where an attribute's label is one of several, which (List of
    String).
    """
    return f"one of {attribute}"


@dataclass(frozen=True, eq=False)
class Mapped:
    """A catalogue's products with our labels.

    Attributes:
        frame: The products that have any of our labels: each attribute that the map names (String, null where it says
            nothing), `one_of` the attribute (List of String) where a label means one of several, and `THEIRS`.
        omissions: The products left out, by the label that means nothing to us.
    """

    frame: pl.DataFrame
    omissions: tuple[Omission, ...] = ()


@dataclass(frozen=True)
class LabelMap:
    """A map of labels.

    Attributes:
        labels: A label of theirs -> attribute of ours -> the labels it may mean; nothing where it means none of ours.
        column: The column that holds their labels.
        columns: Field -> their table's name for it, where they differ: see `Catalogue.open`.
        group: The column whose values stand for one origin, such as who sent the photos: photos of one origin are never
            on two sides of a split. Empty where there is none.
        times: How often an epoch draws each of their photos.
        source: Where the map was read from, for messages.

    Raises:
        ConfigError: It contradicts itself.
    """

    labels: Mapping[str, Mapping[str, tuple[str, ...]]]
    column: str
    columns: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    times: int = 1
    source: str = field(default="map", compare=False)

    def __post_init__(self) -> None:
        if not any(self.labels.values()):
            raise ConfigError("it maps no label to any of ours", where=self.source, fix='add [labels."Their label"]')

    @classmethod
    def load(cls, path: Path | str) -> "LabelMap":
        """Reads a map: see `to_toml`.

        Raises:
            ConfigError: It cannot be read, is no TOML, or does not say what a map must say.
        """
        try:
            table = tomllib.loads(read_text(path))
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=path, fix="check --map") from error
        except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
            raise ConfigError(f"cannot be read as TOML ({error})", where=path, fix="correct the file") from error
        return cls(**_checked(table, str(path)), source=str(path))

    def to_toml(self) -> str:
        """Writes the map as a file that `load` reads back as it was."""
        labels = {
            theirs: {name: each[0] if len(each) == 1 else list(each) for name, each in ours.items()}
            for theirs, ours in self.labels.items()
        }
        said: dict[str, Any] = {"format": FORMAT, "column": self.column, "columns": dict(self.columns)}
        return tomli_w.dumps(said | {"group": self.group, "times": self.times, "labels": labels})

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of ours that it says something of, in the order in which it first does."""
        return tuple(dict.fromkeys(name for ours in self.labels.values() for name in ours))

    def check(self, schema: Schema) -> None:
        """Makes sure that the labels it maps to are ours.

        Args:
            schema: Ours. An attribute that names no labels takes any.

        Raises:
            ConfigError: An attribute, or a label, is not in the schema.
        """
        for theirs, ours in self.labels.items():
            for name, labels in ours.items():
                if name not in schema.names:
                    raise ConfigError(
                        f"no attribute {name!r}{nearest(name, schema.names)}, to which {theirs!r} is mapped",
                        where=self.source,
                        fix=f"the attributes are {', '.join(schema.names)}",
                    )
                known = schema.attribute(name).labels
                unknown = [label for label in labels if known and label not in known]
                if unknown:
                    close = nearest(unknown[0], known)
                    raise ConfigError(
                        f"{name} has no label {unknown[0]!r}{close}, to which {theirs!r} is mapped",
                        where=self.source,
                        fix="take one of the catalogue's labels",
                    )

    def apply(self, products: pl.DataFrame, *, where: str | Path) -> Mapped:
        """Gives products our labels.

        Args:
            products: Theirs, with the map's columns.
            where: The catalogue, for errors.

        Raises:
            CatalogueError: A column is not there, or no product has a label that means anything to us.
        """
        for name in filter(None, (self.column, self.group)):
            if name not in products.columns:
                raise CatalogueError(
                    f"no column {name!r}{nearest(name, products.columns)}, which {self.source} names",
                    where=where,
                    fix=f"the columns are {', '.join(products.columns)}",
                )
        theirs = products[self.column].cast(pl.String)
        meant = pl.Series([bool(self.labels.get(label)) for label in theirs], dtype=pl.Boolean)
        kept = products.with_columns(theirs.alias(THEIRS)).filter(meant)
        if kept.is_empty():
            there = first_few(theirs.drop_nulls().unique().sort())
            raise CatalogueError(
                f"no product has a label that {self.source} maps (it has {there})",
                where=where,
                fix="write the labels in the map as they are in the catalogue",
            )
        return Mapped(kept.with_columns(self._columns(theirs.filter(meant))), self._left_out(products[ID], theirs))

    def _columns(self, theirs: pl.Series) -> list[pl.Series]:
        columns = []
        for name in self.attributes:
            means = [self.labels[label].get(name, ()) for label in theirs]
            columns.append(pl.Series(name, [each[0] if len(each) == 1 else None for each in means], pl.String))
            if any(len(each) > 1 for each in means):
                several = [list(each) if len(each) > 1 else None for each in means]
                columns.append(pl.Series(one_of(name), several, pl.List(pl.String)))
        return columns

    def _left_out(self, ids: pl.Series, theirs: pl.Series) -> tuple[Omission, ...]:
        rows = pl.DataFrame({"id": ids.cast(pl.String), "label": theirs})
        found = []
        for (label,), those in rows.group_by("label", maintain_order=True):
            if label is None:
                reason = f"products without {self.column}"
            elif label not in self.labels:
                reason = f"products of the label {label!r}, which {self.source} does not name"
            elif not self.labels[str(label)]:
                reason = f"products of the label {label!r}, which means none of ours"
            else:
                continue
            found.append(Omission(reason, those.height, tuple(those["id"].head(EXAMPLES))))
        return tuple(found)


def _checked(table: dict[str, Any], where: str) -> dict[str, Any]:
    """Returns a map's TOML as arguments of `LabelMap`, and names whatever is wrong with it."""

    def wrong(what: str, fix: str) -> ConfigError:
        return ConfigError(what, where=where, fix=fix)

    for key in table:
        if key not in KEYS:
            raise wrong(f"unknown key {key!r}{nearest(key, KEYS)}", f"the keys are {', '.join(KEYS)}")
    if table.pop("format", FORMAT) != FORMAT:
        raise wrong("a map of another format", f"this program reads format = {FORMAT}")
    if not isinstance(table.get("column"), str) or not table["column"].strip():
        raise wrong("it does not say which column holds the labels", 'add column = "label"')
    if not isinstance(table.get("group", ""), str):
        raise wrong(f"group is {table['group']!r}", "give the name of a column")
    columns = table.get("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
        raise wrong(f"columns is {columns!r}", 'give names of columns, as in columns = { id = "sku" }')
    times = table.get("times", 1)
    if type(times) is not int or times < 1:
        raise wrong(f"times is {times!r}", "give how often an epoch draws each photo: 1, or more")
    labels = table.get("labels")
    if not isinstance(labels, dict):
        raise wrong("it maps no label", 'add [labels."Their label"]')
    return table | {"labels": {theirs: _meaning(theirs, ours, wrong) for theirs, ours in labels.items()}}


def _meaning(theirs: str, ours: object, wrong: Any) -> dict[str, tuple[str, ...]]:
    """Returns what a label means: attribute -> labels; nothing for false and an empty table."""
    if ours is False:
        return {}
    if not isinstance(ours, dict):
        raise wrong(f"the label {theirs!r} is mapped to {ours!r}", 'give attributes, as in Class = "Shirts", or false')
    means = {}
    for name, labels in ours.items():
        several = labels if isinstance(labels, list) else [labels]
        if not several or not all(isinstance(label, str) and label.strip() for label in several):
            raise wrong(f"{theirs!r} is mapped to {name} = {labels!r}", "give a label, or a list of labels")
        means[name] = tuple(dict.fromkeys(several))
    return means
