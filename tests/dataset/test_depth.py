"""Pixels of more than 8 bits, whose scale is found out."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from modiste.dataset.images import decode
from modiste.errors import PhotoError

RAMP = np.linspace(0, 1, 256).reshape(16, 16)
RIGHT = np.arange(256).reshape(16, 16)


def tiff(values: NDArray[Any], *, kind: int, bits: int, white_is_zero: bool = False, order: str = "<") -> bytes:
    """Returns an uncompressed grey TIFF file."""
    data = values.tobytes()
    entries = [
        (256, 4, values.shape[1]),
        (257, 4, values.shape[0]),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, 0 if white_is_zero else 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, values.shape[0]),
        (279, 4, len(data)),
        (339, 3, kind),
    ]
    directory = struct.pack(f"{order}H", len(entries))
    for tag, size, value in entries:
        directory += struct.pack(f"{order}HHI", tag, size, 1) + struct.pack(
            f"{order}{'HH' if size == 3 else 'I'}", *([value, 0] if size == 3 else [value])
        )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data))
    return head + data + directory + bytes(4)


def grey(data: bytes) -> NDArray[np.int64]:
    picture, is_grey = decode(data)
    assert is_grey
    return np.asarray(picture, np.int64)[..., 0]


UNSIGNED, SIGNED, FLOAT = 1, 2, 3

FILES = {
    "16 bits": tiff((RAMP * 65535).round().astype("<u2"), kind=UNSIGNED, bits=16),
    "16 bits, big-endian": tiff((RAMP * 65535).round().astype(">u2"), kind=UNSIGNED, bits=16, order=">"),
    "8 bits in 16": tiff((RAMP * 255).round().astype("<u2"), kind=UNSIGNED, bits=16),
    "16 signed bits": tiff((RAMP * 32767).round().astype("<i2"), kind=SIGNED, bits=16),
    "32 bits": tiff((RAMP * (2**32 - 1)).round().astype("<u4"), kind=UNSIGNED, bits=32),
    "32 signed bits": tiff((RAMP * (2**31 - 1)).round().astype("<i4"), kind=SIGNED, bits=32),
    "8 bits in 32": tiff((RAMP * 255).round().astype("<u4"), kind=UNSIGNED, bits=32),
    "floats to 1": tiff(RAMP.astype("<f4"), kind=FLOAT, bits=32),
    "floats to 1, big-endian": tiff(RAMP.astype(">f4"), kind=FLOAT, bits=32, order=">"),
    "whole floats to 255": tiff((RAMP * 255).round().astype("<f4"), kind=FLOAT, bits=32),
    "floats to 255": tiff((RAMP * 255).astype("<f4"), kind=FLOAT, bits=32),
    "floats to 65535": tiff((RAMP * 65535).astype("<f4"), kind=FLOAT, bits=32),
    "floats beyond": tiff((RAMP * 1e6).astype("<f4"), kind=FLOAT, bits=32),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_every_scale_comes_out_from_black_to_white(data: bytes) -> None:
    assert np.abs(grey(data) - RIGHT).max() <= 1


def test_a_file_says_where_white_is() -> None:
    upside_down = tiff(((1 - RAMP) * 65535).round().astype("<u2"), kind=UNSIGNED, bits=16, white_is_zero=True)
    assert np.abs(grey(upside_down) - RIGHT).max() <= 1
    values = np.linspace(0, 4095, 256).round().astype(np.uint16)
    packed = bytearray()
    for first, second in values.reshape(-1, 2).tolist():
        packed += bytes([first >> 4, (first & 15) << 4 | second >> 8, second & 255])
    twelve = tiff(np.frombuffer(packed, np.uint8).reshape(16, 24), kind=UNSIGNED, bits=12)
    twelve = twelve.replace(struct.pack("<HHII", 256, 4, 1, 24), struct.pack("<HHII", 256, 4, 1, 16))
    assert np.abs(grey(twelve) - RIGHT).max() <= 1


def test_what_is_beyond_the_scale_is_black_or_white() -> None:
    """A few lights and shadows of a photo may lie outside; what is no number is as white as what is transparent."""
    values = RAMP.astype("<f4").copy()
    values[0, :5] = (-3, np.nan, np.inf, -np.inf, 900)
    found = grey(tiff(values, kind=FLOAT, bits=32))
    assert found[0, :5].tolist() == [0, 255, 255, 0, 255]
    assert np.abs(found[1:] - RIGHT[1:]).max() <= 1
    bright = grey(tiff((RAMP * 4).astype("<f4"), kind=FLOAT, bits=32))
    assert np.abs(bright - (RIGHT * 4).clip(0, 255)).max() <= 1
    with pytest.raises(PhotoError, match="none of its pixels is a number"):
        decode(tiff(np.full((4, 4), np.nan, "<f4"), kind=FLOAT, bits=32))


def test_pictures_in_memory_are_scaled_too() -> None:
    from modiste.dataset.images import decode_opened

    for values in ((RAMP * 65535).astype(np.int32), RAMP.astype(np.float32)):
        assert np.abs(np.asarray(decode_opened(Image.fromarray(values)), np.int64)[..., 0] - RIGHT).max() <= 1


def test_sixteen_bits_of_colour_are_scaled() -> None:
    buffer = io.BytesIO()
    Image.fromarray((RAMP * 65535).round().astype(np.uint16)).save(buffer, "PNG")
    assert np.abs(grey(buffer.getvalue()) - RIGHT).max() <= 1
