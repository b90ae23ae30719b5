"""The bundle: one file with all that answers need, and nothing in it is executed. See `archive` for the file itself.

`bundle.json` holds what is short, `schema.toml` the attributes and their labels, `network.onnx` the network,
`arrays/*.npy` the arrays (no pickle), `card.json` the model card. One that reads names has `terms.txt`, their words.
"""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from modiste import __version__
from modiste.errors import BundleError, SchemaError
from modiste.portable.archive import read_archive, write_archive
from modiste.portable.contents import (
    CERTIFIED,
    MOST,
    Assurance,
    Calibration,
    Hierarchy,
    ImageFacts,
    check_array,
    check_assurance,
    check_kind,
)
from modiste.portable.naming import Naming, parts_of
from modiste.portable.screening import check_network
from modiste.schema import Attribute, Schema
from modiste.text.names import NameModel

__all__ = ["SUFFIX", "Bundle", "default_bundle", "read_bundle", "write_bundle"]

SUFFIX = ".modiste"

NETWORK = "network.onnx"
COMBINED = ("combinations", "weights")
"""The arrays of a hierarchy."""

OFFSETS = "offsets"
"""The array that only a bundle has which `modiste calibrate` made."""

MOST_SAID = 300
"""Characters of a reason that a message shows."""

CARD = "card.json"
SCHEMA = "schema.toml"

TERMS = "terms.txt"
"""The words that names are read by, one term a line."""

NAMED: Mapping[str, DTypeLike] = {
    "idf": np.float32,
    "starts": np.int32,
    "label_ids": np.uint16,
    "weights": np.int8,
    "scales": np.float32,
    "bias": np.float32,
    "shares": np.float64,
    "hierarchy": np.float64,
    "temperatures": np.float64,
}
"""The arrays that names are read with: those of the model, then those of the answers."""


def default_bundle() -> Path:
    """Returns where the bundle lies that comes with the package."""
    return Path(str(resources.files("modiste.bundles") / f"default{SUFFIX}"))


