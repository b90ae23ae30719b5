"""The parts of a bundle besides its network; each validates itself."""

from dataclasses import asdict, dataclass, field
from types import UnionType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import DTypeLike, NDArray

from modiste.dataset.geometry import ON_WHITE, Fill, Fit, Size

__all__ = [
    "CERTIFIED",
    "EXPECTED",
    "MOST",
    "Assurance",
    "Calibration",
    "Hierarchy",
    "ImageFacts",
    "check_array",
    "check_assurance",
    "check_kind",
]

Assurance = Literal["certified", "expected"]
"""How sure it is that accepted answers have a target precision: with a risk of 5 % at most that they have less; or,
where so few photos are known that nothing would be accepted then, by what is to be expected of them."""

CERTIFIED: Assurance = "certified"
EXPECTED: Assurance = "expected"


MOST_PIXELS = 4096
"""The largest height or width of the pictures that a network may see."""

MOST_STRETCH = 100.0
"""How far the aspect ratio of a picture may be changed: more than that of any photo."""

MOST = 1000.0
"""The largest temperature and weight, and 1 divided by it the smallest: what is fitted stays well within them."""


def check_kind(name: str, value: object, kind: type[Any] | UnionType) -> Any:
    """Returns a plain value, as JSON has them, if it is of a kind.

    Raises:
        TypeError: It is of another.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {str(value)[:MOST_SHOWN]}, which is no {KINDS[kind]}")
    return value


KINDS = {str: "text", int | float: "number", list: "list", dict: "table"}
"""What people call the kinds of plain values."""

MOST_SHOWN = 40
"""Characters of a wrong value that a message shows."""


def check_assurance(value: object) -> Assurance:
    """Returns a value that is one of `Assurance`; raises ValueError for any other."""
    if value not in get_args(Assurance):
        raise ValueError(f"the assurance must be {' or '.join(get_args(Assurance))}, not {str(value)[:MOST_SHOWN]!r}")
    return CERTIFIED if value == CERTIFIED else EXPECTED


def check_array(name: str, values: NDArray[np.generic], dtype: DTypeLike, axes: int) -> None:
    """Raises ValueError unless an array has the type and the number of axes, and holds no NaN and no infinity."""
    if values.dtype != np.dtype(dtype) or values.ndim != axes:
        raise ValueError(f"{name} must be {np.dtype(dtype)} with {axes} axes, not {values.dtype} {values.shape}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity")


@dataclass(frozen=True)
class ImageFacts:
    """What a picture must be like before the network sees it: uint8 (height, width, 3).

    Attributes:
        height: In pixels.
        width: In pixels.
        colour: The order of the channels.
        resizing: How another size is brought to this one, in words.
        scaling: What is done to the values, and by whom.
        fill: What lies on the sides that stay free: see `Fit`, as for the next.
        stretch: How far the aspect ratio may be changed.
    """

    height: int
    width: int
    colour: str = "RGB"
    resizing: str = field(default=f"bicubic, {ON_WHITE}", repr=False)
    scaling: str = "none; the network takes the bytes"
    fill: Fill = ON_WHITE.fill
    stretch: float = ON_WHITE.stretch

    def __post_init__(self) -> None:
        for name in ("colour", "resizing", "scaling"):
            check_kind(f"the pictures' {name}", getattr(self, name), str)
        for name in ("height", "width"):
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= MOST_PIXELS:
                raise ValueError(f"the pictures' {name} must be 1 to {MOST_PIXELS} pixels, not {value!r}")
        check_kind("the pictures' stretch", self.stretch, int | float)
        if self.stretch > MOST_STRETCH:
            raise ValueError(f"the pictures' stretch must be 1 to {MOST_STRETCH:g}, not {self.stretch!r}")
        _ = self.fit

    @classmethod
    def of(cls, size: Size, fit: Fit) -> "ImageFacts":
        """Returns the facts of pictures of a size, to which others are brought in some way."""
        return cls(size.height, size.width, resizing=f"bicubic, {fit}", fill=fit.fill, stretch=fit.stretch)

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    @property
    def fit(self) -> Fit:
        """How a picture of another shape is brought to the size."""
        return Fit(self.fill, self.stretch)

    def as_json(self) -> dict[str, Any]:
        """Returns the facts as plain values, without those that older bundles lack where they are as in these."""
        older = {"fill": ON_WHITE.fill, "stretch": ON_WHITE.stretch}
        return {name: value for name, value in asdict(self).items() if name not in older or value != older[name]}


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Attributes whose answers must fit together (see `measure.consistency`).

    Attributes:
        attributes: The names of these attributes.
        combinations: int32 (m, attributes), m at least 1: label ids that occur together, no row twice.
        weights: float64 (attributes,), in [1 / MOST, MOST]: how far each head is believed.
    """

    attributes: tuple[str, ...]
    combinations: NDArray[np.int32] = field(repr=False)
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        check_array("combinations", self.combinations, np.int32, 2)
        check_array("weights", self.weights, np.float64, 1)
        if not len(self.attributes) == self.combinations.shape[1] == len(self.weights) or not self.attributes:
            raise ValueError(
                f"{len(self.attributes)} hierarchical attributes, {self.combinations.shape[1]} in combinations, "
                f"{len(self.weights)} weights"
            )
        if not ((self.weights >= 1 / MOST) & (self.weights <= MOST)).all():
            raise ValueError(f"the weights of the hierarchy must be above 0, and at most {MOST:g}")
        if not len(self.combinations) or len(np.unique(self.combinations, axis=0)) != len(self.combinations):
            raise ValueError("the combinations must be at least one, and no row twice")


@dataclass(frozen=True, eq=False)
class Calibration:
    """One attribute's answers on validation products, from which thresholds for any target precision follow.

    Attributes:
        confidence: float32 (n,) in [0, 1].
        correct: bool (n,).
        answer: uint16 (n,): the label ids answered.
    """

    confidence: NDArray[np.float32]
    correct: NDArray[np.bool_]
    answer: NDArray[np.uint16]

    def __post_init__(self) -> None:
        check_array("confidence", self.confidence, np.float32, 1)
        check_array("correct", self.correct, np.bool_, 1)
        check_array("answer", self.answer, np.uint16, 1)
        if not len(self.confidence) == len(self.correct) == len(self.answer):
            raise ValueError("the arrays of a calibration differ in length")
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ValueError("confidence must be in [0, 1]")
