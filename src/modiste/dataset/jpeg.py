"""JPEG files: what their headers say, and pixels in the shortest way.

Plain ones go straight to libjpeg-turbo, by simplejpeg. Pillow uses the same library: the pixels are the same, byte for
byte (compared on the 44,441 files of the real catalogue), in 31 us instead of 114 for a picture of 60x80.
"""

import re

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from modiste.dataset.colour import converts

__all__ = ["decode_plain_jpeg", "draws_more_often", "most_passes", "most_reduced", "reduce_jpeg"]

APP1 = b"\xff\xe1"
"""How EXIF and XMP begin, which say how to turn a picture. In a JPEG's compressed data 0 follows each 255, so this is
nowhere else, but by chance in other headers: such a file takes the longer way."""

ICC = b"ICC_PROFILE\0"
"""How a part of a colour profile begins; its number follows."""

PASSES = 20
"""The largest picture may be drawn so often, a smaller one more often, up to `MOST_PASSES`."""

MOST_PASSES = 1000

REDUCTIONS = (2, 4, 8)
"""By what libjpeg can divide width and height while it decodes, at less cost than decoding them whole."""

MOST_TIMES = 8
"""A file may have so many times the pixels that a picture may have, if it can be decoded row by row."""

MOST_TIMES_AT_ONCE = 2
"""The same for one that cannot: libjpeg keeps all its coefficients, up to 6 bytes a pixel."""

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
"""A marker of a JPEG file that is followed by its length, or ends it. Nothing in a picture's data looks like one."""

_START, _PASS, _END = b"\xff\xd8", b"\xda", b"\xd9"

_APP2 = b"\xe2"

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
"""Markers of the header that tells size and components."""

_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})


def decode_plain_jpeg(data: bytes, max_pixels: int) -> NDArray[np.uint8] | None:
    """Returns the pixels of a whole JPEG file in colour that nothing says to turn or to convert; None for any other.

    Args:
        data: The file.
        max_pixels: How many pixels it may have.

    Returns:
        uint8 (height, width, 3).
    """
    if not data.startswith(_START) or APP1 in data:
        return None
    if ICC in data and converts(_profile(data), "RGB"):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours != "YCbCr" or width * height > max_pixels:
            return None
        if draws_more_often(data, most_passes(width * height, max_pixels)):
            return None
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data)
    except ValueError:  # damaged, also where a picture could be made of it: Pillow knows what to say
        return None
    return pixels


def most_reduced(data: bytes, max_pixels: int) -> int:
    """Returns how many pixels a JPEG file may have so that it can be decoded to no more than `max_pixels`."""
    return max_pixels * (MOST_TIMES_AT_ONCE if _decoded_at_once(data) else MOST_TIMES)


def reduce_jpeg(picture: JpegImagePlugin.JpegImageFile, max_pixels: int) -> None:
    """Has an opened JPEG file decoded to a half, a quarter or an eighth of its size, the largest that fits."""
    width, height = picture.size
    for factor in REDUCTIONS:
        if -(-width // factor) * -(-height // factor) <= max_pixels:
            picture.draft(None, (max(1, width // factor), max(1, height // factor)))
            return


def most_passes(pixels: int, max_pixels: int) -> int:
    """Returns how often a picture may be drawn.

    Args:
        pixels: How many pixels it has.
        max_pixels: How many pixels the largest one may have.
    """
    return min(MOST_PASSES, PASSES * max_pixels // pixels)


def draws_more_often(data: bytes, passes: int) -> bool:
    """Whether a file is a JPEG of more passes; what follows its end, such as the film of a phone, is not looked at."""
    if not data.startswith(_START) or data.count(b"\xff" + _PASS) <= passes:
        return False
    count, place = 0, len(_START)
    while count <= passes and (found := _MARKER.search(data, place)) and found[1] != _END:
        count += found[1] == _PASS
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return count > passes


def _profile(data: bytes) -> bytes:
    """Returns the colour profile in the headers of a JPEG file, whose parts may come in any order."""
    parts, place = [], len(_START)
    while (found := _MARKER.search(data, place)) and found[1] not in {_PASS, _END}:
        start, place = found.end(), found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
        if found[1] == _APP2 and data.startswith(ICC, start + 2):
            parts.append(data[start + 2 + len(ICC) : place])
    return b"".join(part[2:] for part in sorted(parts))


def _decoded_at_once(data: bytes) -> bool:
    """Whether the rows of a JPEG file come in several passes: it is progressive, or drawn colour by colour."""
    components, place = 0, len(_START)
    while (found := _MARKER.search(data, place)) and found[1] != _END:
        start, marker = found.end(), found[1][0]
        if marker in _PROGRESSIVE:
            return True
        if marker in _FRAMES:
            components = data[start + 7] if start + 7 < len(data) else 0
        if found[1] == _PASS:
            return start + 2 >= len(data) or data[start + 2] < components
        place = start + int.from_bytes(data[start : start + 2], "big")
    return True
