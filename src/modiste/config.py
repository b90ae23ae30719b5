"""Settings: frozen dataclasses, filled from a TOML file and then from flags; an unknown key is an error."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from modiste.errors import ConfigError, nearest
from modiste.files import read_text
from modiste.schema import Imbalance

__all__ = [
    "BEFORE",
    "SIZES",
    "Device",
    "StudyConfig",
    "TrainConfig",
    "load_config",
    "make_config",
    "run_settings",
    "settings_of_size",
]

_T = TypeVar("_T")

Device = Literal["auto", "cpu", "cuda"]
"""Where a network computes: `auto` is a GPU of NVIDIA's where one can be used, else the CPU."""

SIZES: Mapping[str, Mapping[str, int | bool]] = {
    "small": {"width": 60, "height": 80, "shallow": True},
    "base": {"width": 60, "height": 80, "shallow": False},
    "large": {"width": 96, "height": 128, "shallow": False},
}
"""What `--size` stands for, from the fastest to the most accurate, which is the default: docs/results/speed.md."""

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number that weighs something: 0 or more, and finite."""

BEFORE: Mapping[str, Any] = {"augmented": 0.0, "fill": "white", "names": False, "stretch": 1.0}
"""What was done before there was a setting for it, where its default is something else: older runs go on with that."""

MaxPixels = Annotated[int, Field(ge=1)]
"""How many pixels a picture may have."""


def _with_own_errors(kind: type[_T]) -> type[_T]:
    """Makes settings that are built with wrong values raise `ConfigError`, not pydantic's error of many lines."""
    build = kind.__init__

    @wraps(build)
    def init(self: Any, *arguments: Any, **values: Any) -> None:
        _check_names(kind, values, where=kind.__name__)
        try:
            build(self, *arguments, **values)
        except ValidationError as error:
            raise _own_error(error, where=kind.__name__) from error

    kind.__init__ = init  # type: ignore[method-assign]
    return kind


def _check_names(kind: type[_T], names: Iterable[str], *, where: str) -> None:
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for name in names:
        if name not in known:
            raise ConfigError(
                f"unknown setting {name!r}{nearest(name, known)}",
                where=where,
                fix=f"the settings are {', '.join(known)}",
            )


def _own_error(error: ValidationError, *, where: str) -> ConfigError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    return ConfigError(f"{name} = {first['input']!r}: {first['msg'].lower()}", where=where)


