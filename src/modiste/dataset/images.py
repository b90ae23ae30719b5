"""The only code that decodes and orients pictures; see `geometry` for how they are resized.

Plain JPEG files take the short way (`jpeg`), all others go through Pillow, which knows every format and every way in
which a file can be broken.
"""

import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageOps, JpegImagePlugin, TiffImagePlugin

from modiste.catalogue.pictures import Pictures
from modiste.dataset.colour import converts, to_srgb
from modiste.dataset.depth import is_deep, to_eight_bits
from modiste.dataset.geometry import ON_WHITE, Box, Fit, Size, lay, resize
from modiste.dataset.jpeg import decode_plain_jpeg, draws_more_often, most_passes, most_reduced, reduce_jpeg
from modiste.dataset.picture_files import open_picture
from modiste.errors import CatalogueError, ImageError, PhotoError

__all__ = [
    "FACTS",
    "MAX_PIXELS",
    "Picture",
    "decode",
    "decode_opened",
    "decode_pixels",
    "facts_of",
    "most_bytes",
    "read_pictures",
]

MAX_PIXELS = 64_000_000
"""A picture of more pixels is decoded reduced, where its format can be, and else taken for a decompression bomb."""

BYTES_A_PIXEL = 8
"""A file may have so many for each pixel that a picture may have: as many as four channels of 16 bits."""

FEWEST_BYTES = 64 * 2**20
"""A file may have so many at least, whatever a picture may have."""

# What Pillow's parsers raise on damaged files, as found by truncating and flipping bytes of every format.
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)

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


def decode(
    data: bytes, formats: Iterable[str] | None = None, *, max_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, bool]:
    """Decodes a picture file: upright by its EXIF orientation, sRGB by its colour profile, transparency on white.

    Args:
        data: The file's bytes.
        formats: Those that it may have (see `open_picture`); None for any that can be read.
        max_pixels: How many pixels the result may have. A JPEG file of more is decoded to a half, a quarter or an
            eighth of its width and height; any other is refused.

    Returns:
        The picture, and whether the file holds no colour channels.

    Raises:
        PhotoError: Empty, too large, truncated, or no picture at all.
    """
    opened = _open(data, formats, max_pixels)
    return opened.as_rgb(), opened.grey