@dataclass(frozen=True, eq=False)
class Bundle:
    """A tagger that has left the lab.

    Attributes:
        schema: What it says of a picture: the attributes and their labels, in the order of the logits.
        image: What it wants a picture to be like.
        network: The ONNX file's bytes: see `export.to_onnx` for its input and outputs.
        heads: float16 (channels, labels of all attributes): the weights of the linear layer, for class activation maps.
        temperatures: Per attribute, what its logits (see `answers.join_heads`) are divided by.
        calibration: Per attribute.
        ood_threshold: In [0, 1]: a picture of a higher OOD score (see `measure.ood`) is unlike the training data.
        hierarchy: Which answers must fit together; None where all are independent.
        offsets: float32 (labels of all attributes,): what `answers.join_heads` adds for each label, as
            `modiste calibrate` found; None where nothing is added.
        assurance: How sure the precision of accepted answers must be.
        naming: What names are read with; None where it reads pictures alone.
        card: The model card: nested plain values, as JSON has them.
        made_with: The version of modiste that made it.

    Raises:
        ValueError: The parts do not fit together.
    """

    schema: Schema
    image: ImageFacts
    network: bytes = field(repr=False)
    heads: NDArray[np.float16] = field(repr=False)
    temperatures: tuple[float, ...]
    calibration: tuple[Calibration, ...] = field(repr=False)
    ood_threshold: float
    hierarchy: Hierarchy | None = None
    offsets: NDArray[np.float32] | None = field(default=None, repr=False)
    assurance: Assurance = field(default=CERTIFIED, repr=False)
    naming: Naming | None = field(default=None, repr=False)
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)
    made_with: str = __version__

    def __post_init__(self) -> None:
        names = self.schema.names
        if not names or not all(self.sizes):
            raise ValueError("there must be attributes, and each must have labels")
        if not len(names) == len(self.temperatures) == len(self.calibration):
            raise ValueError(
                f"{len(names)} attributes, {len(self.temperatures)} temperatures, {len(self.calibration)} calibrations"
            )
        if not all(1 / MOST <= temperature <= MOST for temperature in self.temperatures):
            raise ValueError(f"temperatures must be above 0 and at most {MOST:g}, not {self.temperatures}")
        if not 0 <= self.ood_threshold <= 1:
            raise ValueError(f"the threshold of OOD scores must be in [0, 1], not {self.ood_threshold!r}")
        check_array("heads", self.heads, np.float16, 2)
        if self.heads.shape[1] != sum(self.sizes):
            raise ValueError(f"heads for {self.heads.shape[1]} labels, and the attributes have {sum(self.sizes)}")
        for name, size, each in zip(names, self.sizes, self.calibration, strict=True):
            if (each.answer >= size).any():
                raise ValueError(f"the calibration of {name} holds a label id that it does not have")
        self._check_hierarchy()
        self._check_offsets()
        check_assurance(self.assurance)
        if self.naming is not None:
            self.naming.check(self.sizes, self.hierarchy)
        check_kind("the model card", self.card, dict)
        if not self.network or json.loads(json.dumps(self.card, allow_nan=False)) != self.card:
            raise ValueError("no network, or a model card that JSON cannot hold")

    def _check_hierarchy(self) -> None:
        if self.hierarchy is None:
            return
        size_of = {attribute.name: len(attribute.labels) for attribute in self.attributes}
        for name, label_ids in zip(self.hierarchy.attributes, self.hierarchy.combinations.T, strict=True):
            if not 0 <= label_ids.min() <= label_ids.max() < size_of.pop(name, 0):
                raise ValueError(f"the hierarchy names {name!r} wrongly, or label ids that it does not have")

    def _check_offsets(self) -> None:
        if self.offsets is None:
            return
        check_array("offsets", self.offsets, np.float32, 1)
        if len(self.offsets) != sum(self.sizes) or (np.abs(self.offsets) > MOST).any():
            raise ValueError(f"the offsets must be one a label, and at most {MOST:g}")

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """What it says of a picture, in the order of the logits."""
        return self.schema.attributes

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many labels each attribute has."""
        return self.schema.sizes

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, the same for two bundles exactly when their answers and embeddings are.

        Of the schema, what people call things and how it is learned do not count.
        """
        digest = sha256(self.network)
        said = [(attribute.name, attribute.labels, float(attribute.similarity)) for attribute in self.attributes]
        together = (self.schema.hierarchy, self.hierarchy and self.hierarchy.attributes)
        numbers = [float(value) for value in (self.schema.visual_similarity, *self.temperatures, self.ood_threshold)]
        digest.update(repr((said, together, numbers, self.image.as_json())).encode())
        for part in (*self.calibration, self.hierarchy):
            for value in vars(part).values() if part else ():
                digest.update(np.asarray(value).tobytes())
        # Of a bundle that has neither, the digest is what it was before there were any.
        if self.offsets is not None:
            digest.update(b"offsets" + self.offsets.tobytes())
        if self.assurance != CERTIFIED:
            digest.update(self.assurance.encode())
        if self.naming is not None:
            digest.update("\n".join(self.naming.model.terms).encode())
            for value in parts_of(self.naming).values():
                digest.update(value.tobytes())
            for each in self.naming.calibration:
                for value in vars(each).values():
                    digest.update(value.tobytes())
        return digest.hexdigest()[:32]

    def __str__(self) -> str:
        said = ", ".join(f"{attribute.name} ({len(attribute.labels)} labels)" for attribute in self.attributes)
        return f"tagger of {self.image.width}x{self.image.height} pictures, made with modiste {self.made_with}: {said}"


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Writes a bundle, whole or not at all; equal bundles give equal bytes.

    Args:
        path: The file, with `SUFFIX` at the end; what lies there is replaced.
        bundle: What to write.

    Raises:
        OutputError: It cannot be written; what was there is still there.
    """
    facts: dict[str, Any] = {
        "modiste": bundle.made_with,
        "image": bundle.image.as_json(),
        "hierarchy": list(bundle.hierarchy.attributes) if bundle.hierarchy else [],
        "temperatures": bundle.temperatures,
        "ood_threshold": bundle.ood_threshold,
    }
    if bundle.assurance != CERTIFIED:
        facts["assurance"] = bundle.assurance
    members = {name: _npy(values) for name, values in _arrays_of(bundle).items()}
    card = json.dumps(bundle.card, indent=1, ensure_ascii=False).encode()
    members |= {NETWORK: bundle.network, CARD: card, SCHEMA: bundle.schema.to_toml().encode()}
    if bundle.naming is not None:
        members[TERMS] = "\n".join(bundle.naming.model.terms).encode()
    write_archive(path, facts, members)


def _arrays_of(bundle: Bundle) -> dict[str, NDArray[Any]]:
    """Returns a bundle's arrays, by the names of their members."""
    arrays: dict[str, NDArray[Any]] = {"heads": bundle.heads}
    if bundle.hierarchy is not None:
        arrays |= dict(zip(COMBINED, (bundle.hierarchy.combinations, bundle.hierarchy.weights), strict=True))
    if bundle.offsets is not None:
        arrays[OFFSETS] = bundle.offsets
    for number, each in enumerate(bundle.calibration):
        arrays |= {_calibration(number, name): values for name, values in vars(each).items()}
    if bundle.naming is not None:
        arrays |= {_named(name): values for name, values in parts_of(bundle.naming).items()}
        for number, each in enumerate(bundle.naming.calibration):
            arrays |= {_named(_calibration(number, name)): values for name, values in vars(each).items()}
    return {_member(name): values for name, values in arrays.items()}


