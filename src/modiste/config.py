"""Settings: frozen dataclasses, filled from a TOML file and then from flags; an unknown key is an error."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from modiste.errors import ConfigError, nearest

__all__ = ["StudyConfig", "load_config", "make_config"]

_T = TypeVar("_T")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class StudyConfig:
    """The settings of `modiste study`; the defaults are the study's own, where it states them.

    Attributes:
        seed: Of the split, the weights, the shuffling, the flips and the dropout.
        split: `random`, as in the study, or `grouped`: identical pictures on one side.
        epochs: At most so many.
        patience: Stop after so many epochs without a lower validation loss.
        batch_size: Pictures a step.
        learning_rate: Of Adam.
        bn_momentum: Of the batch norms' moving averages; 0.99 is what Keras takes where nothing is said.
        greyscale: Train on brightness alone.
        taxonomy: A file of label rules; empty for the shipped 30 labels.
        columns: Field -> the table's name for it, where a table is not in the Kaggle layout.
        images: The folder of a table's pictures; empty for the table's own.
    """

    seed: Annotated[int, Field(ge=0)] = 0
    split: Literal["random", "grouped"] = "random"
    epochs: Annotated[int, Field(ge=1)] = 40
    patience: Annotated[int, Field(ge=1)] = 5
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    bn_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    greyscale: bool = False
    taxonomy: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    images: str = ""


def make_config(kind: type[_T], values: Mapping[str, Any], *, where: str = "settings") -> _T:
    """Builds settings of a kind from plain values.

    Args:
        kind: The dataclass of the settings.
        values: name -> value; names that are absent keep their defaults.
        where: The values' origin, for errors.

    Raises:
        ConfigError: A name is unknown, or a value has the wrong type or lies out of its range.
    """
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise ConfigError(
                f"unknown setting {name!r}{nearest(name, known)}",
                where=where,
                fix=f"the settings are {', '.join(known)}",
            )
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name} = {first['input']!r}: {first['msg'].lower()}", where=where) from error


def load_config(kind: type[_T], path: Path | None, flags: Mapping[str, Any]) -> _T:
    """Builds settings from a TOML file, then from flags, which win.

    Args:
        kind: The dataclass of the settings.
        path: The file, or None.
        flags: name -> value; None means that the flag was not given.

    Raises:
        ConfigError: The file cannot be read, or see `make_config`.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot be read as TOML ({error})", where=path) from error
        make_config(kind, values, where=str(path))
    given = {name: value for name, value in flags.items() if value is not None}
    return make_config(kind, values | given, where="flags" if path is None else str(path))
