"""The only code that decodes, orients and resizes pictures.

Plain JPEG files go straight to libjpeg-turbo, by simplejpeg, and all others through Pillow, which knows every format
and every way in which a file can be broken. Pillow uses the same library: the pixels are the same, byte for byte
(compared on the 44,441 files of the real catalogue), in 31 us instead of 114 for a picture of 60x80.
"""

import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from modiste.catalogue.pictures import Pictures
from modiste.errors import CatalogueError, ImageError

__all__ = [
    "FACTS",
    "Picture",
    "Size",
    "decode",
    "decode_opened",
    "decode_pixels",
    "draws_more_often",
    "facts_of",
    "most_passes",
    "read_pictures",
    "resize",
]

MOST_PIXELS = 64_000_000
"""A picture of more pixels is taken for a decompression bomb; the largest camera backs stay below it."""

MOST_BYTES = 64 * 2**20

# What Pillow's parsers raise on damaged files, as found by truncating and flipping bytes of every format.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error, zlib.error)

APP1 = b"\xff\xe1"
"""How EXIF and XMP begin, which say how to turn a picture. In a JPEG's compressed data 0 follows each 255, so this is
nowhere else, but by chance in other headers: such a file takes the longer way."""

FACTS = {
    "image": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "grey": pl.Boolean,
    "digest": pl.String,
    "error": pl.String,
}
"""The schema of a table of picture facts: one picture a row, in the order it was read; `error` is null where all
is well."""


@dataclass(frozen=True)
class Size:
    """A picture's size in pixels; the defaults are the catalogue's own 60x80."""

    width: int = 60
    height: int = 80


@dataclass(frozen=True)
class Picture:
    """One picture file, decoded, or the reason why it could not be.

    Attributes:
        name: Its name in the catalogue's store.
        width: Width in pixels, upright, before any resizing.
        height: Height in pixels, upright, before any resizing.
        grey: Whether the file holds no colour channels.
        digest: A fingerprint of its pixels: two pictures have the same one exactly when all their pixels are equal.
        pixels: uint8 (height, width, 3), resized where a size was asked for; None where it could not be decoded.
        error: Why it could not be decoded, else None.
    """

    name: str
    width: int | None = None
    height: int | None = None
    grey: bool | None = None
    digest: str | None = None
    pixels: NDArray[np.uint8] | None = None
    error: str | None = None


def decode(data: bytes, formats: tuple[str, ...] | None = None) -> tuple[Image.Image, bool]:
    """Decodes a picture file: upright by its EXIF orientation, RGB, transparency on white.

    Args:
        data: The file's bytes.
        formats: Those that it may have, in Pillow's names; None for any that Pillow reads.

    Returns:
        The picture, and whether the file holds no colour channels.

    Raises:
        ImageError: Empty, too large, truncated, or no picture at all.
    """
    if not data:
        raise ImageError("the file is empty")
    if len(data) > MOST_BYTES:
        raise ImageError(f"the file has {len(data):,} bytes, more than {MOST_BYTES:,}")
    with _pillow_errors():
        picture = Image.open(io.BytesIO(data), formats=formats)
        width, height = picture.size
        _check_pixels(width, height)
        passes = most_passes(width * height, MOST_PIXELS)
        if draws_more_often(data, passes):
            raise ImageError(f"{width}x{height} pixels, drawn more than {passes} times")
        grey = picture.mode in {"1", "L", "LA", "I", "I;16", "F"}
        return _as_rgb(picture), grey


def decode_opened(picture: Image.Image) -> Image.Image:
    """Returns a picture that somebody has opened or made as `decode` returns a file's.

    Raises:
        ImageError: It is too large, or its file cannot be decoded or is closed.
    """
    try:
        with _pillow_errors():
            _check_pixels(*picture.size)
            return _as_rgb(picture)
    except AssertionError as error:  # so Pillow says it
        raise ImageError("its file was closed before it was read") from error


def _check_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise ImageError(f"{width}x{height} pixels, more than {MOST_PIXELS:,}")


