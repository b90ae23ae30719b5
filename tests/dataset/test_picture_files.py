"""What a file is, whatever it is called."""

import io
import struct
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image, features
from tests.dataset.profiles import expected, rgb_profile

from modiste.dataset import picture_files
from modiste.dataset.geometry import Size
from modiste.dataset.images import decode, decode_pixels
from modiste.errors import PhotoError

PHOTO = Image.fromarray(np.random.default_rng(0).integers(60, 200, (8, 6, 3), dtype=np.uint8)).resize((60, 80))


def saved(kind: str, picture: Image.Image = PHOTO, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def ftyp(*brands: bytes) -> bytes:
    return struct.pack(">I4s", 12 + 4 * len(brands), b"ftyp") + brands[0] + bytes(4) + b"".join(brands[1:]) + bytes(60)


KINDS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "MPO", "PPM", "TGA", "ICO", "PCX"]


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_all_formats_are_read(kind: str) -> None:
    if kind == "AVIF":
        assert features.check("avif")
    more: dict[str, Any] = {"save_all": True, "append_images": [PHOTO.rotate(90)]} if kind == "MPO" else {}
    picture, _ = decode(saved(kind, PHOTO, **more))
    assert np.abs(np.asarray(picture.resize((60, 80)), np.int64) - np.asarray(PHOTO)).mean() < 12


NAMED = {
    "an SVG drawing": b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a shop -->\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a web page": b"\n<!DOCTYPE html><html><body>404</body></html>",
    "a PDF document": b"%PDF-1.7\n",
    "a PostScript drawing": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a JPEG XL picture": b"\xff\x0a" + bytes(40),
    "a video": ftyp(b"mp42", b"isom"),
    "a raw camera file": ftyp(b"crx ", b"crx ", b"isom"),
    "a large Photoshop file (PSB)": b"8BPS\0\2" + bytes(40),
    "a zip file, or a document in one": b"PK\3\4" + bytes(40),
    "an Office document, or thumbnails of Windows": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40),
}


@pytest.mark.parametrize(("name", "data"), NAMED.items(), ids=NAMED)
def test_what_is_not_read_is_named(name: str, data: bytes) -> None:
    with pytest.raises(PhotoError) as refused:
        decode(data)
    assert (refused.value.code, refused.value.reason) == (
        "not_a_picture",
        f"{name}, which is not read; save it as JPEG or PNG",
    )


def test_a_raw_camera_file_is_not_taken_for_its_thumbnail() -> None:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    for more in ({254: 1, 271: "NIKON CORPORATION"}, {50706: b"\1\4\0\0"}):
        tags = ImageFileDirectory_v2()
        for tag, value in more.items():
            if tag == 50706:
                tags.tagtype[tag] = 1
            tags[tag] = value
        with pytest.raises(PhotoError, match="a raw camera file, which is not read"):
            decode(saved("TIFF", tiffinfo=tags))
    tags = ImageFileDirectory_v2()
    tags[271] = "Phase One"
    assert decode(saved("TIFF", tiffinfo=tags))[0].size == (60, 80)


def test_a_known_beginning_with_nothing_behind_it_is_damaged() -> None:
    for kind in ("PNG", "TIFF", "JPEG", "GIF"):
        with pytest.raises(PhotoError, match=f"a {kind} picture, damaged or|damaged") as refused:
            decode(saved(kind)[:12])
        assert refused.value.code == "damaged"
    with pytest.raises(PhotoError) as nothing:
        decode(b"no picture at all")
    assert nothing.value.reason == "not a picture"


def test_heic_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "reads_heic", lambda: False)
    for data in (ftyp(b"heic", b"mif1", b"heic"), ftyp(b"mif1", b"heic"), ftyp(b"heix")):
        with pytest.raises(PhotoError) as refused:
            decode(data)
        assert refused.value.reason == (
            "a HEIC picture, which needs the package 'pillow-heif'; install it with: pip install 'modiste[heic]'"
        )


def test_heic_is_read_turned_and_converted() -> None:
    heif = pytest.importorskip("pillow_heif")
    before = set(Image.OPEN)
    photo = heif.from_pillow(PHOTO.resize((120, 160), Image.Resampling.NEAREST))
    photo.info["icc_profile"], photo.info["icc_profile_type"] = rgb_profile("Display P3"), "prof"
    buffer = io.BytesIO()
    photo.save(buffer, quality=-1, chroma=444)
    data = buffer.getvalue()
    right = expected("Display P3", np.asarray(PHOTO))
    picture, _ = decode(data)
    assert picture.size == (120, 160)
    assert np.abs(decode_pixels(data, Size()) - right).mean() < 5
    assert set(Image.OPEN) == before, "Pillow is as it was"
    with pytest.raises(PhotoError) as refused:
        decode(data, max_pixels=1000)
    assert refused.value.code == "too_many_pixels"
    for end in (40, len(data) // 2, len(data) - 20):
        with pytest.raises(PhotoError) as cut:
            decode(data[:end])
        assert cut.value.code == "damaged"


def test_nothing_imports_what_few_photos_need() -> None:
    import subprocess

    asked = (
        "import sys, modiste.dataset.images; print([n for n in ('PIL.ImageCms', 'pillow_heif') if n in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
