"""How often a JPEG file draws its pixels.

A progressive one does so in passes, some ten of them. Each is a few bytes and as much work as a whole picture: without
a limit, a file of some hundred kB would keep a processor busy for hours.
"""

import re

__all__ = ["draws_more_often", "most_passes"]

PASSES = 20
"""The largest picture may be drawn so often, a smaller one more often, up to `MOST_PASSES`."""

MOST_PASSES = 1000

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
"""A marker of a JPEG file that is followed by its length, or ends it. Nothing in a picture's data looks like one."""

_START, _PASS, _END = b"\xff\xd8", b"\xda", b"\xd9"


def most_passes(pixels: int, most_pixels: int) -> int:
    """Returns how often a picture may be drawn.

    Args:
        pixels: How many it has.
        most_pixels: How many the largest one may have.
    """
    return min(MOST_PASSES, PASSES * most_pixels // pixels)


def draws_more_often(data: bytes, passes: int) -> bool:
    """Whether a file is a JPEG of more passes; what follows its end, such as the film of a phone, is not looked at."""
    if not data.startswith(_START) or data.count(b"\xff" + _PASS) <= passes:
        return False
    count, place = 0, len(_START)
    while count <= passes and (found := _MARKER.search(data, place)) and found[1] != _END:
        count += found[1] == _PASS
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return count > passes