@contextmanager
def _pillow_errors() -> Iterator[None]:
    """Makes an `ImageError` of whatever Pillow raises on a picture."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and broken EXIF; the first is checked here, the second harmless.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise ImageError(f"more than {MOST_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise ImageError("not a picture") from error
    except DAMAGED as error:
        raise ImageError(f"damaged ({error})") from error


def decode_pixels(data: bytes, size: Size | None = None, formats: tuple[str, ...] | None = None) -> NDArray[np.uint8]:
    """Decodes a picture file as `decode` does, and resizes it as `resize` does.

    Args:
        data: The file's bytes.
        size: The size to bring it to, or None to leave it as it is.
        formats: See `decode`.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ImageError: Empty, too large, truncated, or no picture at all.
    """
    pixels = _decode_plain_jpeg(data)
    if pixels is None:
        picture, _ = decode(data, formats)
        return np.asarray(picture if size is None else resize(picture, size))
    return _resized(pixels, size)


def resize(picture: Image.Image, size: Size) -> Image.Image:
    """Fits a picture into a size, keeping its aspect ratio, with white on the sides that stay free."""
    if picture.size == (size.width, size.height):
        return picture
    return ImageOps.pad(picture, (size.width, size.height), Image.Resampling.BICUBIC, color="white")


def read_pictures(pictures: Pictures, names: Iterable[str], size: Size | None = None) -> Iterator[Picture]:
    """Decodes pictures one after another; one that cannot be decoded says why and the rest go on.

    Args:
        pictures: The store.
        names: Which pictures of it, in this order.
        size: The size to bring all of them to, or None to leave each as it is.
    """
    for name in names:
        try:
            data = pictures.read(name)
            raw, grey = _decode_plain_jpeg(data), False
            if raw is None:
                picture, grey = decode(data)
                raw = np.asarray(picture)
        except (ImageError, CatalogueError) as error:
            yield Picture(name, error=error.what)
            continue
        height, width, _ = raw.shape
        digest = blake2b(raw.tobytes(), digest_size=16, key=struct.pack("<II", width, height)).hexdigest()
        yield Picture(name, width, height, grey, digest, _resized(raw, size))


def facts_of(pictures: Iterable[Picture]) -> pl.DataFrame:
    """Returns the table of facts of pictures: see `FACTS`."""
    rows = [(item.name, item.width, item.height, item.grey, item.digest, item.error) for item in pictures]
    return pl.DataFrame(rows, schema=FACTS, orient="row")


def _decode_plain_jpeg(data: bytes) -> NDArray[np.uint8] | None:
    """Returns the pixels of a whole JPEG file in colour that nothing says to turn; None for any other file."""
    if not data.startswith(b"\xff\xd8") or len(data) > MOST_BYTES or APP1 in data:
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours != "YCbCr" or width * height > MOST_PIXELS:
            return None
        if draws_more_often(data, most_passes(width * height, MOST_PIXELS)):
            return None
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data)
    except ValueError:  # damaged, also where a picture could be made of it: Pillow knows what to say
        return None
    return pixels


def _resized(pixels: NDArray[np.uint8], size: Size | None) -> NDArray[np.uint8]:
    if size is None or pixels.shape[:2] == (size.height, size.width):
        return pixels
    return np.asarray(resize(Image.fromarray(pixels), size))


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Returns a picture upright by its EXIF orientation, RGB, transparency on white."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16 and 32 bits a pixel: Pillow's own conversion clips instead of scaling.
        values = np.asarray(picture, dtype=np.float64)
        top = max(255.0, float(values.max(initial=0.0)))
        picture = Image.fromarray(
            (values.clip(0) * (255.0 / (65535.0 if top > 255 else 255.0))).clip(0, 255).astype(np.uint8)
        )
    if picture.mode == "La":
        # The grey twin of RGBa, of which Pillow can make nothing but LA.
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


PASSES = 20
"""The largest picture may be drawn so often, a smaller one more often, up to `MOST_PASSES`."""

MOST_PASSES = 1000

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
"""A marker of a JPEG file that is followed by its length, or ends it. Nothing in a picture's data looks like one."""

_START, _PASS, _END = b"\xff\xd8", b"\xda", b"\xd9"


def most_passes(pixels: int, most_pixels: int) -> int:
    """Returns how often a picture may be drawn.

    Args:
        pixels: How many pixels it has.
        most_pixels: How many pixels the largest one may have.
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
