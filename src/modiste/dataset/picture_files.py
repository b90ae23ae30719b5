"""What a file is, by its content, whatever its name says: opened where it is a picture that is read, else named."""

import io
import struct
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

from PIL import Image, ImageFile, TiffImagePlugin

from modiste.errors import PhotoError

__all__ = ["HEIC", "open_picture", "reads_heic"]

HEIC = "HEIC"

KNOWN = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PSD")
"""In Pillow's words, what has an unmistakable beginning: a file that begins so and is not opened is damaged."""

NOT_TAKEN = frozenset({"EPS", "WMF"})
"""What Pillow opens with other programs' help, or not at all on most systems."""

INSTEAD = "save it as JPEG or PNG"

_AT: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "a PostScript drawing"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
    (0, b"II\xbc\x01", "a JPEG XR picture"),
    (0, b"#?RADIANCE", "a Radiance picture"),
    (0, b"v/1\x01", "an OpenEXR picture"),
    (0, b"gimp xcf", "a GIMP file"),
    (0, b"8BPS\x00\x02", "a large Photoshop file (PSB)"),
    (0, b"\xd7\xcd\xc6\x9a", "a Windows drawing (WMF)"),
    (40, b" EMF\x00\x00\x01\x00", "a Windows drawing (EMF)"),
    (8, b"CR\x02\x00", "a raw camera file"),
    (8, b"IIII", "a raw camera file"),
    (4, b"ftypcrx ", "a raw camera file"),
    (0, b"IIU\x00", "a raw camera file"),
    (0, b"IIRO", "a raw camera file"),
    (0, b"IIRS", "a raw camera file"),
    (0, b"MMOR", "a raw camera file"),
    (0, b"FUJIFILMCCD-RAW", "a raw camera file"),
    (0, b"FOVb", "a raw camera file"),
    (6, b"HEAPCCDR", "a raw camera file"),
    (0, b"\x00MRM", "a raw camera file"),
    (8, b"AVI ", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"\x00\x00\x01\xb3", "a video"),
    (0, b"\x00\x00\x01\xba", "a video"),
    (0, b"FLV\x01", "a video"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a video"),
    (0, b"PK\x03\x04", "a zip file, or a document in one"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x1f\x8b\x08", "a gzip archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document, or thumbnails of Windows"),
    (0, b"\x00\x05\x16\x07", "what a Mac keeps beside a file"),
    (0, b"version https://git-lfs", "a pointer of Git LFS"),
)
"""Where and how a file begins of what we can name and do not read."""

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_AVIF = frozenset({b"avif", b"avis"})
_STILLS = frozenset({b"mif1", b"msf1"})

# Tags of a TIFF file.
KIND, MAKE, DNG = 254, 271, 50706


def reads_heic() -> bool:
    """Whether HEIC pictures can be read here."""
    return find_spec("pillow_heif") is not None


def open_picture(data: bytes, formats: Iterable[str] | None = None) -> Image.Image:
    """Opens a picture file; its pixels are decoded later.

    Unlike `Image.open`, this knows no limit of pixels but the caller's, says what else a file may be, and reads HEIC
    without making a change to Pillow that other code in the process would see.

    Args:
        data: The file.
        formats: Those that it may have, in Pillow's names and `HEIC`; None for any that can be read.

    Raises:
        PhotoError: It is none of these, or damaged.
        OSError: As `Image.open`; and what else Pillow's plugins raise on damaged files.
    """
    if (name := _unread(data)) is not None:
        raise PhotoError("not_a_picture", f"{name}, which is not read", fix=INSTEAD)
    if _is_heic(data) and (formats is None or HEIC in formats):
        return _open_heic(data)
    why = ""
    for name in _names(formats):
        factory, accepts = Image.OPEN[name]
        if accepts is not None and accepts(data[:16]) is not True:
            continue
        try:
            return _not_raw(factory(io.BytesIO(data), ""))
        except (SyntaxError, IndexError, TypeError, struct.error) as error:
            # So says a plugin that it was no picture of its own.
            why = why or (f"a {name} picture, damaged or of a kind that is not read ({error})" if name in KNOWN else "")
    if why:
        raise PhotoError("damaged", why, fix=INSTEAD)
    accepted = f" of an accepted format ({', '.join(formats)})" if formats else ""
    raise PhotoError("not_a_picture", f"not a picture{accepted}")


def _names(formats: Iterable[str] | None) -> Iterator[str]:
    """Yields the formats to try, those first that are frequent."""
    if formats is None:
        Image.preinit()
        frequent = list(Image.ID)
        yield from (name for name in frequent if name not in NOT_TAKEN)
        Image.init()
        yield from (name for name in Image.ID if name not in {*frequent, *NOT_TAKEN})
    else:
        Image.init()
        yield from (name for name in formats if name in Image.OPEN)


def _unread(data: bytes) -> str | None:
    """Returns what a file is that we can name and do not read."""
    for place, mark, name in _AT:
        if data.startswith(mark, place):
            return name
    brands = _brands(data)
    if brands and not brands & (_HEIC | _AVIF | _STILLS):
        return "a video"
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"<"):
        return "an SVG drawing" if b"<svg" in head else "a web page" if b"<html" in head or b"<!doc" in head else None
    return None


def _brands(data: bytes) -> set[bytes]:
    """Returns what a file of the ISO base media format, as videos, HEIC and AVIF are, says that it is."""
    if not data.startswith(b"ftyp", 4):
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[place : place + 4] for place in range(16, end, 4))}


def _is_heic(data: bytes) -> bool:
    brands = _brands(data)
    return bool(brands & _HEIC) or (bool(brands & _STILLS) and not brands & _AVIF)


def _open_heic(data: bytes) -> Image.Image:
    if not reads_heic():
        raise PhotoError(
            "not_a_picture",
            "a HEIC picture, which needs the package 'pillow-heif'",
            fix="install it with: pip install 'modiste[heic]'",
        )
    from pillow_heif.as_plugin import HeifImageFile  # noqa: PLC0415 - an extra

    opened: Callable[[io.BytesIO], Image.Image] = HeifImageFile
    try:
        return opened(io.BytesIO(data))
    except SyntaxError as error:
        raise PhotoError("damaged", f"a HEIC picture, damaged or of a kind that is not read ({error})") from error


def _not_raw(picture: ImageFile.ImageFile) -> ImageFile.ImageFile:
    """Refuses raw camera files that are TIFF files, too: what Pillow finds in one is its thumbnail."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        tags = picture.tag_v2
        if DNG in tags or (MAKE in tags and tags.get(KIND, 0) & 1):
            raise PhotoError("not_a_picture", "a raw camera file, which is not read", fix=INSTEAD)
    return picture
