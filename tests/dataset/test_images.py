import io
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.dataset.drawn_often import drawn_often

from modiste.dataset import images
from modiste.dataset.geometry import Size, resize
from modiste.dataset.images import MAX_PIXELS, decode, decode_opened, decode_pixels, read_pictures
from modiste.dataset.jpeg import decode_plain_jpeg
from modiste.errors import CatalogueError, ImageError


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


class Store:
    def __init__(self, **files: bytes) -> None:
        self._files = files

    def names(self) -> object:
        return iter(sorted(self._files))

    def read(self, name: str, most: int = 0) -> bytes:
        if name not in self._files:
            raise CatalogueError("not there")
        return self._files[name]

    def stamp(self, name: str) -> str:
        return str(hash(self._files[name]))


def test_transparency_turns_white_and_grey_is_told() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    picture, grey = decode(encoded(clear))
    assert (picture.mode, grey) == ("RGB", False)
    assert np.asarray(picture).min() == 255
    assert decode(encoded(Image.new("L", (4, 4), 7)))[1]


def test_premultiplied_transparency_is_the_same_as_any_other() -> None:
    half = Image.new("LA", (4, 4), (0, 127))
    for picture in (half.convert("La"), half.convert("RGBA").convert("RGBa")):
        assert decode_opened(picture).getpixel((0, 0)) == (128, 128, 128)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    picture, grey = decode(encoded(ramp))
    assert grey
    np.testing.assert_allclose(np.asarray(picture)[0, :, 0], [0, 127, 255], atol=1)


def test_exif_turns_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture, _ = decode(encoded(Image.new("RGB", (30, 10)), "JPEG", exif=exif))
    assert picture.size == (10, 30)


@pytest.mark.parametrize("decoder", [decode, decode_pixels])
def test_a_file_that_draws_its_pixels_without_end_is_not_decoded(decoder: Callable[[bytes], object]) -> None:
    for times in (1_000, 1_000_000):
        with pytest.raises(ImageError, match="200x300 pixels, drawn more than 1000 times"):
            decoder(drawn_often(times))
    assert decoder(drawn_often(100)) is not None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000"])
def test_a_file_that_was_cut_anywhere_is_an_image_error_or_a_picture(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 15, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), kind)
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        try:
            decode(whole[:end])
        except ImageError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000"])
def test_a_file_with_wrong_bytes_is_an_image_error_or_a_picture(kind: str) -> None:
    random = np.random.default_rng(2)
    whole = encoded(Image.fromarray(random.integers(0, 256, (20, 15, 3), dtype=np.uint8)), kind)
    for _ in range(150):
        wrong = bytearray(whole)
        for place in random.integers(min(len(wrong), 600), size=3):
            wrong[place] = random.integers(256)
        with suppress(ImageError):
            decode(bytes(wrong))


def test_resizing_keeps_the_aspect_ratio_on_white() -> None:
    out = np.asarray(resize(Image.new("RGB", (60, 60), "black"), Size()))
    assert out.shape == (80, 60, 3)
    assert out[:9].min() == 255
    assert out[-9:].min() == 255
    assert out[20:60].max() == 0


def test_same_pixels_have_the_same_digest_whatever_the_file() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8))
    turned = Image.fromarray(np.asarray(noise).reshape(6, 8, 3))
    files = {"a": encoded(noise), "b": encoded(noise, "BMP"), "c": encoded(turned), "d": b"nothing"}
    one, two, three, bad, gone = read_pictures(Store(**files), ["a", "b", "c", "d", "e"], Size())  # type: ignore[arg-type]
    assert one.digest == two.digest != three.digest
    assert one.pixels is not None
    assert one.pixels.shape == (80, 60, 3)
    assert (one.width, one.height) == (6, 8)
    assert (bad.pixels, bad.error, gone.error) == (None, "not a picture", "not there")


NOISE = np.random.default_rng(0).integers(0, 256, (83, 61, 3), dtype=np.uint8)
SMOOTH = np.add.outer(np.arange(83), np.arange(61))[..., None] % 256 * np.array([1, 0.5, 0.25])
TURNED, UPRIGHT = Image.Exif(), Image.Exif()
TURNED[0x0112], UPRIGHT[0x0112] = 6, 1

PLAIN: list[dict[str, object]] = [
    {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    for quality in (30, 75, 95)
    for subsampling in (0, 1, 2)
    for progressive in (False, True)
]
OTHERS: list[tuple[str, dict[str, object]]] = [
    ("L", {}),
    ("CMYK", {}),
    ("RGB", {"exif": TURNED}),
    ("RGB", {"exif": UPRIGHT}),
    ("RGB", {"keep_rgb": True}),
]


@pytest.mark.parametrize("size", [None, Size()])
@pytest.mark.parametrize("values", [NOISE, SMOOTH], ids=["noise", "smooth"])
def test_a_plain_jpeg_has_pillow_s_pixels_without_pillow(
    values: NDArray[np.uint8], size: Size | None, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    files = [encoded(Image.fromarray(values.astype(np.uint8)), "JPEG", **options) for options in PLAIN]
    pictures = [decode(data)[0] for data in files]
    monkeypatch.setattr(images, "open_picture", None)
    for options, data, picture in zip(PLAIN, files, pictures, strict=True):
        expected = np.asarray(picture if size is None else resize(picture, size))
        with subtests.test(str(options)):
            found = decode_pixels(data, size)
            assert found.dtype == np.uint8
            np.testing.assert_array_equal(found, expected)
            (read,) = read_pictures(Store(a=data), ["a"], size)  # type: ignore[arg-type]
            assert read.pixels is not None
            np.testing.assert_array_equal(read.pixels, expected)
            assert (read.width, read.height, read.grey, read.error) == (61, 83, False, None)


@pytest.mark.parametrize(("mode", "options"), OTHERS)
def test_every_other_jpeg_is_pillow_s(mode: str, options: dict[str, object]) -> None:
    data = encoded(Image.fromarray(NOISE).convert(mode), "JPEG", **options)
    assert decode_plain_jpeg(data, MAX_PIXELS) is None
    picture, grey = decode(data)
    np.testing.assert_array_equal(decode_pixels(data), np.asarray(picture))
    (read,) = read_pictures(Store(a=data), ["a"])  # type: ignore[arg-type]
    assert (read.width, read.height, read.grey) == (*picture.size, grey)


def outcome(way: Callable[[bytes], NDArray[np.uint8]], data: bytes) -> bytes | str:
    try:
        return way(data).tobytes()
    except ImageError as error:
        return error.what


def test_a_damaged_jpeg_is_pillow_s() -> None:
    random = np.random.default_rng(1)
    whole = encoded(Image.fromarray(NOISE), "JPEG")
    flipped = bytearray(whole)
    for _ in range(200):
        place = random.integers(len(flipped))
        before, flipped[place] = flipped[place], random.integers(256)
        for data in (bytes(flipped), whole[:place]):
            assert outcome(decode_pixels, data) == outcome(lambda file: np.asarray(decode(file)[0]), data)
        flipped[place] = before