def read_bundle(path: Path) -> Bundle:
    """Reads a bundle and makes sure that it is whole.

    Raises:
        BundleError: No such file, no bundle, of another format, damaged, or its parts do not fit together.
    """
    facts, members = read_archive(path)
    try:
        return _from_parts(facts, members)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, SchemaError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise BundleError(
            f"its parts do not fit together ({reason[:MOST_SAID]})",
            where=path,
            fix="make it again with `modiste export`",
        ) from error


def _from_parts(facts: Mapping[str, Any], members: Mapping[str, bytes]) -> Bundle:
    """Makes a bundle of what its file holds, and of nothing else.

    Raises:
        KeyError: A part is missing.
        SchemaError: The schema contradicts itself.
        ValueError: Something is of another type, or the parts do not fit together; several built-in errors say so.
    """

    def array(name: str, dtype: DTypeLike) -> NDArray[Any]:
        return _from_npy(members[_member(name)], name, dtype)

    names = tuple(facts["hierarchy"])
    schema = Schema.from_toml(members[SCHEMA].decode(), source=SCHEMA)
    check_network(members[NETWORK])
    bundle = Bundle(
        schema=schema,
        image=ImageFacts(**facts["image"]),
        network=members[NETWORK],
        heads=array("heads", np.float16),
        temperatures=tuple(float(check_kind("a temperature", value, int | float)) for value in facts["temperatures"]),
        calibration=_calibrations(array, len(schema.attributes)),
        ood_threshold=float(check_kind("the threshold of OOD scores", facts["ood_threshold"], int | float)),
        hierarchy=Hierarchy(names, array(COMBINED[0], np.int32), array(COMBINED[1], np.float64)) if names else None,
        offsets=array(OFFSETS, np.float32) if _member(OFFSETS) in members else None,
        assurance=check_assurance(facts.get("assurance", CERTIFIED)),
        naming=_naming(members[TERMS], array, len(schema.attributes)) if TERMS in members else None,
        card=json.loads(members[CARD]),
        made_with=check_kind("the version that made it", facts["modiste"], str),
    )
    known = {*_arrays_of(bundle), *map(_member, COMBINED), NETWORK, CARD, SCHEMA, *((TERMS,) if bundle.naming else ())}
    if others := sorted(set(members) - known):
        raise ValueError(f"{others[0]!r} is no part of a bundle")
    return bundle


_Reader = Callable[[str, DTypeLike], NDArray[Any]]
"""Returns an array by its name and type."""


def _calibrations(array: _Reader, count: int, name: Callable[[str], str] = str) -> tuple[Calibration, ...]:
    return tuple(
        Calibration(
            array(name(_calibration(number, "confidence")), np.float32),
            array(name(_calibration(number, "correct")), np.bool_),
            array(name(_calibration(number, "answer")), np.uint16),
        )
        for number in range(count)
    )


def _naming(terms: bytes, array: _Reader, count: int) -> Naming:
    parts = {name: array(_named(name), dtype) for name, dtype in NAMED.items()}
    shares, hierarchy, temperatures = (parts.pop(name) for name in ("shares", "hierarchy", "temperatures"))
    model = NameModel(tuple(terms.decode().split("\n")), **parts)
    return Naming(model, shares, hierarchy, temperatures, _calibrations(array, count, _named))


def _member(name: str) -> str:
    return f"arrays/{name}.npy"


def _calibration(number: int, name: str) -> str:
    return f"calibration-{number}-{name}"


def _named(name: str) -> str:
    return f"names-{name}"


def _npy(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    little_endian = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    np.lib.format.write_array(buffer, little_endian, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _from_npy(data: bytes, name: str, dtype: DTypeLike) -> NDArray[Any]:
    """Reads an array of a known type; the header is looked at before anything is allocated."""
    buffer = io.BytesIO(data)
    if np.lib.format.read_magic(buffer) != (1, 0):
        raise ValueError(f"{name} is an array file of another version")
    shape, columns_first, found = np.lib.format.read_array_header_1_0(buffer)
    if found != np.dtype(dtype).newbyteorder("<") or columns_first:
        raise ValueError(f"{name} is of type {found}, not {np.dtype(dtype)}")
    return np.frombuffer(data, dtype, offset=buffer.tell()).reshape(shape)
