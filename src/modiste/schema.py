"""The schema: what is known of a product, as one TOML file that a catalogue, a run and a bundle share.

It names the attributes and their labels, says which of them form a hierarchy, how much each counts in training and in
comparisons, which columns hold a product's id, text and pictures, and what people call all that in their languages.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self, get_args

import tomli_w

from modiste.errors import ConfigError, SchemaError, nearest
from modiste.files import read_text

__all__ = ["ENDINGS", "FORMAT", "PREDICTED", "Attribute", "Imbalance", "Kind", "Schema"]

FORMAT = 1
"""The version of the file's layout."""

Kind = Literal["column", "rules", "words"]
"""Where an attribute's labels come from: a column of the catalogue, label rules (see `catalogue.taxonomy`), or words of
the products' names (see `catalogue.worded`)."""

Imbalance = Literal["plain", "inverse", "effective", "focal", "adjusted", "balanced"]
"""What is done about rare labels in training: see `learning.imbalance`."""

TABLE_COLUMNS = ("path", "error", "id", "digest", "ood_score", "embedding")
"""Columns that a table of predictions has besides those of its attributes."""

ENDINGS = ("probability", "decision", "top", "probabilities", "true")
"""What such a table says of an attribute besides its label: the ends of the columns' names, as in `<attribute>_top`."""

PREDICTED = "predicted_"
"""Before the name of such a column where a table has another one of that name already."""

CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Characters that are for terminals, not for people; of tabs and ends of lines some tables' cells have many."""

Names = Mapping[str, str]
"""Language, as a tag like `en` -> what something is called in it."""


@dataclass(frozen=True)
class Attribute:
    """One thing that is known of a product.

    Attributes:
        name: The column's name, or the one that the label rules give.
        labels: Its possible values; a label's id is its index here. Empty as long as nobody has learned any.
        kind: Where its labels come from.
        words: Label -> the words that tell it, where words do: whole words, in any case; `*` at the end of one stands
            for any ending.
        where: Column -> the values of the products whose names are asked; of all products where it is empty.
        elsewhere: The label of all other products; empty where they have none.
        weight: Its share of the loss in training, 0 or more; None for the default (see `TrainConfig.other_weight`).
        similarity: How much it counts where products are compared, 0 or more.
        imbalance: What is done about its rare labels in training.
        visible: Whether a picture shows it.
        display: Language -> what people call it.
        label_display: Label -> what people call that.
    """

    name: str
    labels: tuple[str, ...] = ()
    kind: Kind = "column"
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    elsewhere: str = field(default="", repr=False)
    weight: float | None = None
    similarity: float = 1.0
    imbalance: Imbalance = "plain"
    visible: bool = True
    display: Names = field(default_factory=dict)
    label_display: Mapping[str, Names] = field(default_factory=dict)

    def display_name(self, language: str = "en") -> str:
        """Returns what people call the attribute in a language; its own name where the schema does not say."""
        return self.display.get(language, self.name)

    def display_label(self, label: str, language: str = "en") -> str:
        """Returns what people call one of its labels in a language; the label itself where the schema does not say."""
        return self.label_display.get(label, {}).get(language, label)


