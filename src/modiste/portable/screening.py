"""What an ONNX file may be made of, looked at before an engine gets it.

An engine follows whatever the file says: it reads arrays from other files, whatever their path, or even from an address
in memory, makes room for arrays of any size that is merely declared, and runs loops without an end. None of that is in
a network of ours. The package `onnx` is not part of the base install, so the file's fields are read here: a protobuf
message is a row of numbered fields, and those that matter are few (onnx/onnx.proto numbers them).
"""

from collections.abc import Iterator, Mapping
from math import prod

__all__ = ["check_network"]

OUTSIDE = "an array that lies outside of the file"

PARTS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "array"},
    "node": {5: "attribute"},
    "attribute": {5: "array", 10: "array"},
    "array": {},
}
"""Kind of message -> the fields that are looked into -> their kinds."""

REFUSED: Mapping[str, Mapping[int, str]] = {
    "model": {20: "a training of its own", 25: "functions of its own"},
    "graph": {15: "a sparse array"},
    "node": {},
    "attribute": {6: "a loop or a branch", 11: "a loop or a branch", 22: "a sparse array", 23: "a sparse array"},
    "array": {3: "an array in segments", 6: "an array of texts", 13: OUTSIDE},
}
"""Kind of message -> the fields that must not be there -> what the network would have then."""

DOMAIN, DIMENSIONS, LOCATION = 7, 1, 14
"""Fields of a node, and of an array."""

DOMAINS = (b"", b"ai.onnx")
"""Where ONNX's own operators are from."""

MOST_A_BYTE = 4
"""The smallest numbers that ONNX has take 2 bits."""


def check_network(onnx: bytes) -> None:
    """Makes sure that an ONNX file is a plain network, all of which lies in the file.

    Args:
        onnx: The file's bytes.

    Raises:
        ValueError: It has arrays elsewhere, arrays that are larger than what the file holds of them, operators that are
            not ONNX's own, loops or branches; or it is no ONNX file.
    """
    try:
        _check("model", onnx, 0, len(onnx))
    except IndexError as error:
        raise ValueError("the end of the network is missing") from error


def _check(kind: str, data: bytes, start: int, end: int) -> None:
    """Checks one message, and those in it."""
    parts, refused, dimensions = PARTS[kind], REFUSED[kind], list[int]()
    for number, value, begin, stop in _fields(data, start, end):
        if number in refused:
            raise ValueError(f"the network has {refused[number]}")
        if number in parts:
            _check(parts[number], data, begin, stop)
        elif kind == "node" and number == DOMAIN and data[begin:stop] not in DOMAINS:
            raise ValueError("the network has an operator that is not one of ONNX's own")
        elif kind == "array" and number == LOCATION and value != 0:
            raise ValueError(f"the network has {OUTSIDE}")
        elif kind == "array" and number == DIMENSIONS:
            # One a field, or all of them in one.
            dimensions += [value] if value is not None else _varints(data, begin, stop)
    if dimensions and prod(dimensions) > MOST_A_BYTE * (end - start):
        raise ValueError("the network has an array that is larger than what the file holds of it")


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int | None, int, int]]:
    """Yields a message's fields: the number of each, and its value, or None and where its bytes begin and end."""
    while at < end:
        key, at = _varint(data, at)
        value, size = None, 0
        match key & 7:
            case 0:
                value, at = _varint(data, at)
            case 1:
                size = 8
            case 2:
                size, at = _varint(data, at)
            case 5:
                size = 4
            case _:
                raise ValueError("the network is no ONNX file")
        if at + size > end:
            raise ValueError("the network is no ONNX file, or the end of it is missing")
        yield key >> 3, value, at, at + size
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Returns a number, which has 7 bits a byte, the lowest first, and where it ends."""
    byte = data[at]
    if byte < 0x80:  # most have one byte
        return byte, at + 1
    value = 0
    for place in range(10):
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("the network is no ONNX file")


def _varints(data: bytes, at: int, end: int) -> list[int]:
    values = []
    while at < end:
        value, at = _varint(data, at)
        values.append(value)
    return values