def decode_opened(picture: Image.Image, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Returns a picture that somebody has opened or made as `decode` returns a file's.

    Raises:
        PhotoError: It is too large, or its file cannot be decoded or is closed.
    """
    try:
        with _pillow_errors():
            width, height = picture.size
            if width * height > max_pixels:
                raise _too_many_pixels(width, height, max_pixels, needed=width * height)
            found = _Upright(*_turned(picture)).as_rgb()
            return picture.copy() if found is picture else found
    except AssertionError as error:  # so Pillow says it
        raise PhotoError("damaged", "its file was closed before it was read") from error


def decode_pixels(
    data: bytes,
    size: Size | None = None,
    formats: Iterable[str] | None = None,
    *,
    fit: Fit = ON_WHITE,
    max_pixels: int = MAX_PIXELS,
) -> NDArray[np.uint8]:
    """Decodes a picture file as `decode` does, and resizes it as `resize` does.

    Args:
        data: The file's bytes.
        size: The size to bring it to, or None to leave it as it is.
        formats: See `decode`.
        fit: How to bring it to the size.
        max_pixels: See `decode`.

    Returns:
        uint8 (height, width, 3).

    Raises:
        PhotoError: Empty, too large, truncated, or no picture at all.
    """
    pixels = _decode_plain(data, max_pixels)
    if pixels is None:
        return np.asarray(_open(data, formats, max_pixels).as_rgb(size, fit))
    return _resized(pixels, size, fit)


def read_pictures(
    pictures: Pictures,
    names: Iterable[str],
    size: Size | None = None,
    fit: Fit = ON_WHITE,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Picture]:
    """Decodes pictures one after another; one that cannot be decoded says why and the rest go on.

    Args:
        pictures: The store.
        names: Which pictures of it, in this order.
        size: The size to bring all of them to, or None to leave each as it is.
        fit: How to bring them to it.
        max_pixels: See `decode`.
    """
    for name in names:
        try:
            data = pictures.read(name, most_bytes(max_pixels))
            plain = _decode_plain(data, max_pixels)
            opened = None if plain is not None else _open(data, None, max_pixels)
        except (ImageError, CatalogueError) as error:
            yield Picture(name, error=error.reason)
            continue
        if opened is not None:
            pixels = np.asarray(opened.as_rgb(size, fit))
            yield Picture(name, opened.width, opened.height, opened.grey, opened.digest(), pixels)
        elif plain is not None:
            height, width, _ = plain.shape
            yield Picture(
                name, width, height, False, _digest(width, height, plain.tobytes()), _resized(plain, size, fit)
            )


def facts_of(pictures: Iterable[Picture]) -> pl.DataFrame:
    """Returns the table of facts of pictures: see `FACTS`."""
    rows = [(item.name, item.width, item.height, item.grey, item.digest, item.error) for item in pictures]
    return pl.DataFrame(rows, schema=FACTS, orient="row")


def _decode_plain(data: bytes, max_pixels: int) -> NDArray[np.uint8] | None:
    return None if len(data) > most_bytes(max_pixels) else decode_plain_jpeg(data, max_pixels)


@dataclass(frozen=True, eq=False)
class _Upright:
    """A decoded picture whose colours are still those of its file.

    Attributes:
        picture: Upright; of the modes L, LA, RGB, RGBA or CMYK.
        profile: The ICC profile that says what its colours are; None where it is no other than sRGB's.
        grey: Whether the file holds no colour channels.
        width: Width in pixels, upright, before any reduction.
        height: Height in pixels, upright, before any reduction.
    """

    picture: Image.Image
    profile: bytes | None
    grey: bool = False
    width: int = 0
    height: int = 0

    def as_rgb(self, size: Size | None = None, fit: Fit = ON_WHITE) -> Image.Image:
        """Returns it in sRGB, transparency on white, and resized where a size is given: see `resize`."""
        picture = self.picture
        box = None if size is None else fit.place(*picture.size, size)
        if self.profile and box is not None and picture.mode not in {"LA", "RGBA"}:
            # To convert all pixels of a photo takes longer than to decode it. Resizing averages encoded values anyway,
            # and those of one space are nearly proportional to another's. What is transparent is not averaged.
            picture = _shrunk(picture, box)
        picture = to_srgb(picture, self.profile) if self.profile else picture
        if picture.mode in {"LA", "RGBA"}:
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        picture = picture if picture.mode == "RGB" else picture.convert("RGB")
        return picture if size is None or box is None else lay(picture, box, size, fit.fill)

    def digest(self) -> str:
        """Returns its fingerprint: see `Picture`."""
        if self.profile is None:
            return _digest(*self.picture.size, self.as_rgb().tobytes())
        # The same values of the same space; no picture without a profile has this key.
        return _digest(*self.picture.size, self.picture.tobytes(), blake2b(self.profile, digest_size=16).digest())


def _open(data: bytes, formats: Iterable[str] | None, max_pixels: int) -> _Upright:
    """Decodes a file: see `decode`."""
    if not data:
        raise PhotoError("empty", "the file is empty")
    if len(data) > (most := most_bytes(max_pixels)):
        what = f"the file has {len(data):,} bytes, more than {most:,}"
        raise PhotoError("too_large", what, fix=_allow(-(-len(data) // BYTES_A_PIXEL)))
    with _pillow_errors():
        picture = open_picture(data, formats)
        width, height = picture.size
        _fit(picture, data, max_pixels)
        passes = most_passes(width * height, max_pixels)
        if draws_more_often(data, passes):
            raise PhotoError("too_many_pixels", f"{width}x{height} pixels, drawn more than {passes} times")
        grey = picture.mode in {"1", "L", "LA"} or is_deep(picture)
        upright, profile = _turned(picture)
    if (upright.width > upright.height) != (width > height) and upright.width != upright.height:
        width, height = height, width
    return _Upright(upright, profile, grey, width, height)


def _fit(picture: Image.Image, data: bytes, max_pixels: int) -> None:
    """Has an opened picture decoded to no more pixels than it may have.

    Raises:
        PhotoError: It cannot be.
    """
    width, height = picture.size
    if (pixels := width * height) <= max_pixels:
        return
    needed = pixels
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        most = most_reduced(data, max_pixels)
        if pixels <= most:
            reduce_jpeg(picture, max_pixels)
        needed = -(-pixels * max_pixels // most)
    if picture.width * picture.height > max_pixels:
        raise _too_many_pixels(width, height, max_pixels, needed=needed)


def most_bytes(max_pixels: int) -> int:
    """Returns how many bytes the file of a picture of so many pixels may have."""
    return max(FEWEST_BYTES, BYTES_A_PIXEL * max_pixels)


def _too_many_pixels(width: int, height: int, max_pixels: int, *, needed: int) -> PhotoError:
    return PhotoError("too_many_pixels", f"{width}x{height} pixels, more than {max_pixels:,}", fix=_allow(needed))


def _allow(max_pixels: int) -> str:
    return f"allow it with --max-pixels {max_pixels}, in Python with max_pixels={max_pixels}"


@contextmanager
def _pillow_errors() -> Iterator[None]:
    """Makes a `PhotoError` of whatever Pillow raises on a picture."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and broken EXIF; the first is checked here, the second harmless.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise PhotoError("too_many_pixels", f"more pixels than Pillow decodes ({error})") from error
    except DAMAGED as error:
        raise PhotoError("damaged", f"damaged ({error})") from error


def _resized(pixels: NDArray[np.uint8], size: Size | None, fit: Fit) -> NDArray[np.uint8]:
    if size is None or pixels.shape[:2] == (size.height, size.width):
        return pixels
    return np.asarray(resize(Image.fromarray(pixels), size, fit))


def _shrunk(picture: Image.Image, box: Box) -> Image.Image:
    if picture.width <= box.width and picture.height <= box.height:
        return picture
    return picture.resize((box.width, box.height), Image.Resampling.BICUBIC)


def _digest(width: int, height: int, pixels: bytes, space: bytes = b"") -> str:
    return blake2b(pixels, digest_size=16, key=struct.pack("<II", width, height) + space).hexdigest()


def _turned(picture: Image.Image) -> tuple[Image.Image, bytes | None]:
    """Returns a picture upright by its EXIF orientation, of 8 bits, and its profile: see `_Upright`."""
    # Lab says of itself what it means.
    profile = None if picture.mode == "LAB" else picture.info.get("icc_profile")
    tags = picture.tag_v2 if isinstance(picture, TiffImagePlugin.TiffImageFile) else {}
    # Pillow takes each for one of Adobe's, which hold how much of an ink is left out.
    negative = isinstance(picture, JpegImagePlugin.JpegImageFile) and "adobe" not in picture.info
    picture.load()
    if picture.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # else it would be copied for nothing
        picture = ImageOps.exif_transpose(picture)
    if is_deep(picture):
        picture = to_eight_bits(picture, tags)
    elif picture.mode == "CMYK" and negative:
        picture = ImageChops.invert(picture)
    elif picture.mode == "La":
        # The grey twin of RGBa, of which Pillow can make nothing but LA.
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        picture = picture.convert("LA" if picture.mode in {"L", "LA"} else "RGBA")
    elif picture.mode not in {"L", "RGB", "CMYK"}:
        picture = picture.convert("RGB")
    return picture, profile if profile and converts(profile, picture.mode) else None
