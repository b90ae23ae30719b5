"""Pictures with colour profiles, beside what the formulas of their spaces say."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from tests.dataset.profiles import (
    cmyk_profile,
    expected,
    grey_profile,
    lab_of_inks,
    rgb_profile,
    srgb_encoded,
    srgb_of_lab,
)

from modiste.dataset import jpeg
from modiste.dataset.geometry import Size
from modiste.dataset.images import decode, decode_opened, decode_pixels

COLOURS = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(np.linspace(110, 160, 96)[:, None], np.linspace(120, 140, 64), 120), -1)
SMOOTH_COLOURS = SMOOTH.round().astype(np.uint8)
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def difference(found: NDArray[Any] | Image.Image, right: NDArray[Any]) -> float:
    return float(np.abs(np.asarray(found, np.float64) - right).max())


@pytest.mark.parametrize("space", ["sRGB", "Display P3", "Adobe RGB", "ProPhoto"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_colours_are_those_that_the_profile_means(space: str, kind: str) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(COLOURS), kind, icc_profile=rgb_profile(space), **lossless)
    assert difference(decode(data)[0], expected(space, COLOURS)) <= 2
    assert difference(decode_opened(Image.open(io.BytesIO(data))), expected(space, COLOURS)) <= 2


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB", "ProPhoto"])
def test_a_jpeg_file_s_colours_are_converted_at_every_size(space: str) -> None:
    photo = Image.fromarray(SMOOTH_COLOURS)
    plain, data = saved(photo, "JPEG"), saved(photo, "JPEG", icc_profile=rgb_profile(space))
    for size in (None, Size(16, 24)):
        assert difference(decode_pixels(data, size), expected(space, decode_pixels(plain, size))) <= 2
    # To shrink the encoded values is as good as to shrink the colours.
    whole = decode(data)[0].resize((16, 24), Image.Resampling.BICUBIC)
    assert difference(decode_pixels(data, Size(16, 24)), np.asarray(whole)) <= 2


def test_a_press_s_colours_are_converted() -> None:
    inks = np.random.default_rng(1).integers(0, 128, (40, 30, 4), dtype=np.uint8)
    right = srgb_of_lab(lab_of_inks(inks / 255))
    inside = ((right > 20) & (right < 235)).all(axis=-1)
    assert inside.mean() > 0.5
    for kind in ("TIFF", "JPEG"):
        flat = np.repeat(np.repeat(inks, 8, axis=0), 8, axis=1)  # JPEG's blocks
        data = saved(Image.fromarray(flat, "CMYK"), kind, icc_profile=cmyk_profile(), quality=100, subsampling=0)
        found = np.asarray(decode(data)[0])[4::8, 4::8]
        assert difference(found[inside], right[inside]) <= 2 + 2 * (kind == "JPEG")


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_greys_are_those_that_the_profile_means(gamma: float, mode: str) -> None:
    picture, grey = decode(saved(Image.fromarray(GREYS).convert(mode), icc_profile=grey_profile(gamma)))
    assert grey
    right = srgb_encoded((GREYS / 255) ** (round(gamma * 256) / 256)) * 255
    assert difference(picture, right[..., None]) <= 1


def test_what_is_transparent_is_white_whatever_the_profile() -> None:
    opaque = Image.fromarray(COLOURS)
    clear = opaque.copy()
    clear.putalpha(0)
    half = opaque.quantize(64)
    for picture in (clear, opaque.convert("RGBA"), half):
        data = saved(picture, icc_profile=rgb_profile("Adobe RGB"))
        colours = np.asarray(picture.convert("RGB"))
        right = np.full_like(COLOURS, 255) if picture is clear else expected("Adobe RGB", colours)
        assert difference(decode(data)[0], right) <= 2


def test_a_profile_of_srgb_changes_nothing_and_takes_the_short_way() -> None:
    for profile in (rgb_profile("sRGB"), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        with_profile = saved(Image.fromarray(COLOURS), "JPEG", icc_profile=profile)
        without = saved(Image.fromarray(COLOURS), "JPEG")
        found = jpeg.decode_plain_jpeg(with_profile, 10_000)
        assert found is not None
        np.testing.assert_array_equal(found, decode(without)[0])
        np.testing.assert_array_equal(decode(with_profile)[0], decode(without)[0])
    other = saved(Image.fromarray(COLOURS), "JPEG", icc_profile=rgb_profile("ProPhoto"))
    assert jpeg.decode_plain_jpeg(other, 10_000) is None


WRONG = {
    "no profile": b"nothing",
    "cut": rgb_profile("ProPhoto")[:200],
    "of a press": cmyk_profile(5),
    "of greys": grey_profile(2.2),
    "of Lab": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
}


@pytest.mark.parametrize("profile", WRONG.values(), ids=WRONG)
def test_a_profile_that_says_nothing_about_a_picture_is_ignored(profile: bytes) -> None:
    for kind in ("PNG", "JPEG", "TIFF"):
        plain = saved(Image.fromarray(COLOURS), kind)
        for way in (decode_pixels, lambda data: np.asarray(decode(data)[0])):
            np.testing.assert_array_equal(way(saved(Image.fromarray(COLOURS), kind, icc_profile=profile)), way(plain))
    grey = saved(Image.fromarray(GREYS), icc_profile=rgb_profile("ProPhoto"))
    np.testing.assert_array_equal(decode(grey)[0], np.repeat(GREYS[..., None], 3, axis=2))


def test_inks_that_are_not_adobe_s_are_not_taken_for_their_negative() -> None:
    inks = Image.new("CMYK", (16, 16), (0, 200, 200, 0))
    adobe = saved(inks, "JPEG", quality=100)
    place = adobe.index(b"\xff\xee\x00\x0eAdobe")
    positive = bytearray(saved(Image.eval(inks, lambda value: 255 - value), "JPEG", quality=100))
    del positive[place : place + 16]
    assert difference(decode(bytes(positive))[0], np.asarray(decode(adobe)[0])) <= 1


def test_threads_may_share_a_conversion() -> None:
    data = saved(Image.fromarray(np.tile(COLOURS, (8, 8, 1))), icc_profile=rgb_profile("ProPhoto"))
    right = decode_pixels(data)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(decode_pixels, [data] * 16):
            np.testing.assert_array_equal(found, right)