@dataclass(frozen=True)
class Schema:
    """What is known of the products of a catalogue.

    Attributes:
        attributes: In the order in which a network's logits come; the first counts most.
        hierarchy: The names of attributes whose labels depend on one another, from the broadest to the finest.
        id: The column that identifies a product.
        text: The column of free text, a product's name; empty where there is none.
        pictures: The columns that name a product's pictures, as patterns in which `*` stands for anything.
        visual_similarity: How much the looks count where products are compared, 0 or more.
        source: Where it was read from, for messages.

    Raises:
        SchemaError: It contradicts itself.
    """

    attributes: tuple[Attribute, ...]
    hierarchy: tuple[str, ...] = ()
    id: str = "id"
    text: str = ""
    pictures: tuple[str, ...] = ("image*",)
    visual_similarity: float = 0.3
    source: str = field(default="schema", compare=False)

    def __post_init__(self) -> None:
        for what, names in (("attribute", self.names), ("attribute of the hierarchy", self.hierarchy)):
            if twice := [name for name in names if names.count(name) > 1]:
                raise self._error(f"the {what} {twice[0]!r} is there twice", "keep one of the two")
        for attribute in self.attributes:
            if not all(name.strip() for name in (attribute.name, *attribute.labels)):
                raise self._error(f"the attribute {attribute.name!r} or a label of it has no name", "give it one")
            if strange := [name for name in (attribute.name, *attribute.labels) if CONTROL.search(name)]:
                raise self._error(f"the name {strange[0]!r} has a control character in it", "take it out")
            if len(set(attribute.labels)) < len(attribute.labels):
                raise self._error(f"a label of {attribute.name!r} is there twice", "keep one of the two")
            self._check_words(attribute)
        if unknown := [name for name in self.hierarchy if name not in self.names]:
            raise self._error(
                f"the hierarchy names {unknown[0]!r}{nearest(unknown[0], self.names)}, which is no attribute",
                f"the attributes are {', '.join(self.names)}",
            )
        if self.attributes and not any((self.visual_similarity, *(each.similarity for each in self.attributes))):
            raise self._error("nothing counts where products are compared", "give a similarity above 0")
        if len([attribute for attribute in self.attributes if attribute.kind == "rules"]) > 1:
            raise self._error("two attributes are given by label rules", "leave kind = 'rules' at one of them")

    def _check_words(self, attribute: Attribute) -> None:
        if (attribute.kind == "words") != bool(attribute.words):
            raise self._error(
                f"the attribute {attribute.name!r} is of the kind {attribute.kind!r} and has "
                f"{'words' if attribute.words else 'no words'}",
                'give kind = "words" and a table of words, or neither',
            )
        if attribute.elsewhere in attribute.words:
            raise self._error(f"elsewhere is a label that words of {attribute.name!r} tell", "take another label")

    @classmethod
    def of(cls, given: "Schema | Path | str | None") -> "Schema":
        """Returns a given schema, or that of a file, or, for None, the shipped one: see `load`."""
        return given if isinstance(given, Schema) else cls.load(given)

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """Reads a schema file, by default the shipped one, which knows the columns of the Kaggle catalogue.

        Raises:
            SchemaError: The file cannot be read, is no TOML, or does not say what a schema must say.
        """
        if path is None:
            shipped = resources.files("modiste") / "schemas" / "fashion.toml"
            return cls.from_toml(shipped.read_text(encoding="utf-8"), source=shipped.name)
        try:
            return cls.from_toml(read_text(path), source=str(path))
        except OSError as error:
            raise SchemaError(f"cannot be read ({error.strerror})", where=path, fix="check the path") from error
        except UnicodeDecodeError as error:
            raise SchemaError("is not UTF-8 text", where=path, fix="save it as UTF-8") from error

    @classmethod
    def from_toml(cls, text: str, *, source: str = "schema") -> Self:
        """Reads a schema from TOML: see `to_toml`.

        Raises:
            SchemaError: It is no TOML, of another format, or does not say what a schema must say.
        """
        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
            raise SchemaError(f"is no valid TOML: {error}", where=source, fix="correct that line") from error
        if (version := table.pop("format", FORMAT)) != FORMAT:
            raise SchemaError(
                f"a schema of format {version!r}, and this program reads format {FORMAT}",
                where=source,
                fix="update it: pip install --upgrade modiste",
            )
        entries = table.pop("attribute", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise SchemaError("attribute must be a list of tables", where=source, fix="head each with [[attribute]]")
        attributes = [
            Attribute(**_checked(Attribute, entry, f"{source}: attribute {number}", required="name"))
            for number, entry in enumerate(entries, start=1)
        ]
        schema = cls(tuple(attributes), **_checked(cls, table, source), source=source)
        if taken := [name for name in schema.names if schema.takes(name)]:
            raise SchemaError(
                f"the attribute {taken[0]!r} has a name that Modiste itself uses for a column",
                where=source,
                fix="give it another name",
            )
        return schema

    def to_toml(self) -> str:
        """Writes the schema as a file that `from_toml` reads back as it was; what is as by default is left out."""
        entries = [_written(attribute) for attribute in self.attributes]
        return tomli_w.dumps({"format": FORMAT, **_written(self), "attribute": entries})

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes' names."""
        return tuple(attribute.name for attribute in self.attributes)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many labels each attribute has."""
        return tuple(len(attribute.labels) for attribute in self.attributes)

    @property
    def ruled(self) -> Attribute | None:
        """The attribute whose labels are given by label rules; None where no attribute's are."""
        return next((attribute for attribute in self.attributes if attribute.kind == "rules"), None)

    def takes(self, name: str) -> bool:
        """Whether a table of predictions needs a column's name for something else than an attribute's label."""
        ours = (f"{attribute}_{ending}" for attribute in self.names for ending in ENDINGS)
        return name in TABLE_COLUMNS or name.startswith(PREDICTED) or name in ours

    def index(self, name: str) -> int:
        """Returns an attribute's index.

        Raises:
            ConfigError: There is no such attribute.
        """
        if name not in self.names:
            raise ConfigError(
                f"no attribute {name!r}{nearest(name, self.names)}", fix=f"there are {', '.join(self.names)}"
            )
        return self.names.index(name)

    def attribute(self, name: str) -> Attribute:
        """Returns an attribute by its name.

        Raises:
            ConfigError: There is no such attribute.
        """
        return self.attributes[self.index(name)]

    def narrowed(self, attributes: Iterable[Attribute]) -> "Schema":
        """Returns the schema with these attributes alone; the hierarchy keeps those of its own that are among them."""
        kept = tuple(attributes)
        names = {attribute.name for attribute in kept}
        return replace(self, attributes=kept, hierarchy=tuple(name for name in self.hierarchy if name in names))

    def selected(self, names: Sequence[str]) -> "Schema":
        """Returns the schema with the named attributes alone; a column that it does not know is one of no settings."""
        known = {attribute.name: attribute for attribute in self.attributes}
        return self.narrowed(known.get(name, Attribute(name)) for name in names)

    def extended(self, names: Iterable[str]) -> "Schema":
        """Returns the schema with the named attributes too; one that it does not know is a column of no settings."""
        new = [Attribute(name) for name in dict.fromkeys(names) if name.strip() and name not in self.names]
        return replace(self, attributes=(*self.attributes, *new))

    def picture_columns(self, columns: Iterable[str]) -> list[str]:
        """Returns those columns that name pictures, in their order."""
        return [name for name in columns if any(fnmatchcase(name, pattern) for pattern in self.pictures)]

    def _error(self, what: str, fix: str) -> SchemaError:
        return SchemaError(what, where=self.source, fix=fix)


def _checked(kind: type[Any], entry: Mapping[str, Any], where: str, *, required: str | None = None) -> dict[str, Any]:
    """Returns a table of TOML as arguments of a dataclass of this module, and names whatever is wrong with it."""
    known = [item.name for item in fields(kind) if item.name in _KEYS]
    for key, value in entry.items():
        if key not in known:
            raise SchemaError(
                f"unknown key {key!r}{nearest(key, known)}", where=where, fix=f"the keys here are {', '.join(known)}"
            )
        fits, wanted = _KEYS[key]
        if not fits(value):
            raise SchemaError(f"{key} is {value!r}", where=where, fix=f"give {wanted}")
    if required and required not in entry:
        raise SchemaError(f"the key {required!r} is missing", where=where, fix=f"add {required} = ...")
    return {key: _frozen(value) for key, value in entry.items()}


def _frozen(value: Any) -> Any:
    """Returns a value of TOML with tuples for lists, those of a table too."""
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    """Returns a value with lists for tuples, as TOML has them."""
    if isinstance(value, Mapping):
        return {key: _thawed(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_lists_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_are_texts, value.values())) and all(value.values())


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _are_names(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


_KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "name": (_is_text, "a text between quotation marks"),
    "id": (_is_text, "the name of a column"),
    "text": (_is_text, "the name of a column"),
    "labels": (_are_texts, "a list of texts"),
    "pictures": (_are_texts, "a list of columns, in whose names * stands for anything"),
    "hierarchy": (_are_texts, "a list of attributes"),
    "words": (_are_lists_of_texts, "a table of labels, each a list of words"),
    "where": (_are_lists_of_texts, "a table of columns, each a list of values"),
    "elsewhere": (_is_text, "a label"),
    "kind": (lambda value: value in get_args(Kind), f"one of {', '.join(get_args(Kind))}"),
    "imbalance": (lambda value: value in get_args(Imbalance), f"one of {', '.join(get_args(Imbalance))}"),
    "weight": (_is_share, "a number of at least 0"),
    "similarity": (_is_share, "a number of at least 0"),
    "visual_similarity": (_is_share, "a number of at least 0"),
    "visible": (lambda value: isinstance(value, bool), "true or false"),
    "display": (_are_names, "a table of languages, as in { en = 'Colour' }"),
    "label_display": (
        lambda value: isinstance(value, dict) and all(map(_are_names, value.values())),
        "a table of labels, each a table of languages",
    ),
}
"""Key of the file -> whether a value will do, and what would."""


def _written(value: Attribute | Schema) -> dict[str, Any]:
    """Returns a dataclass of this module as plain values, without what is as by default."""
    plain: dict[str, Any] = {}
    for item in fields(value):
        found = getattr(value, item.name)
        default = item.default_factory() if callable(item.default_factory) else item.default
        if item.name in _KEYS and found != default:
            plain[item.name] = _thawed(found)
    return plain
