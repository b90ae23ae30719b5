"""Colours of all kinds as sRGB, which networks learn from and screens show."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

__all__ = ["converts", "to_srgb"]

COLOURS = {"L": "L", "LA": "L", "RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK"}
"""Mode -> what is left without transparency."""

PROFILES = 32
"""Profiles whose conversion is kept: a catalogue has a handful."""

MOST_BYTES = 16 * 2**20
"""A larger profile is ignored; those of presses have 3 MB, at most 9."""

NEAR = 2
"""A profile whose conversion changes nothing by more, of 255, is sRGB: the many writers of it round differently."""


def converts(profile: bytes, mode: str) -> bool:
    """Whether a profile makes other colours of a picture's values than sRGB does.

    It does not where it is sRGB's own, or says nothing about the picture: damaged, or for pictures of another kind,
    such as one of a press in a picture for screens.

    Args:
        profile: An ICC profile.
        mode: The picture's: L, LA, RGB, RGBA or CMYK.
    """
    return len(profile) <= MOST_BYTES and _transform(profile, COLOURS[mode]) is not None


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Returns a picture with the colours that its profile means, as sRGB.

    Args:
        picture: See `converts`.
        profile: A profile that converts it.
    """
    colours = COLOURS[picture.mode]
    transform = _transform(profile, colours)
    if transform is None:
        return picture
    converted = transform.apply(picture if colours == picture.mode else picture.convert(colours))
    if colours != picture.mode:
        converted.putalpha(picture.getchannel("A"))
    return converted


@lru_cache(PROFILES)
def _transform(profile: bytes, mode: str) -> "ImageCms.ImageCmsTransform | None":
    """Returns how to convert pictures of a mode to sRGB; None where there is nothing to convert, or it is not known.

    As photographers do: relative to the paper's white and the ink's black, colours that sRGB lacks become the nearest.
    Several threads may use one.

    Args:
        profile: An ICC profile.
        mode: L, RGB or CMYK.
    """
    # Takes a tenth of the start of the command line, and few photos need it.
    from PIL import ImageCms  # noqa: PLC0415

    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            # What makes it fast is too coarse for the dark greys of a linear profile.
            ImageCms.Flags.BLACKPOINTCOMPENSATION | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else 0),
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: "ImageCms.ImageCmsTransform", mode: str) -> bool:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    before = Image.fromarray(grid if mode == "RGB" else np.arange(256, dtype=np.uint8)[None])
    after = np.asarray(transform.apply(before), np.int16)
    return bool(np.abs(after - np.asarray(before.convert("RGB"), np.int16)).max() <= NEAR)
