"""Uploaded bytes as pictures."""

import io
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.dataset.drawn_often import drawn_often

from modiste.dataset.geometry import Size
from modiste.errors import PhotoError
from modiste.serving.pictures import decode_upload

SIZE = Size(6, 8)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def half_white() -> Image.Image:
    """6x8, its upper half white."""
    pixels = np.zeros((8, 6, 3), np.uint8)
    pixels[:4] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_stands_upright(orientation: int) -> None:
    turned = half_white().rotate({1: 0, 3: 180, 6: 90, 8: 270}[orientation], expand=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode_upload(saved(turned, "JPEG", exif=exif, quality=100), SIZE, 1000)
    assert found.pixels[:3].mean() > 200
    assert found.pixels[5:].mean() < 60


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture"),
        (b"P6 2 2 255\n" + bytes(12), "not_a_picture"),
        (saved(half_white(), "ICO"), "not_a_picture"),
        (saved(half_white(), "PNG")[:50], "damaged"),
        (saved(Image.new("RGB", (40, 30)), "PNG"), "too_many_pixels"),
        (saved(Image.new("I;16", (40, 30)), "PNG"), "too_many_pixels"),
    ],
)
def test_what_is_no_good_says_why(data: bytes, code: str) -> None:
    with pytest.raises(PhotoError) as refused:
        decode_upload(data, SIZE, 1000)
    assert refused.value.code == code


def test_a_bomb_is_not_decoded() -> None:
    bomb = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    bomb[16:24] = (100_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    with pytest.raises(PhotoError) as refused:
        decode_upload(bytes(bomb), SIZE, 50_000_000)
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("keep", [False, True])
def test_a_file_that_draws_its_pixels_without_end_is_not_decoded(keep: bool) -> None:
    """Each pass is twelve bytes, and as much work as a picture."""
    for times, max_pixels in ((11, 60_000), (40, 130_000), (1_000, 50_000_000), (1_000_000, 50_000_000)):
        with pytest.raises(PhotoError, match="drawn more than") as refused:
            decode_upload(drawn_often(times), SIZE, max_pixels, keep_picture=keep)
        assert refused.value.code == "too_many_pixels"
    for times, max_pixels in ((10, 60_000), (30, 130_000), (300, 50_000_000)):
        assert decode_upload(drawn_often(times), SIZE, max_pixels, keep_picture=keep).pixels.shape == (8, 6, 3)


def test_the_passes_of_hostile_files_are_counted_at_once() -> None:
    whole = drawn_often(0)
    for filling in (
        b"\xff" * 4_000_000,
        b"\xff\x00" * 2_000_000,
        b"\xff\xd0" * 2_000_000,
        b"\xff\xfe\x00\x00" * 1_000_000,
    ):
        with suppress(PhotoError):
            decode_upload(whole[:-2] + filling + whole[-2:], SIZE, 50_000_000)


def test_what_is_beside_a_photo_is_not_counted() -> None:
    """Phones put films behind their photos, and thumbnails before them."""
    passes = b"\xff\xda" * 2000
    for photo in (saved(half_white(), "JPEG") + passes, saved(half_white(), "JPEG", comment=passes)):
        assert photo.count(b"\xff\xda") > 2000
        assert decode_upload(photo, SIZE, 1000).pixels.shape == (8, 6, 3)


def test_what_is_kept_to_be_shown_is_small() -> None:
    large = saved(half_white().resize((1200, 1600)), "JPEG")
    found = decode_upload(large, SIZE, 50_000_000, keep_picture=True)
    assert found.picture is not None
    assert found.picture.size == (360, 480)
    assert (found.pixels == decode_upload(large, SIZE, 50_000_000).pixels).all()


def test_what_is_large_deep_or_of_other_colours_is_answered_over_http(ask: Any) -> None:
    from tests.dataset.profiles import expected, rgb_profile

    from modiste.serving.uploads import RequestLimits

    client = ask(limits=RequestLimits(pixels=4_000))
    red = Image.new("RGB", (60, 60), (200, 40, 40))
    floats = Image.fromarray(np.full((60, 60), 0.5, np.float32))
    sent = {
        "wide.png": saved(red, "PNG", icc_profile=rgb_profile("ProPhoto")),
        "wide.jp2": saved(red, "JPEG2000"),
        "floats.tif": saved(floats, "TIFF"),
        "large.jpg": saved(red.resize((120, 120)), "JPEG"),
        "large.png": saved(red.resize((120, 120)), "PNG"),
        "drawing.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    answered = client.post("/v1/tag", files=[("photos", item) for item in sent.items()]).json()["photos"]
    errors = {photo["name"]: photo["error"] for photo in answered if photo["error"] is not None}
    assert errors == {
        "large.png": {
            "code": "too_many_pixels",
            "message": "120x120 pixels, more than 4,000; send a smaller one, or as JPEG; `modiste serve --max-pixels` "
            "says how many pixels a photo may have",
        },
        "drawing.jpg": {
            "code": "not_a_picture",
            "message": "an SVG drawing, which is not read; save it as JPEG or PNG",
        },
    }
    found = decode_upload(sent["wide.png"], Size(60, 60), 4_000).pixels
    assert np.abs(found - expected("ProPhoto", np.asarray(red))).max() <= 2
