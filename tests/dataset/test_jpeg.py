"""JPEG files of more pixels than a picture may have, and other files that are large."""

import io
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.dataset.profiles import expected, rgb_profile
from tests.dataset.test_images import Store

from modiste.dataset.geometry import Size
from modiste.dataset.images import decode, decode_opened, decode_pixels, read_pictures
from modiste.dataset.jpeg import decode_plain_jpeg, draws_more_often, most_passes, most_reduced
from modiste.errors import PhotoError

ACROSS = np.linspace(0, 255, 400).astype(np.uint8)
GRADIENT = np.stack(np.broadcast_arrays(ACROSS, ACROSS[:300, None], np.uint8(90)), axis=-1)
"""400x300."""


def saved(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("max_pixels", "size"),
    [(120_000, (400, 300)), (119_999, (200, 150)), (30_000, (200, 150)), (29_999, (100, 75)), (15_000, (100, 75))],
)
def test_a_large_file_is_reduced_to_what_fits(max_pixels: int, size: tuple[int, int]) -> None:
    data = saved(Image.fromarray(GRADIENT), quality=95)
    picture, grey = decode(data, max_pixels=max_pixels)
    assert (picture.size, grey) == (size, False)
    right = np.asarray(Image.fromarray(GRADIENT).resize(size, Image.Resampling.BOX), np.int64)
    assert np.abs(np.asarray(picture, np.int64) - right).max() <= 6
    small = decode_pixels(data, Size(), max_pixels=max_pixels).astype(np.int64)
    assert np.abs(small - decode_pixels(data, Size())).max() <= 4


def test_a_file_below_the_limit_is_as_without_one() -> None:
    data = saved(Image.fromarray(GRADIENT))
    np.testing.assert_array_equal(decode_pixels(data, max_pixels=120_000), decode_pixels(data))
    assert decode_plain_jpeg(data, 120_000) is not None
    assert decode_plain_jpeg(data, 119_999) is None


def test_a_reduced_picture_is_turned_and_converted() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(Image.fromarray(GRADIENT), exif=exif, icc_profile=rgb_profile("Display P3"), quality=95)
    picture, _ = decode(data, max_pixels=30_000)
    assert picture.size == (150, 200)
    box = Image.fromarray(GRADIENT).resize((200, 150), Image.Resampling.BOX)
    right = expected("Display P3", np.asarray(box.transpose(Image.Transpose.ROTATE_270)))
    assert np.quantile(np.abs(np.asarray(picture) - right), 0.99) <= 6
    (read,) = read_pictures(Store(a=data), ["a"], Size(), max_pixels=30_000)  # type: ignore[arg-type]
    assert (read.width, read.height, read.error) == (300, 400, None)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_large_file_of_any_colours_is_reduced(mode: str) -> None:
    picture, grey = decode(saved(Image.fromarray(GRADIENT).convert(mode)), max_pixels=30_000)
    assert (picture.size, picture.mode, grey) == ((200, 150), "RGB", mode == "L")


def test_a_file_that_is_too_large_even_so_says_what_would_do() -> None:
    baseline = saved(Image.fromarray(GRADIENT))
    progressive = saved(Image.fromarray(GRADIENT), progressive=True)
    for data, needed in ((baseline, 15_000), (progressive, 60_000), (saved(Image.fromarray(GRADIENT), "PNG"), 120_000)):
        with pytest.raises(PhotoError) as refused:
            decode(data, max_pixels=needed - 1)
        assert refused.value.code == "too_many_pixels"
        assert refused.value.reason == (
            f"400x300 pixels, more than {needed - 1:,}; allow it with --max-pixels {needed}, "
            f"in Python with max_pixels={needed}"
        )
        decode(data, max_pixels=needed)
    with pytest.raises(PhotoError, match="--max-pixels 120000"):
        decode_opened(Image.fromarray(GRADIENT), max_pixels=100)


def test_what_is_drawn_colour_by_colour_counts_as_progressive() -> None:
    """libjpeg holds its coefficients too, however few passes it has."""
    baseline = saved(Image.fromarray(GRADIENT))
    place = baseline.index(b"\xff\xda")
    alone = baseline[: place + 4] + b"\x01\x01\x00" + baseline[place + 11 :]
    assert most_reduced(baseline, 1000) == 8000
    assert most_reduced(alone, 1000) == most_reduced(saved(Image.fromarray(GRADIENT), progressive=True), 1000) == 2000
    assert most_reduced(baseline[:place], 1000) == 2000


def test_a_studio_s_progressive_file_has_few_enough_passes() -> None:
    data = saved(Image.fromarray(GRADIENT), progressive=True)
    assert not draws_more_often(data, most_passes(2 * 60_000, 60_000))


def test_a_file_of_many_bytes_says_what_would_do() -> None:
    with pytest.raises(PhotoError) as refused:
        decode(bytes(800_000_008), max_pixels=100_000_000)
    assert refused.value.code == "too_large"
    assert "more than 800,000,000; allow it with --max-pixels 100000001" in refused.value.reason


MEASURE = """
import resource, sys
from modiste.dataset.geometry import Size
from modiste.dataset.images import decode_pixels
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pixels = decode_pixels(data, Size())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, *pixels[40, ::59].ravel())
"""


@pytest.mark.parametrize("kind", ["120 megapixels", "24 megapixels of 16 bits"])
def test_a_studio_s_file_fits_into_memory(kind: str, tmp_path: Any) -> None:
    across = np.linspace(0, 255, 6000).astype(np.uint8)
    if kind == "120 megapixels":
        wide = np.repeat(np.repeat(across, 2)[None], 1, axis=0)
        data = saved(Image.fromarray(np.broadcast_to(wide[..., None], (10_000, 12_000, 3))), quality=50)
        most = 400_000
    else:
        rows = (across.astype("<u2") * 257)[:, None].repeat(3, axis=1)
        data = sixteen_bit_tiff(rows.tobytes() * 4000, 6000, 4000)
        assert len(data) > 140_000_000
        most = 500_000
    path = tmp_path / "photo"
    path.write_bytes(data)
    told = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    memory, *pixels = map(int, told.stdout.split())
    assert memory < most, "KiB"
    assert np.abs(np.array(pixels) - np.repeat([0, 255], 3)).max() <= 5


def sixteen_bit_tiff(data: bytes, width: int, height: int) -> bytes:
    """Returns an uncompressed TIFF file of three channels of 16 bits."""
    place = 8 + len(data)
    entries = [
        (256, width),
        (257, height),
        (258, place),
        (259, 1),
        (262, 2),
        (273, 8),
        (277, 3),
        (278, height),
        (279, len(data)),
    ]
    directory = struct.pack("<HHH", 16, 16, 16) + struct.pack("<H", len(entries))
    for tag, value in entries:
        directory += struct.pack("<HHII", tag, 3 if tag == 258 else 4, 3 if tag == 258 else 1, value)
    return b"II*\0" + struct.pack("<I", place + 6) + data + directory + bytes(4)
