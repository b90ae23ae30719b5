"""Label rules: a TOML file says which values of which columns make which label.

A taxonomy is tried in the order `exclude`, `ambiguous`, then the labels as they stand in the file; the first
rule that matches a product decides.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import tomli_w

from modiste.errors import TaxonomyError, nearest

__all__ = ["Label", "Rule", "SetAside", "Taxonomy", "load_taxonomy"]

_TOP_KEYS = ("name", "exclude", "ambiguous", "label")
_LABEL_KEYS = ("name", "match", "words")
_SET_ASIDE_KEYS = ("reason", "match")


@dataclass(frozen=True)
class Rule:
    """Values that a product must have: one of the listed values in every named column.

    Attributes:
        columns: column -> the values of which one must be there, as written in the file.
    """

    columns: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return " and ".join(f"{column} = {' | '.join(values)}" for column, values in self.columns.items())

    def clash(self, other: "Rule") -> str | None:
        """Names what both rules claim, if they look at the same columns; None if they do not collide."""
        if self.columns.keys() != other.columns.keys():
            return None
        shared = {c: [v for v in values if v in other.columns[c]] for c, values in self.columns.items()}
        if not all(shared.values()):
            return None
        return " and ".join(f"{column} = {values[0]!r}" for column, values in shared.items())


@dataclass(frozen=True)
class Label:
    """One label.

    Attributes:
        name: What the model will learn to say.
        rules: A product that satisfies any of them gets the label.
        words: What product names call such goods; compared with the names of ambiguous products.
    """

    name: str
    rules: tuple[Rule, ...]
    words: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """The label in words: its name, the values that its rules list, its `words`; each once."""
        covered = (value for rule in self.rules for values in rule.columns.values() for value in values)
        return tuple(dict.fromkeys((self.name, *covered, *self.words)))


@dataclass(frozen=True)
class SetAside:
    """Products that no rule can label: excluded from the catalogue, or ambiguous.

    Attributes:
        reason: Why, for the report.
        rules: A product that satisfies any of them is set aside.
    """

    reason: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Taxonomy:
    """Rules that give each product of a catalogue one label.

    Attributes:
        name: The taxonomy's name.
        labels: In the order in which they are tried and reported.
        exclude: Products that are left out; tried first.
        ambiguous: Products whose label is the one nearest to their name; tried second.
        source: The file it was read from, for messages.
    """

    name: str
    labels: tuple[Label, ...]
    exclude: tuple[SetAside, ...] = ()
    ambiguous: tuple[SetAside, ...] = ()
    source: str = "taxonomy"

    def __post_init__(self) -> None:
        if not self.labels:
            raise TaxonomyError("there is no label", where=self.source, fix="add a [[label]] with name and match")
        for first, later in combinations(self.labels, 2):
            if first.name.casefold() == later.name.casefold():
                raise TaxonomyError(
                    f"two labels are called {later.name!r}",
                    where=self.source,
                    fix="make them one: match can list several alternatives",
                )
        for (owner, rule), (later_owner, later_rule) in combinations(self.owned_rules(), 2):
            if clash := rule.clash(later_rule):
                both = f"twice by {owner}" if owner == later_owner else f"by {owner} and by {later_owner}"
                raise TaxonomyError(f"{clash} is claimed {both}", where=self.source, fix="keep one of the two")

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels in their order."""
        return tuple(label.name for label in self.labels)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rules look at, in the order in which they are first named."""
        return tuple(dict.fromkeys(column for _, rule in self.owned_rules() for column in rule.columns))

    @property
    def phrases(self) -> dict[str, tuple[str, ...]]:
        """The phrases that describe each label, by its name."""
        return {label.name: label.phrases for label in self.labels}

    def to_toml(self) -> str:
        """Writes the taxonomy as a file that `load_taxonomy` reads back as it was, comments aside."""

        def matches(rules: tuple[Rule, ...]) -> list[dict[str, list[str]]]:
            return [{column: list(values) for column, values in rule.columns.items()} for rule in rules]

        def asides(group: tuple[SetAside, ...]) -> list[dict[str, Any]]:
            return [{"reason": aside.reason, "match": matches(aside.rules)} for aside in group]

        labels = [
            {"name": label.name, "match": matches(label.rules)} | ({"words": list(label.words)} if label.words else {})
            for label in self.labels
        ]
        document = {"name": self.name, "exclude": asides(self.exclude), "ambiguous": asides(self.ambiguous)}
        return tomli_w.dumps(document | {"label": labels})

    def owned_rules(self) -> Iterator[tuple[str, Rule]]:
        """Yields (owner as a message calls it, rule) in the order in which the rules are tried."""
        for kind, group in (("exclude", self.exclude), ("ambiguous", self.ambiguous)):
            for aside in group:
                yield from ((f"{kind} {aside.reason!r}", rule) for rule in aside.rules)
        for label in self.labels:
            yield from ((f"label {label.name!r}", rule) for rule in label.rules)


def load_taxonomy(path: Path | str | None = None) -> Taxonomy:
    """Reads a taxonomy file.

    Args:
        path: The TOML file; the shipped `fashion30` if None.

    Returns:
        The taxonomy.

    Raises:
        TaxonomyError: The file cannot be read, is no TOML, or does not say what a taxonomy must say.
    """
    shipped = resources.files("modiste.catalogue") / "taxonomies" / "fashion30.toml"
    where = shipped.name if path is None else str(path)
    try:
        table = tomllib.loads((shipped if path is None else Path(path)).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TaxonomyError(f"cannot be read: {error.strerror}", where=where, fix="check the path") from error
    except UnicodeDecodeError as error:
        raise TaxonomyError("is not UTF-8 text", where=where, fix="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
        raise TaxonomyError(f"is no valid TOML: {error}", where=where, fix="correct that line") from error
    return _Reader(where).taxonomy(table, default_name=Path(where).stem)


class _Reader:
    """Turns parsed TOML into a taxonomy, and names the place of whatever is wrong."""

    def __init__(self, where: str) -> None:
        self.where = where

    def taxonomy(self, table: dict[str, Any], *, default_name: str) -> Taxonomy:
        self._known_keys(table, _TOP_KEYS, "")
        return Taxonomy(
            name=self._text(table.get("name", default_name), "name"),
            labels=tuple(self._label(entry, at) for entry, at in self._tables(table, "label")),
            exclude=tuple(self._set_aside(entry, at) for entry, at in self._tables(table, "exclude")),
            ambiguous=tuple(self._set_aside(entry, at) for entry, at in self._tables(table, "ambiguous")),
            source=self.where,
        )

    def _label(self, entry: dict[str, Any], at: str) -> Label:
        at = f"{at} {entry['name']!r}" if isinstance(entry.get("name"), str) else at
        self._known_keys(entry, _LABEL_KEYS, at)
        name = self._text(self._required(entry, "name", at), f"{at} name")
        words = self._texts(entry["words"], f"{at} words") if "words" in entry else ()
        return Label(name, self._rules(entry, at), words)

    def _set_aside(self, entry: dict[str, Any], at: str) -> SetAside:
        self._known_keys(entry, _SET_ASIDE_KEYS, at)
        reason = self._text(self._required(entry, "reason", at), f"{at} reason")
        return SetAside(reason, self._rules(entry, at))

    def _rules(self, entry: dict[str, Any], at: str) -> tuple[Rule, ...]:
        match = self._required(entry, "match", at)
        alternatives = match if isinstance(match, list) else [match]
        if not alternatives or not all(isinstance(rule, dict) and rule for rule in alternatives):
            raise self._error("match names no column", at, 'write for example match.kind = ["Shirts"]')
        if any("words" in rule for rule in alternatives):
            raise self._error("words stands inside match", at, "move words above [[label.match]]")
        return tuple(
            Rule({column: self._texts(values, f"{at} match.{column}") for column, values in rule.items()})
            for rule in alternatives
        )

    def _tables(self, table: dict[str, Any], key: str) -> list[tuple[dict[str, Any], str]]:
        entries = table.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self._error("must be a list of tables", key, f"head each entry with [[{key}]]")
        return [(entry, f"{key} {number}") for number, entry in enumerate(entries, start=1)]

    def _texts(self, value: object, at: str) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise self._error("the list is empty", at, "list at least one value or remove the line")
        texts = tuple(self._text(item, at) for item in values)
        if twice := [text for text in dict.fromkeys(texts) if texts.count(text) > 1]:
            raise self._error(f"{twice[0]!r} is listed twice", at, "keep one of the two")
        return texts

    def _text(self, value: object, at: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._error(f"{value!r} is no text", at, "write it between quotation marks")
        return value.strip()

    def _required(self, entry: dict[str, Any], key: str, at: str) -> Any:
        if key not in entry:
            raise self._error(f"the key {key!r} is missing", at, f"add {key} = ...")
        return entry[key]

    def _known_keys(self, entry: dict[str, Any], known: Iterable[str], at: str) -> None:
        known = tuple(known)
        if unknown := [key for key in entry if key not in known]:
            hint = nearest(unknown[0], known)
            raise self._error(f"unknown key {unknown[0]!r}{hint}", at, f"the keys here are {', '.join(known)}")

    def _error(self, what: str, at: str, fix: str) -> TaxonomyError:
        return TaxonomyError(what, where=f"{self.where}: {at}" if at else self.where, fix=fix)