@_with_own_errors
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class StudyConfig:
    """The settings of `modiste study`; the defaults are the study's own, where it states them.

    Attributes:
        seed: The seed of the split, the weights, the shuffling, the flips and the dropout.
        split: `random`, as in the study; `grouped`: identical pictures on one side; `given`: the catalogue's own; or
            `auto`: the catalogue's own where its folders are parts of a split, else `random`.
        epochs: At most so many.
        patience: Stop after so many epochs without a lower validation loss.
        batch_size: Pictures a step.
        learning_rate: The learning rate of Adam.
        bn_momentum: The momentum of the batch norms' moving averages; 0.99 is Keras's default.
        greyscale: Train on brightness alone.
        device: Where the network computes; it may be another when a run is resumed.
        schema: A file that says what is known of a product (see `modiste.schema`); empty for the shipped one.
        taxonomy: A file of label rules; empty for the shipped 30 labels.
        columns: Field -> the table's name for it, where a table is not in the Kaggle layout.
        images: The folder of a table's pictures; empty for the table's own.
        max_pixels: How many pixels a picture may have: see `dataset.images.decode`.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    split: Literal["random", "grouped", "given", "auto"] = "auto"
    epochs: Annotated[int, Field(ge=1)] = 40
    patience: Annotated[int, Field(ge=1)] = 5
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1e-3
    bn_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    greyscale: bool = False
    device: Device = "auto"
    schema: str = ""
    taxonomy: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    images: str = ""
    max_pixels: MaxPixels = 64_000_000


@_with_own_errors
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TrainConfig:
    """The settings of `modiste train`; the defaults are what docs/results/accuracy.md measured.

    Attributes:
        seed: The seed of the split, the weights, the shuffling, the flips and shifts, and the dropout.
        split: `grouped`: identical and near-identical pictures on one side; `random`; `year`: odd years are the
            hold-out; `given`: the catalogue's own; a file of ids and parts; or `auto`: the catalogue's own where its
            folders are parts of a split, else `grouped`.
        targets: The columns to learn; empty for those that we know and the catalogue has.
        epochs: The learning rate falls to zero in so many.
        batch_size: Pictures a step.
        learning_rate: The highest one, of AdamW.
        weight_decay: Of AdamW, decoupled from the gradient.
        label_smoothing: The share of each target that is spread evenly over the labels.
        shift: Pictures are moved by up to so many pixels in training, along each axis.
        augmented: The share of pictures that training varies each time it draws them: framed, lit and processed
            otherwise (see `dataset.shifts`), so that the network learns what holds on other people's photos.
        on_ground: The share of these that are cut out and set on another ground, where they lie on a near-white one.
        dropout: The share of features left out in training.
        weights: Column -> its share of the loss; elsewhere what the schema says, or 1 for the first target and
            `other_weight` for the others.
        other_weight: The share of the loss of each target but the first.
        imbalance: Column -> what is done about rare labels (see `learning.imbalance`); the entry `default` is for
            the others. Elsewhere it is what the schema says, as measured: docs/results/imbalance.md. What the focal
            loss gains there, it would lose where the trunk learns too: it makes an attribute's share of the loss small.
        width: The width of the pictures that the network sees, in pixels. Smaller ones are enlarged: a network that
            learned on larger ones then sees their details, for 2.6 times the arithmetic of 60x80.
        height: Their height, in pixels.
        fill: What lies beside a picture of another shape: `white`, or `border`, the colour of its own edge.
        stretch: How far the aspect ratio of such a picture may be changed, so that less is left to fill: 1 keeps it.
        progressive: The share of the epochs, the first ones, that see pictures of 5/8 the size, at 0.4 of the cost
            (progressive resizing: Howard 2018; Tan and Le 2021).
        backbone: What the network is built on: see `learning.backbones`.
        last_stride: 1 keeps a feature map twice as fine, and costs more arithmetic; for EfficientNet-Lite0 alone.
        shallow: Leave out 5 of EfficientNet-Lite0's 16 blocks: three tenths of the arithmetic, for a little accuracy.
        mirrored: Answer for each picture and its mirror image together: a little more accurate, in twice the time.
        mixed: Train EfficientNet-Lite0 in bfloat16 where that is as good and the processor is faster at it; answers are
            float32, and so is all else that is trained.
        device: Where the network computes; it may be another when a run is resumed.
        start: Whose weights the network starts from: `imagenet`, `random`, `default` (the bundle that comes with the
            package) or the path of a bundle; a bundle's fit EfficientNet-Lite0 alone.
        teacher: The run folder of a network, trained on the same products, that this one learns from as well; empty for
            none.
        teaching: The share of the loss that compares with the teacher's answers instead of the labels.
        corrections: A file of labels that people gave products when they reviewed them; empty for none.
        sources: More catalogues to learn from: see `workflows.other_sources`.
        maps: The path of one of these -> a file that says what its labels mean: see `catalogue.label_map`. One without
            has the first catalogue's columns and labels.
        schema: A file that says what is known of a product (see `modiste.schema`); empty for the shipped one.
        taxonomy: A file of label rules; empty for the shipped 30 labels.
        text: The column of products' names to learn from beside the pictures; empty for the schema's, where the
            catalogue has it.
        names: Whether to learn from names at all.
        columns: Field -> the table's name for it, where a table is not in the Kaggle layout.
        images: The folder of a table's pictures; empty for the table's own.
        max_pixels: How many pixels a picture may have: see `dataset.images.decode`.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    split: str = "auto"
    targets: list[str] = Field(default_factory=list)
    epochs: Annotated[int, Field(ge=1)] = 6
    batch_size: Annotated[int, Field(ge=2)] = 64
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1e-3
    weight_decay: Weight = 0.02
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    shift: Annotated[int, Field(ge=0)] = 4
    augmented: Annotated[float, Field(ge=0, le=1)] = 0.6
    on_ground: Annotated[float, Field(ge=0, le=1)] = 0.6
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    weights: dict[str, Weight] = Field(default_factory=dict)
    other_weight: Weight = 0.5
    imbalance: dict[str, Imbalance] = Field(default_factory=dict)
    width: Annotated[int, Field(ge=32, le=1024)] = 96
    height: Annotated[int, Field(ge=32, le=1024)] = 128
    fill: Literal["white", "border"] = "border"
    stretch: Annotated[float, Field(ge=1, le=100)] = 1.2
    progressive: Annotated[float, Field(ge=0, lt=1)] = 0.0
    backbone: str = "efficientnet-lite0"
    last_stride: Literal[1, 2] = 2
    shallow: bool = False
    mirrored: bool = False
    mixed: bool = True
    device: Device = "auto"
    start: str = "imagenet"
    teacher: str = ""
    teaching: Annotated[float, Field(ge=0, le=1)] = 0.5
    corrections: str = ""
    sources: list[str] = Field(default_factory=list)
    maps: dict[str, str] = Field(default_factory=dict)
    schema: str = ""
    taxonomy: str = ""
    text: str = ""
    names: bool = True
    columns: dict[str, str] = Field(default_factory=dict)
    images: str = ""
    max_pixels: MaxPixels = 64_000_000


def make_config(kind: type[_T], values: Mapping[str, Any], *, where: str = "settings") -> _T:
    """Builds settings of a kind from plain values.

    Args:
        kind: The dataclass of the settings.
        values: name -> value; names that are absent keep their defaults.
        where: The values' origin, for errors.

    Raises:
        ConfigError: A name is unknown, or a value has the wrong type or lies out of its range.
    """
    _check_names(kind, values, where=where)
    try:
        # By way of JSON, where strict means what it should: a list may become a tuple, but "3" or true no number.
        return TypeAdapter(kind).validate_json(json.dumps(dict(values), default=str), strict=True)
    except ValidationError as error:
        raise _own_error(error, where=where) from error


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
            values = tomllib.loads(read_text(path))
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", where=path, fix="check --config") from error
        except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
            raise ConfigError(f"cannot be read as TOML ({error})", where=path, fix="correct the file") from error
        make_config(kind, values, where=str(path))
    given = {name: value for name, value in flags.items() if value is not None}
    # The file has passed by itself, so what is wrong now is a flag.
    return make_config(kind, values | given, where="flags")


def run_settings(kind: type[_T], values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings of a run with those that it is older than: as things were before them, or as is usual."""
    usual = asdict(kind())  # type: ignore[call-overload]
    return usual | {name: value for name, value in BEFORE.items() if name in usual} | dict(values)


def settings_of_size(name: str) -> Mapping[str, int | bool]:
    """Returns what a size of `SIZES` stands for: setting -> value.

    Raises:
        ConfigError: There is no such size.
    """
    if name not in SIZES:
        raise ConfigError(
            f"no size is called {name!r}{nearest(name, SIZES)}", where="--size", fix=f"take {', '.join(SIZES)}"
        )
    return SIZES[name]
